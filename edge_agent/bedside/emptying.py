"""A bed is emptied of a stay: its alerts end by a person's word, and every fact of the stay is forgotten."""

from __future__ import annotations

from collections.abc import Iterator

from edge_agent.bedside.bed import BedUnit
from edge_agent.bedside.ending import Ending, end
from edge_agent.bedside.floor import Floor


def end_alerts(floor: Floor, bed: str, now: int, reason: str) -> Iterator[Ending]:
    """End every alert of a bed because a named person ended what it is about; what was still counted counts no more."""
    encounter = floor.context(bed).bed.encounter
    for condition in floor.state.beds[bed].conditions.values():
        yield from end(condition, bed, encounter, now, reason)


def empty(floor: Floor, bed: str, now: int, reason: str) -> Iterator[Ending]:
    """End every alert of a bed, then forget all of the stay: measured, observed, prescribed, limited."""
    yield from end_alerts(floor, bed, now, reason)
    unit = floor.state.beds[bed]
    unit.forget_patient(now)
    watch_anew(unit, now)


def watch_anew(unit: BedUnit, now: int) -> None:
    """Give a bed the time of a new start: from now on its required vitals are expected. The caller has it judged."""
    unit.watched_since = unit.blind_since = now
    unit.blind, unit.snapshot_due = False, True
