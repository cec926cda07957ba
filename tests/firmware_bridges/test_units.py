"""Conversions against exact fractions: rounded half up to the vital's resolution, no input comes out otherwise."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware_bridges import units
from firmware_bridges.vitals import VITALS

Convert = Callable[[Decimal], Decimal]

SFLOATS = st.builds(
    lambda mantissa, exponent: Decimal(mantissa).scaleb(exponent), st.integers(-2048, 2047), st.integers(-8, 7)
)
FLOATS = st.builds(
    lambda mantissa, exponent: Decimal(mantissa).scaleb(exponent), st.integers(-(2**23), 2**23 - 1), st.integers(-6, 0)
)


def half_up(value: Fraction) -> int:
    """Return the nearest integer, ties away from zero, by integer arithmetic alone."""
    doubled = abs(value) * 2
    rounded = (doubled.numerator // doubled.denominator + 1) // 2
    return rounded if value >= 0 else -rounded


def exact(vital: str, convert: Convert, number: Decimal, fraction: Fraction) -> None:
    known = VITALS[vital]
    assert known.scaled(convert(number)) == half_up(fraction * 10**known.decimals)


@given(SFLOATS)
def test_kilopascal(kilopascal: Decimal) -> None:
    exact("systolic", units.mmhg_from_kpa, kilopascal, Fraction(kilopascal) * 1000 / Fraction(133322387415, 10**9))


@given(FLOATS)
def test_fahrenheit(fahrenheit: Decimal) -> None:
    exact("temperature", units.celsius_from_fahrenheit, fahrenheit, (Fraction(fahrenheit) - 32) * Fraction(5, 9))


@given(SFLOATS)
def test_kilogram_per_litre(concentration: Decimal) -> None:
    exact("glucose", units.mg_dl_from_kg_l, concentration, Fraction(concentration) * 100_000)


@given(SFLOATS)
def test_mol_per_litre(concentration: Decimal) -> None:
    exact("glucose", units.mg_dl_from_mol_l, concentration, Fraction(concentration) * Fraction(180156, 1000) * 100)


@given(st.integers(0, 65534))
def test_pounds(hundredths: int) -> None:
    pound = Decimal(hundredths) / 100
    exact("weight", units.kilogram_from_pound, pound, Fraction(hundredths, 100) * Fraction(45359237, 10**8))


@pytest.mark.parametrize(
    ("convert", "number", "is_"),
    [
        (units.celsius_from_fahrenheit, "98.6", "37"),
        (units.celsius_from_fahrenheit, "-40", "-40"),
        (units.mg_dl_from_kg_l, "0.00099", "99"),
        (units.mg_dl_from_mol_l, "0.0055", "99.0858"),
        (units.kilogram_from_pound, "1", "0.45359237"),
    ],
)
def test_known_pairs(convert: Convert, number: str, is_: str) -> None:
    assert convert(Decimal(number)) == Decimal(is_)


def test_a_kilopascal_is_what_the_tables_say() -> None:
    assert round(units.mmhg_from_kpa(Decimal(1)), 5) == Decimal("7.50062")
    assert round(units.mmhg_from_kpa(Decimal("101.325")), 3) == Decimal("760.000")
