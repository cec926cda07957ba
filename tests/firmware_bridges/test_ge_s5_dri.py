from __future__ import annotations

import struct
from itertools import pairwise

import pytest

from edge_agent.simulator.conversations.ge_s5 import S5Monitor
from firmware_bridges import dri
from firmware_bridges.bridge import SERIAL, Sample
from firmware_bridges.decoding import decode
from firmware_bridges.families import ge_s5_dri
from firmware_bridges.framing import FrameError
from firmware_bridges.vitals import Event, Malformed, Reading, Reason, Validity
from tests.firmware_bridges.conversation import SECOND, Conversation, measuring
from tests.firmware_bridges.devices import readings, valid

FAMILY = ge_s5_dri.FAMILY
WELL = {
    "heart_rate": 72,
    "respiratory_rate": 16,
    "spo2": 98,
    "pulse_rate": 71,
    "temperature": 366,
    "systolic": 118,
    "diastolic": 76,
    "mean_pressure": 90,
    "pulse_rate_nibp": 70,
}
ECG, NIBP, T1, SPO2, CO2 = 0, 72, 86, 118, 132


def plain(values: dict[str, int] | None = None) -> bytearray:
    [(_, data)] = FAMILY.encoder().encode(Sample(WELL if values is None else values, device_ms=1_700_000_000_000))
    return bytearray(dri.unframe(data))


def patched(offset: int, layout: str, *values: int) -> bytes:
    """Return the frame of a well patient with bytes of the basic class replaced, `offset` within its data."""
    record = plain()
    struct.pack_into("<" + layout, record, dri.HEADER + 4 + offset, *values)
    return dri.frame(bytes(record))


def heard(frame: bytes) -> list[Event]:
    return FAMILY.bridge().receive(SERIAL, frame, 0)


def said(frame: bytes) -> dict[str, Reading]:
    return {each.vital: each for each in readings(decode(FAMILY, frame))}


def test_the_displayed_values_are_read_with_the_monitors_own_time() -> None:
    found = said(dri.frame(bytes(plain())))
    assert {vital: each.value for vital, each in found.items()} == WELL
    assert {each.validity for each in found.values()} == {Validity.VALID}
    assert {each.device_time for each in found.values()} == {"2023-11-14T22:13:20"}
    assert found["temperature"].site == "CORE"


@pytest.mark.parametrize("level", [7, 8, 9])
def test_a_monitor_that_answers_to_one_level_alone_is_found(level: int) -> None:
    monitor = S5Monitor(measuring(Sample(WELL)), level)
    talk = Conversation(FAMILY.bridge(), monitor).run(60)
    assert monitor.asked == list(range(7, level + 1)), "asked on once it answers, or not at all"
    times = [at for at, vital, _ in talk.valid() if vital == "spo2"]
    assert times[0] <= 30 * SECOND
    assert all(later - earlier == 5 * SECOND for earlier, later in pairwise(times))


def test_a_monitor_that_falls_silent_is_asked_again_at_every_level() -> None:
    monitor = S5Monitor(measuring(Sample(WELL)), level=0)
    Conversation(FAMILY.bridge(), monitor).run(34)
    assert monitor.asked == [7, 8, 9, 7, 8]


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        (0b01, Reason.NOT_AVAILABLE),
        (0b00, Reason.NOT_AVAILABLE),
        (0b11 | 1 << 3 | 1 << 11, Reason.SENSOR_OFF),
        (0b11 | 4 << 3, Reason.NOT_AVAILABLE),
        (0b11 | 0 << 3, Reason.NOT_AVAILABLE),
        (0b11 | 1 << 3 | 1 << 7, Reason.ARTEFACT),
        (0b11 | 1 << 3 | 1 << 8, Reason.ARTEFACT),
        (0b11 | 1 << 3 | 1 << 9, Reason.EARLY_ESTIMATE),
    ],
)
def test_a_heart_rate_counts_only_from_an_ecg_that_measures(status: int, reason: Reason) -> None:
    heart = said(patched(ECG, "I", status))["heart_rate"]
    assert (heart.reason, heart.validity is Validity.VALID) == (reason, False)


def test_another_leads_fall_does_not_take_the_heart_rate_away() -> None:
    assert said(patched(ECG, "I", 0b11 | 2 << 3 | 1 << 11))["heart_rate"].validity is Validity.VALID
    assert said(patched(ECG, "I", 0b11 | 2 << 3 | 1 << 12))["heart_rate"].reason is Reason.SENSOR_OFF


def test_asystole_without_a_rate_is_a_rate_of_nothing_and_not_silence() -> None:
    asystole = 0b11 | 1 << 2 | 1 << 3
    assert said(patched(ECG, "IHh", asystole, 0, -32767))["heart_rate"].value == 0
    assert valid(readings(decode(FAMILY, patched(ECG, "IHh", asystole, 0, -32767))))["heart_rate"] == 0
    assert said(patched(ECG, "IHh", asystole | 1 << 11, 0, -32767))["heart_rate"].validity is Validity.INVALID
    assert said(patched(ECG, "IHh", asystole & ~2, 0, -32767))["heart_rate"].value is None


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        (-32767, Reason.NOT_AVAILABLE),
        (-32766, Reason.HELD),
        (-32764, Reason.NOT_AVAILABLE),
        (-32763, Reason.NOT_AVAILABLE),
        (-32762, Reason.CALIBRATING),
        (-32001, Reason.NOT_AVAILABLE),
    ],
)
def test_a_code_is_no_value(code: int, reason: Reason) -> None:
    found = said(patched(SPO2 + 6, "h", code))
    assert (found["spo2"].value, found["spo2"].validity, found["spo2"].reason) == (None, Validity.INVALID, reason)
    assert found["pulse_rate"].validity is Validity.VALID


@pytest.mark.parametrize(
    ("bit", "reason"), [(5, Reason.NOT_AVAILABLE), (6, Reason.NOT_AVAILABLE), (7, Reason.CALIBRATING)]
)
def test_a_cuff_at_work_gives_no_pressure(bit: int, reason: Reason) -> None:
    found = said(patched(NIBP + 4, "H", 1 << bit))
    assert {found[vital].reason for vital in ("systolic", "diastolic", "mean_pressure", "pulse_rate_nibp")} == {reason}


def test_a_cuff_value_that_the_monitor_calls_old_is_not_told_again() -> None:
    assert "systolic" in said(patched(NIBP + 4, "H", 1 << 3))
    assert "systolic" not in said(patched(NIBP + 4, "H", 1 << 8))


@pytest.mark.parametrize("label", [0, 7, 9, 11])
def test_a_temperature_of_elsewhere_is_not_the_patients(label: int) -> None:
    assert said(patched(T1 + 4, "H", label))["temperature"].validity is Validity.INVALID


def test_the_capnometer_counts_breaths_where_the_ecg_does_not() -> None:
    record = plain({**WELL, "respiratory_rate": 300})
    struct.pack_into("<h", record, dri.HEADER + 4 + ECG + 14, -32767)
    struct.pack_into("<IHhhh", record, dri.HEADER + 4 + CO2, 0b11, 0, 500, 0, 12)
    assert said(dri.frame(bytes(record)))["respiratory_rate"].value == 12
    struct.pack_into("<I", record, dri.HEADER + 4 + CO2, 0b11 | 1 << 4)
    assert said(dri.frame(bytes(record)))["respiratory_rate"].reason is Reason.CALIBRATING


@pytest.mark.parametrize("kind", [dri.TREND_10S, dri.TREND_60S])
def test_a_trend_is_history(kind: int) -> None:
    part = dri.Subrecord(kind, bytes(plain()[dri.HEADER :]))
    found = readings(decode(FAMILY, dri.frame(dri.record(dri.PHDB, (part,)))))
    assert found
    assert {(each.stored, each.validity) for each in found} == {(True, Validity.INVALID)}


def test_extension_classes_auxiliary_data_and_waveforms_are_no_readings() -> None:
    extension = plain()
    extension[-1] = 0x01
    aux = dri.frame(dri.record(dri.PHDB, (dri.Subrecord(4, bytes(100)),)))
    wave = dri.frame(dri.record(dri.WAVE, (dri.Subrecord(1, bytes(100)),)))
    assert heard(dri.frame(bytes(extension)) + aux + wave) == []


def test_an_escaped_record_is_read_whole() -> None:
    frame = patched(SPO2 + 6, "hh", 0x7D7E & 0x7D7D, 0x7E)
    assert b"\x7d\x5d" in frame
    assert b"\x7d\x5e" in frame
    assert said(frame)["pulse_rate"].value == 0x7E


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"\x7e" + bytes(10) + b"\x7e", "no-frame"),
        (b"\x7e" + bytes(50) + b"\x01\x7e", "checksum"),
        (b"\x7e" + bytes(50) + b"\x7d\x41\x00\x7e", "escape"),
    ],
)
def test_what_is_no_frame_is_told(data: bytes, why: str) -> None:
    with pytest.raises(FrameError, match=why):
        dri.unframe(data)
    assert heard(data + dri.frame(bytes(plain())))[0] == Malformed(0, "no-frame", len(data))


def test_a_record_that_lies_about_itself_is_malformed() -> None:
    for place, value in ((0, 17), (0, 63), (16, 0xFF), (17, 0x7F)):
        record = plain()
        record[place] = value
        [event] = heard(dri.frame(bytes(record)))
        assert isinstance(event, Malformed)


def test_a_record_without_subrecords_says_nothing() -> None:
    record = plain()
    record[18] = 0xFF  # the kind of the first one: there are no more
    assert dri.parse_record(bytes(record)).subrecords == ()
    assert heard(dri.frame(bytes(record))) == []


def test_a_request_for_waveforms_is_made_as_the_tables_say() -> None:
    request = dri.parse_request(dri.parse_record(dri.unframe(dri.wave_request(b"\x01\x04"))))
    assert (request.kind, request.types) == (0, (1, 4, 0xFF))
    with pytest.raises(FrameError, match="request"):
        dri.parse_request(dri.parse_record(bytes(plain())))


def test_a_request_is_its_records_first_part() -> None:
    asked = dri.parse_record(dri.unframe(dri.data_request(1, 10, 0)))
    both = dri.record(asked.main_type, (*asked.subrecords, dri.Subrecord(0, b"more")))
    assert dri.parse_request(dri.parse_record(both)) == dri.parse_request(asked)


def test_another_channel_is_not_this_device() -> None:
    assert FAMILY.bridge().receive("ff02", b"abc", 1) == [Malformed(1, "unknown-channel", 3)]
