"""A bed is emptied of a stay: its alerts end by a person's word, and every fact of the stay is forgotten."""

from __future__ import annotations

from collections.abc import Iterator

from edge_agent.bedside.bed import BedUnit
from edge_agent.bedside.floor import Floor
from edge_agent.bedside.hours import Hours
from edge_agent.domain.effects import AlertChanged


def end_alerts(floor: Floor, bed: str, now: int, reason: str) -> Iterator[AlertChanged]:
    """End every alert of a bed because a named person ended what it is about."""
    encounter = floor.context(bed).bed.encounter
    for condition in floor.state.beds[bed].conditions.values():
        if (ended := condition.finish(now, reason)) is not None:
            yield AlertChanged(ended, encounter)


def clear(unit: BedUnit, now: int) -> None:
    """Forget every fact of a stay: what was measured, observed, prescribed, limited, scored; who is away, and why."""
    unit.stay = unit.absence = unit.own_limits = unit.score = unit.risk = unit.risk_at = unit.risk_due = None
    unit.facts, unit.streams, unit.chosen, unit.hours = {}, {}, {}, Hours(epoch=now)
    unit.score_told = ""
    unit.risk_request += 1  # an answer that is still on its way is about somebody else
    watch_anew(unit, now)


def watch_anew(unit: BedUnit, now: int) -> None:
    """Give a bed the time of a new start: from now on its required vitals are expected."""
    unit.watched_since = unit.blind_since = now
    unit.blind, unit.snapshot_due, unit.dirty = False, True, True
