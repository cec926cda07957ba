"""Philips IntelliVue patient monitors: data export on the MIB/RS-232 port.

The gateway asks for an association, answers the monitor's report of its connection, and polls all numerics once a
second, which also keeps the association alive; when answers stay away or the monitor ends it, the gateway associates
again. Every value carries state bits, and a value with any of them in the high byte is not charted. A cuff value is
repeated for as long as it is displayed: it counts for 120 s by the monitor's own stamps.

Taken are the heart rate, SpO2 and its pulse, respiration by impedance, the unnamed temperature and the cuff, each in
its one unit. Pulses of other origin, invasive pressures, gases and named temperatures are no readings of ours.

Source: Philips Data Export Interface Programming Guide, as independent public programs read it; devices.md section
2.9. No reply of a monitor is public: replies are checked against messages made by the layout.
"""

from __future__ import annotations

import struct
from datetime import datetime, timedelta

import msgspec

from firmware_bridges import intellivue
from firmware_bridges.bridge import SERIAL, Check, Family, Measure, Mode, Sample, SerialSettings, Strength
from firmware_bridges.framing import FrameError, Stream
from firmware_bridges.ieee11073 import finite
from firmware_bridges.intellivue import Kind, Session
from firmware_bridges.verdict import judged
from firmware_bridges.vitals import VITALS, Event, Malformed, Reading, Reason, Send

POLL = 1_000_000_000
"""Between two polls, ns."""

PATIENCE = 10_000_000_000
"""Before an association that was not granted is asked for again, ns."""

MISSED = 5
"""Polls without an answer after which the association is taken for lost."""

FRESH = timedelta(seconds=120)
"""How long after its stamp a cuff value is a new one."""

STATES = {
    0x8000: Reason.NOT_AVAILABLE,
    0x2000: Reason.NOT_AVAILABLE,
    0x1000: Reason.CALIBRATING,
    0x0800: Reason.TEST,
    0x0400: Reason.DEMO,
    0x4000: Reason.QUESTIONED_BY_DEVICE,
    0x0200: Reason.QUESTIONED_BY_DEVICE,
    0x0100: Reason.QUESTIONED_BY_DEVICE,
    0x0040: Reason.EARLY_ESTIMATE,
}
"""State bits that do something to a value: all of the high byte, and the early estimate."""

PERCENT, BPM, RPM, MMHG, CELSIUS = 0x0220, 0x0AA0, 0x0AE0, 0x0F20, 0x17A0
"""Unit codes."""

VALUES = {
    0x4182: ("heart_rate", BPM),
    0x4BB8: ("spo2", PERCENT),
    0x4822: ("pulse_rate", BPM),
    0x500A: ("respiratory_rate", RPM),
    0x4B48: ("temperature", CELSIUS),
    0x4A05: ("systolic", MMHG),
    0x4A06: ("diastolic", MMHG),
    0x4A07: ("mean_pressure", MMHG),
}
"""What is taken: vital and its one unit by physiological id."""

_CUFF = frozenset({"systolic", "diastolic", "mean_pressure"})
_OXIMETER = frozenset({"spo2", "pulse_rate"})
_MOST = 10_000
_EPOCH = datetime(2026, 1, 1)  # noqa: DTZ001 - a monitor's clock has no zone
_STAMP = 8


class State(msgspec.Struct, tag="philips_intellivue/1"):
    """All a bridge remembers.

    `due` is the next poll, or the next request for an association; `missed` counts the polls since the last answer.
    """

    stream: Stream = msgspec.field(default_factory=Stream)
    frames: int = 0
    associated: bool = False
    due: int | None = None
    polls: int = 0
    missed: int = 0


class Decoder:
    """The gateway's side: associates, polls, reads."""

    def __init__(self) -> None:
        self._state = State()

    def opened(self, at: int) -> list[Event]:
        """Ask for an association."""
        events = self.closed(at)
        return [*events, self._associate(at)]

    def receive(self, channel: str, data: bytes, at: int) -> list[Event]:
        """Return the readings of each reply, and what must be answered."""
        if channel != SERIAL:
            return [Malformed(at, "unknown-channel", len(data))]
        events: list[Event] = []
        for frame in self._state.stream.frames(data, at, intellivue.cut_frame, events):
            events += self._framed(frame, at)
        return events

    def wake(self, at: int) -> list[Event]:
        """Poll; associate again when answers stay away."""
        state = self._state
        if state.due is None or at < state.due:
            return []
        if not state.associated or state.missed >= MISSED:
            return [self._associate(at)]
        return [self._poll(at)]

    def closed(self, at: int) -> list[Event]:
        """Drop a partial frame and the association."""
        events = self._state.stream.reset(at)
        self._state = State(frames=self._state.frames)
        return events

    def next_deadline(self) -> int | None:
        """Return when the monitor must next hear from us."""
        return self._state.due

    def snapshot(self) -> bytes:
        """Return the state as MessagePack."""
        return msgspec.msgpack.encode(self._state)

    def restore(self, state: bytes) -> None:
        """Take up a snapshot; msgspec.ValidationError if it is another family's."""
        self._state = msgspec.msgpack.decode(state, type=State)

    def _framed(self, frame: bytes, at: int) -> list[Event]:
        try:
            return self._message(intellivue.unframe(frame), at)
        except FrameError as error:
            return [Malformed(at, str(error), len(frame))]

    def _message(self, message: bytes, at: int) -> list[Event]:
        state = self._state
        first = message[0]
        if first == Session.ASSOCIATION_RESPONSE:
            state.missed = 0
            return []
        if first in (Session.REFUSE, Session.ABORT, Session.RELEASE_RESPONSE):
            state.associated = False
            state.due = None if state.due is None else at + PATIENCE
            return [Malformed(at, f"association-{Session(first).name.lower().replace('_', '-')}", len(message))]
        operation = intellivue.parse_operation(message)
        if operation.kind == Kind.INVOKE and operation.action == intellivue.MDS_CREATE:
            state.associated, state.missed = True, 0
            return [_send(intellivue.create_result(operation)), self._poll(at)]
        if operation.kind == Kind.ERROR:
            return [Malformed(at, "refused", len(message))]
        if operation.action not in (intellivue.SINGLE_POLL, intellivue.EXTENDED_POLL):
            return []
        return self._reply(operation, at)

    def _reply(self, operation: intellivue.Operation, at: int) -> list[Event]:
        reply = intellivue.parse_reply(operation)
        self._state.missed = 0
        found = readings(reply, at, self._state.frames + 1)
        self._state.frames += 1 if found else 0
        return [*found]

    def _associate(self, at: int) -> Event:
        state = self._state
        state.associated, state.missed, state.due = False, 0, at + PATIENCE
        return _send(intellivue.association_request(POLL // 1_000_000))

    def _poll(self, at: int) -> Event:
        state = self._state
        state.due, state.missed = at + POLL, state.missed + 1
        state.polls = (state.polls + 1) & 0xFFFF
        return _send(intellivue.poll_request(state.polls, state.polls))


def readings(reply: intellivue.Reply, at: int, ordinal: int) -> list[Reading]:
    """Return the readings of a reply. A cuff value that is not new is none: it has been told."""
    now = moment(reply.time)
    device_time = "" if now is None else now.isoformat()
    found = []
    for seen in reply.objects:
        stamp = moment(seen.stamp)
        new = now is not None and stamp is not None and abs(now - stamp) <= FRESH
        for value in seen.values:
            vital, unit = VALUES.get(value.physio, ("", 0))
            if vital and (new or vital not in _CUFF):
                found.append(_judged(Reading(at, ordinal, vital, None, device_time=device_time), value, unit))
    return found


def _judged(blank: Reading, value: intellivue.Value, unit: int) -> Reading:
    number = finite(value.number)
    known = number is not None and value.unit == unit and 0 <= number < _MOST
    scaled = VITALS[blank.vital].scaled(number) if known and number is not None else None
    reasons = [reason for bit, reason in STATES.items() if value.state & bit]
    return judged(msgspec.structs.replace(blank, value=scaled), reasons)


def moment(stamp: bytes) -> datetime | None:
    """Return the monitor's time, eight bytes of two decimal digits from the century on; None if it is not set."""
    try:
        return datetime.strptime(stamp[: _STAMP - 1].hex(), "%Y%m%d%H%M%S")  # noqa: DTZ007 - no zone
    except ValueError:
        return None


def _send(message: bytes) -> Event:
    return Send(SERIAL, intellivue.frame(message))


class Encoder:
    """The monitor's side: the reply to one poll per sample, with a cuff value measured just now.

    Says every reason of `STATES`, of all values at once, with the numbers as sampled; a vital it lacks is left out, as
    are those of an oximeter that is off.
    """

    def encode(self, sample: Sample) -> list[tuple[str, bytes]]:
        """Return the reply with the values of `sample`."""
        time = bytes.fromhex((_EPOCH + timedelta(milliseconds=sample.device_ms)).strftime("%Y%m%d%H%M%S")) + b"\0"
        bits = {reason: bit for bit, reason in reversed(STATES.items())}
        state = sum(bits[reason] for reason in sample.conditions if reason in bits)
        packed = {vital: _packed(sample, physio, vital, unit, state) for physio, (vital, unit) in VALUES.items()}
        off = _OXIMETER if Reason.SENSOR_OFF in sample.conditions else frozenset()
        numerics = [packed[vital] for vital in packed if vital in sample.values.keys() - _CUFF - off]
        objects = [(place, ((intellivue.NUMERIC, value),)) for place, value in enumerate(numerics, 1)]
        cuff = [packed[vital] for vital in packed if vital in _CUFF and vital in sample.values]
        compound = struct.pack(">HH", len(cuff), 10 * len(cuff)) + b"".join(cuff)
        attributes = ((intellivue.COMPOUND_NUMERIC, compound), (intellivue.TIME_STAMP, time))
        message = intellivue.pack_objects((*objects, (0x100, attributes)), time)
        return [(SERIAL, intellivue.frame(message))]


def _packed(sample: Sample, physio: int, vital: str, unit: int, state: int) -> bytes:
    decimals = VITALS[vital].decimals
    mantissa = sample.values.get(vital, 0)
    return struct.pack(">HHHI", physio, state, unit, (-decimals & 0xFF) << 24 | mantissa)


FAMILY = Family(
    name="philips_intellivue",
    title="Philips IntelliVue monitors, data export on the MIB/RS-232 port",
    devices=("IntelliVue MP2 to MP90", "IntelliVue MX series with the MIB/RS-232 interface"),
    measures=(
        Measure("heart_rate", Mode.CONTINUOUS),
        Measure("spo2", Mode.CONTINUOUS),
        Measure("pulse_rate", Mode.CONTINUOUS),
        Measure("respiratory_rate", Mode.CONTINUOUS),
        Measure("temperature", Mode.CONTINUOUS),
        Measure("systolic", Mode.SPOT),
        Measure("diastolic", Mode.SPOT),
        Measure("mean_pressure", Mode.SPOT),
    ),
    link=SerialSettings(baudrate=115200, alternatives=(19200,)),
    check=Check("CRC-16/X-25", Strength.STRONG, catches_bit_flips=1.0),
    period=POLL,
    documents=("Philips IntelliVue Data Export Interface Programming Guide, as independent programs read it",),
    bridge=Decoder,
    encoder=Encoder,
    resync_frames=0,
    conditions=(
        Reason.NOT_AVAILABLE,
        Reason.CALIBRATING,
        Reason.TEST,
        Reason.DEMO,
        Reason.QUESTIONED_BY_DEVICE,
        Reason.EARLY_ESTIMATE,
    ),
    identity="none: demographics and the patient object are never polled",
    polite=True,
)
