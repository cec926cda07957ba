"""After an outage: what still holds is announced once, the rest is one silent list per bed. All parts are real."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID, uuid5

from msgspec.structs import replace

from edge_agent.domain.alerts import Alert, ConditionState, Phase, Priority, SignalState
from edge_agent.domain.effects import AlertChanged
from edge_agent.domain.settings import SECOND
from edge_agent.gateway.clock import boottime
from edge_agent.wire.compose import compose, seal
from edge_agent.wire.outgoing import Draft, Stamp
from edge_agent.wire.topics import Topics
from tests.broker import Broker, Listener
from tests.delivery.agent import later, running, settled
from tests.delivery.parts import until
from tests.delivery.proxy import Proxy
from tests.wire.examples import ALERT

BEDS, FLAPS = 8, 20
AGO = 600 * SECOND
TOPICS = Topics("S", "W", "G")
ROOT = "bedside/v1/S/W/G/"


def synced() -> Stamp:
    return Stamp(run=str(UUID(int=1)), boot="boot", trust="synced", wall_offset=1_790_000_000 * SECOND)


def said(alert: Alert) -> Draft:
    (draft,) = compose(AlertChanged(alert), TOPICS, synced())
    return draft


def start(bed: int, number: int, priority: Priority = Priority.MEDIUM) -> Alert:
    at = boottime() - AGO + number * SECOND
    event = str(uuid5(UUID(int=bed), str(number)))
    times = {"began": at, "raised": at, "changed": at}
    return replace(ALERT, bed=str(bed), event_id=event, ordinal=number, priority=priority, **times)


def end(alert: Alert) -> Alert:
    over = {"state": ConditionState.INACTIVE, "signal": SignalState.OFF, "ended": alert.raised + SECOND}
    return replace(alert, phase=Phase.END, revision=2, changed=alert.raised + SECOND, **over)


def outage() -> Iterator[Draft]:
    """Yield what happens on the ward while nobody can be told: flaps at every bed, and two conditions that stay."""
    for bed in range(1, BEDS + 1):
        for number in range(1, FLAPS + 1):
            flap = start(bed, number)
            yield said(flap)
            yield said(end(flap))
    yield said(start(3, 100, Priority.MEDIUM))
    yield said(start(5, 101, Priority.HIGH))


def test_many_flaps_and_two_present_conditions_are_two_announcements_and_a_list_per_bed(tmp_path: Path) -> None:
    async def work() -> list[tuple[str, dict[str, object]]]:
        with Broker() as broker, Listener(broker.port) as screen:
            async with Proxy(broker.port) as proxy, running(tmp_path, proxy.port, seal=seal) as agent:
                await settled(agent)
                proxy.refuse()
                await until(lambda: not agent.delivery.stats().connected)
                for draft in outage():
                    agent.delivery.publish_alert([draft], {})
                await until(lambda: all(entry.stored for entry in agent.delivery.outbox.alerts.entries.values()))
                proxy.refusing = False
                await settled(agent)
                assert agent.delivery.ledger.balanced(agent.delivery.outbox.queued())
                await later(lambda: screen.wait(lambda heard: sum(m.topic.endswith("/missed") for m in heard) >= BEDS))
                proxy.refuse()
                await until(lambda: not agent.delivery.stats().connected)
                proxy.refusing = False
                await settled(agent)
            return [(m.topic.removeprefix(ROOT), json.loads(m.payload)) for m in screen.heard if ROOT in m.topic]

    heard = asyncio.run(work())
    live = [(topic, body["priority"], body.get("late")) for topic, body in heard if topic.startswith("bed/")]
    assert [(topic, priority) for topic, priority, _ in live] == [("bed/5/alert", "high"), ("bed/3/alert", "medium")]
    assert all(str(late).startswith("began ") and str(late).endswith(", during outage") for _, _, late in live)
    assert all(len(str(late).split()[1].rstrip(",")) == len("14:02") for _, _, late in live)
    lists = {str(body["bed"]): body for topic, body in heard if topic.endswith("/missed")}
    assert sorted(lists) == [str(bed) for bed in range(1, BEDS + 1)]
    assert len([1 for topic, _ in heard if topic.endswith("/missed")]) == BEDS
    assert all(len(list(body["events"])) == FLAPS for body in lists.values())  # type: ignore[call-overload] # JSON
    history = [topic for topic, _ in heard if topic.startswith("history/bed/") and topic.endswith("/alert")]
    assert len(history) == BEDS * FLAPS * 2
