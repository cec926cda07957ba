from __future__ import annotations

import re
from collections.abc import Iterable

import pytest
from cobs import cobs  # type: ignore[import-untyped] # ships no types

from firmware_bridges.bridge import SERIAL, Sample
from firmware_bridges.decoding import decode
from firmware_bridges.families import sensor_link as link
from firmware_bridges.framing import FrameError
from firmware_bridges.vitals import DeviceStatus, Event, Identity, Malformed, Reading, Reason, Validity
from tests.firmware_bridges.devices import readings
from tests.paths import CHECKOUT

FAMILY = link.FAMILY
BEAT = Sample({"heart_rate": 72})


def measured(*entries: tuple[int, int, int]) -> bytes:
    """Return the body of a measurement frame: (vital, state, value) of each."""
    packed = b"".join(
        bytes((vital, state)) + value.to_bytes(4, "little", signed=True) for vital, state, value in entries
    )
    return bytes((len(entries),)) + packed


def frame(body: bytes, *, kind: int = link.MEASUREMENT, sequence: int = 0, version: int = 0x10) -> bytes:
    """Return a frame with a right CRC, whatever it says."""
    payload = bytes((version, kind)) + sequence.to_bytes(2, "little") + bytes(4) + body
    return bytes(cobs.encode(payload + crc(payload))) + b"\0"


def crc(payload: bytes) -> bytes:
    """Return CRC-16/MCRF4XX as the two lines of C in the specification do it: an oracle of our own."""
    value = 0xFFFF
    for byte in payload:
        value ^= byte
        for _ in range(8):
            value = value >> 1 ^ 0x8408 if value & 1 else value >> 1
    return value.to_bytes(2, "little")


def only_reading(*entries: tuple[int, int, int]) -> Reading:
    [reading] = readings(decode(FAMILY, frame(measured(*entries))))
    return reading


def reasons(events: Iterable[Event]) -> list[str]:
    return [event.why for event in events if isinstance(event, Malformed)]


def examples() -> list[tuple[bytes, bytes]]:
    """Return the (payload, frame) pairs printed in the specification."""
    text = (CHECKOUT / "docs" / "sensor-link.md").read_text(encoding="utf-8")
    lines = [bytes.fromhex(line) for line in re.findall(r"^    ([0-9a-f ]+)$", text, re.MULTILINE)]
    return list(zip(lines[::2], lines[1::2], strict=True))


def test_the_specifications_examples_are_what_we_encode() -> None:
    bodies = [
        (1, 7, 12345, link.pack_measurement(Sample({"heart_rate": 72, "spo2": 97, "temperature": 372}))),
        (1, 8, 13345, measured((1, 0, 0), (3, 0x81, link.NO_VALUE))),
        (2, 0, 0, link.pack_identity(link.About("ward-node", "A17", "1.2.0"))),
        (3, 9, 13400, link.pack_status(80, [Reason.SENSOR_OFF])),
    ]
    assert [sent for _, sent in examples()] == [link.wire(*each) for each in bodies]
    assert all(payload == cobs.decode(sent[:-1]) and payload[-2:] == crc(payload[:-2]) for payload, sent in examples())


def test_the_specifications_examples_are_read_as_it_says() -> None:
    bridge = FAMILY.bridge()
    said = [bridge.receive(SERIAL, sent, 0) for _, sent in examples()]
    assert [(each.vital, each.value) for each in readings(said[0])] == [
        ("heart_rate", 72),
        ("spo2", 97),
        ("temperature", 372),
    ]
    assert {each.device_time for each in readings(said[0])} == {"PT12.345S"}
    assert [(each.value, each.validity, each.reason) for each in readings(said[1])] == [
        (0, Validity.VALID, Reason.OK),
        (None, Validity.INVALID, Reason.SENSOR_OFF),
    ]
    assert said[2][-1] == Identity(0, model="ward-node", serial="A17", firmware="1.2.0")
    assert said[3][-1] == DeviceStatus(0, (Reason.SENSOR_OFF,), battery=80)


def test_the_specifications_tables_are_the_codes() -> None:
    text = (CHECKOUT / "docs" / "sensor-link.md").read_text(encoding="utf-8")
    for number, reason in enumerate(link.REASONS):
        assert re.search(rf"\b{number}\s+{reason.value.replace('-', ' ')}\b", text), reason
    kinds = dict(re.findall(r"\| (\d+) [^|]+\|[^|]+\| (spot|continuous) ", text))
    assert {int(number): kind for number, kind in kinds.items()} == {
        number: FAMILY.mode_of(vital).value for number, vital in link.VITAL_IDS.items()
    }


def test_heart_rate_zero_is_a_measurement() -> None:
    reading = only_reading((1, 0, 0))
    assert (reading.value, reading.validity) == (0, Validity.VALID)


@pytest.mark.parametrize("number", range(1, len(link.REASONS)))
def test_no_reason_passes_as_valid_though_the_device_claims_so(number: int) -> None:
    reading = only_reading((3, number, 97))
    assert reading.validity is not Validity.VALID
    assert reading.reason is link.REASONS[number]
    assert reading.stored == (reading.reason is Reason.STORED)


@pytest.mark.parametrize(
    ("state", "value", "validity", "reason"),
    [
        (0x00, link.NO_VALUE, Validity.INVALID, Reason.NOT_AVAILABLE),
        (0x44, link.NO_VALUE, Validity.INVALID, Reason.NOT_AVAILABLE),
        (0x81, link.NO_VALUE, Validity.INVALID, Reason.SENSOR_OFF),
        (0x40, 97, Validity.QUESTIONABLE, Reason.QUESTIONED_BY_DEVICE),
        (0x80, 97, Validity.INVALID, Reason.QUESTIONED_BY_DEVICE),
        (0xC0, 97, Validity.INVALID, Reason.QUESTIONED_BY_DEVICE),
        (0x84, 97, Validity.INVALID, Reason.LOW_PERFUSION),
        (0x3F, 97, Validity.QUESTIONABLE, Reason.QUESTIONED_BY_DEVICE),
    ],
)
def test_a_contradiction_is_read_as_its_worse_half(state: int, value: int, validity: Validity, reason: Reason) -> None:
    reading = only_reading((3, state, value))
    assert (reading.validity, reading.reason) == (validity, reason)
    assert reading.value == (None if value == link.NO_VALUE else value)


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"\x05\x01\x00", "cobs"),
        (frame(measured((1, 0, 72)))[:-2] + b"\x01\x00", "crc"),
        (b"\x02\x10\x00", "crc"),
        (frame(measured((1, 0, 72)), version=0x20), "version"),
        (frame(measured((1, 0, 72)), version=0x00), "version"),
        (frame(measured((1, 0, 72))[:-1]), "content"),
        (frame(measured((1, 0, 72)) + b"\x01"), "content"),
        (frame(b""), "content"),
        (frame(measured((1, 0, 72), (1, 0, 73))), "content"),
        (frame(b"\x02ok", kind=link.IDENTITY), "content"),
        (frame(b"\x01\x07\x00\x00", kind=link.IDENTITY), "content"),
        (frame(b"\x01\xe9\x00\x00", kind=link.IDENTITY), "content"),
        (frame(b"\x50", kind=link.STATUS), "content"),
    ],
)
def test_what_is_wrong_is_named_and_not_used(data: bytes, why: str) -> None:
    assert decode(FAMILY, data) == [Malformed(0, why, len(data))]
    with pytest.raises(FrameError, match=why):
        link.parse_frame(data)


def test_the_unknown_of_a_newer_minor_version_is_skipped() -> None:
    newer = frame(measured((200, 0, 5), (1, 0, 72)) + b"more", version=0x11)
    assert [(each.vital, each.value) for each in decode(FAMILY, newer) if isinstance(each, Reading)] == [
        ("heart_rate", 72)
    ]
    assert decode(FAMILY, frame(b"anything", kind=77)) == []
    assert link.parse_frame(frame(b"anything", kind=77)).body is None


def test_a_missing_frame_is_reported_and_the_present_one_used() -> None:
    bridge = FAMILY.bridge()
    events = [bridge.receive(SERIAL, frame(measured((1, 0, 72)), sequence=number), 0) for number in (65535, 0, 2)]
    assert [reasons(each) for each in events] == [[], [], ["sequence-gap"]]
    assert all(len(readings(each)) == 1 for each in events)
    assert [each.dropped for each in events[2] if isinstance(each, Malformed)] == [0]


def test_a_repeated_frame_is_no_second_measurement() -> None:
    bridge = FAMILY.bridge()
    again = frame(measured((8, 0, 372)), sequence=3)
    assert len(readings(bridge.receive(SERIAL, again, 0))) == 1
    assert bridge.receive(SERIAL, again, 1) == [Malformed(1, "sequence-repeat", len(again))]


def test_a_new_conversation_has_no_gap() -> None:
    bridge = FAMILY.bridge()
    bridge.receive(SERIAL, frame(measured((1, 0, 72)), sequence=3), 0)
    bridge.closed(1)
    bridge.opened(2)
    assert reasons(bridge.receive(SERIAL, frame(measured((1, 0, 72)), sequence=900), 3)) == []


def test_a_line_without_delimiters_is_dropped_in_pieces() -> None:
    bridge = FAMILY.bridge()
    events = [event for _ in range(600) for event in bridge.receive(SERIAL, b"U", 0)]
    assert [event.dropped for event in events if isinstance(event, Malformed)] == [
        256,
    ]
    assert reasons(bridge.receive(SERIAL, b"\0", 0)) == ["no-frame", "cobs"]


def test_a_spot_vital_is_said_once_and_not_repeated() -> None:
    encoder, bridge = FAMILY.encoder(), FAMILY.bridge()
    told: list[list[str]] = []
    for values in ({"heart_rate": 70, "systolic": 120}, {"heart_rate": 71}, {"heart_rate": 72}):
        events = [event for _, data in encoder.encode(Sample(values)) for event in bridge.receive(SERIAL, data, 0)]
        told.append([each.vital for each in readings(events)])
    assert told == [["heart_rate", "systolic"], ["heart_rate"], ["heart_rate"]]


def test_identity_and_status_come_at_start_once_a_minute_and_on_change() -> None:
    encoder = FAMILY.encoder()
    kinds = [[link.parse_frame(data).kind for _, data in encoder.encode(BEAT)] for _ in range(61)]
    assert kinds[0] == kinds[60] == [link.IDENTITY, link.STATUS, link.MEASUREMENT]
    assert kinds[1:60] == [[link.MEASUREMENT]] * 59
    off = Sample(BEAT.values, frozenset({Reason.SENSOR_OFF}))
    assert [link.parse_frame(data).kind for _, data in encoder.encode(off)] == [link.STATUS, link.MEASUREMENT]


def test_the_longest_frame_fits() -> None:
    full = frame(measured(*((40 + vital, 0, -1) for vital in range(40))))
    assert len(full) <= link.MAX_WIRE
    assert decode(FAMILY, full) == []
