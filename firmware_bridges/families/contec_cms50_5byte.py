"""Contec CMS50D+ and CMS50E with older firmware: the 5-byte protocol.

A live frame is a byte with bit 7 set and four with it clear, 60 a second, unasked and without a checksum: three in a
row must be well formed before the first reading. The same line can carry the device's memory (a person chose "upload"
on it): F2 80 00 three times, three bytes of length, then three bytes a second of recording, of which the first two
have bit 7 set. Such values are stored, never live.

Source: devices.md section 2.2, from two independent public implementations; checked against vectors of one of them.
"""

from __future__ import annotations

import msgspec

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
from firmware_bridges.verdict import invalid_unless_ok
from firmware_bridges.vitals import DeviceStatus, Event, Malformed, Reading, Reason, Validity

SETTLE = 3
"""Well-formed live frames in a row before the third of them counts: five sync bits alone come about by chance."""

PERIOD = 16_666_667
"""60 live frames a second, ns between two."""

PREAMBLE = b"\xf2\x80\x00"
"""Comes three times before the device's memory."""

_LIVE_SIZE = 5
_GROUP_SIZE = 3
_PREAMBLES = 3
_MEMORY = 4
_SYNC_BIT = 0x80
_STORED = (0xF0, 0xF1)
_NO_RATE = 0xFF
_NO_SPO2 = 0x7F
_MAX_SPO2 = 100
_STEADY_STRENGTH = 6
_STEADY_BAR = 5


class Frame(msgspec.Struct, frozen=True, gc=False):
    """One live frame as sent: `pulse_rate` in /min, `spo2` in %, 0 where the device has none."""

    signal_strength: int
    finger_out: bool
    dropping_spo2: bool
    beep: bool
    pleth: int
    bargraph: int
    probe_error: bool
    searching: bool
    pulse_rate: int
    spo2: int


def parse_frame(data: bytes) -> Frame:
    """Take one live frame apart; FrameError("sync bits") unless bit 7 is set in the first of five bytes alone."""
    if len(data) != _LIVE_SIZE or data[0] < _SYNC_BIT or max(data[1:]) >= _SYNC_BIT:
        raise FrameError("sync bits")
    b0, b1, b2, b3, b4 = data
    return Frame(
        b0 & 0x0F,
        bool(b0 & 0x10),
        bool(b0 & 0x20),
        bool(b0 & 0x40),
        b1,
        b2 & 0x0F,
        bool(b2 & 0x10),
        bool(b2 & 0x20),
        (b2 << 1 & 0x80) | b3,
        b4,
    )


def plausible(frame: Frame) -> bool:
    """Say whether SpO2 is what a device can mean: 0 to 100 %, or 127 for none."""
    return frame.spo2 <= _MAX_SPO2 or frame.spo2 == _NO_SPO2


def condition(frame: Frame) -> Reason:
    """Return what the device says of its sensor: OK, finger out, or looking for a pulse."""
    if frame.probe_error or frame.finger_out:
        return Reason.SENSOR_OFF
    return Reason.SEARCHING if frame.searching else Reason.OK


class State(msgspec.Struct, tag="contec_cms50_5byte/1"):
    """All a bridge remembers.

    `memory` counts preambles (0 to 3) and is 4 once the length has passed and recorded seconds follow; a live frame
    ends it. `condition` is what was last reported.
    """

    stream: Stream = msgspec.field(default_factory=Stream)
    frames: int = 0
    memory: int = 0
    condition: Reason | None = None


class Decoder:
    """The gateway's side: it only listens."""

    def __init__(self) -> None:
        self._state = State()

    def opened(self, at: int) -> list[Event]:
        """Forget what came before."""
        return self.closed(at)

    def receive(self, channel: str, data: bytes, at: int) -> list[Event]:
        """Return two readings per live frame, two stored ones per recorded second."""
        if channel != SERIAL:
            return [Malformed(at, "unknown-channel", len(data))]
        events: list[Event] = []
        for frame in self._state.stream.frames(data, at, self._cut, events):
            if len(frame) == _LIVE_SIZE:
                self._live(frame, at, events)
            else:
                self._group(frame, at, events)
        return events

    def wake(self, at: int) -> list[Event]:
        """Nothing is ever due."""
        return []

    def closed(self, at: int) -> list[Event]:
        """Drop a partial frame and what was known of the sensor."""
        self._state.memory, self._state.condition = 0, None
        return self._state.stream.reset(at)

    def next_deadline(self) -> int | None:
        """Return None: the device sends unasked."""
        return None

    def snapshot(self) -> bytes:
        """Return the state as MessagePack."""
        return msgspec.msgpack.encode(self._state)

    def restore(self, state: bytes) -> None:
        """Take up a snapshot; msgspec.ValidationError if it is another family's."""
        self._state = msgspec.msgpack.decode(state, type=State)

    def _live(self, data: bytes, at: int, events: list[Event]) -> None:
        state = self._state
        state.memory = 0
        frame = parse_frame(data)
        if not plausible(frame):
            state.stream.streak = 0
            events.append(Malformed(at, "implausible", len(data)))
            return
        state.frames += 1
        if not state.stream.settled(SETTLE):
            return
        reason = condition(frame)
        if reason is not state.condition:
            state.condition = reason
            events.append(DeviceStatus(at, () if reason is Reason.OK else (reason,)))
        rate, spo2 = _number(frame.pulse_rate, _NO_RATE), _number(frame.spo2, _NO_SPO2)
        events.append(invalid_unless_ok(at, state.frames, "spo2", spo2, reason))
        events.append(invalid_unless_ok(at, state.frames, "pulse_rate", rate, reason))

    def _group(self, group: bytes, at: int, events: list[Event]) -> None:
        state = self._state
        state.stream.streak = 0
        if group == PREAMBLE:
            state.memory = 1 if state.memory == _MEMORY else min(state.memory + 1, _PREAMBLES)
        elif state.memory == _PREAMBLES:
            state.memory = _MEMORY
        else:
            state.frames += 1
            rate = _number((group[0] & 1) << 7 | (group[1] & 0x7F), _NO_RATE)
            events.append(_stored(at, state.frames, "spo2", _number(group[2], _NO_SPO2)))
            events.append(_stored(at, state.frames, "pulse_rate", rate))

    def _cut(self, buffer: bytes, start: int) -> int:
        if buffer[start] < _SYNC_BIT:
            return -1
        if start + 1 == len(buffer):
            return 0
        if buffer[start + 1] >= _SYNC_BIT:
            return self._cut_group(buffer[start : start + _GROUP_SIZE])
        rest = buffer[start + 1 : start + _LIVE_SIZE]
        if max(rest) < _SYNC_BIT:
            return _LIVE_SIZE if len(rest) == _LIVE_SIZE - 1 else 0
        return -1 - next(index for index, byte in enumerate(rest) if byte >= _SYNC_BIT)

    def _cut_group(self, group: bytes) -> int:
        """Two bytes with bit 7 set: a group of the memory only where the conversation makes it one."""
        memory = self._state.memory
        expected = memory == _PREAMBLES or (memory == _MEMORY and group[0] in _STORED)
        if not expected and not PREAMBLE.startswith(group[:2]):
            return -1
        if len(group) < _GROUP_SIZE:
            return 0
        return _GROUP_SIZE if group == PREAMBLE or (expected and group[2] < _SYNC_BIT) else -1


class Encoder:
    """The device's side: one live frame per sample.

    Says SENSOR_OFF (probe error) and SEARCHING, then without numbers, and STORED: the sample as one recorded second,
    with the preamble before the first. What the protocol cannot hold (SpO2 over 100 %, pulse over 254 /min) is sent
    as no number.
    """

    def __init__(self) -> None:
        self._uploading = False

    def encode(self, sample: Sample) -> list[tuple[str, bytes]]:
        """Return the frame of `sample`; a vital it lacks is sent as 0."""
        off = Reason.SENSOR_OFF in sample.conditions
        searching = Reason.SEARCHING in sample.conditions
        values = {} if off or searching else sample.values
        rate = _within(values.get("pulse_rate"), _NO_RATE - 1)
        spo2 = _within(values.get("spo2"), _MAX_SPO2)
        if Reason.STORED in sample.conditions:
            return [(SERIAL, self._recorded(rate, spo2))]
        self._uploading = False
        steady = not (off or searching)
        b0 = _SYNC_BIT | (_STEADY_STRENGTH if steady else 0)
        b2 = (_STEADY_BAR if steady else 0) | off << 4 | searching << 5 | rate >> 7 << 6
        return [(SERIAL, bytes((b0, 0, b2, rate & 0x7F, spo2)))]

    def _recorded(self, rate: int, spo2: int) -> bytes:
        second = bytes((0xF0 | rate >> 7, _SYNC_BIT | rate, spo2))
        header = b"" if self._uploading else PREAMBLE * _PREAMBLES + bytes((_SYNC_BIT, _SYNC_BIT, _GROUP_SIZE))
        self._uploading = True
        return header + second


def _number(value: int, none: int) -> int | None:
    return None if value in (0, none) else value


def _within(value: int | None, most: int) -> int:
    return value if value is not None and 0 < value <= most else 0


def _stored(at: int, frame: int, vital: str, value: int | None) -> Reading:
    reason = Reason.NOT_AVAILABLE if value is None else Reason.STORED
    return Reading(at, frame, vital, value, Validity.INVALID, reason, stored=True)


FAMILY = Family(
    name="contec_cms50_5byte",
    title="Contec CMS50 pulse oximeters, 5-byte protocol",
    devices=("CMS50D+ (firmware before 4.6)", "CMS50E (older)"),
    measures=(Measure("spo2", Mode.CONTINUOUS), Measure("pulse_rate", Mode.CONTINUOUS)),
    link=SerialSettings(baudrate=19200, parity="O"),
    check=Check("sync bits and SpO2 range, no checksum", Strength.WEAK, catches_bit_flips=0.625),
    period=PERIOD,
    documents=("atbrask/CMS50Dplus (BSD) and apneuvereniging.miraheze.org/wiki/CMS50X: no document of the maker",),
    bridge=Decoder,
    encoder=Encoder,
    resync_frames=SETTLE,
    conditions=(Reason.SENSOR_OFF, Reason.SEARCHING, Reason.STORED),
    official=False,
)
