"""The end of a condition that nobody watches any more, and of what had been counted of it until then."""

from __future__ import annotations

from collections.abc import Iterator

from edge_agent.bedside.machine import Condition
from edge_agent.domain.effects import AlertChanged, Suppressed, SuppressedBy

Ending = AlertChanged | Suppressed


def end(condition: Condition, bed: str, encounter: str, now: int, reason: str) -> Iterator[Ending]:
    """End its alert, if there is one, with `reason` in words; a delay that was running is told as suppressed."""
    crossing = condition.crossing
    if (ended := condition.finish(now, reason)) is not None:
        yield AlertChanged(ended, encounter)
    if (hidden := crossing.over()) is not None:
        yield suppressed(condition, bed, encounter, hidden, now)


def suppressed(
    condition: Condition, bed: str, encounter: str, hidden: tuple[SuppressedBy, int], now: int
) -> Suppressed:
    """Say that a plain limit would have been announced, as its crossing told: why not, and since when."""
    by, since = hidden
    return Suppressed(bed, condition.name, condition.crossing.priority, by, since, now, encounter)
