from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import pytest

from firmware_bridges import plx
from firmware_bridges.bridge import Family, Mode
from firmware_bridges.decoding import decode
from firmware_bridges.families import bluetooth_pulse_oximeter as continuous
from firmware_bridges.families import bluetooth_pulse_oximeter_spot as spot
from firmware_bridges.framing import FrameError
from firmware_bridges.vitals import DeviceStatus, Malformed, Reading, Reason, Validity
from tests.firmware_bridges.devices import readings, valid

GOOD = bytes.fromhex("61004800")
"""97 % at 72 /min."""


def live(measurement: int = 0, sensor: int = 0, numbers: bytes = GOOD) -> dict[str, Reading]:
    """Return what a continuous measurement with both status words says."""
    data = b"\x0c" + numbers + measurement.to_bytes(2, "little") + sensor.to_bytes(3, "little")
    return {each.vital: each for each in readings(decode(continuous.FAMILY, data))}


def checked(measurement: int = 0, *, timestamp: str = "", flags: int = 0) -> Reading:
    """Return what a spot check with a measurement status says of SpO2."""
    time = bytes.fromhex(timestamp)
    data = bytes((flags | 0x02 | bool(time),)) + GOOD + time + measurement.to_bytes(2, "little")
    return readings(decode(spot.FAMILY, data))[0]


MEASUREMENT_BITS = {
    5: (Validity.VALID, Reason.OK),
    6: (Validity.QUESTIONABLE, Reason.EARLY_ESTIMATE),
    7: (Validity.VALID, Reason.OK),
    8: (Validity.VALID, Reason.OK),
    9: (Validity.INVALID, Reason.STORED),
    10: (Validity.INVALID, Reason.DEMO),
    11: (Validity.INVALID, Reason.TEST),
    12: (Validity.INVALID, Reason.CALIBRATING),
    13: (Validity.INVALID, Reason.NOT_AVAILABLE),
    14: (Validity.QUESTIONABLE, Reason.QUESTIONED_BY_DEVICE),
    15: (Validity.INVALID, Reason.QUESTIONED_BY_DEVICE),
}
SENSOR_BITS = {
    0: (Validity.INVALID, Reason.HELD),
    1: (Validity.INVALID, Reason.MALFUNCTION),
    2: (Validity.QUESTIONABLE, Reason.ARTEFACT),
    3: (Validity.INVALID, Reason.WEAK_SIGNAL),
    4: (Validity.QUESTIONABLE, Reason.WEAK_SIGNAL),
    5: (Validity.QUESTIONABLE, Reason.LOW_PERFUSION),
    6: (Validity.QUESTIONABLE, Reason.ARTEFACT),
    7: (Validity.INVALID, Reason.SEARCHING),
    8: (Validity.QUESTIONABLE, Reason.QUESTIONED_BY_DEVICE),
    9: (Validity.INVALID, Reason.SEARCHING),
    10: (Validity.QUESTIONABLE, Reason.ARTEFACT),
    11: (Validity.INVALID, Reason.SENSOR_OFF),
    12: (Validity.INVALID, Reason.MALFUNCTION),
    13: (Validity.INVALID, Reason.SENSOR_OFF),
    14: (Validity.INVALID, Reason.MALFUNCTION),
    15: (Validity.INVALID, Reason.SENSOR_DISCONNECTED),
}


@pytest.mark.parametrize(("bit", "judged"), MEASUREMENT_BITS.items())
def test_each_measurement_bit_is_heeded(bit: int, judged: tuple[Validity, Reason]) -> None:
    found = live(measurement=1 << bit)
    assert {(each.validity, each.reason) for each in found.values()} == {judged}
    assert {each.stored for each in found.values()} == {bit == 9}


@pytest.mark.parametrize(("bit", "judged"), SENSOR_BITS.items())
def test_each_sensor_bit_is_heeded(bit: int, judged: tuple[Validity, Reason]) -> None:
    assert {(each.validity, each.reason) for each in live(sensor=1 << bit).values()} == {judged}


def test_every_bit_that_is_not_reserved_is_in_a_table() -> None:
    assert set(plx.SENSOR_STATUS) == set(range(16))
    assert set(plx.MEASUREMENT_STATUS) == set(range(6, 16)) - {7, 8}


def test_the_worst_bit_is_named_and_all_are_the_devices_conditions() -> None:
    data = b"\x0c" + GOOD + (1 << 6).to_bytes(2, "little") + (1 << 5 | 1 << 11).to_bytes(3, "little")
    events = decode(continuous.FAMILY, data)
    assert events[0] == DeviceStatus(0, (Reason.SENSOR_OFF, Reason.LOW_PERFUSION, Reason.EARLY_ESTIMATE))
    assert {each.reason for each in readings(events)} == {Reason.SENSOR_OFF}


@pytest.mark.parametrize("special", ["ff07", "0008", "fe07", "0208", "0108"])
def test_what_is_no_number_never_leaves_as_a_value(special: str) -> None:
    found = live(numbers=bytes.fromhex(special) + GOOD[2:])
    assert found["spo2"].value is None
    assert (found["spo2"].validity, found["spo2"].reason) == (Validity.INVALID, Reason.NOT_AVAILABLE)
    assert found["pulse_rate"].validity is Validity.VALID
    assert live(sensor=1 << 11, numbers=bytes.fromhex(special) + GOOD[2:])["spo2"].reason is Reason.SENSOR_OFF


@pytest.mark.parametrize(("raw", "value"), [("cff3", 98), ("ccf3", 97), ("d1f3", 98), ("0a10", 100), ("8c0f", -116)])
def test_a_fraction_is_rounded_half_up(raw: str, value: int) -> None:
    assert live(numbers=bytes.fromhex(raw) + GOOD[2:])["spo2"].value == value


def test_without_status_words_a_number_stands() -> None:
    assert valid(decode(continuous.FAMILY, b"\x00" + GOOD)) == {"spo2": 97, "pulse_rate": 72}


def test_fast_and_slow_averages_do_not_replace_the_normal_one() -> None:
    data = bytes.fromhex("13 6100 4800 5000 5a00 5100 5b00 57f0")
    assert valid(decode(continuous.FAMILY, data)) == {"spo2": 97, "pulse_rate": 72, "perfusion_index": 870}
    frame = continuous.parse_frame(data)
    assert (frame.fast, frame.slow) == ((Decimal(80), Decimal(90)), (Decimal(81), Decimal(91)))


@pytest.mark.parametrize(
    ("family", "parse", "flags", "size"),
    [(continuous.FAMILY, continuous.parse_frame, 0x1F, 20), (spot.FAMILY, spot.parse_frame, 0x1F, 19)],
    ids=["continuous", "spot"],
)
def test_flags_that_promise_more_than_there_is_are_malformed(
    family: Family, parse: Callable[[bytes], object], flags: int, size: int
) -> None:
    full = bytes((flags, *range(1, size)))
    parse(full)
    parse(full + b"trailing bytes are tolerated")
    for short in (full[:length] for length in range(size)):
        assert decode(family, short) == [Malformed(0, "truncated", len(short))]
        with pytest.raises(FrameError, match="truncated"):
            parse(short)


def test_a_spot_check_is_never_declared_continuous() -> None:
    assert {measure.mode for measure in spot.FAMILY.measures} == {Mode.SPOT}
    assert {measure.mode for measure in continuous.FAMILY.measures} == {Mode.CONTINUOUS}


def test_a_spot_check_is_not_heard_by_the_continuous_family_nor_the_other_way_round() -> None:
    assert decode(continuous.FAMILY, b"\x00" + GOOD, spot.SPOT_CHECK) == [Malformed(0, "unknown-channel", 5)]
    assert decode(spot.FAMILY, b"\x00" + GOOD, continuous.CONTINUOUS) == [Malformed(0, "unknown-channel", 5)]


@pytest.mark.parametrize(
    ("status", "validity", "reason"),
    [
        (plx.ONGOING, Validity.QUESTIONABLE, Reason.EARLY_ESTIMATE),
        (plx.ONGOING | plx.VALIDATED, Validity.VALID, Reason.OK),
        (plx.ONGOING | plx.QUALIFIED, Validity.VALID, Reason.OK),
        (plx.ONGOING | plx.VALIDATED | plx.EARLY, Validity.QUESTIONABLE, Reason.EARLY_ESTIMATE),
        (plx.VALIDATED | plx.STORED, Validity.INVALID, Reason.STORED),
    ],
)
def test_a_spot_check_still_going_on_is_an_early_estimate(status: int, validity: Validity, reason: Reason) -> None:
    reading = checked(status)
    assert (reading.validity, reading.reason) == (validity, reason)
    assert reading.stored == (reason is Reason.STORED)


def test_the_devices_clock_is_text_and_nothing_if_it_was_never_set() -> None:
    assert checked(timestamp="e8070b1d170839").device_time == "2024-11-29T23:08:57"
    assert checked(timestamp="e8070b1d170839", flags=0x10).device_time == ""
    assert checked(timestamp="00000b1d170839").device_time == ""
    assert checked().device_time == ""


def test_features_say_what_a_device_can_report_and_no_more() -> None:
    assert plx.parse_features(b"\x00\x00") == plx.Features(0, None, None)
    assert plx.parse_features(b"\x02\x00\x01\x02\x03") == plx.Features(2, None, 0x030201)
    assert decode(continuous.FAMILY, bytes.fromhex("a3004010800100"), plx.FEATURES) == []
    assert decode(continuous.FAMILY, bytes.fromhex("a300401080"), plx.FEATURES) == [Malformed(0, "truncated", 5)]
