from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware_bridges.decoding import decode
from firmware_bridges.families import bluetooth_weight_scale as scale
from firmware_bridges.vitals import Malformed, Reason, Validity
from tests.firmware_bridges.devices import law, readings, valid
from tests.firmware_bridges.test_units import half_up

FAMILY = scale.FAMILY


def weighed(flags: int, number: int) -> dict[str, int | None]:
    return valid(decode(FAMILY, bytes((flags,)) + number.to_bytes(2, "little")))


@law
@given(st.integers(0, 65534))
def test_steps_of_five_grams(number: int) -> None:
    assert weighed(0, number) == {"weight": half_up(Fraction(number, 2))}


@law
@given(st.integers(0, 65534))
def test_hundredths_of_a_pound(number: int) -> None:
    assert weighed(1, number) == {"weight": half_up(Fraction(number) * Fraction(45359237, 10**8))}


def test_a_person_of_154_pounds() -> None:
    assert weighed(1, 15432) == {"weight": 7000}
    assert weighed(0, 14000) == {"weight": 7000}


@pytest.mark.parametrize("flags", [0, 1])
def test_a_failed_measurement_is_no_weight(flags: int) -> None:
    [reading] = readings(decode(FAMILY, bytes((flags, 0xFF, 0xFF))))
    assert (reading.value, reading.validity, reading.reason) == (None, Validity.INVALID, Reason.NOT_AVAILABLE)


def test_body_mass_index_and_height_follow_the_person() -> None:
    frame = scale.parse_frame(bytes.fromhex("0e b036 ea0709190e051e 02 e600 d606"))
    assert frame == scale.Frame(
        pounds=False, weight=14000, timestamp="2026-09-25T14:05:30", user_id=2, bmi=230, height=1750
    )


@pytest.mark.parametrize(("flags", "size"), [(0x00, 3), (0x02, 10), (0x04, 4), (0x08, 7), (0x0F, 15)])
def test_flags_that_promise_more_than_there_is_are_malformed(flags: int, size: int) -> None:
    full = bytes((flags, *range(1, size)))
    scale.parse_frame(full + b"trailing")
    for short in (full[:length] for length in range(size)):
        assert decode(FAMILY, short) == [Malformed(0, "truncated", len(short))]
