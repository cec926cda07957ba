"""MEDIBUS messages and bodies, against the examples of the protocol's definition and what devices were seen to do."""

from __future__ import annotations

from decimal import Decimal

import pytest

from firmware_bridges import medibus, medibus_realtime
from firmware_bridges.framing import FrameError
from firmware_bridges.medibus import Alarm, Identification, Message

COMMAND, RESPONSE = True, False
ICC = bytes.fromhex("1b5136430d")
DATA = bytes.fromhex("012445422039382045312037302037410d")


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (ICC, Message(COMMAND, 0x51, "")),
        (bytes.fromhex("012432350d"), Message(RESPONSE, 0x24, "")),
        (DATA, Message(RESPONSE, 0x24, "EB 98 E1 70 ")),
        (bytes.fromhex("011531360d"), Message(RESPONSE, 0x15, "")),
        (bytes.fromhex("1b4a2445423130" + "0d"), Message(COMMAND, 0x4A, "$EB")),
    ],
)
def test_messages_are_read_and_written(data: bytes, message: Message) -> None:
    assert medibus.parse_message(data) == message
    write = medibus.command if message.is_command else medibus.response
    assert write(message.code, message.body) == data


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (ICC[:-2] + b"D\r", "checksum"),
        (ICC[:2] + b"6c\r", "checksum"),
        (b"\x1b\x51\x0d", "length"),
        (b"\x01\x0d", "length"),
    ],
)
def test_what_is_wrong_with_a_message_is_named(data: bytes, why: str) -> None:
    with pytest.raises(FrameError, match=why):
        medibus.parse_message(data)


def test_codes_are_those_of_the_definition() -> None:
    control = (medibus.NOP, medibus.ICC, medibus.STOP, medibus.IDENTIFY, medibus.TIME_CHANGED)
    asking = (medibus.DATA_1, medibus.DATA_2, medibus.ALARMS_1, medibus.ALARMS_2, medibus.DATE_TIME)
    assert bytes(control).hex(" ") == "30 51 55 52 49"
    assert bytes(asking).hex(" ") == "24 2b 27 2e 28"


def cut_all(data: bytes) -> list[bytes]:
    """Return what is cut from `data`: frames, and "" for each byte that is none."""
    found: list[bytes] = []
    start = 0
    while start < len(data):
        size = medibus.cut(data, start)
        if not size:
            return [*found, data[start:]]
        found.append(data[start : start + size] if size > 0 else b"")
        start += abs(size)
    return found


def test_a_start_ends_what_was_begun() -> None:
    assert cut_all(b"x" + ICC) == [b"", ICC]
    assert cut_all(DATA[:5] + DATA) == [b""] * 5 + [DATA]
    assert cut_all(ICC[:2] + DATA) == [b""] * 2 + [DATA]
    assert cut_all(ICC[:3] + ICC) == [b""] * 3 + [ICC]
    assert cut_all(DATA[:5] + ICC[:3] + DATA) == [b""] * 8 + [DATA]
    assert cut_all(DATA[:5] + ICC[:3] + ICC) == [b""] * 8 + [ICC]


def test_a_message_begun_is_waited_for_and_an_endless_one_is_not() -> None:
    assert medibus.cut(DATA[:-1], 0) == 0
    assert medibus.cut(b"\x01" + b" " * (medibus.LONGEST - 2), 0) == 0
    assert medibus.cut(b"\x01" + b" " * (medibus.LONGEST - 1), 0) == -1
    assert medibus.cut(b"\x01" + b" " * (medibus.LONGEST - 2) + b"\r", 0) == medibus.LONGEST
    assert medibus.cut(b"xx\x01" + b" " * (medibus.LONGEST - 2), 2) == 0


@pytest.mark.parametrize("at", range(1, len(DATA)))
def test_a_command_may_be_embedded_anywhere_in_a_response(at: int) -> None:
    mixed = DATA[:at] + ICC + DATA[at:]
    assert cut_all(mixed) == [mixed]
    assert list(medibus.messages(mixed)) == [ICC, DATA]


def test_two_commands_may_be_embedded() -> None:
    nop = medibus.command(medibus.NOP)
    mixed = DATA[:3] + ICC + DATA[3:4] + nop + DATA[4:]
    assert cut_all(mixed) == [mixed]
    assert list(medibus.messages(mixed)) == [ICC, nop, DATA]


def test_a_command_alone_is_itself() -> None:
    assert list(medibus.messages(ICC)) == [ICC]


def test_realtime_bytes_are_left_out() -> None:
    assert medibus.without_realtime(b"\xd1" + DATA[:7] + b"\x94\x81\xff\x80" + DATA[7:]) == DATA


@pytest.mark.parametrize(
    ("text", "number"),
    [
        (" 98 ", "98"),
        ("  98", "98"),
        ("15.5", "15.5"),
        ("-  8", "-8"),
        (" - 8", "-8"),
        ("-5.2", "-5.2"),
        ("101.483", "101.483"),
        (" .5 ", "0.5"),
        ("5.  ", "5"),
        ("0   ", "0"),
    ],
)
def test_numbers_are_read(text: str, number: str) -> None:
    assert medibus.number(text) == Decimal(number)


def test_spaces_are_no_number() -> None:
    assert medibus.number("    ") is None


@pytest.mark.parametrize("text", ["9 8 ", "--8 ", "1e3 ", "nan ", ".   ", "-   ", "1.2.3", "8-"])
def test_what_is_no_number_is_refused(text: str) -> None:
    with pytest.raises(FrameError, match="content"):
        medibus.number(text)


def test_data_items_are_read_by_their_codes() -> None:
    assert medibus.parse_data("EB 98 D615  78-  5B9    ") == {
        "EB": 98,
        "D6": 15,
        "78": -5,
        "B9": None,
    }
    assert medibus.parse_data("") == {}


@pytest.mark.parametrize("body", ["EB 98", "eb 98 ", "EG 98 ", "EB 98  ", "EB x8 "])
def test_data_that_are_none_are_refused(body: str) -> None:
    with pytest.raises(FrameError, match="content"):
        medibus.parse_data(body)


def test_alarms_are_read_and_written() -> None:
    body = "O95EVITA STDBY L35SPO2SEN DISC"
    alarms = (Alarm(31, "95", "EVITA STDBY"), Alarm(28, "35", "SPO2SEN DISC"))
    assert medibus.parse_alarms(body) == alarms
    assert medibus.pack_alarms(alarms) == body
    assert medibus.pack_alarms([Alarm(1, "10", "A phrase that is too long")]) == "110A phrase tha"
    assert medibus.parse_alarms("") == ()


@pytest.mark.parametrize("body", ["O95EVITA STDBY", "O9xEVITA STDBY ", "OEVITA STDBY   "])
def test_alarms_that_are_none_are_refused(body: str) -> None:
    with pytest.raises(FrameError, match="content"):
        medibus.parse_alarms(body)


@pytest.mark.parametrize(
    ("body", "time"),
    [
        ("09:33:00 07-OKT-14", "2014-10-07T09:33:00"),
        (" 9:33 7-OCT-14", "2014-10-07T09:33:00"),
        ("  8:06:05  4-MAR  2", "2002-03-04T08:06:05"),
        ("23:59:5931-DEZ-99", "2099-12-31T23:59:59"),
        ("00:00:00 01-mai-05", "2005-05-01T00:00:00"),
        ("00:00:00 01-MAY-05", "2005-05-01T00:00:00"),
        ("00:00:00 01-DEC-05", "2005-12-01T00:00:00"),
    ],
)
def test_clocks_are_read_in_german_and_english_and_shortened(body: str, time: str) -> None:
    assert medibus.date_time(body) == time


@pytest.mark.parametrize("month", range(12))
def test_every_month_has_its_name(month: int) -> None:
    name = ["JAN", "FEB", "MAR", "APR", "MAI", "JUN", "JUL", "AUG", "SEP", "OKT", "NOV", "DEZ"][month]
    assert medibus.date_time(f"00:00:0001-{name}-26") == f"2026-{month + 1:02}-01T00:00:00"


@pytest.mark.parametrize("body", ["", "09:33", "09:33:00 07-XYZ-14", "09-33-00 07-OKT-14", "09:33:00 07-OKT-14x"])
def test_clocks_that_are_none_are_refused(body: str) -> None:
    with pytest.raises(FrameError, match="content"):
        medibus.date_time(body)


@pytest.mark.parametrize("between", [":", " "])
def test_a_device_is_identified(between: str) -> None:
    body = f"8240'Evita 4 '04.20{between}04.00"
    assert medibus.parse_identification(body) == Identification("8240", "Evita 4", "04.20", "04.00")


@pytest.mark.parametrize("body", ["", "8240Evita 4", "824'Evita 4'04.20:04.00", "8240'Evita 4'4.20:04.00"])
def test_an_identification_that_is_none_is_refused(body: str) -> None:
    with pytest.raises(FrameError, match="content"):
        medibus.parse_identification(body)


def test_the_definitions_example_of_traces_with_one_missing() -> None:
    [record] = medibus_realtime.parse_records(bytes((0b11010101, 0b10110000, 0b10100011, 0b10001011, 0b10111100)))
    assert (record.sync, record.values) == (0xD5, {0: 0x8F0, 2: 0xF0B})


def test_records_stand_between_slow_bytes() -> None:
    records = list(medibus_realtime.parse_records(b"\xd3" + ICC[:3] + bytes.fromhex("c6c090818a83d28e83") + ICC[3:]))
    assert [(each.sync, each.commands, each.values) for each in records] == [
        (0xD3, ((0xC6, 0xC0),), {0: 0x50, 1: 0xCA}),
        (0xD2, (), {1: 0xCE}),
    ]


@pytest.mark.parametrize("data", ["", "30", "9481", "d194", "d1c19481", "d1948194", "d09481", "d194c1"])
def test_records_that_are_none_are_refused(data: str) -> None:
    with pytest.raises(FrameError, match="record"):
        list(medibus_realtime.parse_records(bytes.fromhex(data)))


def test_a_trace_is_scaled_by_its_configuration() -> None:
    body = "00   16000  -10  100FFF" + "06   32000    0 76.0300"
    paw, co2 = medibus_realtime.parse_configuration(body)
    assert paw == medibus_realtime.Trace("00", 16000, Decimal(-10), Decimal(100), 4095)
    assert [paw.scaled(value) for value in (0, 4095)] == [-10, 100]
    assert co2 == medibus_realtime.Trace("06", 32000, Decimal(0), Decimal(76), 0x300)
    assert co2.scaled(0x180) == Decimal(38)


@pytest.mark.parametrize(
    "body", ["00", "00   16000  -10  100FFX", "00   16000  -10  100000", "00           -10  100FFF"]
)
def test_a_configuration_that_is_none_is_refused(body: str) -> None:
    with pytest.raises(FrameError, match="content"):
        medibus_realtime.parse_configuration(body)


def test_a_request_for_traces_is_read() -> None:
    assert medibus_realtime.parse_request("00020603") == (("00", 2), ("06", 3))
    with pytest.raises(FrameError, match="content"):
        medibus_realtime.parse_request("000")
