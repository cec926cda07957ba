"""Yuwell YX110 and its likes over Bluetooth Low Energy: frames of values and of the pleth on one channel, unasked.

A frame of the pleth tells whether the sensor is off, a frame of values does not: values are judged by the frame
before. The last byte is no sum that could be found, so nothing checks a frame but the link. This is no specification
of the maker's.

Source: one captured frame; layout, "no number" and sensor bit from public programs (facts only); devices.md section
4.3.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

import msgspec

from firmware_bridges.bridge import BleSettings, Check, Family, Measure, Mode, Sample, Strength
from firmware_bridges.framing import FrameError
from firmware_bridges.gatt import BATTERY, READ, Interpretation, NotificationBridge, uuid
from firmware_bridges.verdict import judged
from firmware_bridges.vitals import Reading, Reason

SERVICE, NOTIFY = uuid(0xFFE0), uuid(0xFFE4)

_VALUES, _PLETH = b"\xfe\x0a\x55", b"\xfe\x08\x56"
_SENSOR_OFF = 0x02
_NO_RATE, _NO_SPO2, _NO_PI = 511, 127, 0
_MAX_SPO2 = 100
_PI_STEP = 10


class Frame(msgspec.Struct, frozen=True):
    """Values as sent: pulse in /min, SpO2 in %, `pi_raw` in 0.001 %, None where there is no number."""

    pulse_rate: int | None
    spo2: int | None
    pi_raw: int | None
    counter: int


def parse_frame(data: bytes) -> Frame:
    """Take a frame of values apart. FrameError: "no-frame", "length", "implausible"."""
    if not data.startswith(_VALUES):
        raise FrameError("no-frame")
    if len(data) != data[1]:
        raise FrameError("length")
    rate, spo2, pi = int.from_bytes(data[3:5], "big"), data[5], int.from_bytes(data[6:8], "big")
    if rate > _NO_RATE or (spo2 > _MAX_SPO2 and spo2 != _NO_SPO2):
        raise FrameError("implausible")
    return Frame(
        pulse_rate=None if rate in (0, _NO_RATE) else rate,
        spo2=None if spo2 in (0, _NO_SPO2) else spo2,
        pi_raw=None if pi == _NO_PI else pi,
        counter=data[8],
    )


def interpret(data: bytes, at: int, ordinal: int, notes: Mapping[str, bytes]) -> Interpretation:
    """Judge values by the sensor bit of the pleth before them; the pleth itself is no event."""
    if _is_pleth(data):
        return Interpretation([], None)
    frame = parse_frame(data)
    before = notes.get(NOTIFY, b"")
    reasons = [Reason.SENSOR_OFF] if _is_pleth(before) and before[4] & _SENSOR_OFF else []
    pi = None if frame.pi_raw is None else (frame.pi_raw + _PI_STEP // 2) // _PI_STEP
    values = {"spo2": frame.spo2, "pulse_rate": frame.pulse_rate, "perfusion_index": pi}
    read = [judged(Reading(at, ordinal, vital, value), reasons) for vital, value in values.items()]
    none = [Reason.NOT_AVAILABLE] if set(values.values()) == {None} else []
    return Interpretation(read, tuple(reasons or none))


def _is_pleth(data: bytes) -> bool:
    return data.startswith(_PLETH) and len(data) == data[1]


class Encoder:
    """The oximeter's side: one frame of values per sample.

    Says NOT_AVAILABLE: no number. What the protocol cannot hold is no number either.
    """

    def __init__(self) -> None:
        self._counter = 0

    def encode(self, sample: Sample) -> list[tuple[str, bytes]]:
        """Return the frame of `sample`; a vital that it lacks is no number."""
        self._counter = (self._counter + 1) & 0xFF
        values = {} if Reason.NOT_AVAILABLE in sample.conditions else sample.values
        rate = min(values.get("pulse_rate", _NO_RATE), _NO_RATE).to_bytes(2, "big")
        pi = min(values.get("perfusion_index", 0) * _PI_STEP, 0xFFFF).to_bytes(2, "big")
        spo2 = min(values.get("spo2", _NO_SPO2), _NO_SPO2)
        return [(NOTIFY, _VALUES + rate + bytes((spo2,)) + pi + bytes((self._counter, 0)))]


FAMILY = Family(
    name="yuwell_oximeter",
    title="Yuwell fingertip oximeters",
    devices=("Yuwell YX110",),
    measures=(
        Measure("spo2", Mode.CONTINUOUS),
        Measure("pulse_rate", Mode.CONTINUOUS),
        Measure("perfusion_index", Mode.CONTINUOUS),
    ),
    link=BleSettings(service=SERVICE, subscribe=(NOTIFY, BATTERY), read=READ),
    announces=("model", "serial"),
    check=Check("CRC-24 of the Bluetooth link layer, checked before us", Strength.STRONG, catches_bit_flips=0.35),
    period=1_000_000_000,
    documents=("none of the maker's: one public capture and programs",),
    bridge=partial(NotificationBridge, "yuwell_oximeter", {}, recalling={NOTIFY: interpret}, noted=frozenset({NOTIFY})),
    encoder=Encoder,
    resync_frames=1,
    official=False,
    conditions=(Reason.NOT_AVAILABLE,),
)
