"""`history/bed/{bed}/missed` and `history/missed`: one silent list of alerts that were over before anybody heard."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import msgspec
from msgspec import Meta

from edge_agent.domain.alerts import LOUDEST_FIRST, Priority
from edge_agent.wire.envelope import Body, Micros, Utc, Uuid
from edge_agent.wire.parts import Item

LISTED = 200
"""The longest list, a message of about 50 kB; the newest are listed, and every event stands in history/alert anyway."""


class MissedEvent(Item, frozen=True, kw_only=True):
    """One alert that began and ended while nothing left this gateway."""

    event_id: Annotated[Uuid, Meta(description="its events stand in history/alert")]
    condition: Annotated[str, Meta(description="what was wrong, coded")]
    priority: Annotated[Priority, Meta(description="the highest it had")]
    text: Annotated[str, Meta(description="what was wrong, in ward words")]
    began: Annotated[Utc, Meta(description="when the condition was first seen")]
    began_us: Micros
    ended: Annotated[Utc, Meta(description="when it ended")] = None
    ended_us: Annotated[Micros | None, Meta(description="the same in microseconds")] = None


class Missed(Body, frozen=True, kw_only=True, tag="bedside/missed/1"):
    """What was missed while the gateway was offline. It never sounds."""

    bed: Annotated[str | None, Meta(description="the bed's id; left out for the gateway itself")] = None
    events: Annotated[tuple[MissedEvent, ...], Meta(description="oldest first")]
    left_out: Annotated[int, Meta(description="older events that are not listed")] = 0


class _Said(msgspec.Struct):
    """What a list needs of an alert event's payload; an older agent's may lack some of it."""

    bed: str | None = None
    event_id: str = ""
    condition: str = ""
    priority: Priority = Priority.INFO
    text: str = ""
    began: str | None = None
    began_us: int = 0
    ended: str | None = None
    ended_us: int | None = None


def missed(events: Sequence[Sequence[bytes]]) -> Missed:
    """Return the list of one bed's `events`, each the payloads of its revisions in order; none is empty."""
    said = [[msgspec.json.decode(payload, type=_Said) for payload in event] for event in events]
    newest = said[-LISTED:]
    return Missed(bed=said[0][0].bed, events=tuple(map(_event, newest)), left_out=len(said) - len(newest))


def _event(revisions: list[_Said]) -> MissedEvent:
    first, last = revisions[0], revisions[-1]
    return MissedEvent(
        event_id=last.event_id,
        condition=last.condition,
        priority=min((each.priority for each in revisions), key=LOUDEST_FIRST.index),
        text=first.text,
        began=first.began,
        began_us=first.began_us,
        ended=last.ended,
        ended_us=last.ended_us,
    )


PAYLOAD = Missed
