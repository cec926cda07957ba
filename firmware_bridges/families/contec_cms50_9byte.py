"""Contec CMS50D+ (firmware 4.6 and later), CMS50E, F, EW and I: the 9-byte protocol.

Every packet is a type byte (bit 7 clear), a byte that carries the top bits of what follows, and up to seven data
bytes, all with bit 7 set: a clear bit 7 is where a packet begins. There is no checksum, so two live packets in a row
must be well formed before the first reading, after the start and after any dropped byte. The device streams only
while the host keeps asking: this bridge starts the stream, keeps it alive, and starts it again when a device that was
switched off comes back on the same line.

Source: Contec "communication protocol V7.0" by way of devices.md section 2.1; checked against a CMS50E's own bytes.
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
from firmware_bridges.vitals import DeviceStatus, Event, Identity, Malformed, Reading, Reason, Send

SETTLE = 2
"""Well-formed live packets in a row before the second of them counts."""

KEEP_ALIVE = 3_000_000_000
"""Between two keep-alives, ns. The device stops when it has heard nothing for 5 s (V7.0, command AF)."""

PERIOD = 16_666_667
"""60 live packets a second, ns between two."""

START_LIVE, DEVICE_ID, STAY_ALIVE = 0xA1, 0xAA, 0xAF
LIVE, DEVICE_ID_REPLY, FREE, DISCONNECT, COMMAND = 0x01, 0x04, 0x0C, 0x0D, 0x7D

_SIZES = (
    dict.fromkeys((0x01, 0x04, 0x05, 0x11, 0x15, 0x7D), 9)
    | dict.fromkeys((0x07, 0x08, 0x0F, 0x12), 8)
    | {0x09: 6, 0x0A: 4, 0x0B: 4, 0x0D: 3, 0x0E: 3, 0x10: 3, 0x0C: 2}
)
"""Bytes of a whole packet by its type (V7.0, the table of packets); another first byte begins none."""

_TOP_BIT = 0x80
_NO_PLETH = 0x40
_NO_RATE = 0xFF
_NO_SPO2 = 0x7F
_NO_PI = 0xFFFF
_MAX_STRENGTH = 8
_MAX_SPO2 = 100
_MAX_PI = 2200
_STEADY_STRENGTH = 6
_STEADY_BAR = 5


class Frame(msgspec.Struct, frozen=True, gc=False):
    """One live packet as sent. `pulse_rate` in /min, `spo2` in %, `pi` in 1/100 %: None where it says "no number"."""

    signal_strength: int
    searching_too_long: bool
    low_spo2: bool
    beep: bool
    probe_error: bool
    pleth: int
    searching_pulse: bool
    bargraph: int
    pi_invalid: bool
    pulse_rate: int | None
    spo2: int | None
    pi: int | None


def pack(kind: int, data: bytes) -> bytes:
    """Return a packet: type, the data bytes' top bits in one byte, the data bytes with bit 7 set."""
    tops = sum((byte >> 7) << index for index, byte in enumerate(data))
    return bytes((kind, 0x80 | tops, *(0x80 | byte for byte in data)))


def unpack(packet: bytes) -> bytes:
    """Return a packet's data bytes with their top bits restored."""
    tops = packet[1]
    return bytes((byte & 0x7F) | ((tops >> index & 1) << 7) for index, byte in enumerate(packet[2:]))


def command(code: int, parameters: bytes = b"") -> bytes:
    """Return the nine bytes that ask the device for `code` (A1 start live, AA device id, AF keep alive, ...)."""
    return pack(COMMAND, bytes((code, *parameters)).ljust(7, b"\0"))


def parse_frame(data: bytes) -> Frame:
    """Take one live packet apart; FrameError unless it is type 01 and eight bytes with bit 7 set."""
    if len(data) != _SIZES[LIVE] or data[0] != LIVE or min(data[1:]) < _TOP_BIT:
        raise FrameError("no-frame")
    _, tops, d0, d1, d2, d3, d4, d5, d6 = data
    rate = (d3 & 0x7F) | (tops << 4 & 0x80)
    spo2 = (d4 & 0x7F) | (tops << 3 & 0x80)
    pi = (d5 & 0x7F) | (tops << 2 & 0x80) | (d6 & 0x7F) << 8 | (tops << 9 & 0x8000)
    return Frame(
        d0 & 0x0F,
        bool(d0 & 0x10),
        bool(d0 & 0x20),
        bool(d0 & 0x40),
        bool(tops & 0x01),
        d1 & 0x7F,
        bool(tops & 0x02),
        d2 & 0x0F,
        bool(d2 & 0x10),
        None if rate == _NO_RATE else rate,
        None if spo2 == _NO_SPO2 else spo2,
        None if pi == _NO_PI else pi,
    )


def plausible(frame: Frame) -> bool:
    """Say whether the fields hold what a CMS50 can mean: strength 0 to 8, SpO2 0 to 100 % or none."""
    return frame.signal_strength <= _MAX_STRENGTH and (frame.spo2 is None or frame.spo2 <= _MAX_SPO2)


def condition(frame: Frame) -> Reason:
    """Return what the device says of its sensor: OK, finger out, or looking for a pulse."""
    if frame.probe_error:
        return Reason.SENSOR_OFF
    if frame.searching_pulse or frame.searching_too_long:
        return Reason.SEARCHING
    return Reason.OK


def readings(frame: Frame, reason: Reason, at: int, ordinal: int) -> list[Reading]:
    """Return a packet's readings. Under any condition but OK none is valid, whatever the numbers say."""
    pi = None if frame.pi_invalid or frame.pi is None or frame.pi > _MAX_PI else frame.pi
    return [
        invalid_unless_ok(at, ordinal, "spo2", frame.spo2 or None, reason),
        invalid_unless_ok(at, ordinal, "pulse_rate", frame.pulse_rate or None, reason),
        invalid_unless_ok(at, ordinal, "perfusion_index", pi, reason),
    ]


class State(msgspec.Struct, tag="contec_cms50_9byte/1"):
    """All a bridge remembers.

    `condition` is what was last reported, `streaming` whether live packets came since the last wake.
    """

    stream: Stream = msgspec.field(default_factory=Stream)
    frames: int = 0
    condition: Reason | None = None
    streaming: bool = False
    keep_alive: int | None = None


class Decoder:
    """The gateway's side: starts the stream, keeps it alive, reads it."""

    def __init__(self) -> None:
        self._state = State()

    def opened(self, at: int) -> list[Event]:
        """Ask who the device is, then for live data."""
        events = self.closed(at)
        self._state.keep_alive = at + KEEP_ALIVE
        return [*events, _ask(DEVICE_ID), _ask(START_LIVE)]

    def receive(self, channel: str, data: bytes, at: int) -> list[Event]:
        """Return three readings per live packet, and what else the device says of itself."""
        if channel != SERIAL:
            return [Malformed(at, "unknown-channel", len(data))]
        events: list[Event] = []
        for packet in self._state.stream.frames(data, at, _cut, events):
            if packet[0] == LIVE:
                self._live(packet, at, events)
            elif packet[0] == DEVICE_ID_REPLY:
                events.append(Identity(at, manufacturer="Contec", model=_text(unpack(packet))))
            elif packet[0] in (FREE, DISCONNECT):
                self._report(Reason.NOT_AVAILABLE, at, events)
        return events

    def wake(self, at: int) -> list[Event]:
        """Keep the stream alive; ask for it again if it has stopped."""
        state = self._state
        if state.keep_alive is None or at < state.keep_alive:
            return []
        events = [_ask(STAY_ALIVE)] if state.streaming else [_ask(STAY_ALIVE), _ask(START_LIVE)]
        state.keep_alive = at + KEEP_ALIVE
        state.streaming = False
        return list(events)

    def closed(self, at: int) -> list[Event]:
        """Drop a partial packet and what was known of the sensor."""
        state = self._state
        state.condition, state.streaming, state.keep_alive = None, False, None
        return state.stream.reset(at)

    def next_deadline(self) -> int | None:
        """Return when the device must next hear from us."""
        return self._state.keep_alive

    def snapshot(self) -> bytes:
        """Return the state as MessagePack."""
        return msgspec.msgpack.encode(self._state)

    def restore(self, state: bytes) -> None:
        """Take up a snapshot; msgspec.ValidationError if it is another family's."""
        self._state = msgspec.msgpack.decode(state, type=State)

    def _live(self, packet: bytes, at: int, events: list[Event]) -> None:
        state = self._state
        frame = parse_frame(packet)
        if not plausible(frame):
            state.stream.streak = 0
            events.append(Malformed(at, "implausible", len(packet)))
            return
        state.frames += 1
        state.streaming = True
        if state.stream.settled(SETTLE):
            reason = condition(frame)
            self._report(reason, at, events)
            events.extend(readings(frame, reason, at, state.frames))

    def _report(self, condition: Reason, at: int, events: list[Event]) -> None:
        if condition is not self._state.condition:
            self._state.condition = condition
            events.append(DeviceStatus(at, () if condition is Reason.OK else (condition,)))


class Encoder:
    """The device's side: one live packet per sample.

    Says SENSOR_OFF (probe error) and SEARCHING; then, like the device, it sends no numbers. What the protocol cannot
    hold (SpO2 over 100 %, pulse over 254 /min, perfusion over 22 %) is sent as no number.
    """

    def encode(self, sample: Sample) -> list[tuple[str, bytes]]:
        """Return the live packet of `sample`; a vital it lacks is sent as none."""
        off = Reason.SENSOR_OFF in sample.conditions
        searching = Reason.SEARCHING in sample.conditions
        values = {} if off or searching else sample.values
        rate = _within(1, values.get("pulse_rate"), _NO_RATE - 1, _NO_RATE)
        spo2 = _within(1, values.get("spo2"), _MAX_SPO2, _NO_SPO2)
        pi = _within(0, values.get("perfusion_index"), _MAX_PI, _NO_PI)
        steady = not (off or searching)
        data = (
            (_STEADY_STRENGTH if steady else 0) | off << 7,
            _NO_PLETH | searching << 7,
            (_STEADY_BAR if steady else 0) | (pi == _NO_PI) << 4,
            rate,
            spo2,
            pi & 0xFF,
            pi >> 8,
        )
        return [(SERIAL, pack(LIVE, bytes(data)))]


def _within(least: int, value: int | None, most: int, none: int) -> int:
    return value if value is not None and least <= value <= most else none


def _ask(code: int) -> Send:
    return Send(SERIAL, command(code))


def _text(data: bytes) -> str:
    text = data.rstrip(b"\0 ").decode("latin-1")
    return text if text.isascii() and text.isprintable() else data.hex()


def _cut(buffer: bytes, start: int) -> int:
    size = _SIZES.get(buffer[start])
    if size is None:
        return -1
    rest = buffer[start + 1 : start + size]
    if not rest or min(rest) >= _TOP_BIT:
        return size if len(rest) == size - 1 else 0
    return -1 - next(index for index, byte in enumerate(rest) if byte < _TOP_BIT)


FAMILY = Family(
    name="contec_cms50_9byte",
    announces=("model",),
    title="Contec CMS50 pulse oximeters, 9-byte protocol",
    devices=("CMS50D+ (firmware 4.6 and later)", "CMS50E", "CMS50F", "CMS50EW", "CMS50I"),
    measures=(
        Measure("spo2", Mode.CONTINUOUS),
        Measure("pulse_rate", Mode.CONTINUOUS),
        Measure("perfusion_index", Mode.CONTINUOUS),
    ),
    link=SerialSettings(baudrate=115200),
    check=Check("sync bits and ranges, no checksum", Strength.WEAK, catches_bit_flips=0.625),
    period=PERIOD,
    documents=("Contec communication protocol V7.0",),
    bridge=Decoder,
    encoder=Encoder,
    resync_frames=SETTLE - 1,
    conditions=(Reason.SENSOR_OFF, Reason.SEARCHING),
    polite=True,
)
