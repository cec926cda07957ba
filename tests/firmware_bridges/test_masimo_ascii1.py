from __future__ import annotations

from decimal import Decimal

import pytest

from firmware_bridges.bridge import SERIAL, Sample
from firmware_bridges.decoding import decode
from firmware_bridges.families import masimo_ascii1 as masimo
from firmware_bridges.framing import FrameError
from firmware_bridges.vitals import DeviceStatus, Identity, Malformed, Reading, Reason, Validity
from tests.firmware_bridges.devices import readings, valid

FAMILY = masimo.FAMILY
WELL = {"spo2": 98, "pulse_rate": 96, "perfusion_index": 395}
TREND = b"09/21/08 09:56:18 SpO2=097 PR=064 PI=03.10 EXC=800:SET\r\n"


def line(exc: str = "000800", alarm: str = "0000", **changed: str) -> bytes:
    """Return a line of a patient who is well, but for the fields `changed`; "" leaves one out."""
    fields = {"SN": "0000056661", "SPO2": "098%", "BPM": "096", "PI": "03.95%", "SPCO": "--.-%", "PIDELTA": "+--"}
    fields |= {"ALARM": alarm, "EXC": exc} | changed
    return f"02/22/16 22:47:46{''.join(f' {key}={text}' for key, text in fields.items() if text)}\r\n".encode()


def judged(data: bytes) -> list[Reading]:
    """Return what the second of two such lines says."""
    return readings(decode(FAMILY, data * 2))


def verdicts(data: bytes) -> set[tuple[Validity, Reason]]:
    return {(each.validity, each.reason) for each in judged(data)}


def test_one_line_alone_is_chance() -> None:
    assert readings(decode(FAMILY, line())) == []
    assert valid(judged(line())) == WELL


def test_a_bad_line_breaks_the_streak() -> None:
    bridge = FAMILY.bridge()
    bridge.receive(SERIAL, line() * 2 + b"SPO2=098%\r\n", 0)
    assert readings(bridge.receive(SERIAL, line(), 0)) == []
    assert valid(bridge.receive(SERIAL, line(), 0)) == WELL


def test_the_devices_time_is_kept() -> None:
    assert {each.device_time for each in judged(line())} == {"2016-02-22T22:47:46"}


@pytest.mark.parametrize(
    ("exc", "means"),
    [
        ("000801", (Validity.INVALID, Reason.SENSOR_DISCONNECTED)),
        ("000802", (Validity.INVALID, Reason.MALFUNCTION)),
        ("000804", (Validity.QUESTIONABLE, Reason.LOW_PERFUSION)),
        ("000808", (Validity.INVALID, Reason.SEARCHING)),
        ("000810", (Validity.QUESTIONABLE, Reason.ARTEFACT)),
        ("000820", (Validity.INVALID, Reason.SENSOR_OFF)),
        ("000840", (Validity.QUESTIONABLE, Reason.ARTEFACT)),
        ("000880", (Validity.INVALID, Reason.MALFUNCTION)),
        ("000900", (Validity.INVALID, Reason.MALFUNCTION)),
        ("000C00", (Validity.QUESTIONABLE, Reason.WEAK_SIGNAL)),
        ("001800", (Validity.INVALID, Reason.SENSOR_DISCONNECTED)),
        ("002800", (Validity.INVALID, Reason.MALFUNCTION)),
        ("004800", (Validity.INVALID, Reason.MALFUNCTION)),
        ("008800", (Validity.INVALID, Reason.MALFUNCTION)),
        ("010800", (Validity.INVALID, Reason.MALFUNCTION)),
        ("020800", (Validity.INVALID, Reason.CALIBRATING)),
        ("040800", (Validity.QUESTIONABLE, Reason.QUESTIONED_BY_DEVICE)),
        ("000A00", (Validity.QUESTIONABLE, Reason.QUESTIONED_BY_DEVICE)),
        ("1000800", (Validity.QUESTIONABLE, Reason.QUESTIONED_BY_DEVICE)),
        ("000824", (Validity.INVALID, Reason.SENSOR_OFF)),
    ],
)
def test_exceptions_decide_though_the_numbers_go_on(exc: str, means: tuple[Validity, Reason]) -> None:
    assert {each.value for each in judged(line(exc))} == set(WELL.values())
    assert verdicts(line(exc)) == {means}
    assert DeviceStatus(0, (means[1],)) in decode(FAMILY, line(exc) * 2) or exc == "000824"


@pytest.mark.parametrize("exc", ["800", "000800", "000000", "200800", "400800", "0600800"])
def test_what_says_nothing_of_spo2_leaves_it_valid(exc: str) -> None:
    assert valid(judged(line(exc))) == WELL


def test_a_line_without_exceptions_or_with_more_of_them_is_not_trusted() -> None:
    doubt = {(Validity.QUESTIONABLE, Reason.QUESTIONED_BY_DEVICE)}
    assert verdicts(line("")) == doubt
    assert verdicts(line(EXC1="00000001")) == doubt
    assert valid(judged(line(EXC1="00000000"))) == WELL


def test_several_conditions_are_told_once_each_the_worst_first() -> None:
    [status] = [event for event in decode(FAMILY, line("000837") * 2) if isinstance(event, DeviceStatus)]
    assert status.conditions == (
        Reason.SENSOR_DISCONNECTED,
        Reason.SENSOR_OFF,
        Reason.MALFUNCTION,
        Reason.LOW_PERFUSION,
        Reason.ARTEFACT,
    )


@pytest.mark.parametrize(
    ("changed", "vital"),
    [
        ({"SPO2": "---%"}, "spo2"),
        ({"SPO2": "000%"}, "spo2"),
        ({"BPM": "---"}, "pulse_rate"),
        ({"BPM": "000"}, "pulse_rate"),
        ({"PI": "--.--%"}, "perfusion_index"),
        ({"PI": "--.--"}, "perfusion_index"),
    ],
)
def test_dashes_and_zeros_are_no_value_and_spare_the_others(changed: dict[str, str], vital: str) -> None:
    found = {each.vital: each for each in judged(line(**changed))}
    none = found.pop(vital)
    assert (none.value, none.validity, none.reason) == (None, Validity.INVALID, Reason.NOT_AVAILABLE)
    assert {each.validity for each in found.values()} == {Validity.VALID}


def test_a_perfusion_index_of_zero_is_one() -> None:
    assert valid(judged(line(PI="00.00%")))["perfusion_index"] == 0


def test_order_and_set_of_fields_do_not_matter() -> None:
    data = b"09/15/10 15:10:29 EXC=800 PI=11.82 MOOD=good BPM=064 SPO2=097% ALARM=20\r\n"
    assert valid(judged(data)) == {"spo2": 97, "pulse_rate": 64, "perfusion_index": 1182}
    assert valid(judged(line(BPM="", PI=""))) == {"spo2": 98}


@pytest.mark.parametrize(
    "changed",
    [
        {"SPO2": ""},
        {"SPO2": "98%"},
        {"SPO2": "0980%"},
        {"SPO2": "101%"},
        {"SPO2": "-98%"},
        {"SPO2": "nan"},
        {"BPM": "96"},
        {"BPM": "-96"},
        {"PI": "3.95%"},
        {"PI": "003.5"},
        {"EXC": "00080G"},
        {"EXC": "000000800"},
        {"EXC1": "x"},
        {"ALARM": "zz"},
    ],
)
def test_a_field_that_no_device_writes_makes_the_line_malformed(changed: dict[str, str]) -> None:
    data = line(**changed)
    assert decode(FAMILY, data) == [Malformed(0, "field", len(data))]


@pytest.mark.parametrize(
    "data",
    [
        line()[1:],
        line()[:-2] + line(),
        line().replace(b" BPM", b"BPM "),
        line().replace(b"=098", b"098"),
        line().replace(b"22:47:46", b"22:47:4"),
        line().replace(b"02/22/16", b"\xb2/22/16"),
        b"\r\n",
    ],
)
def test_what_is_no_line_is_malformed(data: bytes) -> None:
    with pytest.raises(FrameError, match="line"):
        masimo.parse_line(data)
    assert decode(FAMILY, data) == [Malformed(0, "line", len(data))]


def test_a_field_that_comes_twice_is_none() -> None:
    data = line().replace(b"\r\n", b" SPO2=050%\r\n")
    assert decode(FAMILY, data) == [Malformed(0, "field", len(data))]


def test_a_line_may_end_without_carriage_return() -> None:
    assert valid(judged(line().replace(b"\r", b""))) == WELL


def test_the_trend_memory_is_stored_and_never_live() -> None:
    found = readings(decode(FAMILY, line() * 2 + TREND * 3))[3:]
    assert [(each.value, each.stored) for each in found] == [(97, True), (64, True), (310, True)] * 3
    assert {(each.validity, each.reason) for each in found} == {(Validity.INVALID, Reason.STORED)}
    assert {each.device_time for each in found} == {"2008-09-21T09:56:18"}


def test_the_first_stored_line_counts_too() -> None:
    assert len(readings(decode(FAMILY, TREND))) == 3


def test_a_zero_in_the_trend_memory_is_no_value() -> None:
    data = b"09/21/08 09:56:10 SpO2=000 PR=000 PI=00.00 EXC=828:Search,OffPat,SET\r\n"
    assert {(each.value, each.reason, each.stored) for each in readings(decode(FAMILY, data))} == {
        (None, Reason.SENSOR_OFF, True)
    }


def test_the_trend_memory_says_nothing_of_the_sensor_now() -> None:
    events = decode(FAMILY, line() * 2 + TREND.replace(b"800:SET", b"820:OffPat,SET") + line())
    assert [event for event in events if isinstance(event, DeviceStatus)] == [DeviceStatus(0)]


def test_the_instrument_says_its_serial_number_once() -> None:
    events = decode(FAMILY, line() * 3 + line(SN="0000000007"))
    assert [event.serial for event in events if isinstance(event, Identity)] == ["0000056661", "0000000007"]
    assert not [event for event in decode(FAMILY, line(SN="----------") * 2) if isinstance(event, Identity)]


def test_a_low_battery_is_told_when_it_changes() -> None:
    events = decode(FAMILY, line() * 2 + line(alarm="0070") * 2)
    assert [event.low_battery for event in events if isinstance(event, DeviceStatus)] == [False, True]


def test_other_fields_are_taken_apart_and_are_no_readings() -> None:
    parsed = masimo.parse_line(line(SPCO="01.5%", PIDELTA="-02", PVI="000", SPHB="--.-", SPOC="--"))
    found = {key: parsed.number(key) for key in ("SPCO", "PIDELTA", "PVI", "SPHB", "SPOC")}
    assert found == {"SPCO": Decimal("1.5"), "PIDELTA": -2, "PVI": 0, "SPHB": None, "SPOC": None}


def test_the_encoder_writes_as_a_rad_8_does() -> None:
    sample = Sample(WELL, frozenset({Reason.SENSOR_OFF, Reason.LOW_PERFUSION}), 3_661_000)
    [(channel, data)] = FAMILY.encoder().encode(sample)
    assert channel == SERIAL
    assert data == (
        b"01/01/26 01:01:01 SN=0000000001 SPO2=098% BPM=096 PI=03.95% SPCO=--.-% SPMET=--.-% DESAT=-- PIDELTA=+-- "
        b"ALARM=0000 EXC=000824\r\n"
    )


@pytest.mark.parametrize(
    "values", [{"spo2": 101}, {"spo2": 0}, {"pulse_rate": 1000}, {"perfusion_index": -1}, {"perfusion_index": 10000}]
)
def test_the_encoder_writes_dashes_where_the_line_has_no_room(values: dict[str, int]) -> None:
    [(_, data)] = FAMILY.encoder().encode(Sample(values))
    assert {each.value for each in judged(data)} == {None}


def test_another_channel_is_not_this_device() -> None:
    assert FAMILY.bridge().receive("ff02", b"abc", 1) == [Malformed(1, "unknown-channel", 3)]
