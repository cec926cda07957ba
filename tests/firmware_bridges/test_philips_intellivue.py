from __future__ import annotations

import struct
from itertools import pairwise

import pytest

from edge_agent.simulator.conversations.intellivue import IntelliVue
from firmware_bridges import intellivue
from firmware_bridges.bridge import SERIAL, Sample
from firmware_bridges.families import philips_intellivue as philips
from firmware_bridges.framing import FrameError
from firmware_bridges.vitals import Event, Malformed, Reading, Reason, Send, Validity
from tests.firmware_bridges.conversation import SECOND, Conversation, measuring
from tests.firmware_bridges.devices import readings, valid

FAMILY = philips.FAMILY
WELL = {
    "heart_rate": 72,
    "spo2": 98,
    "pulse_rate": 71,
    "respiratory_rate": 16,
    "temperature": 366,
    "systolic": 118,
    "diastolic": 76,
    "mean_pressure": 90,
}
NOON = bytes.fromhex("2026112212000000")


def value(physio: int, state: int = 0, unit: int = philips.BPM, raw: int = 72) -> bytes:
    return struct.pack(">HHHI", physio, state, unit, raw)


def reply(*numerics: bytes, stamp: bytes = b"") -> bytes:
    stamps = ((intellivue.TIME_STAMP, stamp),) if stamp else ()
    objects = tuple((handle, ((intellivue.NUMERIC, each), *stamps)) for handle, each in enumerate(numerics))
    return intellivue.pack_objects(objects, NOON)


def heard(message: bytes) -> list[Event]:
    return FAMILY.bridge().receive(SERIAL, intellivue.frame(message), 0)


def said(*numerics: bytes, stamp: bytes = b"") -> list[Reading]:
    return readings(heard(reply(*numerics, stamp=stamp)))


def test_the_gateway_associates_answers_and_polls_every_second() -> None:
    monitor = IntelliVue(measuring(Sample(WELL)))
    talk = Conversation(FAMILY.bridge(), monitor).run(60)
    assert (monitor.associations, monitor.created) == (1, 1)
    times = [at for at, vital, _ in talk.valid() if vital == "spo2"]
    assert times[0] < SECOND
    assert {later - earlier for earlier, later in pairwise(times)} == {SECOND}
    assert {vital: number for _, vital, number in talk.valid()} == WELL


def test_a_monitor_that_falls_silent_is_associated_with_again() -> None:
    monitor = IntelliVue(measuring(Sample(WELL)))
    talk = Conversation(FAMILY.bridge(), monitor).run(10)
    monitor.silent = True
    talk.run(40)
    assert monitor.associations >= 4
    monitor.silent = False
    talk.run(12)
    assert any(talk.valid(since=58))


def test_an_association_that_is_refused_or_ended_is_asked_for_again_and_told() -> None:
    monitor = IntelliVue(measuring(Sample(WELL)))
    monitor.refusing = True
    talk = Conversation(FAMILY.bridge(), monitor).run(22)
    assert monitor.associations == 3
    assert monitor.polls == 0
    monitor.refusing = False
    talk.run(10)
    monitor.abort()
    talk.run(12)
    assert monitor.associations == 5
    assert any(talk.valid(since=43))
    told = [event.why for _, event in talk.events if isinstance(event, Malformed)]
    assert told == ["association-refuse"] * 3 + ["association-abort"]


@pytest.mark.parametrize(
    ("state", "reason", "validity"),
    [
        (0x8000, Reason.NOT_AVAILABLE, Validity.INVALID),
        (0x4000, Reason.QUESTIONED_BY_DEVICE, Validity.QUESTIONABLE),
        (0x2000, Reason.NOT_AVAILABLE, Validity.INVALID),
        (0x1000, Reason.CALIBRATING, Validity.INVALID),
        (0x0800, Reason.TEST, Validity.INVALID),
        (0x0400, Reason.DEMO, Validity.INVALID),
        (0x0200, Reason.QUESTIONED_BY_DEVICE, Validity.QUESTIONABLE),
        (0x0100, Reason.QUESTIONED_BY_DEVICE, Validity.QUESTIONABLE),
        (0x0040, Reason.EARLY_ESTIMATE, Validity.QUESTIONABLE),
        (0x4400, Reason.DEMO, Validity.INVALID),
        (0x00A3, Reason.OK, Validity.VALID),
    ],
)
def test_a_value_counts_only_in_a_state_that_is_charted(state: int, reason: Reason, validity: Validity) -> None:
    [found] = said(value(0x4182, state))
    assert (found.value, found.reason, found.validity) == (72, reason, validity)


@pytest.mark.parametrize("raw", [0x7FFFFF, 0x01800000, 0x7FFFFE, 0x800002, 0x7F000001, 0x00FFFFFF])
def test_no_number_a_negative_and_a_monstrous_one_are_no_value(raw: int) -> None:
    [found] = said(value(0x4182, raw=raw))
    assert (found.value, found.reason) == (None, Reason.NOT_AVAILABLE)


def test_a_value_in_another_unit_is_not_taken_for_ours() -> None:
    [found] = said(value(0x4B48, unit=0x1740, raw=0xFF0003DE))
    assert (found.value, found.validity) == (None, Validity.INVALID)
    [found] = said(value(0x4B48, unit=philips.CELSIUS, raw=0xFF00016E))
    assert (found.value, found.device_time) == (366, "2026-11-22T12:00:00")


def test_other_pulses_pressures_and_temperatures_are_no_readings() -> None:
    assert said(*(value(physio) for physio in (0x480A, 0x4A11, 0x4A15, 0x5012, 0x50B0, 0xE014, 0x4BB0))) == []


@pytest.mark.parametrize(
    ("stamp", "told"),
    [
        ("2026112211583000", True),
        ("2026112212000000", True),
        ("2026112211575900", False),
        ("2026112111593000", False),
        ("ffffffffffffffff", False),
        ("", False),
    ],
)
def test_a_cuff_value_counts_while_it_is_new(stamp: str, told: bool) -> None:  # noqa: FBT001 - a row of the table
    found = said(value(0x4A05, unit=philips.MMHG, raw=118), stamp=bytes.fromhex(stamp))
    assert [(each.vital, each.value) for each in found] == ([("systolic", 118)] if told else [])


def test_a_linked_and_an_extended_result_are_read_alike() -> None:
    single = reply(value(0x4182))
    linked = single[:4] + struct.pack(">HHBB", 5, len(single) - 6, 1, 1) + single[8:]
    assert valid(heard(linked)) == {"heart_rate": 72}
    extended = bytearray(single)
    extended[20:22] = b"\xf1\x3b"
    extended[26:26] = b"\0\1"
    extended[6:8] = (len(extended) - 8).to_bytes(2, "big")
    assert valid(heard(bytes(extended))) == {"heart_rate": 72}


def test_a_message_that_promises_more_than_there_is_is_malformed() -> None:
    whole = reply(value(0x4182), value(0x4BB8, unit=philips.PERCENT))
    for length in range(1, len(whole)):
        [event] = heard(whole[:length])
        assert isinstance(event, Malformed), length


def test_an_error_is_told_and_other_results_are_nothing() -> None:
    error = bytes.fromhex("e1000002000300080001000700000000")
    assert heard(error) == [Malformed(0, "refused", len(error))]
    content = struct.pack(">HHHHH", 0x21, 0, 0, 0xF23A, 0)
    operation = struct.pack(">HHH", 1, 3, len(content)) + content
    other = bytes.fromhex("e10000020002") + len(operation).to_bytes(2, "big") + operation
    assert heard(other) == []


@pytest.mark.parametrize(
    ("data", "why"),
    [("c0c1", "no-frame"), ("c03a719b27c1", "fcs"), ("c03a717d7dc1", "escape"), ("c03a719b26c1", "header")],
)
def test_what_is_no_frame_is_told(data: str, why: str) -> None:
    with pytest.raises(FrameError, match=why):
        intellivue.unframe(bytes.fromhex(data))


def test_the_association_is_asked_for_with_the_published_message() -> None:
    [event] = FAMILY.bridge().opened(0)
    assert isinstance(event, Send)
    message = intellivue.unframe(event.data)
    assert (message[0], message[1], len(message)) == (0x0D, 0xEC, 238)
    assert message[:16].hex() == "0dec0508130100160102800014020002"
    assert message[-93:-84].hex() == "020102814880000000"
    assert message[-16:] == bytes(16)
