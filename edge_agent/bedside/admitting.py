"""Admission and discharge: with each, every fact of a stay begins or ends."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from edge_agent.bedside.asked import answered, common
from edge_agent.bedside.emptying import empty
from edge_agent.bedside.floor import Floor
from edge_agent.bedside.scores import SCORES
from edge_agent.domain.effects import Effect
from edge_agent.domain.inputs import AdmitAsked, DischargeAsked
from edge_agent.domain.settings import BedState
from edge_agent.domain.stays import Stay


def admitted(floor: Floor, asked: AdmitAsked, now: int, effects: list[Effect]) -> Iterable[str]:
    """Put a patient into a bed, or say why not."""
    if not answered("admit", asked, [*common(floor, asked), *_cannot_admit(floor, asked)], now, effects):
        return ()
    effects.extend(empty(floor, asked.bed, now, f"another patient was admitted by {asked.person}"))
    unit = floor.state.beds[asked.bed]
    unit.vacant = False
    unit.stay = Stay(asked.encounter, asked.patient, asked.person, now)
    floor.changed(asked.bed)
    return (asked.bed,)


def discharged(floor: Floor, asked: DischargeAsked, now: int, effects: list[Effect]) -> Iterable[str]:
    """Empty a bed, or say why not. Its alerts end by the word of the person who asked."""
    if not answered("discharge", asked, [*common(floor, asked), *_cannot_discharge(floor, asked)], now, effects):
        return ()
    effects.extend(empty(floor, asked.bed, now, f"discharged by {asked.person}"))
    unit = floor.state.beds[asked.bed]
    unit.vacant = True
    floor.changed(asked.bed)
    return (asked.bed,)


def _cannot_admit(floor: Floor, asked: AdmitAsked) -> Iterator[str]:
    if not asked.encounter:
        yield "encounter is empty: give the stay's pseudonymous token"
    for name in floor.state.beds:
        token = floor.context(name).bed.encounter
        if name == asked.bed and token:
            yield f"bed {name} has a patient: discharge or transfer that one first"
        elif token == asked.encounter and token:
            yield f"this encounter is in bed {name}: transfer it"
    if asked.bed in floor.state.beds:
        table = SCORES[floor.context(asked.bed).bed.score]
        if refusal := table.refuses(asked.patient):
            yield f"bed {asked.bed}: {refusal}; give the bed another score in the configuration first"


def _cannot_discharge(floor: Floor, asked: DischargeAsked) -> Iterator[str]:
    if asked.bed in floor.state.beds and floor.context(asked.bed).bed.state is BedState.UNASSIGNED:
        yield f"bed {asked.bed} has nobody to discharge"
