"""Polar's optical sensors (Verity Sense, OH1) by Polar Measurement Data: the pulse out of the beat-to-beat intervals.

Polar says that these sensors are not for medical use. The bridge starts the intervals (PPI) when it is connected, and
again whenever none have come for half a minute. A sample counts with skin contact and without the blocker that the
sensor sets when it moves; an error over 30 ms is a doubt. An H10 chest strap speaks the same protocol and sends its
heart rate as any strap does: it belongs to the family `bluetooth_heart_rate`. Its electrocardiogram is taken apart
here and goes no further.

Source: Polar Measurement Data specification and Polar BLE SDK (polarofficial/polar-ble-sdk, facts only): data frames,
PPI and ECG, control point, settings; devices.md section 4.4.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

import msgspec

from firmware_bridges.bridge import BleSettings, Check, Family, Measure, Mode, Sample, Strength
from firmware_bridges.framing import FrameError
from firmware_bridges.gatt import BATTERY, READ, Fields, Interpretation, NotificationBridge
from firmware_bridges.verdict import conditions, judged, verdict
from firmware_bridges.vitals import Event, Reading, Reason, Send

SERVICE = "fb005c80-02e7-f387-1cad-8acd2d8df0c8"
CONTROL, DATA = "fb005c81-02e7-f387-1cad-8acd2d8df0c8", "fb005c82-02e7-f387-1cad-8acd2d8df0c8"
"""The channels of commands with their responses, and of the measurements."""

TYPES = {
    0: "ECG",
    1: "PPG",
    2: "ACC",
    3: "PPI",
    5: "GYRO",
    6: "MAGNETOMETER",
    7: "SKIN_TEMP",
    9: "SDK_MODE",
    10: "LOCATION",
    11: "PRESSURE",
    12: "TEMPERATURE",
    13: "OFFLINE_RECORDING",
    14: "OFFLINE_HR",
}
"""Kinds of measurement."""

SETTINGS = {
    0: ("sample_rate", 2),
    1: ("resolution", 2),
    2: ("range", 2),
    3: ("range_milliunit", 4),
    4: ("channels", 1),
    5: ("factor", 4),
}
"""Settings of a measurement: name and bytes of one value."""

COMMANDS = {1: "get_settings", 2: "start", 3: "stop"}
"""What can be asked at the control point."""

IMPATIENCE = 30_000_000_000
"""Without intervals for so long (ns), they are started again: longer than a sensor needs for its first ones."""

MAX_ERROR = 30
"""Estimated error of an interval, ms, above which movement or a loose sensor is likely (Polar BLE SDK, PPI sample)."""

_ECG, _PPI = 0, 3
_START = 2
_RESPONSE = 0xF0
_COMPRESSED = 0x80
_TYPE_BITS = 0x3F
_HEAD_SIZE, _PPI_SIZE = 10, 6
_BLOCKED, _CONTACT, _KNOWS_CONTACT = 0x01, 0x02, 0x04
_EPOCH = datetime(2000, 1, 1)  # noqa: DTZ001 - the sensor knows no zone
_PERIOD = 5_000_000_000
_MAX_RATE = 255


class Header(msgspec.Struct, frozen=True):
    """The head of a data frame: `time` of its last sample in ns since 2000, 0 where the sensor does not say."""

    type: int
    time: int
    frame_type: int
    compressed: bool


class Interval(msgspec.Struct, frozen=True):
    """One PPI sample as sent: pulse in /min, 0 for none yet; interval and its likely error in ms.

    `contact` with the skin is None if the sensor cannot tell.
    """

    heart_rate: int
    interval: int
    error: int
    blocked: bool
    contact: bool | None


class Potential(msgspec.Struct, frozen=True):
    """One ECG sample as sent, in uV. `tags` are the bits that frame types 1 and 2 add, by name."""

    microvolts: int
    tags: dict[str, int] = {}


class Response(msgspec.Struct, frozen=True):
    """A response of the control point: to `op` of `COMMANDS`, for `type` of `TYPES`; `error` 0 is success."""

    op: int
    type: int
    error: int
    more: bool


def parse_header(data: bytes) -> Header:
    """Take the head of a data frame apart; FrameError("truncated") if there is less."""
    fields = Fields(data)
    kind, time, frame_type = fields.unsigned(1), fields.unsigned(8), fields.unsigned(1)
    return Header(kind & _TYPE_BITS, time, frame_type & ~_COMPRESSED, bool(frame_type & _COMPRESSED))


def parse_intervals(data: bytes) -> tuple[Interval, ...]:
    """Take a PPI frame apart; FrameError unless it is of type 0 and holds whole samples, at least one."""
    header, rest = parse_header(data), data[_HEAD_SIZE:]
    if header.type != _PPI or header.compressed or header.frame_type:
        raise FrameError("frame-type")
    return tuple(_interval(sample) for sample in _samples(rest, _PPI_SIZE))


def parse_potentials(data: bytes) -> tuple[Potential, ...]:
    """Take an ECG frame apart; FrameError unless it is of type 0, 1 or 2 and holds whole samples, at least one."""
    header, rest = parse_header(data), data[_HEAD_SIZE:]
    if header.type != _ECG or header.compressed or header.frame_type not in _POTENTIALS:
        raise FrameError("frame-type")
    return tuple(_POTENTIALS[header.frame_type](sample) for sample in _samples(rest, 3))


def command(op: int, kind: int, settings: Mapping[str, int] | None = None) -> bytes:
    """Return a command to the control point: `op` of `COMMANDS`, `kind` of `TYPES`, values by the names of `SETTINGS`.

    KeyError for an unknown setting, OverflowError for a value that its bytes cannot hold.
    """
    numbered = {name: (number, size) for number, (name, size) in SETTINGS.items()}
    body = b""
    for name, value in (settings or {}).items():
        number, size = numbered[name]
        body += bytes((number, 1)) + value.to_bytes(size, "little")
    return bytes((op, kind)) + body


def parse_response(data: bytes) -> Response:
    """Take a response apart; FrameError if it is none or truncated."""
    fields = Fields(data)
    if fields.unsigned(1) != _RESPONSE:
        raise FrameError("no-response")
    op, kind, error = fields.unsigned(1), fields.unsigned(1), fields.unsigned(1)
    return Response(op, kind & _TYPE_BITS, error, bool(fields.left() and fields.unsigned(1)))


def _samples(data: bytes, size: int) -> list[bytes]:
    if not data or len(data) % size:
        raise FrameError("truncated")
    return [data[start : start + size] for start in range(0, len(data), size)]


def _interval(data: bytes) -> Interval:
    fields = Fields(data)
    rate, interval, error, flags = fields.unsigned(1), fields.unsigned(2), fields.unsigned(2), fields.unsigned(1)
    contact = bool(flags & _CONTACT) if flags & _KNOWS_CONTACT else None
    return Interval(rate, interval, error, bool(flags & _BLOCKED), contact)


def _plain(data: bytes) -> Potential:
    return Potential(int.from_bytes(data, "little", signed=True))


def _with_contact(data: bytes) -> Potential:
    tags = {"oversampling": data[2] & 1, "skin_contact": data[2] >> 1 & 3, "contact_impedance": data[2] >> 3 & 3}
    return Potential(int.from_bytes(data[:2], "little") & 0x3FFF, tags)


def _with_pace(data: bytes) -> Potential:
    return Potential(int.from_bytes(data, "little") & 0x3FFFF, {"ecg_tag": data[2] >> 2 & 7, "pace_tag": data[2] >> 5})


_POTENTIALS = {0: _plain, 1: _with_contact, 2: _with_pace}


def interpret(data: bytes, at: int, ordinal: int) -> Interpretation:
    """Judge the newest interval; other measurements mean no event."""
    header = parse_header(data)
    if header.type == _ECG:
        parse_potentials(data)
    if header.type != _PPI:
        return Interpretation([], None)
    newest = parse_intervals(data)[-1]
    found = _reasons(newest)
    stamp = (_EPOCH + timedelta(microseconds=header.time // 1000)).isoformat() if header.time else ""
    reading = Reading(at, ordinal, "pulse_rate", newest.heart_rate or None, device_time=stamp)
    return Interpretation([judged(reading, found)], conditions(map(verdict, found)))


def interpret_control(data: bytes, at: int, ordinal: int) -> Interpretation:  # noqa: ARG001 - as every Interpret
    """Check a response, or the features that are read here; neither means an event."""
    if data[:1] == bytes((_RESPONSE,)):
        parse_response(data)
    return Interpretation([], None)


def _reasons(sample: Interval) -> list[Reason]:
    if sample.contact is False:
        return [Reason.SENSOR_OFF]
    return [Reason.ARTEFACT] if sample.blocked or sample.error > MAX_ERROR else []


class State(msgspec.Struct, tag="polar_pmd/1"):
    """All a bridge remembers: its notifications, and when the intervals are started again (ns)."""

    live: bytes
    due: int | None = None


class Decoder:
    """The gateway's side: starts the intervals and reads them."""

    def __init__(self) -> None:
        self._live = NotificationBridge("polar_pmd", {DATA: interpret, CONTROL: interpret_control})
        self._state = State(b"")

    def opened(self, at: int) -> list[Event]:
        """Start the intervals."""
        return [*self.closed(at), *self._start(at)]

    def receive(self, channel: str, data: bytes, at: int) -> list[Event]:
        """Return one reading per frame of intervals, and what else the sensor says of itself."""
        events = self._live.receive(channel, data, at)
        if self._state.due is not None and any(isinstance(event, Reading) for event in events):
            self._state.due = at + IMPATIENCE
        return events

    def wake(self, at: int) -> list[Event]:
        """Start the intervals again when they stay away."""
        return self._start(at) if self._state.due is not None and at >= self._state.due else []

    def closed(self, at: int) -> list[Event]:
        """Forget what the sensor said."""
        self._state.due = None
        return self._live.closed(at)

    def next_deadline(self) -> int | None:
        """Return when the intervals are missed."""
        return self._state.due

    def snapshot(self) -> bytes:
        """Return the state as MessagePack."""
        return msgspec.msgpack.encode(msgspec.structs.replace(self._state, live=self._live.snapshot()))

    def restore(self, state: bytes) -> None:
        """Take up a snapshot; ValueError if it is another family's."""
        restored = msgspec.msgpack.decode(state, type=State)
        self._live.restore(restored.live)
        self._state = restored

    def _start(self, at: int) -> list[Event]:
        self._state.due = at + IMPATIENCE
        return [Send(CONTROL, command(_START, _PPI))]


class Encoder:
    """The sensor's side: one frame with one sample per sample, without a time.

    Says SENSOR_OFF (no skin contact) and ARTEFACT (blocked by movement). A sample without a pulse, or with one that a
    byte cannot hold, is sent as none yet.
    """

    def encode(self, sample: Sample) -> list[tuple[str, bytes]]:
        """Return the frame of `sample`."""
        rate = sample.values.get("pulse_rate", 0)
        sent = rate if 0 < rate <= _MAX_RATE else 0
        interval = 60_000 // sent if sent else 0
        flags = _KNOWS_CONTACT | (0 if Reason.SENSOR_OFF in sample.conditions else _CONTACT)
        flags |= _BLOCKED if Reason.ARTEFACT in sample.conditions else 0
        head = bytes((_PPI, *bytes(8), 0))
        return [(DATA, head + bytes((sent,)) + interval.to_bytes(2, "little") + bytes((0, 0, flags)))]


FAMILY = Family(
    name="polar_pmd",
    title="Polar optical sensors",
    devices=("Polar Verity Sense", "Polar OH1"),
    measures=(Measure("pulse_rate", Mode.CONTINUOUS),),
    link=BleSettings(service=SERVICE, subscribe=(DATA, CONTROL, BATTERY), read=READ),
    announces=("model", "serial"),
    check=Check("CRC-24 of the Bluetooth link layer, checked before us", Strength.STRONG, catches_bit_flips=0.93),
    period=_PERIOD,
    documents=("Polar Measurement Data specification", "Polar BLE SDK"),
    bridge=Decoder,
    encoder=Encoder,
    resync_frames=0,
    conditions=(Reason.SENSOR_OFF, Reason.ARTEFACT),
    caution="a wellness sensor: its maker says that it is not for medical use",
    identity="0x2A25 (device serial number), never a patient",
)
