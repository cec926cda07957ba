from __future__ import annotations

import asyncio
from pathlib import Path

from tests.broker import Broker, Listener
from tests.delivery.agent import bodies, later, running, settled
from tests.delivery.parts import alert, draft, slot


def test_greeting_vitals_alert_and_goodbye_arrive(tmp_path: Path) -> None:
    async def scenario(broker: Broker, listener: Listener) -> None:
        async with running(tmp_path, broker) as agent:
            agent.publish(draft(text="first"))
            agent.alert(alert("event"), slot(text="snapshot"), memory={"ward": b"1"})
            await settled(agent)
            assert agent.delivery.ledger.balanced(agent.delivery.outbox.queued())
        heard = await later(lambda: listener.wait(lambda h: h[-1].topic == "root/state" and len(h) > 3))
        states = [body.text for body in bodies(heard, "root/state")]
        assert states == ["online 1", "stopped 1"]

    with Broker() as broker, Listener(broker.port) as listener:
        asyncio.run(scenario(broker, listener))
