"""Jumper JPD-500F, sold as "My Oximeter", over Bluetooth Low Energy: four bytes of values, unasked.

The numbers that say "no finger" are all it tells of its probe; there is no check of its own, and no flag. This is no
specification of the maker's: two captures and programs that agree.

Source: two captures in public examples (facts only); devices.md section 4.3.
"""

from __future__ import annotations

from functools import partial

import msgspec

from firmware_bridges.bridge import BleSettings, Check, Family, Measure, Mode, Sample, Strength
from firmware_bridges.framing import FrameError
from firmware_bridges.gatt import BATTERY, READ, Interpretation, NotificationBridge
from firmware_bridges.verdict import invalid_unless_ok
from firmware_bridges.vitals import Reason

SERVICE = "cdeacb80-5235-4c07-8846-93a37ee6b86d"
NOTIFY = "cdeacb81-5235-4c07-8846-93a37ee6b86d"

_PLETH, _VALUES = 0x80, 0x81
_SIZE = 4
_NO_RATE, _NO_SPO2, _NO_PI = 0xFF, 0x7F, 0
_MAX_SPO2 = 100
_PI_STEP = 10


class Frame(msgspec.Struct, frozen=True):
    """Values as sent: pulse in /min, SpO2 in %, `pi_raw` in 0.1 %, None where there is no number."""

    pulse_rate: int | None
    spo2: int | None
    pi_raw: int | None


def parse_frame(data: bytes) -> Frame:
    """Take a value apart. FrameError: "no-frame" unless it is values, "truncated", "implausible"."""
    if data[:1] != bytes((_VALUES,)):
        raise FrameError("no-frame")
    if len(data) < _SIZE:
        raise FrameError("truncated")
    rate, spo2, pi = data[1:_SIZE]
    if spo2 > _MAX_SPO2 and spo2 != _NO_SPO2:
        raise FrameError("implausible")
    return Frame(
        pulse_rate=None if rate in (0, _NO_RATE) else rate,
        spo2=None if spo2 in (0, _NO_SPO2) else spo2,
        pi_raw=None if pi == _NO_PI else pi,
    )


def interpret(data: bytes, at: int, ordinal: int) -> Interpretation:
    """Return the readings: without a number none is valid. The pleth is no event."""
    if data[:1] == bytes((_PLETH,)):
        return Interpretation([], None)
    frame = parse_frame(data)
    pi = None if frame.pi_raw is None else frame.pi_raw * _PI_STEP
    values = {"spo2": frame.spo2, "pulse_rate": frame.pulse_rate, "perfusion_index": pi}
    read = [invalid_unless_ok(at, ordinal, vital, value, Reason.OK) for vital, value in values.items()]
    return Interpretation(read, (Reason.NOT_AVAILABLE,) if set(values.values()) == {None} else ())


class Encoder:
    """The oximeter's side: one frame of values per sample; perfusion in steps of 0.1 %.

    Says NOT_AVAILABLE (no finger): no number. What the protocol cannot hold is no number either.
    """

    def encode(self, sample: Sample) -> list[tuple[str, bytes]]:
        """Return the frame of `sample`; a vital that it lacks is no number."""
        values = {} if Reason.NOT_AVAILABLE in sample.conditions else sample.values
        rate, spo2 = values.get("pulse_rate", _NO_RATE), values.get("spo2", _NO_SPO2)
        pi = values.get("perfusion_index", 0) // _PI_STEP
        return [(NOTIFY, bytes((_VALUES, min(rate, _NO_RATE), min(spo2, _NO_SPO2), min(pi, 0xFF))))]


FAMILY = Family(
    name="jumper_jpd500f",
    title="Jumper JPD-500F fingertip oximeter",
    devices=("Jumper JPD-500F (My Oximeter)",),
    measures=(
        Measure("spo2", Mode.CONTINUOUS),
        Measure("pulse_rate", Mode.CONTINUOUS),
        Measure("perfusion_index", Mode.CONTINUOUS),
    ),
    link=BleSettings(service=SERVICE, subscribe=(NOTIFY, BATTERY), read=READ),
    announces=("model", "serial"),
    check=Check("CRC-24 of the Bluetooth link layer, checked before us", Strength.STRONG, catches_bit_flips=0.25),
    period=1_000_000_000,
    documents=("none of the maker's: public captures and programs",),
    bridge=partial(NotificationBridge, "jumper_jpd500f", {NOTIFY: interpret}),
    encoder=Encoder,
    resync_frames=0,
    official=False,
    caution="tells no difference between a probe that is off and a pulse that is not found",
    conditions=(Reason.NOT_AVAILABLE,),
)
