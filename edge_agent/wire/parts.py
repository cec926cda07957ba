"""Records that several payloads share."""

from __future__ import annotations

from decimal import Decimal
from math import isfinite
from typing import Annotated

import msgspec
from msgspec import Meta

from edge_agent.domain.effects import LinkReport, LinkState
from edge_agent.wire.envelope import age_ms
from firmware_bridges.vitals import VITALS

BedId = Annotated[str, Meta(description="the bed's id")]
DeviceId = Annotated[str, Meta(description="the device's id; `observation` for what a person observed")]
VitalCode = Annotated[str, Meta(description="which vital, by our code", extra_json_schema={"enum": list(VITALS)})]
Unit = Annotated[str, Meta(description="UCUM unit of `value`")]
Encounter = Annotated[str | None, Meta(description="pseudonymous token of the stay; never a name or number")]


class Item(msgspec.Struct, frozen=True, omit_defaults=True):
    """The config of every record inside a payload: what does not apply is left out, what is absent is null."""


class Codes(Item, frozen=True):
    """A vital in the code systems of others."""

    mdc: Annotated[int, Meta(description="IEEE 11073-10101 code")]
    mdc_name: Annotated[str, Meta(description="IEEE 11073-10101 reference id")]
    loinc: Annotated[str, Meta(description="LOINC code, that of the FHIR R4 vital-signs profile first")]


CODES: dict[str, Codes] = {
    vital.code: Codes(mdc=vital.mdc, mdc_name=vital.mdc_name, loinc=vital.loinc) for vital in VITALS.values()
}
"""The codes of every vital, made once."""


class Link(Item, frozen=True):
    """The link to one device of a bed, as it is now."""

    device: DeviceId
    state: Annotated[LinkState, Meta(description="starting, connecting, streaming, quiet or lost")]
    reason: Annotated[str, Meta(description="why, in words that name the port or adapter; empty while all is well")]
    age_ms: Annotated[int, Meta(description="for how long it has been so")]


def link(report: LinkReport, now: int) -> Link:
    """Return a link's report as it stands at `now` (ns)."""
    return Link(device=report.device, state=report.state, reason=report.reason, age_ms=age_ms(report.since, now))


def decimal(vital: str, value: int) -> Decimal:
    """Return a scaled integer as a decimal with exactly the vital's decimals: the JSON number 37.0 keeps its zero."""
    return VITALS[vital].decimal(value)


def number(value: float | None, places: int) -> Decimal | None:
    """Return a float as a decimal with `places`, None for what is no number: NaN and Infinity have no JSON."""
    if value is None or not isfinite(value):
        return None
    rounded = Decimal(f"{value:.{places}f}")
    return rounded or abs(rounded)
