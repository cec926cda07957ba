from __future__ import annotations

import msgspec
import pytest

from firmware_bridges.bridge import Sample
from firmware_bridges.decoding import decode
from firmware_bridges.families import nonin_ble as nonin
from firmware_bridges.vitals import DeviceStatus, Malformed, Reading, Reason, Validity
from tests.firmware_bridges.devices import readings, valid

FAMILY = nonin.FAMILY
ATTACHED, SEARCHING, WEAK, LOW, ENCRYPTED, SMARTPOINT = 0x10, 0x08, 0x02, 0x20, 0x40, 0x04


def frame(status: int = ATTACHED, pai: int = 250, spo2: int = 97, rate: int = 72) -> bytes:
    return bytes((10, status, 30)) + pai.to_bytes(2, "big") + b"\x00\x01" + bytes((spo2,)) + rate.to_bytes(2, "big")


def device(error: int, percent: int = 50) -> bytes:
    return bytes((7, 1, error, 24, percent, 0, 1))


def judged(status: int) -> set[tuple[Validity, Reason]]:
    return {(each.validity, each.reason) for each in readings(decode(FAMILY, frame(status)))}


def test_numbers_are_big_endian() -> None:
    assert valid(decode(FAMILY, frame(rate=272))) == {"spo2": 97, "pulse_rate": 272, "perfusion_index": 250}


@pytest.mark.parametrize(
    ("bit", "name"),
    [
        (ENCRYPTED, "encrypted"),
        (LOW, "low_battery"),
        (ATTACHED, "sensor_attached"),
        (SEARCHING, "searching"),
        (SMARTPOINT, "smartpoint"),
        (WEAK, "weak_signal"),
    ],
)
def test_each_status_bit_has_its_name(bit: int, name: str) -> None:
    found = msgspec.structs.asdict(nonin.parse_frame(frame(bit)))
    assert [field for field, is_set in found.items() if is_set is True] == [name]


def test_the_rest_of_a_measurement() -> None:
    read = nonin.parse_frame(bytes.fromhex("0a 10 1e 2710 1234 60 0110"))
    assert (read.battery, read.pai, read.counter, read.spo2, read.pulse_rate) == (30, 10000, 0x1234, 96, 272)


def test_the_device_tells_of_itself() -> None:
    assert nonin.parse_device(bytes.fromhex("07 01 05 13 64 0103")) == nonin.Device(1, 5, 19, 100, 259)
    assert decode(FAMILY, device(0, 100), nonin.DEVICE) == [DeviceStatus(0, (), 100)]


@pytest.mark.parametrize("status", range(256))
def test_every_status_is_judged_by_finger_search_and_signal_alone(status: int) -> None:
    if not status & ATTACHED:
        expected = (Validity.INVALID, Reason.SENSOR_OFF)
    elif status & SEARCHING:
        expected = (Validity.INVALID, Reason.SEARCHING)
    elif status & WEAK:
        expected = (Validity.QUESTIONABLE, Reason.WEAK_SIGNAL)
    else:
        expected = (Validity.VALID, Reason.OK)
    assert judged(status) == {expected}


@pytest.mark.parametrize(
    ("data", "vital"),
    [(frame(spo2=127), "spo2"), (frame(rate=511), "pulse_rate"), (frame(pai=10001), "perfusion_index")],
)
def test_a_missing_number_is_none(data: bytes, vital: str) -> None:
    found = {each.vital: each for each in readings(decode(FAMILY, data))}
    missing = found.pop(vital)
    assert (missing.value, missing.validity, missing.reason) == (None, Validity.INVALID, Reason.NOT_AVAILABLE)
    assert {each.validity for each in found.values()} == {Validity.VALID}


@pytest.mark.parametrize(("error", "reason"), nonin.ERRORS.items())
def test_an_error_of_the_device_spoils_numbers_that_look_good(error: int, reason: Reason) -> None:
    bridge = FAMILY.bridge()
    bridge.receive(nonin.DEVICE, device(error), 0)
    found = readings(bridge.receive(nonin.OXIMETRY, frame(), 1))
    assert {(each.validity, each.reason) for each in found} == {(Validity.INVALID, reason)}
    bridge.receive(nonin.DEVICE, device(0), 2)
    assert valid(bridge.receive(nonin.OXIMETRY, frame(), 3))


def test_the_battery_is_told_in_percent_and_as_a_flag() -> None:
    bridge = FAMILY.bridge()
    assert bridge.receive(nonin.DEVICE, device(0, 50), 0) == [DeviceStatus(0, (), 50)]
    assert bridge.receive(nonin.DEVICE, device(0, 50), 1) == []
    events = bridge.receive(nonin.OXIMETRY, frame(ATTACHED | LOW), 2)
    assert events[0] == DeviceStatus(2, (), 50, low_battery=True)
    assert isinstance(bridge.receive(nonin.OXIMETRY, frame(ATTACHED | LOW), 3)[0], Reading)
    assert bridge.receive(nonin.DEVICE, device(0, 101), 4) == [Malformed(4, "battery", 7)]


@pytest.mark.parametrize("channel", [nonin.OXIMETRY, nonin.DEVICE, nonin.INTERVALS, nonin.PLETH])
def test_a_value_must_be_as_long_as_it_says_and_whole(channel: str) -> None:
    assert decode(FAMILY, b"", channel) == [Malformed(0, "length", 0)]
    assert decode(FAMILY, b"\x0b" + bytes(9), channel) == [Malformed(0, "length", 10)]
    assert decode(FAMILY, b"\x03\x00\x00", channel) == [Malformed(0, "truncated", 3)]


def test_a_longer_value_is_read_as_far_as_it_is_known() -> None:
    assert valid(decode(FAMILY, b"\x0c" + frame()[1:] + b"\x01\x02"))["spo2"] == 97


@pytest.mark.parametrize("size", [8, 65, 255])
def test_measurements_are_read_in_the_light_of_a_longer_word_of_the_device(size: int) -> None:
    bridge = FAMILY.bridge()
    bridge.receive(nonin.DEVICE, bytes((size,)) + device(0)[1:] + bytes(size - 7), 0)
    assert valid(bridge.receive(nonin.OXIMETRY, frame(), 1))["spo2"] == 97


def test_beats_and_pleth_are_no_events() -> None:
    assert decode(FAMILY, bytes.fromhex("0c 0102 00 01f4 1f40 82bc 2134"), nonin.INTERVALS) == []
    assert decode(FAMILY, bytes((53, *bytes(52))), nonin.PLETH) == []


@pytest.mark.parametrize(
    ("status", "invalid", "high"), [(0, False, False), (1, True, False), (2, False, True), (255, True, True)]
)
def test_beats(status: int, invalid: bool, high: bool) -> None:  # noqa: FBT001 - parameters of the table
    found = nonin.parse_beats(bytes.fromhex(f"0c 0102 {status:02x} f1f4 1f40 72bc 2134"))
    beats = (nonin.Beat(bad=True, pai=0x1F4, interval=8000), nonin.Beat(bad=False, pai=700, interval=8500))
    assert found == nonin.Beats(0x0102, invalid, high, beats)


def test_the_pleth_is_25_samples_and_a_counter() -> None:
    samples = tuple(range(0x8000, 0x8019))
    data = b"\x35" + b"".join(each.to_bytes(2, "big") for each in (*samples, 0x0107))
    assert nonin.parse_pleth(data) == nonin.Pleth(samples, 0x0107)


def test_there_are_six_beats_at_most_and_only_whole_ones() -> None:
    assert len(nonin.parse_beats(bytes((4 + 7 * 4, *bytes(3 + 7 * 4)))).beats) == 6
    assert len(nonin.parse_beats(bytes((11, *bytes(10)))).beats) == 1


def test_each_measurement_of_the_encoder_is_counted() -> None:
    encoder = nonin.Encoder()
    encoder._counter = 0xFFFE
    counters = [nonin.parse_frame(encoder.encode(Sample())[0][1]).counter for _ in range(3)]
    assert counters == [0xFFFF, 0, 1]
