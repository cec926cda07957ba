"""A patient moves: one atomic step carries everything of the stay, and what was wrong goes on in the new bed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec

from edge_agent.bedside.asked import answered, common
from edge_agent.bedside.bed import BedUnit
from edge_agent.bedside.emptying import clear, end_alerts, watch_anew
from edge_agent.bedside.floor import Floor
from edge_agent.bedside.machine import Condition, Origin
from edge_agent.bedside.scores import SCORES
from edge_agent.bedside.sight import required
from edge_agent.bedside.stream import PERSON
from edge_agent.domain.alerts import Kind
from edge_agent.domain.effects import AlertChanged, Effect
from edge_agent.domain.inputs import SwapAsked, TransferAsked
from edge_agent.domain.settings import BedState
from edge_agent.domain.stays import Stay

_OF_THE_PATIENT = ("stay", "vacant", "absence", "own_limits", "facts", "hours", "risk", "risk_at", "risk_due")
"""The fields of a bed that go with the patient; all others belong to the place."""


def transferred(floor: Floor, asked: TransferAsked, now: int, effects: list[Effect]) -> Iterable[str]:
    """Move a patient into a free bed, or say why not."""
    errors = [*common(floor, asked), *_cannot_move(floor, asked.bed, asked.to), *_not_free(floor, asked.to)]
    if not answered("transfer", asked, errors, now, effects):
        return ()
    clear(floor.state.beds[asked.to], now)
    floor.state.beds[asked.to].vacant = True
    return _exchange(floor, asked, now, effects)


def swapped(floor: Floor, asked: SwapAsked, now: int, effects: list[Effect]) -> Iterable[str]:
    """Let the patients of two beds change places, or say why not."""
    errors = [
        *common(floor, asked),
        *_cannot_move(floor, asked.bed, asked.to),
        *_cannot_move(floor, asked.to, asked.bed),
    ]
    if not answered("swap", asked, errors, now, effects):
        return ()
    return _exchange(floor, asked, now, effects)


def _exchange(floor: Floor, asked: TransferAsked | SwapAsked, now: int, effects: list[Effect]) -> tuple[str, str]:
    """Exchange what belongs to the patients of two beds; alerts about them end here and start there."""
    here, there = floor.state.beds[asked.bed], floor.state.beds[asked.to]
    for unit in (here, there):
        _name(floor, unit, asked.person, now)
    gone, come = _depart(floor, here, there, now, effects), _depart(floor, there, here, now, effects)
    _exchange_fields(here, there)
    for unit in (here, there):
        unit.chosen, unit.score, unit.score_told = {}, None, ""
        unit.risk_request += 1  # an answer that is still on its way is about whoever was here
        watch_anew(unit, now)
        floor.changed(unit.id)
    _arrive(floor, there, gone, now, effects)
    _arrive(floor, here, come, now, effects)
    return (here.id, there.id)


def _name(floor: Floor, unit: BedUnit, person: str, now: int) -> None:
    """Let a patient whom the configuration put into a bed have a stay that can be carried."""
    bed = floor.context(unit.id).bed
    if unit.stay is None and not unit.vacant:
        unit.stay = Stay(bed.encounter, bed.patient, person, now)


def _exchange_fields(here: BedUnit, there: BedUnit) -> None:
    for field in _OF_THE_PATIENT:
        mine, theirs = getattr(here, field), getattr(there, field)
        setattr(here, field, theirs)
        setattr(there, field, mine)
    observed = [{k: s for k, s in unit.streams.items() if s.device == PERSON} for unit in (here, there)]
    there.streams, here.streams = observed


def _depart(floor: Floor, unit: BedUnit, to: BedUnit, now: int, effects: list[Effect]) -> list[Condition]:
    """End a bed's alerts, and return the conditions that go on elsewhere: those about the patient."""
    present = [condition for condition in unit.conditions.values() if condition.alert is not None]
    moving = [msgspec.structs.replace(c) for c in present if c.alert and c.alert.kind is not Kind.TECHNICAL]
    effects.extend(end_alerts(floor, unit.id, now, f"transferred to bed {to.id}"))
    return moving


def _arrive(floor: Floor, unit: BedUnit, moving: list[Condition], now: int, effects: list[Effect]) -> None:
    encounter = floor.context(unit.id).bed.encounter
    for left in moving:
        if left.alert is not None:
            condition = unit.conditions.setdefault(left.name, Condition(left.name))
            origin = Origin(floor.state.run, unit.id, left.alert.kind)
            effects.append(AlertChanged(condition.resume(left.alert, left, now, origin), encounter))


def _cannot_move(floor: Floor, bed: str, to: str) -> Iterator[str]:
    if to not in floor.state.beds:
        yield f"bed {to} is not on this gateway"
    elif to == bed:
        yield f"bed {to} is where the patient is"
    elif bed in floor.state.beds:
        here, there = floor.context(bed).bed, floor.context(to).bed
        if here.state is BedState.UNASSIGNED:
            yield f"bed {bed} has nobody to move"
        if refusal := SCORES[there.score].refuses(here.patient):
            yield f"bed {to}: {refusal}; give the bed another score in the configuration first"


def _not_free(floor: Floor, bed: str) -> Iterator[str]:
    if bed not in floor.state.beds:
        return
    unit, context = floor.state.beds[bed], floor.context(bed)
    if context.bed.encounter:
        yield f"bed {bed} has a patient: swap, or discharge that one first"
    elif not unit.vacant and any(not stream.off for stream in required(unit, context)):
        yield f"bed {bed} shows live values of somebody: discharge that one first"
