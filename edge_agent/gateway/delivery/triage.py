"""After an outage: which alert events are announced live, and which are history.

An event whose condition still holds is announced once, at its newest revision. An event already over is history,
complete and in order; only if its start had been announced, its end goes live instead, so that screens close it.
"""

from __future__ import annotations

from collections.abc import Container, Iterable
from typing import NamedTuple

from edge_agent.gateway.delivery.entry import Entry, Lane


class Place(NamedTuple):
    """Where an alert event goes. Within the past, `rank` puts the events that were ever high first.

    `start`: the start of its event, when nobody has heard of that yet; `over`: the event is.
    """

    entry: Entry
    lane: Lane
    rank: int
    start: Entry | None = None
    over: bool = False

    @property
    def missed(self) -> bool:
        """Tell whether its event is over and was never announced."""
        return self.start is not None and self.over


def triage(entries: Iterable[Entry], announced: Container[str]) -> list[Place]:
    """Place every alert event of `entries`, which are in the order of production."""
    events: dict[str, list[Entry]] = {}
    for entry in entries:
        events.setdefault(entry.message.event_id, []).append(entry)
    return [place for event, rows in events.items() for place in _places(rows, known=event in announced)]


def _places(rows: list[Entry], *, known: bool) -> list[Place]:
    rows.sort(key=lambda row: (row.message.revision, row.ordinal))
    over = any(row.message.over for row in rows)
    worst = min(row.message.urgency for row in rows)
    start = None if known else rows[0]
    live = rows[-1:] if known or not over else []
    past = rows[: len(rows) - len(live)]
    return [
        *(Place(row, Lane.PAST_ALERTS, worst, start, over) for row in past),
        *(Place(row, Lane(row.message.urgency), 0, start, over) for row in live),
    ]
