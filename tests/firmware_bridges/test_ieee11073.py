from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware_bridges.ieee11073 import Special, date_time, finite, float32, sfloat, to_sfloat
from tests.firmware_bridges.devices import law

SFLOAT_SPECIALS = {0x07FF: "NaN", 0x0800: "NRes", 0x07FE: "+INF", 0x0802: "-INF", 0x0801: "reserved"}
FLOAT_SPECIALS = {0x7FFFFF: "NaN", 0x800000: "NRes", 0x7FFFFE: "+INF", 0x800002: "-INF", 0x800001: "reserved"}


def as_fraction(raw: int, mantissa_bits: int, exponent_bits: int) -> Fraction:
    """Return what the standard says, written another way: two's complement by the weight of the top bit."""
    mantissa = sum((raw >> bit & 1) * 2**bit for bit in range(mantissa_bits - 1))
    mantissa -= (raw >> mantissa_bits - 1 & 1) * 2 ** (mantissa_bits - 1)
    scale = raw >> mantissa_bits
    exponent = scale - 2**exponent_bits if scale >= 2 ** (exponent_bits - 1) else scale
    return Fraction(mantissa) * Fraction(10) ** exponent


def test_every_sfloat_there_is() -> None:
    for raw in range(0x10000):
        number = sfloat(raw)
        if raw in SFLOAT_SPECIALS:
            assert number is Special(SFLOAT_SPECIALS[raw])
        else:
            assert isinstance(number, Decimal)
            assert Fraction(number) == as_fraction(raw, 12, 4)


@law
@given(st.integers(0, 2**32 - 1))
def test_any_float(raw: int) -> None:
    number = float32(raw)
    if raw not in FLOAT_SPECIALS:
        assert isinstance(number, Decimal)
        assert Fraction(number) == as_fraction(raw, 24, 8)


@pytest.mark.parametrize(("raw", "name"), FLOAT_SPECIALS.items())
def test_a_special_float_is_no_number(raw: int, name: str) -> None:
    assert float32(raw) is Special(name)
    assert finite(float32(raw)) is None


def test_every_number_of_2045_units_survives_the_way_there_and_back() -> None:
    for exponent in range(-8, 8):
        for mantissa in range(-2045, 2046):
            number = Decimal(mantissa).scaleb(exponent)
            assert sfloat(to_sfloat(number)) == number


@pytest.mark.parametrize(
    ("number", "read"),
    [("97", "97"), ("20.45", "20.45"), ("20.46", "20.5"), ("20.55", "20.6"), ("-20.55", "-20.6"), ("0.00", "0")],
)
def test_what_is_too_fine_is_rounded_half_up(number: str, read: str) -> None:
    assert sfloat(to_sfloat(Decimal(number))) == Decimal(read)


def test_no_number_is_nan_and_too_much_is_refused() -> None:
    assert sfloat(to_sfloat(None)) is Special.NAN
    for number in ("2046e7", "NaN", "Infinity"):
        with pytest.raises(ValueError, match="does not fit"):
            to_sfloat(Decimal(number))


@pytest.mark.parametrize(
    ("data", "text"),
    [
        ("e8070b1d170839", "2024-11-29T23:08:57"),
        ("e8070200000000", ""),
        ("00000b1d170839", ""),
        ("e8070d1d170839", ""),
        ("e7071d02170839", ""),
        ("e807021d17083c", ""),
        ("e807021d170839", "2024-02-29T23:08:57"),
        ("ffff021d170839", ""),
    ],
)
def test_an_unknown_or_impossible_time_is_no_time(data: str, text: str) -> None:
    assert date_time(bytes.fromhex(data)) == text
