from __future__ import annotations

import pytest

from firmware_bridges.bridge import Bridge, Sample
from firmware_bridges.families import omron_hem_7142t2 as omron
from firmware_bridges.framing import FrameError
from firmware_bridges.gatt import uuid
from firmware_bridges.vitals import Event, Identity, Malformed, Reason, Send, Validity
from tests.firmware_bridges.devices import readings

CAPTURED = bytes.fromhex("645a611a7219041180000d006699")
OLDER = bytes.fromhex("735d471a68190e1380000c005fa0")
NEVER_WRITTEN = b"\xff" * omron.SIZE
SECOND = 1_000_000_000


class Cuff:
    """A cuff that answers every command it understands. Knows when it is asked for what it must not be asked for."""

    def __init__(self, *records: bytes) -> None:
        self.memory = [*records, *[NEVER_WRITTEN] * (omron.SLOTS - len(records))]
        self.open = False
        self.heard: list[bytes] = []
        self.deaf_to: set[int] = set()
        self.refuses: set[int] = set()

    def answer(self, send: Send) -> list[tuple[str, bytes]]:
        self.heard.append(send.data)
        if send.channel == omron.UNLOCK:
            return [(omron.UNLOCK, b"\x91\x00" + send.data[1:5])] if send.data[0] == 0x11 else []
        assert send.channel == omron.WRITE
        frame = omron.unpack(send.data)
        if frame.type in self.deaf_to:
            return []
        if frame.address in self.refuses:
            return [(omron.NOTIFY, omron.pack(frame.type | omron.REPLY, frame.address, frame.size, code=0x23))]
        return [(omron.NOTIFY, self._reply(frame))]

    def _reply(self, frame: omron.Frame) -> bytes:
        if frame.type == omron.START:
            self.open = True
            return omron.pack(omron.START | omron.REPLY)
        if frame.type == omron.END:
            self.open = False
            return omron.pack(omron.END | omron.REPLY)
        assert self.open
        assert frame.type == omron.GET, "nothing else is ever sent to a cuff"
        slot, rest = divmod(frame.address - omron.FIRST, omron.SIZE)
        assert not rest
        return omron.pack(omron.GET | omron.REPLY, frame.address, frame.size, self.memory[slot])


def connect(bridge: Bridge, cuff: Cuff, at: int = 0, model: bytes = b"") -> list[Event]:
    """Return every event from the connection at `at` until both sides are silent."""
    events = bridge.opened(at)
    if model:
        events += bridge.receive(uuid(0x2A24), model, at)
    return talk(bridge, cuff, events, at)


def talk(bridge: Bridge, cuff: Cuff, events: list[Event], at: int) -> list[Event]:
    heard = [event for event in events if isinstance(event, Send)]
    while heard:
        for channel, value in cuff.answer(heard.pop(0)):
            more = bridge.receive(channel, value, at)
            heard += [event for event in more if isinstance(event, Send)]
            events = [*events, *more]
    return events


def systolics(events: list[Event]) -> list[int | None]:
    return [each.value for each in readings(events) if each.vital == "systolic"]


def test_all_records_are_read_and_nothing_is_written() -> None:
    cuff, bridge = Cuff(CAPTURED, OLDER), omron.FAMILY.bridge()
    events = connect(bridge, cuff)
    assert systolics(events) == [125, 140]
    kinds = [omron.unpack(data).type for data in cuff.heard[1:]]
    assert kinds == [omron.START, *[omron.GET] * omron.SLOTS, omron.END]
    assert cuff.heard[1].hex() == "0800000000100018"
    assert cuff.heard[-1].hex() == "080f000000000007"
    assert not cuff.open
    assert bridge.next_deadline() is None
    assert not any(isinstance(event, Malformed) for event in events)


def test_what_is_read_is_history_with_the_cuffs_own_time() -> None:
    found = readings(connect(omron.FAMILY.bridge(), Cuff(CAPTURED)))
    assert {(each.stored, each.validity, each.reason) for each in found} == {(True, Validity.INVALID, Reason.STORED)}
    assert {each.device_time for each in found} == {"2026-06-11T18:04:04"}
    assert {each.vital: each.value for each in found} == {"systolic": 125, "diastolic": 90, "pulse_rate_nibp": 97}


def test_a_record_is_told_once_whatever_happens_between() -> None:
    cuff, bridge = Cuff(OLDER), omron.FAMILY.bridge()
    assert systolics(connect(bridge, cuff)) == [140]
    bridge.closed(1)
    restarted = omron.FAMILY.bridge()
    restarted.restore(bridge.snapshot())
    assert systolics(connect(restarted, cuff, 2)) == []
    cuff.memory = [CAPTURED, OLDER, *cuff.memory[2:]]
    assert systolics(connect(restarted, cuff, 3)) == [125]


def test_a_full_memory_that_goes_round_is_told_record_by_record() -> None:
    encoder, cuff, bridge = omron.Encoder(), Cuff(), omron.FAMILY.bridge()
    told: list[int | None] = []
    for number in range(50):
        [(_, reply)] = encoder.encode(Sample({"systolic": 100 + number, "diastolic": 80, "pulse_rate_nibp": 60}))
        cuff.memory[number % omron.SLOTS] = omron.unpack(reply).payload
        told += systolics(connect(bridge, cuff, number))
    assert told == [100 + number for number in range(50)]


def test_a_cuff_of_another_model_is_not_read() -> None:
    cuff = Cuff(CAPTURED)
    events = connect(omron.FAMILY.bridge(), cuff, model=b"HEM-7380T1-EBK")
    assert cuff.heard == [omron.GREETING]
    assert events[-1] == Malformed(0, "another-model", 0)


def test_a_cuff_that_names_its_model_is_read() -> None:
    events = connect(omron.FAMILY.bridge(), Cuff(CAPTURED), model=b"HEM-7142T2-Z\0")
    assert Identity(0, model="HEM-7142T2-Z") in events
    assert systolics(events) == [125]


@pytest.mark.parametrize("silent", [omron.START, omron.GET, omron.END])
def test_a_cuff_that_does_not_answer_is_asked_four_times_and_left_alone(silent: int) -> None:
    cuff, bridge = Cuff(CAPTURED), omron.FAMILY.bridge()
    cuff.deaf_to = {silent}
    connect(bridge, cuff)
    asked, last = len(cuff.heard), cuff.heard[-1]
    for expected in ([last], [last], [last], []):
        due = bridge.next_deadline()
        assert due is not None
        assert bridge.wake(due - 1) == []
        events = talk(bridge, cuff, bridge.wake(due), due)
        assert cuff.heard[asked:] == expected
        asked = len(cuff.heard)
    assert events == [Malformed(4 * omron.TIMEOUT, "no-reply", 0)]
    assert bridge.next_deadline() is None


def test_a_lost_reply_is_asked_for_again() -> None:
    cuff, bridge = Cuff(OLDER, CAPTURED), omron.FAMILY.bridge()
    cuff.deaf_to = {omron.GET}
    connect(bridge, cuff)
    cuff.deaf_to = set()
    due = bridge.next_deadline()
    assert due == omron.TIMEOUT
    assert systolics(talk(bridge, cuff, bridge.wake(due), due)) == [140, 125]


def test_a_refused_read_ends_the_session() -> None:
    cuff = Cuff(CAPTURED, OLDER)
    cuff.refuses = {omron.FIRST + omron.SIZE}
    events = connect(omron.FAMILY.bridge(), cuff)
    assert systolics(events) == [125]
    assert Malformed(0, "refused", 0) in events
    assert omron.unpack(cuff.heard[-1]).type == omron.END


def test_a_cuff_that_ends_the_session_itself_is_left_alone() -> None:
    bridge = omron.FAMILY.bridge()
    bridge.opened(0)
    assert bridge.receive(omron.UNLOCK, omron.GREETED, 0) == [Send(omron.WRITE, omron.pack(omron.START, size=0x10))]
    ended = omron.pack(omron.END | omron.REPLY, code=1)
    assert bridge.receive(omron.NOTIFY, ended, 0) == [Malformed(0, "refused", 0)]
    assert bridge.next_deadline() is None


def test_replies_nobody_waits_for_change_nothing() -> None:
    bridge = omron.FAMILY.bridge()
    bridge.opened(0)
    before = bridge.snapshot()
    started = omron.pack(omron.START | omron.REPLY)
    elsewhere = omron.pack(omron.GET | omron.REPLY, omron.FIRST + 1, omron.SIZE, CAPTURED)
    beyond = omron.pack(omron.GET | omron.REPLY, omron.FIRST + omron.SIZE * omron.SLOTS, omron.SIZE, CAPTURED)
    for reply in (started, elsewhere, beyond):
        assert bridge.receive(omron.NOTIFY, reply, 0) == []
    assert bridge.receive(omron.UNLOCK, b"\x91\x01\0\0\0\0", 0) == [Malformed(0, "greeting", 6)]
    assert bridge.snapshot() == before


@pytest.mark.parametrize(
    ("record", "said"),
    [
        (NEVER_WRITTEN, None),
        (bytes(omron.SIZE), None),
        (b"\xe2" + CAPTURED[1:], None),
        (b"\0" + CAPTURED[1:], (None, 90, 97)),
        (CAPTURED[:1] + b"\0\0" + CAPTURED[3:], (125, None, None)),
    ],
)
def test_an_empty_slot_is_no_record_and_nought_no_number(record: bytes, said: tuple[int | None, ...] | None) -> None:
    found = omron.parse_record(record)
    assert (None if found is None else (found.systolic, found.diastolic, found.pulse_rate)) == said


def test_a_record_without_a_possible_date_is_kept_without_one() -> None:
    found = omron.parse_record(CAPTURED[:4] + b"\0\0\0\0" + CAPTURED[8:])
    assert found is not None
    assert found.taken == ""
    late = omron.parse_record(CAPTURED[:6] + (4 << 6 | 63).to_bytes(2, "little") + CAPTURED[8:])
    assert late is not None
    assert late.taken == "2026-06-11T18:04:59"


@pytest.mark.parametrize(("bit", "irregular", "moved"), [(0x40, True, False), (0x80, False, True)])
def test_an_irregular_pulse_and_movement_are_told_apart(bit: int, irregular: bool, moved: bool) -> None:  # noqa: FBT001 - columns of the table
    found = omron.parse_record(CAPTURED[:5] + bytes((CAPTURED[5] | bit,)) + CAPTURED[6:])
    assert found is not None
    assert (found.irregular_pulse, found.movement) == (irregular, moved)


@pytest.mark.parametrize(
    ("frame", "why"),
    [
        ("", "truncated"),
        ("08010003", "truncated"),
        ("0701000390 0e0094", "length"),
        ("08010003900e0095", "xor"),
        ("0981000390 0e0100 14", "length"),
    ],
)
def test_what_is_no_frame_is_told(frame: str, why: str) -> None:
    with pytest.raises(FrameError, match=why):
        omron.unpack(bytes.fromhex(frame))


def test_a_read_that_comes_back_empty_is_no_record() -> None:
    empty = omron.pack(omron.GET | omron.REPLY, omron.FIRST, omron.SIZE)
    assert omron.FAMILY.bridge().receive(omron.NOTIFY, empty, 0) == [Malformed(0, "truncated", len(empty))]
    with pytest.raises(FrameError, match="truncated"):
        omron.parse_record(CAPTURED[:-1])


def test_what_was_told_or_answered_before_means_nothing() -> None:
    cuff, bridge = Cuff(CAPTURED), omron.FAMILY.bridge()
    connect(bridge, cuff)
    again = omron.pack(omron.GET | omron.REPLY, omron.FIRST, omron.SIZE, CAPTURED)
    assert bridge.receive(omron.NOTIFY, again, 0) == []
    assert bridge.receive(omron.UNLOCK, omron.GREETED, 0) == []
    bridge.opened(1)
    bridge.receive(omron.UNLOCK, omron.GREETED, 1)
    before = bridge.snapshot()
    assert bridge.receive(omron.UNLOCK, omron.GREETED, 1) == []
    assert bridge.snapshot() == before


def test_the_end_of_a_session_is_the_end_of_the_conversation() -> None:
    bridge = omron.FAMILY.bridge()
    events = connect(bridge, Cuff())
    assert {type(event) for event in events} == {Send}
    assert bridge.receive(omron.NOTIFY, omron.pack(omron.END | omron.REPLY), 0) == []
    assert bridge.wake(omron.TIMEOUT) == []


def test_a_simulated_cuff_writes_slot_after_slot_with_its_own_time() -> None:
    encoder = omron.Encoder()
    day = 24 * 3600 * 1000
    sample = Sample({"diastolic": 80}, device_ms=40 * day + 13 * 3_600_000 + 7 * 60_000 + 5000)
    frames = [omron.unpack(value) for _, value in (encoder.encode(sample)[0] for _ in range(omron.SLOTS + 1))]
    assert [frame.address for frame in frames] == [
        *(omron.FIRST + omron.SIZE * slot for slot in range(omron.SLOTS)),
        omron.FIRST,
    ]
    first, second = omron.parse_record(frames[0].payload), omron.parse_record(frames[1].payload)
    assert first is not None
    assert second is not None
    assert (first.taken, second.taken) == ("2026-02-10T13:07:05", "2026-02-10T13:08:05")
    assert (first.systolic, first.diastolic, first.pulse_rate) == (None, 80, None)
