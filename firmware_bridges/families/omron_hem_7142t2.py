"""Omron HEM-7142T2 cuffs: fourteen records in the cuff's memory, read over Bluetooth after each measurement.

The conversation: four bytes that the cuff echoes, the start of a session, one read per record, its end. A frame is its
length, two bytes of type, a memory address (big-endian), a size, so many bytes, one that is 0 or why a command was
refused, and the byte that makes the XOR of all 0. Nothing is ever written to the memory.

What is read was measured some time ago: history, never live; a record that is known is not told again. Other Omron
cuffs keep other layouts at other addresses, so a cuff that names another model is not read. One that offers the
Bluetooth Blood Pressure service belongs to `bluetooth_blood_pressure`. The cuff must have been paired with the gateway
(bluetoothctl) while it showed P.

Source: none of the maker's is public; two independent public programs that agree, and their users' recordings (facts
only); devices.md section 4.5.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import reduce
from operator import xor

import msgspec

from firmware_bridges.bridge import BleSettings, Check, Family, Measure, Mode, Sample, Strength
from firmware_bridges.framing import FrameError
from firmware_bridges.gatt import BATTERY, READ, NotificationBridge, uuid
from firmware_bridges.verdict import from_memory, judged
from firmware_bridges.vitals import Event, Identity, Malformed, Reading, Reason, Send

NOTIFY = "49123040-aee8-11e1-a74d-0002a5d5c51b"
WRITE = "db5b55e0-aee7-11e1-965e-0002a5d5c51b"
UNLOCK = "b305b680-aee7-11e1-a730-0002a5d5c51b"
"""The channels of replies, of commands, and of the greeting both ways."""

START, GET, END = 0x0000, 0x0100, 0x0F00
"""Types of commands that are sent: begin a session, read memory, end the session. A reply's has the top bit set."""

REPLY = 0x8000
"""The bit by which the type of a reply differs from that of its command."""

GREETING = b"\x11" + bytes(19)
"""Asks for an echo of its four bytes after the first; which ones does not matter."""

GREETED = b"\x91\x00" + GREETING[1:5]
"""How the cuff answers `GREETING`."""

FIRST, SLOTS, SIZE = 0x02E8, 14, 14
"""Address of the first record, how many there are, and the bytes of each."""

MODELS = ("HEM-7138K", "HEM-7140T1", "HEM-7141T1", "HEM-7142T1", "HEM-7142T2")
"""Models with this memory, by the beginning of their names."""

TIMEOUT = 5_000_000_000
"""For a reply, ns."""

ATTEMPTS = 4
"""A command is sent so often, then the cuff is left alone until the next connection."""

_NAME = "omron_hem_7142t2"
_GREET, _START = -2, -1
_HEAD, _TAIL = 6, 2
_KEY = 8
_REMEMBERED = 2 * SLOTS
_EMPTY = 0xE1
_OFFSET = 25
_EPOCH = datetime(2026, 1, 1)  # noqa: DTZ001 - a device's clock has no zone


class Frame(msgspec.Struct, frozen=True):
    """A frame: its type, a memory address, the size asked for, and the data if there are any.

    `code` is 0, or why the cuff refuses.
    """

    type: int
    address: int
    size: int
    payload: bytes
    code: int


class Record(msgspec.Struct, frozen=True):
    """A measurement: pressures in mmHg, pulse in /min, None for none; `taken` by the cuff's clock, "" if unset."""

    systolic: int | None
    diastolic: int | None
    pulse_rate: int | None
    taken: str
    irregular_pulse: bool
    movement: bool


class State(msgspec.Struct, tag="omron-hem/1"):
    """All that is remembered: the state of `NotificationBridge`, and of the newest records told their `_KEY` bytes.

    `step` is what the cuff has been asked for: -2 greeting, -1 start, a slot, `SLOTS` end; None for nothing. It was
    asked for it `asked` times, and has until `deadline` (ns).
    """

    live: bytes
    frames: int = 0
    told: tuple[bytes, ...] = ()
    model: str = ""
    step: int | None = None
    asked: int = 0
    deadline: int | None = None


def pack(kind: int, address: int = 0, size: int = 0, payload: bytes = b"", code: int = 0) -> bytes:
    """Return a frame as sent."""
    length = _HEAD + len(payload) + _TAIL
    head = bytes((length,)) + kind.to_bytes(2, "big") + address.to_bytes(2, "big") + bytes((size,))
    body = head + payload + bytes((code,))
    return body + bytes((reduce(xor, body),))


def unpack(data: bytes) -> Frame:
    """Take a frame apart; what follows it is passed over. FrameError: "truncated", "length" or "xor"."""
    if len(data) < _HEAD + _TAIL or len(data) < data[0]:
        raise FrameError("truncated")
    frame = data[: data[0]]
    if len(frame) < _HEAD + _TAIL:
        raise FrameError("length")
    if reduce(xor, frame):
        raise FrameError("xor")
    payload = frame[_HEAD:-_TAIL]
    if payload and len(payload) != frame[5]:
        raise FrameError("length")
    return Frame(
        type=int.from_bytes(frame[1:3], "big"),
        address=int.from_bytes(frame[3:5], "big"),
        size=frame[5],
        payload=payload,
        code=frame[-_TAIL],
    )


def parse_record(data: bytes) -> Record | None:
    """Take a record of the memory apart; None for a slot that was never written. FrameError("truncated")."""
    if len(data) < SIZE:
        raise FrameError("truncated")
    if data[0] > _EMPTY or not any(data):
        return None
    day, time = int.from_bytes(data[4:6], "little"), int.from_bytes(data[6:8], "little")
    return Record(
        systolic=data[0] + _OFFSET if data[0] else None,
        diastolic=data[1] or None,
        pulse_rate=data[2] or None,
        taken=_taken(2000 + (data[3] & 0x3F), day, time),
        irregular_pulse=bool(day >> 14 & 1),
        movement=bool(day >> 15),
    )


def _taken(year: int, day: int, time: int) -> str:
    """Return month, day and hour out of one word, minute and second out of another, as ISO 8601 without zone."""
    try:
        when = datetime(  # noqa: DTZ001 - a device's clock has no zone
            year, day >> 10 & 0x0F, day >> 5 & 0x1F, day & 0x1F, time >> 6 & 0x3F, min(time & 0x3F, 59)
        )
    except ValueError:
        return ""
    return when.isoformat()


class CuffBridge:
    """The gateway's side: reads every record once a connection, tells those that are new."""

    def __init__(self) -> None:
        self._live = NotificationBridge(_NAME, {})
        self._state = State(b"")

    def opened(self, at: int) -> list[Event]:
        """Greet the cuff."""
        return [*self.closed(at), *self._ask(_GREET, at)]

    def receive(self, channel: str, data: bytes, at: int) -> list[Event]:
        """Return the records in a reply, and what to ask next."""
        if channel == UNLOCK:
            return self._greeted(data, at)
        if channel == NOTIFY:
            try:
                return self._replied(unpack(data), at)
            except FrameError as error:
                return [Malformed(at, str(error), len(data))]
        events = self._live.receive(channel, data, at)
        for event in events:
            if isinstance(event, Identity):
                self._state.model = event.model
        return events

    def wake(self, at: int) -> list[Event]:
        """Ask again when the cuff has not answered, `ATTEMPTS` times in all."""
        state = self._state
        if state.step is None or state.deadline is None or at < state.deadline:
            return []
        if state.asked < ATTEMPTS:
            return self._ask(state.step, at)
        self._rest()
        return [Malformed(at, "no-reply", 0)]

    def closed(self, at: int) -> list[Event]:
        """Forget the conversation, but not which records were told."""
        self._rest()
        self._state.model = ""
        return self._live.closed(at)

    def next_deadline(self) -> int | None:
        """Return when a reply is overdue."""
        return self._state.deadline

    def snapshot(self) -> bytes:
        """Return the state as MessagePack."""
        return msgspec.msgpack.encode(msgspec.structs.replace(self._state, live=self._live.snapshot()))

    def restore(self, state: bytes) -> None:
        """Take up a snapshot; ValueError if it is another family's."""
        restored = msgspec.msgpack.decode(state, type=State)
        self._live.restore(restored.live)
        self._state = restored

    def _greeted(self, data: bytes, at: int) -> list[Event]:
        state = self._state
        if data[: len(GREETED)] != GREETED:
            return [Malformed(at, "greeting", len(data))]
        if state.step != _GREET:
            return []
        if state.model and not state.model.startswith(MODELS):
            self._rest()
            return [Malformed(at, "another-model", 0)]
        return self._ask(_START, at)

    def _replied(self, frame: Frame, at: int) -> list[Event]:
        """Return the record of a reply, whenever it comes; go on if it is the reply that is waited for."""
        state = self._state
        events = self._told(frame, at) if frame.type == GET | REPLY else []
        if state.step is None or state.step == _GREET:
            return events
        command = unpack(_command(state.step))
        if frame.type == command.type | REPLY and frame.address == command.address:
            return [*events, *self._go_on(frame, at)]
        if frame.type == END | REPLY:
            self._rest()
            return [*events, Malformed(at, "refused", 0)]
        return events

    def _go_on(self, frame: Frame, at: int) -> list[Event]:
        step = self._state.step
        if step is None or step == SLOTS:
            self._rest()
            return []
        refused = [Malformed(at, "refused", 0)] if frame.code else []
        return [*refused, *self._ask(SLOTS if refused else step + 1, at)]

    def _told(self, frame: Frame, at: int) -> list[Event]:
        """Return the readings of a record, none if it was told before."""
        state, (slot, rest) = self._state, divmod(frame.address - FIRST, SIZE)
        if rest or not 0 <= slot < SLOTS or frame.code:
            return []
        record, key = parse_record(frame.payload), frame.payload[:_KEY]
        if record is None or key in state.told:
            return []
        state.told = (*state.told, key)[-_REMEMBERED:]
        state.frames += 1
        return [*_readings(record, Reading(at, state.frames, "", None, device_time=record.taken))]

    def _ask(self, step: int, at: int) -> list[Event]:
        state = self._state
        state.asked = state.asked + 1 if step == state.step else 1
        state.step, state.deadline = step, at + TIMEOUT
        return [Send(UNLOCK, GREETING) if step == _GREET else Send(WRITE, _command(step))]

    def _rest(self) -> None:
        self._state.step, self._state.asked, self._state.deadline = None, 0, None


def _command(step: int) -> bytes:
    """Return the command of a step after the greeting."""
    if step == _START:
        return pack(START, size=0x10)
    return pack(END) if step == SLOTS else pack(GET, FIRST + SIZE * step, SIZE)


def _readings(record: Record, blank: Reading) -> list[Reading]:
    doubts = [Reason.ARTEFACT] if record.movement else []
    numbers = {
        "systolic": record.systolic,
        "diastolic": record.diastolic,
        "pulse_rate_nibp": record.pulse_rate,
    }
    filled = (msgspec.structs.replace(blank, vital=vital, value=value) for vital, value in numbers.items())
    return [from_memory(judged(each, doubts)) for each in filled]


class Encoder:
    """The cuff's side: the reply to the read of one record per sample, slot by slot, round and round.

    Everything it says is STORED. A vital that the sample lacks is 0. No two records are of the same minute.
    """

    def __init__(self) -> None:
        self._written = 0
        self._when = _EPOCH

    def encode(self, sample: Sample) -> list[tuple[str, bytes]]:
        """Return the reply that holds the record of `sample`."""
        slot, self._written = self._written % SLOTS, self._written + 1
        when = max(_EPOCH + timedelta(milliseconds=sample.device_ms), self._when + timedelta(minutes=1))
        self._when = when
        day = when.month << 10 | when.day << 5 | when.hour
        pressures = (max(sample.values.get("systolic", 0) - _OFFSET, 0), sample.values.get("diastolic", 0))
        record = bytes((*pressures, sample.values.get("pulse_rate_nibp", 0), when.year - 2000))
        record += day.to_bytes(2, "little") + (when.minute << 6 | when.second).to_bytes(2, "little")
        record += bytes(SIZE - _KEY)
        return [(NOTIFY, pack(GET | REPLY, FIRST + SIZE * slot, SIZE, record))]


FAMILY = Family(
    name=_NAME,
    title="Omron HEM-7142T2 cuffs, memory",
    devices=("Omron HEM-7142T2", "Omron HEM-7138K", "Omron HEM-7140T1", "Omron HEM-7141T1", "Omron HEM-7142T1"),
    measures=(
        Measure("systolic", Mode.SPOT),
        Measure("diastolic", Mode.SPOT),
        Measure("pulse_rate_nibp", Mode.SPOT),
    ),
    link=BleSettings(service=uuid(0xFE4A), subscribe=(NOTIFY, UNLOCK, BATTERY), read=READ),
    announces=("model", "serial"),
    check=Check("XOR of all bytes, over Bluetooth's own CRC", Strength.STRONG, catches_bit_flips=1.0),
    period=4 * 3600 * 1_000_000_000,
    documents=("none of the maker's: independent public programs that agree",),
    bridge=CuffBridge,
    encoder=Encoder,
    resync_frames=0,
    official=False,
    caution="history only: what the cuff kept is never shown as live, and raises no alert; pair it first",
    conditions=(Reason.STORED,),
    identity="0x2A25 (device serial number), never a patient",
)
