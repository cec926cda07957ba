from __future__ import annotations

import pytest

from firmware_bridges.bridge import SERIAL, Sample
from firmware_bridges.decoding import decode
from firmware_bridges.families.ivy_450c_ansarb import (
    END,
    FAMILY,
    HEAD,
    LONGEST_TEXT,
    WAVES,
    Encoder,
    cut,
    parse_message,
)
from firmware_bridges.framing import FrameError
from firmware_bridges.vitals import DeviceStatus, Event, Malformed, Reason, Validity
from tests.firmware_bridges.devices import readings, valid

WELL = {
    "HR": "HR=1;80;ECG-II-DIAG;",
    "RR": "RR=1;35;APNEA: 20 SEC;",
    "SPO2": "SPO2=1;100;PR=80 ;",
    "NIBP": "NIBP=4;121;75;92;80;;",
    "P1": "P1=3;111;73;88;;",
    "T1": "T1=1;37.2;;",
}


def message(*lines: str, waves: bytes = bytes(WAVES)) -> bytes:
    return HEAD + waves + "".join(line + "\r" for line in lines).encode() + bytes((END,))


def with_line(name: str, text: str) -> bytes:
    return message(*(WELL | {name: text}).values())


def heard(data: bytes, times: int = 2) -> list[Event]:
    return decode(FAMILY, data * times)


def test_a_monitor_at_work_is_read_from_its_second_message_on() -> None:
    well = message(*WELL.values())
    assert readings(heard(well, 1)) == []
    assert valid(heard(well)) == {"heart_rate": 80, "respiratory_rate": 35, "spo2": 100, "pulse_rate": 80}


def test_neither_cuff_nor_temperature_nor_invasive_pressure_is_taken() -> None:
    """The cuff is repeated without its age, a temperature has neither unit nor site."""
    assert {each.vital for each in readings(heard(message(*WELL.values())))} == {
        "heart_rate",
        "respiratory_rate",
        "spo2",
        "pulse_rate",
    }


@pytest.mark.parametrize(
    ("name", "text", "vitals"),
    [
        ("HR", "HR=1;80;LEAD OFF;", {"heart_rate"}),
        ("HR", "HR=1;80;ECG-II-DIAG;ANYTHING", {"heart_rate"}),
        ("HR", "HR=1;80;;", {"heart_rate"}),
        ("HR", "HR=1;80;SPO2;", {"heart_rate"}),
        ("RR", "RR=1;35;APNEA: 20 SEC;ANYTHING", {"respiratory_rate"}),
        ("RR", "RR=1;35;NO LEADS;", {"respiratory_rate"}),
        ("SPO2", "SPO2=1;97;PR=80 ;SEARCH", {"spo2", "pulse_rate"}),
    ],
)
def test_what_the_monitor_has_to_say_makes_its_number_questionable(name: str, text: str, vitals: set[str]) -> None:
    doubted = {each.vital: each for each in readings(heard(with_line(name, text))) if each.vital in vitals}
    assert doubted.keys() == vitals
    assert {(each.validity, each.reason) for each in doubted.values()} == {
        (Validity.QUESTIONABLE, Reason.QUESTIONED_BY_DEVICE)
    }
    assert valid(heard(with_line(name, text))).keys().isdisjoint(vitals)


@pytest.mark.parametrize("blank", ["", "   ", "---"])
def test_a_quantity_without_a_number_is_not_available(blank: str) -> None:
    found = readings(heard(with_line("HR", f"HR=1;{blank};ECG-II-DIAG;")))
    assert found[0].value is None
    assert (found[0].validity, found[0].reason) == (Validity.INVALID, Reason.NOT_AVAILABLE)


def test_a_sensor_without_a_reading_says_nought() -> None:
    found = readings(heard(with_line("SPO2", "SPO2=1;0;PR=0 ;")))
    assert {each.value for each in found[2:]} == {None}
    assert valid(heard(with_line("HR", "HR=1;0;ECG-II-DIAG;")))["heart_rate"] == 0


def test_a_monitor_without_the_module_says_so() -> None:
    events = heard(message(WELL["HR"]))
    assert valid(events) == {"heart_rate": 80}
    assert [event.conditions for event in events if isinstance(event, DeviceStatus)] == [(Reason.NOT_AVAILABLE,)]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("HR=2;80;ECG-II-DIAG;", "values"),
        ("HR=0;ECG-II-DIAG;", "values"),
        ("HR=1;80", "values"),
        ("HR=1;80;ECG-II-DIAG;;", "values"),
        ("HR=1;8o;ECG-II-DIAG;", "number"),
        ("HR=1;8 0;ECG-II-DIAG;", "number"),
        ("HR;80;ECG-II-DIAG;", "line"),
        ("HR=1;80;ECG-II-DIAG;\rHR=1;81;ECG-II-DIAG;", "repeated"),
    ],
)
def test_a_message_with_a_wrong_line_is_none(text: str, why: str) -> None:
    events = heard(with_line("HR", text), 3)
    assert readings(events) == []
    assert [event.why for event in events if isinstance(event, Malformed)] == [why] * 3


def test_more_than_all_is_no_saturation() -> None:
    events = heard(with_line("SPO2", "SPO2=1;101;PR=80 ;"))
    assert [event.why for event in events if isinstance(event, Malformed)] == ["implausible"] * 2


def test_a_message_that_stops_ends_where_the_next_begins() -> None:
    well = message(*WELL.values())
    for length in (5, 12, 300, len(HEAD) + WAVES - 3, len(HEAD) + WAVES + 40):
        events = decode(FAMILY, well + well[:length] + well + well)
        assert sum(event.dropped for event in events if isinstance(event, Malformed)) == length
        assert len({each.frame for each in readings(events)}) == 1


def test_the_bytes_that_begin_and_end_a_message_may_stand_in_its_waves() -> None:
    waves = bytes((0xFF, 0xFE)) * (WAVES // 2)
    assert valid(heard(message(*WELL.values(), waves=waves)))["spo2"] == 100


def test_text_ends_or_is_dropped() -> None:
    begun = HEAD + bytes(WAVES) + b"A" * (LONGEST_TEXT - 1)
    for before in (b"", b"xy"):
        start = len(before)
        assert cut(before + begun, start) == 0
        assert cut(before + begun + bytes((END,)), start) == len(begun) + 1
        assert cut(before + begun + b"A", start) == -len(begun) - 1
        assert cut(before + begun + b"A" + HEAD, start) == -len(begun) - 1


def test_endless_text_with_what_may_be_a_head_in_its_waves_is_dropped_up_to_that() -> None:
    waves = bytes(100) + b"\xff" + bytes(WAVES - 101)
    assert cut(HEAD + waves + b"A" * LONGEST_TEXT, 0) == -len(HEAD) - 100


@pytest.mark.parametrize(("byte", "text"), [(0x1F, False), (0x20, True), (0x7E, True), (0x7F, False), (0x0D, True)])
def test_text_is_what_ascii_prints(byte: int, text: bool) -> None:  # noqa: FBT001 - a column of the table
    begun = HEAD + bytes(WAVES) + b"HR" + bytes((byte,))
    assert cut(begun, 0) == (0 if text else 1 - len(begun))


def test_a_byte_that_only_looks_like_a_head_is_dropped_alone() -> None:
    events = decode(FAMILY, b"\xff" + message(*WELL.values()) * 2)
    assert valid(events)["spo2"] == 100
    assert sum(event.dropped for event in events if isinstance(event, Malformed)) == 1


def test_with_its_sensor_off_the_oximeter_of_a_simulated_monitor_says_nothing_and_the_ecg_goes_on() -> None:
    sample = Sample(
        {"heart_rate": 80, "respiratory_rate": 15, "spo2": 97, "pulse_rate": 80}, frozenset({Reason.SENSOR_OFF})
    )
    [(_, data)] = Encoder().encode(sample)
    assert valid(heard(data)) == {"heart_rate": 80, "respiratory_rate": 15}


def test_an_encoded_message_reads_like_a_recorded_one() -> None:
    [(channel, data)] = Encoder().encode(Sample({"heart_rate": 80, "respiratory_rate": 35, "spo2": 97}))
    assert channel == SERIAL
    lines = parse_message(data)
    assert list(lines) == ["HR", "RR", "ETCO2", "SPO2", "NIBP", "P1", "P2", "T1", "T2"]
    assert lines["P2"].label == "NO TRANSDUCER"
    with pytest.raises(FrameError, match="line"):
        parse_message(data[:-1] + b"?" + data[-1:])
