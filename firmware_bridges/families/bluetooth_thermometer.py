"""Any Bluetooth thermometer: characteristic 0x2A1C of service 0x1809.

What a thermometer shows while it still warms up (0x2A1E) is an early estimate. Stamped values that its own clock does
not show to be fresh come from its memory and are history.

Source: Bluetooth Health Thermometer Service 1.0 and GATT Specification Supplement, Temperature Measurement and
Temperature Type; devices.md section 3.
"""

from __future__ import annotations

from decimal import Decimal
from functools import partial

import msgspec

from firmware_bridges.bridge import BleSettings, Check, Family, Measure, Mode, Sample, Strength
from firmware_bridges.framing import FrameError
from firmware_bridges.gatt import BATTERY, READ, Fields, Interpretation, NotificationBridge, uuid
from firmware_bridges.ieee11073 import Number, finite
from firmware_bridges.units import celsius_from_fahrenheit
from firmware_bridges.verdict import FINE, Verdict, conditions, verdict
from firmware_bridges.vitals import VITALS, Reading, Reason

MEASUREMENT, INTERMEDIATE = uuid(0x2A1C), uuid(0x2A1E)
"""The channels of a finished measurement, which is indicated, and of estimates on the way to it."""

SITES = {
    1: "armpit",
    2: "body",
    3: "ear",
    4: "finger",
    5: "gastro-intestinal tract",
    6: "mouth",
    7: "rectum",
    8: "toe",
    9: "tympanum",
}
"""Where it was measured, by the Temperature Type (0x2A1D)."""

_FAHRENHEIT, _TIMESTAMP, _TYPE = 0x01, 0x02, 0x04
_NAN = 0x007FFFFF
_TENTHS = 0xFF << 24
_MANTISSA = 0xFFFFFF
_HOTTEST = 1000


class Frame(msgspec.Struct, frozen=True):
    """One measurement as sent: `temperature` in Fahrenheit or Cel.

    `timestamp` is ISO 8601 without zone, "" if unknown; it and `type` are None where the flags say absent.
    """

    fahrenheit: bool
    temperature: Number
    timestamp: str | None
    type: int | None

    @property
    def celsius(self) -> Decimal | None:
        """Return the temperature in Cel, None for no number."""
        number = finite(self.temperature)
        return celsius_from_fahrenheit(number) if self.fahrenheit and number is not None else number


def parse_frame(data: bytes) -> Frame:
    """Take a 0x2A1C or 0x2A1E value apart; FrameError if it is truncated or no temperature (beyond 1000)."""
    fields = Fields(data)
    flags = fields.unsigned(1)
    temperature = fields.float32()
    number = finite(temperature)
    if number is not None and abs(number) > _HOTTEST:
        raise FrameError("implausible")
    return Frame(
        fahrenheit=bool(flags & _FAHRENHEIT),
        temperature=temperature,
        timestamp=fields.date_time() if flags & _TIMESTAMP else None,
        type=fields.unsigned(1) if flags & _TYPE else None,
    )


def interpret(data: bytes, at: int, ordinal: int, judged: Verdict = FINE) -> Interpretation:
    """Return a measurement, `judged` unless there is no number, with the place where it was taken."""
    frame = parse_frame(data)
    celsius = frame.celsius
    validity, reason = judged if celsius is not None else verdict(Reason.NOT_AVAILABLE)
    reading = Reading(
        at,
        ordinal,
        "temperature",
        None if celsius is None else VITALS["temperature"].scaled(celsius),
        validity,
        reason,
        site=SITES.get(frame.type or 0, ""),
        device_time=frame.timestamp or "",
    )
    return Interpretation([reading], conditions([judged]), frame.timestamp)


def interpret_intermediate(data: bytes, at: int, ordinal: int) -> Interpretation:
    """Return what is shown before the measurement is done."""
    return interpret(data, at, ordinal, verdict(Reason.EARLY_ESTIMATE))


class Encoder:
    """The thermometer's side: one indication per sample in Cel, without a stamp.

    Says EARLY_ESTIMATE, on the channel of estimates; a temperature that the sample lacks is NaN.
    """

    def encode(self, sample: Sample) -> list[tuple[str, bytes]]:
        """Return the indication of `sample`."""
        value = sample.values.get("temperature")
        word = _NAN if value is None else _TENTHS | value & _MANTISSA
        channel = INTERMEDIATE if Reason.EARLY_ESTIMATE in sample.conditions else MEASUREMENT
        return [(channel, b"\x00" + word.to_bytes(4, "little"))]


FAMILY = Family(
    name="bluetooth_thermometer",
    title="Bluetooth thermometers",
    devices=("any thermometer with the Bluetooth Health Thermometer service",),
    measures=(Measure("temperature", Mode.SPOT),),
    link=BleSettings(service=uuid(0x1809), subscribe=(MEASUREMENT, INTERMEDIATE, BATTERY), read=READ),
    announces=("model", "serial"),
    check=Check("CRC-24 of the Bluetooth link layer, checked before us", Strength.STRONG, catches_bit_flips=0.42),
    period=4 * 3600 * 1_000_000_000,
    documents=("Bluetooth Health Thermometer Service 1.0", "Bluetooth GATT Specification Supplement"),
    bridge=partial(
        NotificationBridge,
        "bluetooth_thermometer",
        {MEASUREMENT: interpret, INTERMEDIATE: interpret_intermediate},
    ),
    encoder=Encoder,
    resync_frames=0,
    conditions=(Reason.EARLY_ESTIMATE,),
    identity="0x2A25 (device serial number), never a patient",
)
