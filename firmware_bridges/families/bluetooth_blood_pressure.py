"""Any Bluetooth blood pressure monitor: characteristic 0x2A35 of service 0x1810.

A cuff that has doubts says so (movement, loose cuff, wrong position): its numbers are questionable then. An irregular
pulse and a rate beyond the device's range are findings about the patient and change nothing. The pressure in a cuff
that is still inflating (0x2A36) is no blood pressure and never becomes a reading.

A monitor keeps what it measured while nobody listened and sends it all at the next connection, stamped: what its own
clock does not show to be fresh is history.

Source: Bluetooth Blood Pressure Service 1.1.1 and GATT Specification Supplement, Blood Pressure Measurement and
Intermediate Cuff Pressure; devices.md section 3.
"""

from __future__ import annotations

from decimal import Decimal
from functools import partial

import msgspec

from firmware_bridges.bridge import BleSettings, Check, Family, Measure, Mode, Sample, Strength
from firmware_bridges.gatt import BATTERY, READ, Fields, Interpretation, NotificationBridge, uuid
from firmware_bridges.ieee11073 import Number, date_time, finite, to_sfloat
from firmware_bridges.units import mmhg_from_kpa
from firmware_bridges.verdict import Verdict, conditions, verdict, worst
from firmware_bridges.vitals import VITALS, Reading, Reason

MEASUREMENT, INTERMEDIATE = uuid(0x2A35), uuid(0x2A36)
"""The channels of a finished measurement, which is indicated, and of the cuff pressure on the way to it."""

MOVEMENT, LOOSE_CUFF, IRREGULAR_PULSE, POSITION = 0, 1, 2, 5
"""Bits of the measurement status. Bits 3 and 4 are one number: 1 pulse above the device's range, 2 below."""

DOUBTS: dict[int, Verdict] = {
    MOVEMENT: verdict(Reason.ARTEFACT),
    LOOSE_CUFF: verdict(Reason.QUESTIONED_BY_DEVICE),
    POSITION: verdict(Reason.QUESTIONED_BY_DEVICE),
}
"""What a bit of the measurement status does to the numbers."""

_KPA, _TIMESTAMP, _PULSE, _USER, _STATUS = 0x01, 0x02, 0x04, 0x08, 0x10
_BITS = {Reason.ARTEFACT: 1 << MOVEMENT, Reason.QUESTIONED_BY_DEVICE: 1 << LOOSE_CUFF}
_PRESSURES = ("systolic", "diastolic", "mean_pressure")


class Frame(msgspec.Struct, frozen=True):
    """One measurement as sent: pressures in kPa or mmHg, pulse in /min; None where the flags say absent.

    `timestamp` is the seven bytes of the date-time. `user_id` is a number that the monitor gave a person, 255 for
    somebody unknown.
    """

    kpa: bool
    systolic: Number
    diastolic: Number
    mean: Number
    timestamp: bytes | None
    pulse_rate: Number | None
    user_id: int | None
    status: int | None


def parse_frame(data: bytes) -> Frame:
    """Take a 0x2A35 or 0x2A36 value apart; FrameError("truncated") if its flags promise more than there is."""
    fields = Fields(data)
    flags = fields.unsigned(1)
    return Frame(
        kpa=bool(flags & _KPA),
        systolic=fields.sfloat(),
        diastolic=fields.sfloat(),
        mean=fields.sfloat(),
        timestamp=fields.take(7) if flags & _TIMESTAMP else None,
        pulse_rate=fields.sfloat() if flags & _PULSE else None,
        user_id=fields.unsigned(1) if flags & _USER else None,
        status=fields.unsigned(2) if flags & _STATUS else None,
    )


def interpret(data: bytes, at: int, ordinal: int) -> Interpretation:
    """Judge a finished measurement by every doubt the device has."""
    frame = parse_frame(data)
    found = [doubt for bit, doubt in DOUBTS.items() if (frame.status or 0) >> bit & 1]
    taken = None if frame.timestamp is None else date_time(frame.timestamp)
    template = Reading(at, ordinal, "", None, device_time=taken or "")
    judged = [_judged(template, vital, number, found) for vital, number in _numbers(frame).items()]
    return Interpretation(judged, conditions(found), taken)


def interpret_intermediate(data: bytes, at: int, ordinal: int) -> Interpretation:  # noqa: ARG001 - as every Interpret
    """Check a cuff pressure. It is received so that a recording shows the cuff at work; it means no event."""
    parse_frame(data)
    return Interpretation([], None)


def _numbers(frame: Frame) -> dict[str, Decimal | None]:
    """Return the vitals of a measurement. With a diastolic of 0 the cuff is still inflating: there are none yet."""
    sent = [finite(each) for each in (frame.systolic, frame.diastolic, frame.mean)]
    known = [None] * len(sent) if sent[1] == 0 else [_mmhg(each, kpa=frame.kpa) for each in sent]
    numbers = dict(zip(_PRESSURES, known, strict=True))
    return numbers if frame.pulse_rate is None else numbers | {"pulse_rate_nibp": finite(frame.pulse_rate)}


def _mmhg(pressure: Decimal | None, *, kpa: bool) -> Decimal | None:
    return mmhg_from_kpa(pressure) if kpa and pressure is not None else pressure


def _judged(template: Reading, vital: str, number: Decimal | None, found: list[Verdict]) -> Reading:
    judged = found if number is not None else [verdict(Reason.NOT_AVAILABLE), *found]
    value = None if number is None else VITALS[vital].scaled(number)
    validity, reason = worst(judged)
    return msgspec.structs.replace(template, vital=vital, value=value, validity=validity, reason=reason)


class Encoder:
    """The monitor's side: one indication per sample in mmHg, with pulse and status, without a stamp.

    Says ARTEFACT (movement) and QUESTIONED_BY_DEVICE (loose cuff), with the numbers as sampled; a vital that the
    sample lacks is NaN.
    """

    def encode(self, sample: Sample) -> list[tuple[str, bytes]]:
        """Return the indication of `sample`."""
        words = [_word(sample, vital) for vital in (*_PRESSURES, "pulse_rate_nibp")]
        status = sum(_BITS.get(reason, 0) for reason in sample.conditions)
        return [(MEASUREMENT, bytes((_PULSE | _STATUS,)) + b"".join(words) + status.to_bytes(2, "little"))]


def _word(sample: Sample, vital: str) -> bytes:
    value = sample.values.get(vital)
    return to_sfloat(None if value is None else VITALS[vital].decimal(value)).to_bytes(2, "little")


FAMILY = Family(
    name="bluetooth_blood_pressure",
    title="Bluetooth blood pressure monitors",
    devices=("any monitor with the Bluetooth Blood Pressure service",),
    measures=(
        Measure("systolic", Mode.SPOT),
        Measure("diastolic", Mode.SPOT),
        Measure("mean_pressure", Mode.SPOT),
        Measure("pulse_rate_nibp", Mode.SPOT),
    ),
    link=BleSettings(service=uuid(0x1810), subscribe=(MEASUREMENT, INTERMEDIATE, BATTERY), read=READ),
    announces=("model", "serial"),
    check=Check("CRC-24 of the Bluetooth link layer, checked before us", Strength.STRONG, catches_bit_flips=0.25),
    period=4 * 3600 * 1_000_000_000,
    documents=("Bluetooth Blood Pressure Service 1.1.1", "Bluetooth GATT Specification Supplement"),
    bridge=partial(
        NotificationBridge,
        "bluetooth_blood_pressure",
        {MEASUREMENT: interpret, INTERMEDIATE: interpret_intermediate},
    ),
    encoder=Encoder,
    resync_frames=0,
    conditions=(Reason.ARTEFACT, Reason.QUESTIONED_BY_DEVICE),
    identity="0x2A25 (device serial number), never a patient",
)
