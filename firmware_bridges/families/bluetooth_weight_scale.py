"""Any Bluetooth weight scale: characteristic 0x2A9D of service 0x181D.

A scale that could not measure sends 0xFFFF. Stamped values that its own clock does not show to be fresh come from its
memory and are history. Body mass index and height are taken apart and go no further.

Source: Bluetooth Weight Scale Service 1.0 and GATT Specification Supplement, Weight Measurement; devices.md section 3.
"""

from __future__ import annotations

from decimal import Decimal
from functools import partial

import msgspec

from firmware_bridges.bridge import BleSettings, Check, Family, Measure, Mode, Sample, Strength
from firmware_bridges.gatt import BATTERY, READ, Fields, Interpretation, NotificationBridge, uuid
from firmware_bridges.units import kilogram_from_pound
from firmware_bridges.verdict import invalid_unless_ok
from firmware_bridges.vitals import VITALS, Reason

MEASUREMENT = uuid(0x2A9D)
"""The channel of a measurement, which is indicated."""

_POUNDS, _TIMESTAMP, _USER, _BODY = 0x01, 0x02, 0x04, 0x08
_FAILED = 0xFFFF
_KILOGRAM_STEP, _POUND_STEP = Decimal("0.005"), Decimal("0.01")
_STEPS_PER_UNIT = 2
"""A weight of ours is in 0.01 kg, one of the scale's in 0.005 kg."""


class Frame(msgspec.Struct, frozen=True):
    """One measurement as sent, `weight` in 0.005 kg or 0.01 lb; None where the flags say absent.

    `timestamp` is ISO 8601 without zone, "" if unknown. `user_id` is a number that the scale gave a person, 255 for
    somebody unknown. `bmi` in 0.1 kg/m2, `height` in 0.001 m or 0.1 in.
    """

    pounds: bool
    weight: int
    timestamp: str | None
    user_id: int | None
    bmi: int | None
    height: int | None

    @property
    def kilogram(self) -> Decimal | None:
        """Return the weight in kg, None if the scale could not measure."""
        if self.weight == _FAILED:
            return None
        return kilogram_from_pound(self.weight * _POUND_STEP) if self.pounds else self.weight * _KILOGRAM_STEP


def parse_frame(data: bytes) -> Frame:
    """Take a 0x2A9D value apart; FrameError("truncated") if its flags promise more than there is."""
    fields = Fields(data)
    flags = fields.unsigned(1)
    return Frame(
        pounds=bool(flags & _POUNDS),
        weight=fields.unsigned(2),
        timestamp=fields.date_time() if flags & _TIMESTAMP else None,
        user_id=fields.unsigned(1) if flags & _USER else None,
        bmi=fields.unsigned(2) if flags & _BODY else None,
        height=fields.unsigned(2) if flags & _BODY else None,
    )


def interpret(data: bytes, at: int, ordinal: int) -> Interpretation:
    """Return a measurement; one that failed is no weight."""
    frame = parse_frame(data)
    kilogram = frame.kilogram
    value = None if kilogram is None else VITALS["weight"].scaled(kilogram)
    reading = invalid_unless_ok(at, ordinal, "weight", value, Reason.OK)
    failed = (Reason.NOT_AVAILABLE,) if value is None else ()
    stamped = msgspec.structs.replace(reading, device_time=frame.timestamp or "")
    return Interpretation([stamped], failed, frame.timestamp)


class Encoder:
    """The scale's side: one indication per sample in kg, without a stamp. Says NOT_AVAILABLE: it could not measure.

    So it does of a sample without a weight, or with one that no scale can say (from 327.68 kg).
    """

    def encode(self, sample: Sample) -> list[tuple[str, bytes]]:
        """Return the indication of `sample`."""
        weight = _FAILED if Reason.NOT_AVAILABLE in sample.conditions else sample.values.get("weight", _FAILED)
        steps = weight * _STEPS_PER_UNIT
        return [(MEASUREMENT, b"\x00" + (steps if 0 <= steps < _FAILED else _FAILED).to_bytes(2, "little"))]


FAMILY = Family(
    name="bluetooth_weight_scale",
    title="Bluetooth weight scales",
    devices=("any scale with the Bluetooth Weight Scale service",),
    measures=(Measure("weight", Mode.SPOT),),
    link=BleSettings(service=uuid(0x181D), subscribe=(MEASUREMENT, BATTERY), read=READ),
    announces=("model", "serial"),
    check=Check("CRC-24 of the Bluetooth link layer, checked before us", Strength.STRONG, catches_bit_flips=0.29),
    period=24 * 3600 * 1_000_000_000,
    documents=("Bluetooth Weight Scale Service 1.0", "Bluetooth GATT Specification Supplement"),
    bridge=partial(NotificationBridge, "bluetooth_weight_scale", {MEASUREMENT: interpret}),
    encoder=Encoder,
    resync_frames=0,
    conditions=(Reason.NOT_AVAILABLE,),
    identity="0x2A25 (device serial number), never a patient",
)
