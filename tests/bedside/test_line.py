"""What health says of a device's line: a biomedical engineer looks there first."""

from __future__ import annotations

from edge_agent.domain.effects import DeviceReport, LinkReport, LinkState
from edge_agent.domain.settings import SECOND
from firmware_bridges.bridge import Sample
from tests.bedside.harness import START, Bench


def reports(bench: Bench) -> list[DeviceReport]:
    return [effect for effect in bench.effects if isinstance(effect, DeviceReport)]


def test_every_half_minute_it_is_told_what_came_since_the_run_began() -> None:
    bench = Bench()
    sizes: list[int] = []
    for _ in range(40):
        data = b"".join(data for _, data in bench.encoders["link1"].encode(Sample(values={"spo2": 97})))
        bench.send(data)
        sizes.append(len(data))
        bench.wait(1)
    (told,) = reports(bench)
    assert (told.state, told.since, told.malformed, told.rejected) == (LinkState.STREAMING, START, 0, {})
    assert told.bytes_received == sum(sizes[:30])
    bench.send(b"\x05\x11\x03\x61\x00")
    bench.wait(25)
    assert (reports(bench)[-1].bytes_received, reports(bench)[-1].malformed) == (sum(sizes) + 5, 1)
    assert reports(bench)[-1].frames == 40


def test_a_state_has_the_moment_it_began_and_trying_again_is_not_news() -> None:
    bench = Bench()
    bench.feed(5, {"spo2": 97})
    lost = bench.now
    bench.unplug(reason="unplugged")
    bench.wait(3)
    bench.unplug(reason="no such port")
    said = [effect for effect in bench.effects if isinstance(effect, LinkReport)][-2:]
    assert [(each.state, each.reason, each.since) for each in said] == [
        (LinkState.LOST, "unplugged", lost),
        (LinkState.LOST, "no such port", lost),
    ]
    bench.wait(60)
    assert (reports(bench)[-1].since, reports(bench)[-1].reason) == (lost, "no such port")
    assert bench.now - lost > 60 * SECOND
