from __future__ import annotations

import pytest

from tests.broker import Broker, Listener


@pytest.mark.parametrize("protocol", ["5", "3.1.1"])
def test_what_one_publishes_the_other_hears_also_after_a_freeze_and_a_restart(protocol: str) -> None:
    with Broker() as broker:
        with Listener(broker.port, "a/#", protocol=protocol) as one, Listener(broker.port, protocol=protocol) as other:
            other.publish("a/b", b"1")
            broker.freeze()
            broker.thaw()
            other.publish("b/c", b"2")
            assert [m.payload for m in other.wait(lambda heard: len(heard) == 2)] == [b"1", b"2"]
            assert [m.payload for m in one.wait(bool)] == [b"1"]
        broker.kill()
        broker.start()
        with Listener(broker.port) as again:
            again.publish("c", b"3")
            again.wait(lambda heard: heard[-1].payload == b"3")
