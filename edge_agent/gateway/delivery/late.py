"""After an outage: an alert that is announced late says so, and what was missed is one silent list per bed."""

from __future__ import annotations

from collections.abc import Container, Iterable
from datetime import datetime

import msgspec

from edge_agent.gateway.delivery.triage import Place
from edge_agent.wire.outgoing import Draft, Outgoing, Urgency
from edge_agent.wire.payloads.missed import missed

LATE = 5_000_000_000
"""An alert announced within this many ns of its start is not late: a start of the agent takes about as long."""


class _Began(msgspec.Struct):
    began: str | None = None


def noted(message: Outgoing, age: int | None) -> Outgoing:
    """Return an alert event with the field `late`, before its first sending; `age` in ns, None from another boot."""
    began = msgspec.json.decode(message.payload, type=_Began).began
    if began is not None:
        when = datetime.fromisoformat(began.replace("Z", "+00:00")).astimezone().strftime("%H:%M")
    else:
        when = "before a restart" if age is None else f"{age // 60_000_000_000} min ago"
    late = msgspec.json.encode(f"began {when}, during outage")
    return msgspec.structs.replace(message, payload=message.payload[:-1] + b',"late":' + late + b"}")


def missed_lists(places: Iterable[Place], listed: Container[str], now: int) -> list[Draft]:
    """Return one draft per bed of the events among `places` that are over and were never announced."""
    beds: dict[str, dict[str, list[Outgoing]]] = {}
    for place in places:
        message = place.entry.message
        if place.missed and message.event_id not in listed:
            beds.setdefault(message.history_topic, {}).setdefault(message.event_id, []).append(message)
    return [_draft(topic, list(events.values()), now) for topic, events in beds.items()]


def _draft(history_topic: str, events: list[list[Outgoing]], now: int) -> Draft:
    live = events[0][0].stream
    parent = live.rpartition("/")[0]
    return Draft(
        stream=f"history/{parent}/missed" if parent else "history/missed",
        topic=f"{history_topic.rpartition('/')[0]}/missed",
        body=missed([[message.payload for message in event] for event in events]),
        qos=1,
        retain=False,
        urgency=Urgency.BACKLOG,
        made=now,
    )
