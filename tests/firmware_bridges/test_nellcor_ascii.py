from __future__ import annotations

from datetime import datetime
from itertools import groupby

import pytest

from firmware_bridges.bridge import SERIAL, Sample
from firmware_bridges.decoding import decode
from firmware_bridges.families import nellcor_ascii as nellcor
from firmware_bridges.framing import FrameError
from firmware_bridges.vitals import DeviceStatus, Identity, Malformed, Reading, Reason, Validity
from tests.firmware_bridges.devices import readings, valid
from tests.paths import captures

FAMILY = nellcor.FAMILY
WELL = {"spo2": 99, "pulse_rate": 66}
HEADING = b"N-560    VERSION 1.56.00    CRC:XXXX  SpO2 Limit: 90-100%    PR Limit: 60-170BPM\r\n"
PATIENT = b"                             ADULT            0SAT-S \r\n"
TITLES = b"TIME                 %SpO2   BPM     PA     Status\r\n"


def line(spo2: str = "99", bpm: str = "66", codes: str = "", *, pa: str = "12", date: str = "29-Dec-17") -> bytes:
    """Return a line of a patient who is well, but for what is given."""
    return f"{date} 07:18:43   {spo2:>3}     {bpm:>3}     {pa:>3}    {codes:25}\r\n".encode()


def judged(data: bytes) -> list[Reading]:
    """Return what the second of two such lines says."""
    return readings(decode(FAMILY, data * 2))


def test_a_real_recording_is_read_with_its_gaps() -> None:
    [recording] = captures("nellcor_ascii").glob("n560_2017_*.txt")
    data = recording.read_bytes()
    events = decode(FAMILY, data)
    found = [each for each in readings(events) if each.vital == "spo2"]
    rows = [row for row in data.decode("latin-1").splitlines() if row.startswith("29-Dec")]
    doubtful = [row for row in rows[1:] if any(code in row for code in (" SD", " SO", " PS", " MO"))]
    assert len(found) == len(rows) - 1
    assert sum(each.validity is Validity.VALID for each in found) == len(rows) - 1 - len(doubtful)
    assert min(each.value for each in found if each.value) == 73
    assert [value for value, _ in groupby(each.reason for each in found if each.validity is Validity.INVALID)] == [
        Reason.SENSOR_DISCONNECTED,
        Reason.SENSOR_OFF,
        Reason.SEARCHING,
    ]
    assert [event for event in events if isinstance(event, Identity)] == [
        Identity(0, manufacturer="Nellcor", model="N-560", firmware="1.56.00")
    ]
    assert [event.why for event in events if isinstance(event, Malformed)] == ["line"]


def test_one_line_alone_is_chance() -> None:
    assert readings(decode(FAMILY, line())) == []
    assert valid(judged(line())) == WELL
    assert {each.device_time for each in judged(line())} == {"2017-12-29T07:18:43"}


def test_a_bad_line_breaks_the_streak_and_a_heading_does_not() -> None:
    bridge = FAMILY.bridge()
    bridge.receive(SERIAL, line() * 2 + HEADING + PATIENT + TITLES + b"\r\n", 0)
    assert valid(bridge.receive(SERIAL, line(), 0)) == WELL
    bridge.receive(SERIAL, b"29-Dec-17 07:18\r\n", 0)
    assert readings(bridge.receive(SERIAL, line(), 0)) == []


@pytest.mark.parametrize(
    ("codes", "reason"),
    [
        ("SD          AS", Reason.SENSOR_DISCONNECTED),
        ("SO", Reason.SENSOR_OFF),
        ("PS", Reason.SEARCHING),
        ("LP", Reason.SEARCHING),
        ("LM", Reason.SEARCHING),
        ("MO SL PS       AS", Reason.SEARCHING),
    ],
)
def test_codes_decide_though_the_numbers_go_on(codes: str, reason: Reason) -> None:
    found = judged(line(codes=codes))
    assert {each.value for each in found} == set(WELL.values())
    assert {(each.validity, each.reason) for each in found} == {(Validity.INVALID, reason)}
    [status] = [event for event in decode(FAMILY, line(codes=codes) * 2) if isinstance(event, DeviceStatus)]
    assert reason in status.conditions


@pytest.mark.parametrize("codes", ["", "AO", "AS", "LB", "PH", "PL", "SH", "SL", "   SL       AS"])
def test_alarms_leave_the_numbers_valid(codes: str) -> None:
    assert valid(judged(line(codes=codes))) == WELL


@pytest.mark.parametrize("codes", ["MO", "MO SL       AS"])
def test_a_number_measured_in_motion_is_questionable(codes: str) -> None:
    found = judged(line(codes=codes))
    assert {each.value for each in found} == set(WELL.values())
    assert {(each.validity, each.reason) for each in found} == {(Validity.QUESTIONABLE, Reason.ARTEFACT)}


def test_a_code_that_is_not_known_is_a_doubt() -> None:
    assert {(each.validity, each.reason) for each in judged(line(codes="ZZ"))} == {
        (Validity.QUESTIONABLE, Reason.QUESTIONED_BY_DEVICE)
    }


@pytest.mark.parametrize("columns", [("0", "0", "PS"), ("---", "---", "SD"), ("0", "0", ""), ("---", "---", "")])
def test_zeros_and_dashes_are_no_values(columns: tuple[str, str, str]) -> None:
    assert {each.value for each in judged(line(*columns, pa="---"))} == {None}
    assert valid(judged(line(*columns))) == {}


def test_a_star_says_that_a_limit_was_passed() -> None:
    parsed = nellcor.parse_line(line(" 89*", "66 "))
    assert isinstance(parsed, nellcor.Measurement)
    assert (parsed.spo2, parsed.spo2_alarm, parsed.bpm, parsed.bpm_alarm, parsed.pa) == (89, True, 66, False, 12)
    assert valid(judged(b"29-Dec-17 07:18:57    89*    166*    201       SL\r\n")) == {"spo2": 89, "pulse_rate": 166}


@pytest.mark.parametrize("month", range(1, 13))
def test_every_month_is_read_as_it_is_written(month: int) -> None:
    moment = datetime(2026, month, 5)  # noqa: DTZ001 - a device's clock has no zone
    start = int((moment - datetime(2026, 1, 1)).total_seconds()) * 1000  # noqa: DTZ001 - as above
    data = FAMILY.encoder().encode(Sample(WELL, device_ms=start))[-1][1]
    assert data.startswith(f"05-{moment:%b}-26 ".encode())
    assert {each.device_time for each in judged(data)} == {f"2026-{month:02}-05T00:00:00"}


@pytest.mark.parametrize(
    ("date", "time"), [("07-Jan-04", "2004-01-07T07:18:43"), ("07-MAY-04", "2004-05-07T07:18:43"), ("07-Mai-04", "")]
)
def test_a_month_without_an_english_name_is_an_unknown_time(date: str, time: str) -> None:
    assert {each.device_time for each in judged(line(date=date))} == {time}


@pytest.mark.parametrize(
    "data",
    [
        b"this does not make any sense\r\n",
        "sóme garbäge first\n".encode(),
        line()[1:],
        line()[:-2] + line(),
        line(spo2="9x"),
        line(codes="so"),
        line(spo2="1000"),
        HEADING[1:],
        HEADING.replace(b"BPM", b""),
        PATIENT.replace(b"SAT-S", b""),
        TITLES.replace(b"PA", b""),
    ],
)
def test_what_is_no_line_is_malformed(data: bytes) -> None:
    with pytest.raises(FrameError, match="line"):
        nellcor.parse_line(data)
    assert decode(FAMILY, data) == [Malformed(0, "line", len(data))]


def test_a_saturation_over_100_is_malformed() -> None:
    data = line("101")
    assert decode(FAMILY, data) == [Malformed(0, "implausible", len(data))]


def test_the_heading_says_who_the_device_is_once() -> None:
    assert decode(FAMILY, HEADING * 2 + PATIENT + TITLES) == [
        Identity(0, manufacturer="Nellcor", model="N-560", firmware="1.56.00")
    ]
    assert nellcor.parse_line(HEADING) == nellcor.Heading("N-560", "1.56.00", "XXXX", (90, 100), (60, 170))
    assert nellcor.parse_line(PATIENT) == nellcor.Patient("ADULT", 0)
    assert nellcor.parse_line(TITLES) == nellcor.parse_line(b"\r\n") == nellcor.Titles()


def test_a_low_battery_is_told_when_it_changes() -> None:
    events = decode(FAMILY, line() * 2 + line(codes="LB") * 2)
    assert [event.low_battery for event in events if isinstance(event, DeviceStatus)] == [False, True]


def test_the_encoder_writes_a_heading_before_every_25_lines() -> None:
    encoder = FAMILY.encoder()
    written = [encoder.encode(Sample(WELL, device_ms=3_661_000)) for _ in range(51)]
    assert [number for number, chunks in enumerate(written) if len(chunks) == 2] == [0, 25, 50]
    assert written[0][0][1].startswith(b"N-560 ")
    assert written[0][0][1].endswith(TITLES)
    assert written[1] == [
        (SERIAL, b"01-Jan-26 01:01:01    99      66     ---                            \r\n"),
    ]


def test_the_encoder_says_codes_as_the_device_does() -> None:
    encoder = FAMILY.encoder()
    sent = [
        encoder.encode(Sample(WELL, frozenset({reason})))[-1][1].split()[2:]
        for reason in (Reason.SENSOR_DISCONNECTED, Reason.SENSOR_OFF, Reason.SEARCHING)
    ]
    assert sent == [
        [b"---", b"---", b"---", b"SD"],
        [b"---", b"---", b"---", b"SO"],
        [b"99", b"66", b"---", b"PS"],
    ]


@pytest.mark.parametrize("values", [{"spo2": 101}, {"spo2": 0}, {"pulse_rate": 1000}])
def test_the_encoder_writes_dashes_where_the_line_has_no_room(values: dict[str, int]) -> None:
    data = FAMILY.encoder().encode(Sample(values))[-1][1]
    assert {each.value for each in judged(data)} == {None}


def test_another_channel_is_not_this_device() -> None:
    assert FAMILY.bridge().receive("ff02", b"abc", 1) == [Malformed(1, "unknown-channel", 3)]
