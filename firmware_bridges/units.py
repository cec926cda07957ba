"""Exact conversions into the one unit of a vital. Decimal in, Decimal out, never a float; rounding is the vital's.

A quotient that no Decimal can hold is cut after 28 digits: far beyond where a 7-digit measurement could be rounded
the other way.
"""

from __future__ import annotations

from decimal import Decimal

PASCAL_PER_MMHG = Decimal("133.322387415")
"""The conventional millimetre of mercury: 13595.1 kg/m3 x 9.80665 m/s2 x 1 mm (NIST SP 811, appendix B.8)."""

GRAM_PER_MOL_GLUCOSE = Decimal("180.156")
"""C6H12O6 with the conventional atomic weights 12.011, 1.008 and 15.999 (IUPAC): 1 mmol/L is 18.0156 mg/dL."""

KILOGRAM_PER_POUND = Decimal("0.45359237")
"""The international avoirdupois pound, by definition (NIST SP 811)."""


def mmhg_from_kpa(kilopascal: Decimal) -> Decimal:
    """Return a pressure in mm[Hg]."""
    return kilopascal * 1000 / PASCAL_PER_MMHG


def celsius_from_fahrenheit(fahrenheit: Decimal) -> Decimal:
    """Return a temperature in Cel."""
    return (fahrenheit - 32) * 5 / 9


def mg_dl_from_kg_l(kilogram_per_litre: Decimal) -> Decimal:
    """Return a mass concentration in mg/dL."""
    return kilogram_per_litre.scaleb(5)


def mg_dl_from_mol_l(mol_per_litre: Decimal) -> Decimal:
    """Return the mass concentration, in mg/dL, of so much glucose."""
    return mol_per_litre * GRAM_PER_MOL_GLUCOSE * 100


def kilogram_from_pound(pound: Decimal) -> Decimal:
    """Return a mass in kg."""
    return pound * KILOGRAM_PER_POUND
