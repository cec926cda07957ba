from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware_bridges.decoding import decode
from firmware_bridges.families import bluetooth_thermometer as thermometer
from firmware_bridges.vitals import DeviceStatus, Malformed, Reading, Reason, Validity
from tests.firmware_bridges.devices import law, readings

FAMILY = thermometer.FAMILY


def read(data: str, channel: str = thermometer.MEASUREMENT) -> Reading:
    [reading] = readings(decode(FAMILY, bytes.fromhex(data), channel))
    return reading


def word(number: int, exponent: int) -> str:
    """Return a FLOAT in hex."""
    return (number & 0xFFFFFF | (exponent & 0xFF) << 24).to_bytes(4, "little").hex()


@pytest.mark.parametrize(
    ("flags", "number", "exponent", "tenths"),
    [
        ("00", 372, -1, 372),
        ("00", 3725, -2, 373),
        ("00", 3724, -2, 372),
        ("00", 37, 0, 370),
        ("01", 986, -1, 370),
        ("01", 1000, -1, 378),
        ("01", 9869, -2, 371),
    ],
)
def test_cel_and_fahrenheit_to_a_tenth_of_a_cel(flags: str, number: int, exponent: int, tenths: int) -> None:
    reading = read(flags + word(number, exponent))
    assert (reading.value, reading.validity) == (tenths, Validity.VALID)


@law
@given(st.integers(680, 1130))
def test_fahrenheit_is_converted_exactly(tenths: int) -> None:
    doubled = (tenths - 320) * 10
    assert read("01" + word(tenths, -1)).value == (doubled + 9) // 18


def test_an_estimate_on_the_way_is_questionable() -> None:
    events = decode(FAMILY, bytes.fromhex("00" + word(352, -1)), thermometer.INTERMEDIATE)
    assert events == [
        DeviceStatus(0, (Reason.EARLY_ESTIMATE,)),
        Reading(0, 1, "temperature", 352, Validity.QUESTIONABLE, Reason.EARLY_ESTIMATE),
    ]


PLACES = ["armpit", "body", "ear", "finger", "gastro-intestinal tract", "mouth", "rectum", "toe", "tympanum"]


@pytest.mark.parametrize(("number", "site"), list(enumerate(PLACES, start=1)))
def test_the_place_is_kept(number: int, site: str) -> None:
    assert read(f"04{word(372, -1)}{number:02x}").site == site


@pytest.mark.parametrize("number", [0, 10, 255])
def test_a_place_that_nobody_knows_is_none(number: int) -> None:
    assert read(f"04{word(372, -1)}{number:02x}").site == ""


@pytest.mark.parametrize("special", ["ffff7f00", "00008000", "feff7f00", "02008000", "01008000"])
def test_what_is_no_number_never_leaves_as_a_value(special: str) -> None:
    for channel in (thermometer.MEASUREMENT, thermometer.INTERMEDIATE):
        reading = read("00" + special, channel)
        assert (reading.value, reading.validity, reading.reason) == (None, Validity.INVALID, Reason.NOT_AVAILABLE)


@pytest.mark.parametrize("word", [word(8388605, 127), word(-1001, 0), word(10001, -1)])
def test_what_no_thermometer_can_mean_is_no_frame(word: str) -> None:
    assert decode(FAMILY, bytes.fromhex("00" + word)) == [Malformed(0, "implausible", 5)]


def test_the_hottest_number_is_still_one() -> None:
    assert (read("00" + word(1000, 0)).value, read("00" + word(-1000, 0)).value) == (10000, -10000)


def test_a_number_too_fine_for_any_thermometer_is_still_one() -> None:
    assert read("00" + word(1, -128)).value == 0
    assert thermometer.parse_frame(bytes.fromhex("01" + word(320000, -4))).celsius == Decimal(0)


@pytest.mark.parametrize(("flags", "size"), [(0x00, 5), (0x02, 12), (0x04, 6), (0x07, 13)])
def test_flags_that_promise_more_than_there_is_are_malformed(flags: int, size: int) -> None:
    full = bytes((flags, 0x74, 0x01, 0x00, 0xFF, *range(5, size)))
    thermometer.parse_frame(full)
    for short in (full[:length] for length in range(size)):
        assert decode(FAMILY, short) == [Malformed(0, "truncated", len(short))]
