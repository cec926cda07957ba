"""Nonin 3150 (WristOx2) and 3230 (Onyx) over Bluetooth Low Energy: Nonin's own oximetry service.

Once a second the oximeter says SpO2, pulse and perfusion with the state of its sensor: only with the finger correctly
in and no search going on are they measured. Unlike the service of the standard, everything is big-endian, and the
first byte of a value is its length. Beat intervals and the pleth are checked and go no further: a recording holds them.

The 3150 keeps a memory, which is not asked for here, and bonds only within two minutes of battery insertion.

Source: Nonin's document 113142-000-02 revision B as three independent programs read it (maurovm/swift-async_pulse_ox
among them, facts only); devices.md section 4.1.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

import msgspec

from firmware_bridges.bridge import BleSettings, Check, Family, Measure, Mode, Sample, Strength
from firmware_bridges.framing import FrameError
from firmware_bridges.gatt import BATTERY, READ, Interpretation, NotificationBridge
from firmware_bridges.verdict import conditions, judged, verdict
from firmware_bridges.vitals import Reading, Reason

SERVICE = "46a970e0-0d5f-11e2-8b5e-0002a5d5c51b"
OXIMETRY = "0aad7ea0-0d60-11e2-8e3c-0002a5d5c51b"
"""The channel of the measurement; it notifies once a second."""

INTERVALS = "34e27863-76ff-4f8e-96f1-9e3993aa6199"
"""Data format 20: up to six beats."""

PLETH = "ec0a883a-4d24-11e7-b114-b2f933d5fe66"
"""Data format 22: 25 samples of the pleth, three times a second."""

DEVICE = "ec0a9302-4d24-11e7-b114-b2f933d5fe66"
"""Data format 23: sensor, error, battery."""

ERRORS = {1: Reason.SENSOR_DISCONNECTED, 5: Reason.MALFUNCTION, 6: Reason.MALFUNCTION}
"""Errors of data format 23: 1 no sensor, 5 sensor fault, 6 system error."""

_ENCRYPTED, _LOW_BATTERY, _ATTACHED, _SEARCHING, _SMARTPOINT, _WEAK = (1 << bit for bit in (6, 5, 4, 3, 2, 1))
_NO_SPO2, _NO_RATE, _NO_PAI = 127, 511, 0xFFFF
_MAX_PAI = 10_000
_OXIMETRY_SIZE, _DEVICE_SIZE = 10, 7
_BEATS_HEAD, _BEAT_SIZE, _MOST_BEATS = 4, 4, 6
_PLETH_SIZE, _PLETH_SAMPLES = 53, 25
_BAD_BEAT = 0x80
_MAX_PERCENT = 100
_VOLTS = 30


class Frame(msgspec.Struct, frozen=True):
    """One measurement as sent: `battery` in 0.1 V; `spo2` in %, `pulse_rate` in /min, `pai` in 0.01 %, None for none.

    The specification has no "none" for the last: more than 100 % is taken for it.
    """

    encrypted: bool
    low_battery: bool
    sensor_attached: bool
    searching: bool
    smartpoint: bool
    weak_signal: bool
    battery: int
    pai: int | None
    counter: int
    spo2: int | None
    pulse_rate: int | None


class Device(msgspec.Struct, frozen=True):
    """Data format 23 as sent: `error` as in `ERRORS`, `battery` in 0.1 V, `battery_percent`, `index` of the message."""

    sensor: int
    error: int
    battery: int
    battery_percent: int
    index: int


class Beat(msgspec.Struct, frozen=True):
    """One beat: `pai` in 0.01 %, `interval` since the beat before in 0.1 ms."""

    bad: bool
    pai: int
    interval: int


class Beats(msgspec.Struct, frozen=True):
    """Data format 20 as sent."""

    counter: int
    invalid_signal: bool
    rate_too_high: bool
    beats: tuple[Beat, ...]


class Pleth(msgspec.Struct, frozen=True):
    """Data format 22 as sent: 25 samples of a third of a second."""

    samples: tuple[int, ...]
    counter: int


def parse_frame(data: bytes) -> Frame:
    """Take a measurement apart; FrameError if it is not as long as it says, or too short."""
    _measure(data, _OXIMETRY_SIZE)
    status, pai, rate = data[1], _word(data, 3), _word(data, 8)
    return Frame(
        encrypted=bool(status & _ENCRYPTED),
        low_battery=bool(status & _LOW_BATTERY),
        sensor_attached=bool(status & _ATTACHED),
        searching=bool(status & _SEARCHING),
        smartpoint=bool(status & _SMARTPOINT),
        weak_signal=bool(status & _WEAK),
        battery=data[2],
        pai=pai if pai <= _MAX_PAI else None,
        counter=_word(data, 5),
        spo2=None if data[7] == _NO_SPO2 else data[7],
        pulse_rate=None if rate == _NO_RATE else rate,
    )


def parse_device(data: bytes) -> Device:
    """Take data format 23 apart; FrameError as for a measurement."""
    _measure(data, _DEVICE_SIZE)
    return Device(data[1], data[2], data[3], data[4], _word(data, 5))


def parse_beats(data: bytes) -> Beats:
    """Take data format 20 apart; FrameError as for a measurement."""
    _measure(data, _BEATS_HEAD)
    whole = range(_BEATS_HEAD, len(data) - _BEAT_SIZE + 1, _BEAT_SIZE)[:_MOST_BEATS]
    beats = tuple(_beat(data[start : start + _BEAT_SIZE]) for start in whole)
    return Beats(_word(data, 1), bool(data[3] & 1), bool(data[3] & 2), beats)


def parse_pleth(data: bytes) -> Pleth:
    """Take data format 22 apart; FrameError as for a measurement."""
    _measure(data, _PLETH_SIZE)
    return Pleth(tuple(_word(data, 1 + 2 * index) for index in range(_PLETH_SAMPLES)), _word(data, _PLETH_SIZE - 2))


def _measure(data: bytes, least: int) -> None:
    if not data or data[0] != len(data):
        raise FrameError("length")
    if len(data) < least:
        raise FrameError("truncated")


def _word(data: bytes, start: int) -> int:
    return int.from_bytes(data[start : start + 2], "big")


def _beat(data: bytes) -> Beat:
    return Beat(bool(data[0] & _BAD_BEAT), _word(data, 0) & 0x0FFF, _word(data, 2))


def interpret(data: bytes, at: int, ordinal: int, notes: Mapping[str, bytes]) -> Interpretation:
    """Judge a measurement by its own status and by the error that the device last told."""
    frame = parse_frame(data)
    found = _reasons(frame, notes)
    sent = {"spo2": frame.spo2, "pulse_rate": frame.pulse_rate, "perfusion_index": frame.pai}
    read = [judged(Reading(at, ordinal, vital, value), found) for vital, value in sent.items()]
    return Interpretation(read, conditions(map(verdict, found)), low_battery=frame.low_battery)


def interpret_device(data: bytes, at: int, ordinal: int) -> Interpretation:  # noqa: ARG001 - as every Interpret
    """Tell the battery; the error is noted for the measurements."""
    percent = parse_device(data).battery_percent
    if percent > _MAX_PERCENT:
        raise FrameError("battery")
    return Interpretation([], None, battery=percent)


def interpret_beats(data: bytes, at: int, ordinal: int) -> Interpretation:  # noqa: ARG001 - as every Interpret
    """Check the beats; they mean no event."""
    parse_beats(data)
    return Interpretation([], None)


def interpret_pleth(data: bytes, at: int, ordinal: int) -> Interpretation:  # noqa: ARG001 - as every Interpret
    """Check a piece of the pleth; it means no event."""
    parse_pleth(data)
    return Interpretation([], None)


def _reasons(frame: Frame, notes: Mapping[str, bytes]) -> list[Reason]:
    noted = notes.get(DEVICE)
    error = None if noted is None else ERRORS.get(parse_device(noted).error)
    found = [] if error is None else [error]
    if not frame.sensor_attached:
        found.append(Reason.SENSOR_OFF)
    elif frame.searching:
        found.append(Reason.SEARCHING)
    return [*found, Reason.WEAK_SIGNAL] if frame.weak_signal else found


class Encoder:
    """The oximeter's side: one measurement per sample.

    Says SENSOR_OFF, SEARCHING and WEAK_SIGNAL; without a finger or a pulse it sends no numbers. What the protocol
    cannot hold (SpO2 from 127 %, pulse from 511 /min, perfusion over 100 %) is sent as no number.
    """

    def __init__(self) -> None:
        self._counter = 0

    def encode(self, sample: Sample) -> list[tuple[str, bytes]]:
        """Return the measurement of `sample`; a vital that it lacks is sent as none."""
        self._counter = (self._counter + 1) & 0xFFFF
        off, searching = Reason.SENSOR_OFF in sample.conditions, Reason.SEARCHING in sample.conditions
        values = {} if off or searching else sample.values
        status = 0 if off else _ATTACHED
        status |= _SEARCHING if searching else 0
        status |= _WEAK if Reason.WEAK_SIGNAL in sample.conditions else 0
        words = (min(values.get("perfusion_index", _NO_PAI), _NO_PAI), self._counter)
        rate = min(values.get("pulse_rate", _NO_RATE), _NO_RATE)
        body = bytes((status, _VOLTS)) + b"".join(word.to_bytes(2, "big") for word in words)
        body += bytes((min(values.get("spo2", _NO_SPO2), _NO_SPO2),)) + rate.to_bytes(2, "big")
        return [(OXIMETRY, bytes((_OXIMETRY_SIZE,)) + body)]


FAMILY = Family(
    name="nonin_ble",
    title="Nonin oximeters over Bluetooth",
    devices=("Nonin 3150 WristOx2", "Nonin 3230 Onyx"),
    measures=(
        Measure("spo2", Mode.CONTINUOUS),
        Measure("pulse_rate", Mode.CONTINUOUS),
        Measure("perfusion_index", Mode.CONTINUOUS),
    ),
    link=BleSettings(service=SERVICE, subscribe=(OXIMETRY, DEVICE, INTERVALS, PLETH, BATTERY), read=READ),
    announces=("model", "serial"),
    check=Check(
        "length; CRC-24 of the Bluetooth link layer, checked before us", Strength.STRONG, catches_bit_flips=0.52
    ),
    period=1_000_000_000,
    documents=("Nonin 113142-000-02 revision B, as independent programs read it: not seen by us",),
    bridge=partial(
        NotificationBridge,
        "nonin_ble",
        {DEVICE: interpret_device, INTERVALS: interpret_beats, PLETH: interpret_pleth},
        recalling={OXIMETRY: interpret},
        noted=frozenset({DEVICE}),
    ),
    encoder=Encoder,
    resync_frames=0,
    official=False,
    conditions=(Reason.SENSOR_OFF, Reason.SEARCHING, Reason.WEAK_SIGNAL),
    identity="0x2A25 (device serial number), never a patient",
)
