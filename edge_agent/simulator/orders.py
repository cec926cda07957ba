"""Misbehaviour on order: what may be asked of a family's device, and when it happens."""

from __future__ import annotations

import math
from collections.abc import Iterable

import msgspec

from edge_agent.domain.errors import AgentError
from edge_agent.simulator.rehearsal import rehearse
from edge_agent.simulator.scenario import MISBEHAVIOURS, Act, Step, in_order
from firmware_bridges.bridge import Family, Sample
from firmware_bridges.vitals import Event, Identity, Reading, Reason, Validity


def orders(family: Family, texts: Iterable[str]) -> tuple[Step, ...]:
    """Return the steps that `KIND[@SECONDS]` texts order, by time; without seconds at once.

    AgentError for what is no order, or what a device of `family` cannot do: some have no sensor that could be off,
    some never say who they are.
    """
    steps = [_step(text) for text in texts]
    for step in steps:
        if step.act is Act.PROBE_OFF and not loses_its_sensor(family):
            raise AgentError(f"{family.name}: no device of this family can say that its sensor is off")
        if step.act is Act.EXCHANGE and not says_who_it_is(family):
            raise AgentError(f"{family.name}: no device of this family says who it is, so none can be the wrong one")
    return in_order(steps)


def loses_its_sensor(family: Family) -> bool:
    """Tell whether a sensor that is off takes a valid value away."""
    well = Sample(_values(family))
    off = msgspec.structs.replace(well, conditions=frozenset({Reason.SENSOR_OFF}))
    return _valid(rehearse(family, off)) < _valid(rehearse(family, well))


def says_who_it_is(family: Family) -> bool:
    """Tell whether two units of the family can be told apart."""
    one, other = (_identities(rehearse(family, Sample(_values(family), unit=unit))) for unit in (1, 2))
    return one != other


def _step(text: str) -> Step:
    kind, at, seconds = text.partition("@")
    try:
        at_s = float(seconds) if at else 0.0
    except ValueError:
        at_s = math.nan
    if kind not in MISBEHAVIOURS or not 0 <= at_s < math.inf:
        raise AgentError(f"{text!r} is no order: one of {', '.join(MISBEHAVIOURS)}, then perhaps @SECONDS")
    return Step(at_s, MISBEHAVIOURS[kind])


def _values(family: Family) -> dict[str, int]:
    return {measure.vital: 60 for measure in family.measures}


def _valid(events: list[Event]) -> set[str]:
    return {event.vital for event in events if isinstance(event, Reading) and event.validity is Validity.VALID}


def _identities(events: list[Event]) -> set[Identity]:
    return {msgspec.structs.replace(event, at=0) for event in events if isinstance(event, Identity)}
