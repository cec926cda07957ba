"""`command/observe`: what a person saw or measured at the bedside."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from edge_agent.bedside.quality import PLAUSIBLE
from edge_agent.domain.inputs import Observation
from edge_agent.domain.settings import SECOND
from edge_agent.wire.envelope import UNSYNCED
from edge_agent.wire.inbound import Instant, Name, Request, RequestError, boottime, expired, read
from edge_agent.wire.outgoing import Stamp
from edge_agent.wire.parts import VitalCode
from firmware_bridges.vitals import VITALS

AHEAD = 60 * SECOND
"""A sender's clock may be ahead by this much; then the observation counts as made on arrival."""


class Observed(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One vital as a person measured it."""

    vital: VitalCode
    value: Annotated[float, Meta(description="in `unit`, rounded half up to the vital's resolution")]
    unit: Annotated[str, Meta(description="the vital's UCUM unit; another one is refused, never converted")]


class CommandObserve(Request, frozen=True, kw_only=True, tag="bedside/command-observe/1"):
    """What a person saw or measured. What is left out was not observed; at least one thing is."""

    bed: Annotated[str, Meta(description="the bed's id")]
    person: Annotated[Name, Meta(description="staff id of the observer")]
    observed_at: Annotated[Instant | None, Meta(description="when, with zone; left out: now")] = None
    vitals: Annotated[tuple[Observed, ...], Meta(max_length=len(VITALS), description="each vital at most once")] = ()
    consciousness: Annotated[
        Literal["A", "C", "V", "P", "U"] | None,
        Meta(description="alert, new confusion, responds to voice, to pain, unresponsive"),
    ] = None
    supplemental_oxygen: Annotated[bool | None, Meta(description="true: on oxygen; false: on air")] = None
    spo2_scale: Annotated[
        Literal[1, 2] | None, Meta(description="NEWS2 SpO2 scale; 2 needs `prescriber` and `spo2_target`")
    ] = None
    spo2_target: Annotated[
        tuple[int, int] | None,
        Meta(description="lowest and highest SpO2 in %, such as [88, 92]: `spo2_scale` 2 needs it"),
    ] = None
    prescriber: Annotated[Name | None, Meta(description="staff id of who prescribed the scale")] = None


def read_observation(payload: bytes, received_at: int, stamp: Stamp) -> Observation:
    """Return the observation in `payload`, arrived at `received_at` (ns). Raises RequestError, whatever the bytes."""
    command = read(CommandObserve, payload)
    _check(command, received_at, stamp)
    return Observation(
        bed=command.bed,
        person=command.person,
        request=command.request,
        received_at=received_at,
        observed_at=_observed_at(command, received_at, stamp),
        vitals=_vitals(command),
        consciousness=command.consciousness,
        supplemental_oxygen=command.supplemental_oxygen,
        spo2_scale=command.spo2_scale,
        spo2_target=command.spo2_target,
        prescriber=command.prescriber or "",
    )


def _check(command: CommandObserve, received_at: int, stamp: Stamp) -> None:
    if expired(command.expires_at, received_at, stamp):
        raise RequestError("/expires_at", "has passed; nothing was done", command.request)
    if command.spo2_scale == 2 and not command.prescriber:  # noqa: PLR2004 - the scale's name is its number
        raise RequestError("/prescriber", "`spo2_scale` 2 needs the prescriber", command.request)
    if command.spo2_scale == 2 and command.spo2_target is None:  # noqa: PLR2004 - as above
        raise RequestError("/spo2_target", "`spo2_scale` 2 needs the target", command.request)
    seen = (command.consciousness, command.supplemental_oxygen, command.spo2_scale)
    if not command.vitals and all(each is None for each in seen):
        raise RequestError("", "nothing was observed", command.request)


def _observed_at(command: CommandObserve, received_at: int, stamp: Stamp) -> int:
    if command.observed_at is None or stamp.wall_offset is None or stamp.trust == UNSYNCED:
        return received_at
    at = boottime(command.observed_at, stamp.wall_offset)
    if at > received_at + AHEAD:
        raise RequestError("/observed_at", "lies in the future", command.request)
    return min(at, received_at)


def _vitals(command: CommandObserve) -> dict[str, int]:
    values: dict[str, int] = {}
    for place, observed in enumerate(command.vitals):
        if observed.vital in values:
            raise RequestError(f"/vitals/{place}/vital", f"`{observed.vital}` is there twice", command.request)
        values[observed.vital] = _scaled(observed, f"/vitals/{place}", command.request)
    return values


def _scaled(observed: Observed, pointer: str, request: str) -> int:
    vital = VITALS.get(observed.vital)
    if vital is None:
        raise RequestError(f"{pointer}/vital", f"found `{observed.vital}`; allowed: {', '.join(VITALS)}", request)
    if observed.unit != vital.ucum:
        raise RequestError(f"{pointer}/unit", f"found `{observed.unit}`; allowed: {vital.ucum}", request)
    value = Decimal(repr(observed.value))
    low, high = vital.decimal(PLAUSIBLE[vital.code].lowest), vital.decimal(PLAUSIBLE[vital.code].highest)
    if not low <= value <= high:
        raise RequestError(f"{pointer}/value", f"found {value}; allowed: {low} to {high} {vital.ucum}", request)
    return vital.scaled(value)


PAYLOAD = CommandObserve
