"""What the Bluetooth glucose meter and monitor share: which sample was measured, and where it was taken.

Source: GATT Specification Supplement, Glucose Measurement and CGM Feature (type and sample location).
"""

from __future__ import annotations

from decimal import Decimal

from firmware_bridges.ieee11073 import to_sfloat

INTERSTITIAL, CONTROL_SOLUTION = 9, 10
"""Types of sample. 1 to 8 are blood: capillary, venous, arterial, undetermined; odd numbers whole, even ones plasma."""

_CONTROL_LOCATION = 4

LOCATIONS = {1: "finger", 2: "alternate site", 3: "earlobe", 5: "subcutaneous tissue"}
"""Where a sample was taken. 4 is a control solution, 15 not available."""


def nibbles(byte: int) -> tuple[int, int]:
    """Return (type, location) of the one byte that holds both."""
    return byte & 0x0F, byte >> 4


def is_control(sample_type: int | None, location: int | None) -> bool:
    """Tell whether a solution of known strength was measured, which is a test of the device and no patient's value."""
    return sample_type == CONTROL_SOLUTION or location == _CONTROL_LOCATION


def sfloat_word(value: int | None, exponent: int = 0) -> bytes:
    """Return a value in mg/dL as an SFLOAT of value x 10^exponent, NaN without one."""
    return to_sfloat(None if value is None else Decimal(value).scaleb(exponent)).to_bytes(2, "little")
