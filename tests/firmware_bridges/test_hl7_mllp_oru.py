"""HL7 monitors: what is answered, whom a connection belongs to, and what is remembered."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware_bridges.bridge import SERIAL
from firmware_bridges.families.hl7_mllp_oru import FAMILY, Decoder
from firmware_bridges.hl7_message import HEADER, MOST
from firmware_bridges.hl7_terms import NAMES
from firmware_bridges.mllp import BLOCK, SEGMENT, wrap
from firmware_bridges.vitals import Identity, Malformed, Reading, Send
from tests.firmware_bridges.hl7_messages import CUFF, answers, header, obx, readings, said, why
from tests.firmware_bridges.test_laws import BOUND
from tests.paths import captures

# ------------------------------------------------------------------------------------------------ answers


@pytest.mark.parametrize(
    ("wants", "expected"),
    [
        ("", ["AA"]),
        ("|||AL|NE", ["CA"]),
        ("|||NE|AL", ["AA"]),
        ("|||AL|AL", ["CA", "AA"]),
        ("|||NE|NE", []),
        ("|||ER|SU", ["AA"]),
        ("|||SU|ER", ["CA"]),
    ],
)
def test_the_sender_gets_the_answers_it_wants(wants: str, expected: list[str]) -> None:
    events = said(header(control="A-17", wants=wants), obx())
    assert readings(events)
    assert answers(events) == [["MSA", code, "A-17"] for code in expected]


@pytest.mark.parametrize(
    ("message", "code", "error"),
    [
        (header(kind="ADT^A01"), "AR", "200"),
        (header(kind="ORU^R40^ORU_R40"), "AR", "201"),
        (header(mode="X"), "AR", "202"),
        (header(version="3.0"), "AR", "203"),
        (header(control=""), "AR", "101"),
        (header(wants="|||AL|NE", kind="ADT^A01"), "CR", "200"),
        (header(wants="|||ER|NE", kind="ADT^A01"), "CR", "200"),
    ],
)
def test_what_cannot_be_taken_is_rejected_with_the_reason_and_yields_nothing(
    message: str, code: str, error: str
) -> None:
    events = said(message, obx())
    assert readings(events) == []
    assert why(events)
    assert [fields[1] for fields in answers(events)] == [code]
    assert any(isinstance(each, Send) and f"|{error}^".encode() in each.data for each in events)


def test_the_answer_follows_the_readings_and_comes_only_with_the_whole_message() -> None:
    message, bridge = wrap([header(), obx()]), Decoder()
    assert bridge.receive(SERIAL, message[:-1], 0) == []
    *first, last = bridge.receive(SERIAL, message[-1:], 0)
    assert isinstance(last, Send)
    assert readings(first)


def test_an_answer_goes_back_to_its_sender_in_its_own_separators() -> None:
    message = wrap(
        [
            header().replace("|", "!").replace("^", "@").replace(r"@~\&", r"@~\&"),
            obx().replace("^", "@").replace("|", "!"),
        ]
    )
    events = Decoder().receive(SERIAL, message, 0)
    (answer,) = (event.data for event in events if isinstance(event, Send))
    assert answer.startswith(rb"!@~\&".join((b"\x0bMSH", b"!EDGE-AGENT!!MONITOR@77@EUI-64!")))
    assert b"\rMSA!AA!1\r\x1c\r" in answer
    assert [each.value for each in readings(events)] == [97]


def test_a_message_that_comes_again_is_answered_again_and_told_once() -> None:
    bridge = Decoder()
    assert readings(said(header(), obx(), bridge=bridge))
    bridge.closed(1)
    bridge.opened(2)
    again = said(header(), obx(), bridge=bridge, at=3)
    assert readings(again) == []
    assert answers(again) == [["MSA", "AA", "1"]]
    assert readings(said(header(control="2"), obx(), bridge=bridge, at=4))


@pytest.mark.parametrize("block", [[], [obx()], [r"MSH|^~\^|X"], ["MSHabcdefg"], [header() + "x" * HEADER, obx()]])
def test_without_a_header_nothing_is_answered_or_read(block: list[str]) -> None:
    events = said(*block)
    assert not any(isinstance(event, (Reading, Send)) for event in events)
    assert len(why(events)) == 1


@pytest.mark.parametrize("more", [[header(control="2"), obx()], [obx()] * (MOST + 1)])
def test_a_message_that_is_too_much_is_refused_whole(more: list[str]) -> None:
    events = said(header(), obx(), *more)
    assert readings(events) == []
    assert [fields[1] for fields in answers(events)] == ["AE"]


def test_a_long_segment_is_passed_over_and_a_long_result_refused() -> None:
    long = "NTE|1||" + "x" * 5000
    assert readings(said(header(), long, obx()))
    events = said(header(), obx() + "|" * 5000, obx(CUFF, "120", "mm[Hg]"))
    assert [each.vital for each in readings(events)] == ["systolic"]
    assert why(events) == ["segment too long"]


def test_a_block_without_an_end_is_given_up_and_reported() -> None:
    bridge = Decoder()
    endless = b"\x0b" + (header() + "\r").encode() + b"NTE|x\r" * (BLOCK // 6 - 16)
    assert bridge.receive(SERIAL, endless, 0) == []
    events = bridge.receive(SERIAL, b"NTE|" + b"x" * 100 + b"\x1c\r", 1)
    assert {event.why for event in events if isinstance(event, Malformed)} == {"no-frame"}
    assert not any(isinstance(event, Send) for event in events)
    assert readings(said(header(control="2"), obx(), bridge=bridge, at=2))


def test_line_feeds_and_a_missing_last_end_are_read() -> None:
    for message in (wrap([header(), obx()]).replace(b"\r", b"\n"), wrap([header(), obx()]).replace(b"\r\x1c", b"\x1c")):
        data = message[:-1] + b"\r"
        assert readings(Decoder().receive(SERIAL, data, 0))


# ------------------------------------------------------------------------------------------------ whose it is


@pytest.mark.parametrize(
    ("sender", "place"),
    [
        ("OTHER^78^EUI-64", "PV1||I|ICU^1^24"),
        ("MONITOR^77^EUI-64", "PV1||I|ICU^1^25"),
        ("MONITOR^77^EUI-64", "PV1||I|ICU^2^24"),
    ],
)
def test_a_second_device_or_bed_on_one_connection_is_rejected(sender: str, place: str) -> None:
    bridge, bed = Decoder(), "PV1||I|ICU^1^24"
    assert readings(said(header(), bed, obx(), bridge=bridge))
    events = said(header(control="2", sender=sender), place, obx(), bridge=bridge)
    assert readings(events) == []
    assert why(events) == ["another device or bed"]
    assert [fields[1] for fields in answers(events)] == ["AR"]
    assert readings(said(header(control="3"), "PV1||I|", obx(), bridge=bridge)), "no bed named: the same"
    bridge.opened(9)
    assert readings(said(header(control="4", sender=sender), place, obx(), bridge=bridge, at=9))


def test_a_device_tells_who_it_is_once() -> None:
    bridge = Decoder()
    (who,) = (event for event in said(header(), obx(), bridge=bridge) if isinstance(event, Identity))
    assert (who.model, who.serial) == ("MONITOR", "77")
    assert not any(isinstance(event, Identity) for event in said(header(control="2"), obx(), bridge=bridge))


# ------------------------------------------------------------------------------------------------ bounds and alarms


def test_the_fullest_message_is_remembered_within_the_bound() -> None:
    bridge = Decoder()
    head = header(control="c" * 100, sender="s" * 200)
    said(
        head,
        "PV1||I|ICU^1^24",
        *(obx(CUFF, "120", "mm[Hg]", "", "F", f"202603011159{n:02}") for n in range(9)),
        bridge=bridge,
    )
    stamped = obx("188496^MDC_TEMP_AXIL^MDC", "36.1", "Cel", "QUES", "F", "20260301120000.123+0545")
    block = wrap([head[:HEADER], "OBR|1||||||" + "2" * 300, *[stamped] * MOST, "x" * SEGMENT])
    bridge.receive(SERIAL, block[:-3], 1)
    assert len(bridge.snapshot()) < BOUND


@given(st.lists(st.sampled_from([*b"\x0b\x1c\r\n|^~\\&", *b"MSHOBX123"]), max_size=300), st.integers(0, 300))
def test_any_structure_of_controls_is_cut_the_same_way(raw: list[int], cut: int) -> None:
    data, whole, halves = bytes(raw), Decoder(), Decoder()
    expected = whole.receive(SERIAL, data, 0)
    assert halves.receive(SERIAL, data[:cut], 0) + halves.receive(SERIAL, data[cut:], 0) == expected
    assert whole.closed(1) == halves.closed(1)


def test_alarms_of_other_systems_are_no_measurements() -> None:
    """PCD-04 (ORU^R40): an alarm may carry the number that raised it; it is not the patient's present one."""
    samples = json.loads((captures("hl7") / "pcd04_samples.json").read_text("utf-8"))
    groups = {name: lines for name, lines in samples.items() if isinstance(lines, list)}
    assert groups
    for lines in groups.values():
        results = [line for line in lines if line.startswith("OBX")]
        events = said(header(kind="ORU^R40^ORU_R40"), *results)
        assert readings(events) == []
        assert [fields[1] for fields in answers(events)] == ["AR"]


def test_what_the_family_declares_is_what_it_can_read() -> None:
    assert {term.vital for term in NAMES.values()} == {measure.vital for measure in FAMILY.measures}
