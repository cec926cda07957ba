"""Any Bluetooth heart rate sensor: characteristic 0x2A37 of service 0x180D.

A chest strap knows whether it touches skin: only then is a rate of 0 a measurement. A sensor that cannot tell contact
and says 0 may just mean "nothing yet".

Source: Bluetooth Heart Rate Service 1.0 and GATT Specification Supplement, Heart Rate Measurement; devices.md section
3.
"""

from __future__ import annotations

from functools import partial

import msgspec

from firmware_bridges.bridge import BleSettings, Check, Family, Measure, Mode, Sample, Strength
from firmware_bridges.framing import FrameError
from firmware_bridges.gatt import BATTERY, READ, Fields, Interpretation, NotificationBridge, uuid
from firmware_bridges.vitals import Reading, Reason, Validity

MEASUREMENT = uuid(0x2A37)
"""The channel of the measurement; it notifies about once a second."""

_WIDE, _TOUCHES, _KNOWS_CONTACT, _ENERGY, _INTERVALS = 0x01, 0x02, 0x04, 0x08, 0x10
_MAX_NARROW = 0xFF
_MAX_WIDE = 0xFFFF


class Frame(msgspec.Struct, frozen=True):
    """One measurement as sent: `heart_rate` in /min, `contact` None if the sensor cannot tell.

    `energy` in kJ since reset, `intervals` between beats in 1/1024 s, oldest first.
    """

    heart_rate: int
    contact: bool | None
    energy: int | None
    intervals: tuple[int, ...]


def parse_frame(data: bytes) -> Frame:
    """Take a 0x2A37 value apart; FrameError("truncated") if its flags promise more than there is."""
    fields = Fields(data)
    flags = fields.unsigned(1)
    rate = fields.unsigned(2 if flags & _WIDE else 1)
    contact = bool(flags & _TOUCHES) if flags & _KNOWS_CONTACT else None
    energy = fields.unsigned(2) if flags & _ENERGY else None
    return Frame(rate, contact, energy, _intervals(fields) if flags & _INTERVALS else ())


def _intervals(fields: Fields) -> tuple[int, ...]:
    if fields.left() < 2:  # noqa: PLR2004 - one interval
        raise FrameError("truncated")
    return tuple(fields.unsigned(2) for _ in range(fields.left() // 2))


def interpret(data: bytes, at: int, ordinal: int) -> Interpretation:
    """Judge a measurement: invalid without contact, and 0 is questionable unless contact is certain."""
    frame = parse_frame(data)
    validity, reason = Validity.VALID, Reason.OK
    if frame.contact is False:
        validity, reason = Validity.INVALID, Reason.SENSOR_OFF
    elif frame.contact is None and frame.heart_rate == 0:
        validity, reason = Validity.QUESTIONABLE, Reason.NOT_AVAILABLE
    reading = Reading(at, ordinal, "heart_rate", frame.heart_rate, validity, reason)
    return Interpretation([reading], (Reason.SENSOR_OFF,) if frame.contact is False else ())


class Encoder:
    """The sensor's side: one notification per sample, with skin contact known. Says SENSOR_OFF, and then a rate of 0.

    A sample without a heart rate, or with one over 65535 /min, is sent as "no contact".
    """

    def encode(self, sample: Sample) -> list[tuple[str, bytes]]:
        """Return the notification of `sample`."""
        rate = sample.values.get("heart_rate", -1)
        touches = Reason.SENSOR_OFF not in sample.conditions and 0 <= rate <= _MAX_WIDE
        sent = rate if touches else 0
        wide = sent > _MAX_NARROW
        flags = _KNOWS_CONTACT | (_TOUCHES if touches else 0) | (_WIDE if wide else 0)
        return [(MEASUREMENT, bytes((flags, *sent.to_bytes(2 if wide else 1, "little"))))]


FAMILY = Family(
    name="bluetooth_heart_rate",
    title="Bluetooth heart rate sensors",
    devices=("any sensor with the Bluetooth Heart Rate service",),
    measures=(Measure("heart_rate", Mode.CONTINUOUS),),
    link=BleSettings(service=uuid(0x180D), subscribe=(MEASUREMENT, BATTERY), read=READ),
    announces=("model", "serial"),
    check=Check("CRC-24 of the Bluetooth link layer, checked before us", Strength.STRONG, catches_bit_flips=0.29),
    period=1_000_000_000,
    documents=("Bluetooth Heart Rate Service 1.0", "Bluetooth GATT Specification Supplement"),
    bridge=partial(NotificationBridge, "bluetooth_heart_rate", {MEASUREMENT: interpret}),
    encoder=Encoder,
    resync_frames=0,
    conditions=(Reason.SENSOR_OFF,),
    identity="0x2A25 (device serial number), never a patient",
)
