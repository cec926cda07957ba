"""Our own link for several vitals over one serial line, for firmware of the ESP32 and Arduino class.

COBS frames, a version, a sequence number, the device's milliseconds and a CRC-16; every value says how far it may be
trusted. The specification, with example bytes, is docs/sensor-link.md.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable

import msgspec
from cobs import cobs  # type: ignore[import-untyped] # ships no types
from crccheck.crc import Crc16Mcrf4Xx

from firmware_bridges.bridge import (
    SERIAL,
    Check,
    Family,
    Measure,
    Mode,
    Sample,
    SerialSettings,
    Strength,
)
from firmware_bridges.framing import FrameError, Stream
from firmware_bridges.verdict import Verdict, verdict, worst
from firmware_bridges.vitals import DeviceStatus, Event, Identity, Malformed, Reading, Reason, Validity

MAJOR, MINOR = 1, 0
"""The version spoken here: the high and the low nibble of a frame's first byte."""

MEASUREMENT, IDENTITY, STATUS = 1, 2, 3
"""Frame types; others are ignored."""

VITAL_IDS: dict[int, str] = {
    1: "heart_rate",
    2: "pulse_rate",
    3: "spo2",
    4: "respiratory_rate",
    5: "systolic",
    6: "diastolic",
    7: "mean_pressure",
    8: "temperature",
    9: "perfusion_index",
    10: "pulse_rate_nibp",
}
"""Vitals by their number on the link; a number that is not here is skipped."""

REASONS = (
    Reason.OK,
    Reason.SENSOR_OFF,
    Reason.SENSOR_DISCONNECTED,
    Reason.SEARCHING,
    Reason.LOW_PERFUSION,
    Reason.WEAK_SIGNAL,
    Reason.ARTEFACT,
    Reason.HELD,
    Reason.EARLY_ESTIMATE,
    Reason.STORED,
    Reason.DEMO,
    Reason.TEST,
    Reason.CALIBRATING,
    Reason.NOT_AVAILABLE,
    Reason.QUESTIONED_BY_DEVICE,
    Reason.MALFUNCTION,
    Reason.WRONG_SAMPLE,
)
"""Reasons by their number on the link; a number that is not here reads as QUESTIONED_BY_DEVICE."""

VALIDITIES = (Validity.VALID, Validity.QUESTIONABLE, Validity.INVALID, Validity.INVALID)
"""Validities by the top two bits of a value's state; the fourth pattern is reserved and trusted by nobody."""

NO_VALUE = -(1 << 31)
"""Stands where the device has no number."""

MAX_WIRE = 255
"""Bytes of the longest frame with its delimiter: 253 of payload and CRC, one of COBS, one 0x00."""

UNKNOWN_BATTERY = 0xFF
"""What a device without a gauge sends; any number over 100 reads so."""

_HEADER = struct.Struct("<BBHI")
_ENTRY = struct.Struct("<BBi")
_STATUS = struct.Struct("<BBI")
_CRC_SIZE = 2
_MAX_BATTERY = 100
_SPOT = frozenset({"systolic", "diastolic", "mean_pressure", "temperature", "pulse_rate_nibp"})
_STRINGS = 3


class Entry(msgspec.Struct, frozen=True):
    """One value as sent: the vital's number, its state (validity in the top two bits, reason below), the value."""

    vital: int
    state: int
    value: int


class About(msgspec.Struct, frozen=True):
    """Who the device is: printable ASCII."""

    model: str
    serial: str
    firmware: str


class Status(msgspec.Struct, frozen=True):
    """How the device is: battery in percent (over 100: unknown), flags (bit 0 low battery), a bit per reason number."""

    battery: int
    flags: int
    conditions: int


class Frame(msgspec.Struct, frozen=True):
    """One frame with a right CRC. `body` is None for a type not known here."""

    kind: int
    sequence: int
    device_ms: int
    body: tuple[Entry, ...] | About | Status | None


def wire(kind: int, sequence: int, device_ms: int, body: bytes) -> bytes:
    """Return a frame as sent, with its delimiter."""
    payload = _HEADER.pack(MAJOR << 4 | MINOR, kind, sequence, device_ms) + body
    return bytes(cobs.encode(payload + crc16(payload))) + b"\0"


def parse_frame(data: bytes) -> Frame:
    """Take a frame with its delimiter apart. FrameError: "cobs", "crc", "version" (another major one) or "content"."""
    payload = _payload(data)
    version, kind, sequence, device_ms = _HEADER.unpack_from(payload)
    if version >> 4 != MAJOR:
        raise FrameError("version")
    body = _Body(payload[_HEADER.size :])
    parsed: tuple[Entry, ...] | About | Status | None = None
    if kind == MEASUREMENT:
        parsed = body.entries()
    elif kind == IDENTITY:
        parsed = About(*(body.text() for _ in range(_STRINGS)))
    elif kind == STATUS:
        parsed = Status(*_STATUS.unpack(body.take(_STATUS.size)))
    if parsed is not None and body.left and version & 0x0F <= MINOR:
        raise FrameError("content")
    return Frame(kind, sequence, device_ms, parsed)


def _payload(data: bytes) -> bytes:
    try:
        decoded = bytes(cobs.decode(data[:-1]))
    except cobs.DecodeError as error:
        raise FrameError("cobs") from error
    payload, crc = decoded[:-_CRC_SIZE], decoded[-_CRC_SIZE:]
    if len(payload) < _HEADER.size or crc != crc16(payload):
        raise FrameError("crc")
    return payload


def crc16(payload: bytes) -> bytes:
    """Return the CRC-16/MCRF4XX of `payload` as sent, low byte first."""
    return int(Crc16Mcrf4Xx.calc(payload)).to_bytes(_CRC_SIZE, "little")


class _Body:
    """Takes a body apart from its front."""

    def __init__(self, left: bytes) -> None:
        self.left = left

    def take(self, size: int) -> bytes:
        """Return the next `size` bytes; FrameError if there are fewer."""
        taken, self.left = self.left[:size], self.left[size:]
        if len(taken) < size:
            raise FrameError("content")
        return taken

    def text(self) -> str:
        """Return the next string: its length in one byte, then printable ASCII."""
        text = self.take(self.take(1)[0]).decode("latin-1")
        if not (text.isascii() and text.isprintable()):
            raise FrameError("content")
        return text

    def entries(self) -> tuple[Entry, ...]:
        """Return the counted values; no vital may come twice."""
        count = self.take(1)[0]
        entries = tuple(Entry(*each) for each in _ENTRY.iter_unpack(self.take(count * _ENTRY.size)))
        if len({entry.vital for entry in entries}) < count:
            raise FrameError("content")
        return entries


def judge(entry: Entry) -> Verdict:
    """Return the worse of what the device claims and what its reason alone does: a demo value is never valid."""
    number = entry.state & 0x3F
    claimed = VALIDITIES[entry.state >> 6]
    reason = REASONS[number] if number < len(REASONS) else Reason.QUESTIONED_BY_DEVICE
    if reason is Reason.OK and claimed is not Validity.VALID:
        reason = Reason.QUESTIONED_BY_DEVICE
    judged = worst((verdict(reason), (claimed, reason)))
    if entry.value == NO_VALUE and judged[0] is not Validity.INVALID:
        return verdict(Reason.NOT_AVAILABLE)
    return judged


class State(msgspec.Struct, tag="sensor_link/1"):
    """All a bridge remembers: the sequence number expected next, and what was last reported of the device."""

    stream: Stream = msgspec.field(default_factory=Stream)
    frames: int = 0
    expected: int | None = None
    status: Status | None = None
    about: About | None = None


class Decoder:
    """The gateway's side: it only listens."""

    def __init__(self) -> None:
        self._state = State()

    def opened(self, at: int) -> list[Event]:
        """Forget what came before."""
        return self.closed(at)

    def receive(self, channel: str, data: bytes, at: int) -> list[Event]:
        """Return a reading per known vital of each measurement, and what the device says of itself when it changes."""
        if channel != SERIAL:
            return [Malformed(at, "unknown-channel", len(data))]
        events: list[Event] = []
        for frame in self._state.stream.frames(data, at, _cut, events):
            if len(frame) > 1:
                self._frame(frame, at, events)
        return events

    def wake(self, at: int) -> list[Event]:
        """Nothing is ever due."""
        return []

    def closed(self, at: int) -> list[Event]:
        """Drop a partial frame, the sequence and what was known of the device."""
        events = self._state.stream.reset(at)
        self._state = State(frames=self._state.frames)
        return events

    def next_deadline(self) -> int | None:
        """Return None: the device sends unasked."""
        return None

    def snapshot(self) -> bytes:
        """Return the state as MessagePack."""
        return msgspec.msgpack.encode(self._state)

    def restore(self, state: bytes) -> None:
        """Take up a snapshot; msgspec.ValidationError if it is another family's."""
        self._state = msgspec.msgpack.decode(state, type=State)

    def _frame(self, data: bytes, at: int, events: list[Event]) -> None:
        try:
            frame = parse_frame(data)
        except FrameError as error:
            events.append(Malformed(at, str(error), len(data)))
            return
        state = self._state
        expected = state.expected
        state.expected = (frame.sequence + 1) & 0xFFFF
        if state.expected == expected:
            events.append(Malformed(at, "sequence-repeat", len(data)))
            return
        if expected not in (None, frame.sequence):
            events.append(Malformed(at, "sequence-gap", 0))
        state.frames += 1
        self._body(frame, at, events)

    def _body(self, frame: Frame, at: int, events: list[Event]) -> None:
        state, body = self._state, frame.body
        if isinstance(body, tuple):
            time = f"PT{frame.device_ms // 1000}.{frame.device_ms % 1000:03}S"
            events.extend(_reading(entry, at, state.frames, time) for entry in body if entry.vital in VITAL_IDS)
        elif isinstance(body, About) and body != state.about:
            state.about = body
            events.append(Identity(at, model=body.model, serial=body.serial, firmware=body.firmware))
        elif isinstance(body, Status) and body != state.status:
            state.status = body
            events.append(_status(body, at))


def _reading(entry: Entry, at: int, ordinal: int, time: str) -> Reading:
    validity, reason = judge(entry)
    value = None if entry.value == NO_VALUE else entry.value
    stored = reason is Reason.STORED
    return Reading(at, ordinal, VITAL_IDS[entry.vital], value, validity, reason, device_time=time, stored=stored)


def _status(status: Status, at: int) -> DeviceStatus:
    conditions = tuple(reason for number, reason in enumerate(REASONS) if number and status.conditions >> number & 1)
    battery = status.battery if status.battery <= _MAX_BATTERY else None
    return DeviceStatus(at, conditions, battery, bool(status.flags & 1))


def _cut(buffer: bytes, start: int) -> int:
    end = buffer.find(0, start, start + MAX_WIRE)
    if end >= 0:
        return end + 1 - start
    return -MAX_WIRE if len(buffer) - start >= MAX_WIRE else 0


class Encoder:
    """The device's side: a measurement per sample; identity and status first, every 60 samples, and status on change.

    Says every reason of `REASONS`: the worst of a sample's conditions stands on each of its values, which are sent as
    sampled.
    """

    REPEAT = 60

    def __init__(self) -> None:
        self._sequence = 0
        self._samples = 0
        self._conditions: frozenset[Reason] = frozenset()

    def encode(self, sample: Sample) -> list[tuple[str, bytes]]:
        """Return the frames of `sample`; a vital it lacks is not sent."""
        again = self._samples % self.REPEAT == 0
        frames: list[tuple[int, bytes]] = []
        if again:
            frames.append((IDENTITY, pack_identity(About("sensor link", f"{sample.unit:04}", "1.0"))))
        if again or sample.conditions != self._conditions:
            frames.append((STATUS, pack_status(UNKNOWN_BATTERY, sample.conditions)))
        frames.append((MEASUREMENT, pack_measurement(sample)))
        self._samples += 1
        self._conditions = sample.conditions
        return [(SERIAL, self._next(kind, sample.device_ms, body)) for kind, body in frames]

    def _next(self, kind: int, device_ms: int, body: bytes) -> bytes:
        frame = wire(kind, self._sequence, device_ms & 0xFFFFFFFF, body)
        self._sequence = (self._sequence + 1) & 0xFFFF
        return frame


def pack_identity(who: About) -> bytes:
    """Return the body of an identity frame."""
    return b"".join(bytes((len(text),)) + text.encode("ascii") for text in (who.model, who.serial, who.firmware))


def pack_status(battery: int, conditions: Iterable[Reason], *, low: bool = False) -> bytes:
    """Return the body of a status frame."""
    bits = sum(1 << REASONS.index(reason) for reason in conditions if reason in REASONS)
    return _STATUS.pack(battery, int(low), bits)


def pack_measurement(sample: Sample) -> bytes:
    """Return the body of a measurement frame."""
    validity, reason = worst(verdict(reason) for reason in REASONS if reason in sample.conditions)
    state = VALIDITIES.index(validity) << 6 | REASONS.index(reason)
    entries = [
        _ENTRY.pack(number, state, sample.values[vital])
        for number, vital in VITAL_IDS.items()
        if vital in sample.values
    ]
    return bytes((len(entries),)) + b"".join(entries)


FAMILY = Family(
    name="sensor_link",
    announces=("model", "serial"),
    title="Sensor link, our own for ESP32 and Arduino firmware",
    devices=("any firmware that speaks docs/sensor-link.md",),
    measures=tuple(Measure(vital, Mode.SPOT if vital in _SPOT else Mode.CONTINUOUS) for vital in VITAL_IDS.values()),
    link=SerialSettings(baudrate=115200),
    check=Check("CRC-16/MCRF4XX", Strength.STRONG, catches_bit_flips=1.0),
    period=1_000_000_000,
    documents=("docs/sensor-link.md",),
    bridge=Decoder,
    encoder=Encoder,
    conditions=REASONS[1:],
    identity="identity frames (device model and serial number), never a patient",
)
