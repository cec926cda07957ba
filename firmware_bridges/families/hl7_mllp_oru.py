"""HL7 version 2 monitors: ORU^R01 messages over MLLP, as the IHE profile PCD-01 asks for and as makers vary it.

The monitor calls the gateway and sends a message per interval or per measurement; it waits for an acknowledgement,
which is sent once the whole message was read and its readings were handed over. What is not ORU^R01 is rejected.

One connection is one device at one bed. Who sends (MSH-3, MSH-4) and where (PV1-3) must stay as the connection's first
message said: a central station that mixes beds on one line is rejected from its second bed on, never mixed.

A value is live only if it was measured within seconds (a cuff's or thermometer's within two minutes) of its message,
and the message did not wait on its way; else it is history. A measurement that later messages repeat under a time of
its own (OBX-14) is told once, and so is a message that comes again. Of several results of one vital in a message the
first valid one counts. Training and debugging messages (MSH-11) are test data.

Source: devices.md section 2.11; HL7 Version 2.6; messages of Mindray, Comen and other monitors.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from zlib import crc32

import msgspec

from firmware_bridges.bridge import SERIAL, Check, Family, Mode, Sample, Strength, TcpSettings
from firmware_bridges.device_clock import TOLERANCE, DeviceClock
from firmware_bridges.framing import FrameError
from firmware_bridges.hl7 import (
    Fault,
    Segment,
    Stamp,
    acknowledgements,
    iso_time,
    parse_header,
    parse_time,
)
from firmware_bridges.hl7_mask import Masker
from firmware_bridges.hl7_message import MEASURES, PROCESSING, REASONS, Message, Result, fault_of, sender_of, take
from firmware_bridges.hl7_terms import FLAGS
from firmware_bridges.mllp import END, START, Blocks, wrap
from firmware_bridges.verdict import from_memory, verdict
from firmware_bridges.vitals import VITALS, Event, Identity, Malformed, Reading, Reason, Send, Validity

FRESH = {Mode.CONTINUOUS: TOLERANCE, Mode.SPOT: 120_000_000_000}
"""A value measured longer before its message than this (ns) is history."""

_ARCHIVED = frozenset("ARI")
_NAME_LENGTH = 64


class State(msgspec.Struct, tag="hl7_mllp_oru/1", array_like=True):
    """All a bridge remembers. `sender` and `place` bind the conversation; what follows them outlives it.

    `told`: when each spot measurement that was told last was taken, by its place in `MEASURES`.
    """

    blocks: Blocks = msgspec.field(default_factory=Blocks)
    message: Message = msgspec.field(default_factory=Message)
    sender: int = 0
    place: int = 0
    frames: int = 0
    replies: int = 0
    last: int = 0
    told: dict[int, int] = {}
    clock: DeviceClock = msgspec.field(default_factory=DeviceClock)


class Decoder:
    """The gateway's side: it answers every message it can tell the sender of."""

    def __init__(self) -> None:
        self._state = State()

    def opened(self, at: int) -> list[Event]:
        """Begin a conversation: whoever speaks first in it is the device."""
        return self.closed(at)

    def receive(self, channel: str, data: bytes, at: int) -> list[Event]:
        """Return what each message that `data` completes means, and its acknowledgement."""
        if channel != SERIAL:
            return [Malformed(at, "unknown-channel", len(data))]
        events: list[Event] = []
        state = self._state
        for piece in state.blocks.pieces(data, at, events):
            if piece == START:
                state.message = Message()
            elif piece == END:
                events.extend(self._ended(at))
                state.message = Message()
            else:
                events.extend(self._segment(piece, at))
        return events

    def wake(self, at: int) -> list[Event]:
        """Nothing is ever due."""
        return []

    def closed(self, at: int) -> list[Event]:
        """Drop a message begun; keep what tells a late or repeated one of the next conversation."""
        state = self._state
        events = state.blocks.reset(at)
        state.message, state.sender, state.place = Message(), 0, 0
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

    def _segment(self, data: bytes, at: int) -> list[Event]:
        message = self._state.message
        message.digest = crc32(data, message.digest)
        message.size += len(data) + 1
        try:
            take(message, data)
        except FrameError as error:
            return [Malformed(at, str(error), len(data))]
        return []

    def _ended(self, at: int) -> list[Event]:
        """Accept or refuse the message as a whole."""
        state, message = self._state, self._state.message
        if not message.header:
            return [Malformed(at, message.fault or "header", message.size)]
        header = parse_header(message.header)
        state.replies += 1
        fault = fault_of(header, message) or self._stranger(header)
        reply = acknowledgements(header, fault, state.replies)
        answer: list[Event] = [Send(SERIAL, reply)] if reply else []
        if fault:
            return [Malformed(at, message.fault or fault.value[2].lower(), message.size), *answer]
        who = self._introduced(header, at)
        if header.raw(7) and message.digest == state.last:
            return [*who, Malformed(at, "repeated", 0), *answer]
        state.last = message.digest
        return [*who, *self._taken(header, at), *answer]

    def _stranger(self, header: Segment) -> Fault | None:
        """Bind the conversation to its first sender and bed; refuse any other."""
        state = self._state
        said = ((sender_of(header), state.sender), (state.message.place, state.place))
        if any(new and bound and new != bound for new, bound in said):
            state.message.fault = "another device or bed"
            return Fault.STRANGER
        state.place = state.message.place or state.place
        return None

    def _introduced(self, header: Segment, at: int) -> list[Event]:
        """Return who a conversation's first message says it is from."""
        sender = sender_of(header)
        if self._state.sender or not sender:
            return []
        self._state.sender = sender
        model = header.text(3)
        serial = header.text(3, 2) if model else header.text(4)
        return [Identity(at, model=model[:_NAME_LENGTH], serial=serial[:_NAME_LENGTH])]

    def _taken(self, header: Segment, at: int) -> Iterator[Event]:
        state, message = self._state, self._state.message
        state.frames += 1
        sent = parse_time(header.text(7))
        observed = parse_time(message.observed)
        sure = sent is not None and (observed is None or abs(sent.after(observed)) <= TOLERANCE)
        late = sent is not None and state.clock.late(sent.ns, at, sure=sure)
        past = late or header.text(11, 2) in _ARCHIVED
        processing = PROCESSING[header.text(11)]
        live: dict[str, Reading] = {}
        for result in message.results:
            reading = _reading(result, processing, at, state.frames)
            if past or not _fresh(result, sent):
                reading = from_memory(reading)
            if self._told(result, reading):
                continue
            if reading.stored:
                yield reading
            elif reading.vital not in live or live[reading.vital].validity is not Validity.VALID:
                live[reading.vital] = reading
        yield from live.values()

    def _told(self, result: Result, reading: Reading) -> bool:
        """Say whether a spot measurement was told before; note one that is told now as good, or as history."""
        if not result.own or result.ms is None or MEASURES[result.measure].mode is not Mode.SPOT:
            return False
        told = self._state.told
        if told.get(result.measure) == result.ms:
            return True
        if reading.reason in (Reason.OK, Reason.STORED):
            told[result.measure] = result.ms
        return False


def _reading(result: Result, processing: Reason, at: int, frame: int) -> Reading:
    validity, reason = verdict(REASONS[result.reason] if processing is Reason.OK else processing)
    if result.value is None and validity is not Validity.INVALID:
        validity, reason = verdict(Reason.NOT_AVAILABLE)
    time = iso_time(result.ms) if result.ms else ""
    vital = MEASURES[result.measure].vital
    return Reading(at, frame, vital, result.value, validity, reason, result.site, time)


def _fresh(result: Result, sent: Stamp | None) -> bool:
    """Say whether a result was measured when its message was sent; one that bears no time was."""
    if result.stamp is None:
        return True
    return sent is not None and abs(sent.after(result.stamp)) <= FRESH[MEASURES[result.measure].mode]


class Encoder:
    """The device's side: one message per sample. Says the reasons of `FLAGS`, with the numbers as sampled.

    The patient is made up, so that whoever looks on sees it masked. It is as plain a monitor as there is: it names
    neither itself nor its bed, and has no clock.
    """

    def __init__(self) -> None:
        self._number = 0

    def encode(self, sample: Sample) -> list[tuple[str, bytes]]:
        """Return the message of `sample`; a vital it lacks is not in it."""
        self._number += 1
        said = {reason: flag for flag, reason in reversed(FLAGS.items()) if reason in sample.conditions}
        flags = "~".join(said.values())
        segments = [
            rf"MSH|^~\&|||||||ORU^R01^ORU_R01|{self._number}|P|2.6",
            "PID|||0||SIMULATED^PATIENT",
            *_results(sample.values, flags),
        ]
        return [(SERIAL, wrap(segments))]


def _results(values: dict[str, int], flags: str) -> Iterable[str]:
    for number, measure in enumerate((each for each in MEASURES if each.vital in values), start=1):
        vital = VITALS[measure.vital]
        yield f"OBX|{number}|NM|{vital.mdc}^^MDC||{vital.decimal(values[measure.vital])}|{vital.ucum}||{flags}|||R"


FAMILY = Family(
    name="hl7_mllp_oru",
    title="HL7 monitors, ORU^R01 over MLLP",
    devices=("Mindray VS series", "Comen NC5", "Northern Aquarius", "any monitor with IHE PCD-01 or ORU^R01 output"),
    measures=MEASURES,
    link=TcpSettings(port=2575),
    check=Check("TCP checksum and the Ethernet CRC-32, checked before us", Strength.STRONG, catches_bit_flips=0.95),
    period=1_000_000_000,
    documents=("HL7 Version 2.6", "IHE Patient Care Device Technical Framework, volume 2, PCD-01"),
    bridge=Decoder,
    encoder=Encoder,
    conditions=tuple(dict.fromkeys(FLAGS.values())),
    caution="a message a minute is no monitoring: SpO2 and pulse go stale within seconds unless the ward allows more, "
    "and what a spot-check monitor sent goes stale as soon",
    announces=("model", "serial"),
    identity="all but MSH, PV1-3 (location), OBR-4, OBR-7 and the numbers of vitals in OBX is masked",
    masker=Masker,
)
