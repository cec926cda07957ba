"""The numbers and times of IEEE 11073-20601 as Bluetooth uses them: SFLOAT, FLOAT and the date-time of 0x2A08.

Exact: an integer mantissa times a power of ten is a Decimal, never a float. The exponent is two's complement. What is
no number (NaN, not at this resolution, infinities, reserved) is a `Special`, so that no arithmetic can take it for a
value.
"""

from __future__ import annotations

from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from enum import Enum


class Special(str, Enum):
    """What an SFLOAT or FLOAT says instead of a number (IEEE 11073-20601, the special values of FLOAT-Type)."""

    NAN = "NaN"
    NRES = "NRes"
    POSITIVE_INFINITY = "+INF"
    NEGATIVE_INFINITY = "-INF"
    RESERVED = "reserved"


Number = Decimal | Special
"""A finite number, or what stands for none."""

_SFLOAT_SPECIALS = {
    0x07FF: Special.NAN,
    0x0800: Special.NRES,
    0x07FE: Special.POSITIVE_INFINITY,
    0x0802: Special.NEGATIVE_INFINITY,
    0x0801: Special.RESERVED,
}
_FLOAT_SPECIALS = {
    0x007FFFFF: Special.NAN,
    0x00800000: Special.NRES,
    0x007FFFFE: Special.POSITIVE_INFINITY,
    0x00800002: Special.NEGATIVE_INFINITY,
    0x00800001: Special.RESERVED,
}
_SFLOAT_NAN = 0x07FF
_MAX_MANTISSA = 2045
_MIN_EXPONENT, _MAX_EXPONENT = -8, 7


def sfloat(raw: int) -> Number:
    """Return the 16-bit SFLOAT `raw`: 4-bit exponent, 12-bit mantissa, both two's complement."""
    return _SFLOAT_SPECIALS.get(raw) or Decimal(_signed(raw, 12)).scaleb(_signed(raw >> 12, 4))


def float32(raw: int) -> Number:
    """Return the 32-bit FLOAT `raw`: 8-bit exponent, 24-bit mantissa, both two's complement."""
    return _FLOAT_SPECIALS.get(raw) or Decimal(_signed(raw, 24)).scaleb(_signed(raw >> 24, 8))


def finite(number: Number) -> Decimal | None:
    """Return the number, or None for a special."""
    return None if isinstance(number, Special) else number


def to_sfloat(number: Decimal | None) -> int:
    """Return `number` as a 16-bit SFLOAT, exact up to 2045 units of its last digit, else rounded half up; None is NaN.

    ValueError if it does not fit at all (from 2045.5e7).
    """
    if number is None:
        return _SFLOAT_NAN
    for exponent in range(_first_exponent(number), _MAX_EXPONENT + 1):
        mantissa = int(number.scaleb(-exponent).to_integral_value(ROUND_HALF_UP))
        if abs(mantissa) <= _MAX_MANTISSA:
            return (exponent & 0xF) << 12 | (mantissa & 0xFFF)
    raise ValueError(f"{number} does not fit an SFLOAT")


def date_time(data: bytes) -> str:
    """Return the seven bytes of a date-time as ISO 8601 without zone, "" where a part is unknown (0) or impossible."""
    try:
        moment = datetime(int.from_bytes(data[:2], "little"), *data[2:7])  # noqa: DTZ001 - the device knows no zone
    except ValueError:
        return ""
    return moment.isoformat()


def _first_exponent(number: Decimal) -> int:
    exponent = number.as_tuple().exponent
    return max(_MIN_EXPONENT, min(0, exponent)) if isinstance(exponent, int) else _MAX_EXPONENT + 1


def _signed(raw: int, bits: int) -> int:
    low = raw & ((1 << bits) - 1)
    return low - (1 << bits) if low >> (bits - 1) else low
