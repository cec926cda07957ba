"""A patient moves: one atomic step carries everything of the stay, and what was wrong goes on in the new bed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec

from edge_agent.bedside.asked import answered, common
from edge_agent.bedside.bed import OF_THE_PATIENT, BedUnit
from edge_agent.bedside.crossing import Crossing
from edge_agent.bedside.emptying import empty, end_alerts, watch_anew
from edge_agent.bedside.floor import Floor
from edge_agent.bedside.machine import Condition, Origin
from edge_agent.bedside.rules import RULES
from edge_agent.bedside.scores import SCORES
from edge_agent.bedside.sight import required
from edge_agent.bedside.stream import Stream
from edge_agent.domain.alerts import Kind
from edge_agent.domain.effects import AlertChanged, Effect
from edge_agent.domain.inputs import SwapAsked, TransferAsked
from edge_agent.domain.settings import BedState
from edge_agent.domain.stays import Stay

_TECHNICAL = tuple(rule.id for rule in RULES.values() if rule.kind is Kind.TECHNICAL)
"""How the names of conditions begin that belong to the place: its devices and its view of whoever is there."""


def transferred(floor: Floor, asked: TransferAsked, now: int, effects: list[Effect]) -> Iterable[str]:
    """Move a patient into a free bed, or say why not."""
    errors = [*common(floor, asked), *_cannot_move(floor, asked.bed, asked.to), *_not_free(floor, asked.to)]
    if not answered("transfer", asked, errors, now, effects):
        return ()
    effects.extend(empty(floor, asked.to, now, f"another patient was moved here by {asked.person}"))
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
    _exchange_fields(here, there, now)
    for unit in (here, there):
        watch_anew(unit, now)
        floor.changed(unit.id)
    _arrive(floor, there, gone, now, effects)
    _arrive(floor, here, come, now, effects)
    return (here.id, there.id)


def _name(floor: Floor, unit: BedUnit, person: str, now: int) -> None:
    """Let a patient whom the configuration put into a bed have a stay that can be carried."""
    bed = floor.context(unit.id).bed
    if unit.stay is None:
        unit.stay = Stay(bed.encounter, bed.patient, person, now)


def _exchange_fields(here: BedUnit, there: BedUnit, now: int) -> None:
    mine, theirs = (
        ({field: getattr(unit, field) for field in OF_THE_PATIENT}, _observed(unit)) for unit in (here, there)
    )
    for unit, (fields, observed) in ((there, mine), (here, theirs)):
        unit.forget_patient(now)
        for field, value in fields.items():
            setattr(unit, field, value)
        unit.streams = observed


def _observed(unit: BedUnit) -> dict[str, Stream]:
    """Return what people observed or claimed; what the devices of a place measured stays with nobody."""
    return {key: stream for key, stream in unit.streams.items() if stream.person}


def _depart(floor: Floor, unit: BedUnit, to: BedUnit, now: int, effects: list[Effect]) -> list[Condition]:
    """End a bed's alerts, and return the conditions that go on elsewhere: those about the patient.

    What had been counted goes with them: resets, delays, what a plain limit would have done.
    """
    about = [condition for name, condition in unit.conditions.items() if not name.startswith(_TECHNICAL)]
    moving = [msgspec.structs.replace(condition) for condition in about]
    for condition in about:
        condition.crossing = Crossing()
    effects.extend(end_alerts(floor, unit.id, now, f"transferred to bed {to.id}"))
    return moving


def _arrive(floor: Floor, unit: BedUnit, moving: list[Condition], now: int, effects: list[Effect]) -> None:
    encounter = floor.context(unit.id).bed.encounter
    for condition in moving:
        kind = Kind.PHYSIOLOGICAL if condition.alert is None else condition.alert.kind
        before = unit.conditions.get(condition.name)
        unit.conditions[condition.name] = condition
        ordinal = 0 if before is None else before.ordinal
        goes_on = condition.move(ordinal, now, Origin(floor.state.run, unit.id, kind))
        effects.extend([] if goes_on is None else [AlertChanged(goes_on, encounter)])


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
