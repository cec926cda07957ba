"""`history/bed/{bed}/vitals`: what a device had in its memory. It never alerts and is never shown as present."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated

from msgspec import Meta

from edge_agent.domain.effects import StoredReadings
from edge_agent.wire.envelope import Body
from edge_agent.wire.parts import CODES, BedId, Codes, DeviceId, Encounter, Item, Unit, VitalCode, decimal
from firmware_bridges.vitals import VITALS, Reading, Reason, Validity


class StoredValue(Item, frozen=True):
    """One value out of a device's memory."""

    vital: VitalCode
    value: Annotated[Decimal | None, Meta(description="exact decimal; null where the device kept none")]
    unit: Unit
    validity: Annotated[Validity, Meta(description="as the device said")]
    reason: Annotated[Reason, Meta(description="as the device said; mostly `stored`")]
    device_time: Annotated[str, Meta(description="when, by the device's own clock, never trusted; empty: unknown")]
    codes: Annotated[Codes, Meta(description="the vital in MDC and LOINC")]
    site: Annotated[str | None, Meta(description="where on the body it was measured, where the device tells")] = None


class Stored(Body, frozen=True, kw_only=True, tag="bedside/stored/1"):
    """What a device had in its memory. `measured` is when it was read out, `device_time` when the device took it."""

    bed: BedId
    encounter: Encounter = None
    device: DeviceId
    values: Annotated[tuple[StoredValue, ...], Meta(description="in the order the device told them")]


def stored(report: StoredReadings) -> Stored:
    """Return the payload of values from a device's memory."""
    return Stored(
        bed=report.bed,
        encounter=report.encounter or None,
        device=report.device,
        values=tuple(map(_value, report.readings)),
    )


def _value(reading: Reading) -> StoredValue:
    return StoredValue(
        vital=reading.vital,
        value=None if reading.value is None else decimal(reading.vital, reading.value),
        unit=VITALS[reading.vital].ucum,
        validity=reading.validity,
        reason=reading.reason,
        device_time=reading.device_time,
        codes=CODES[reading.vital],
        site=reading.site or None,
    )


PAYLOAD = Stored
