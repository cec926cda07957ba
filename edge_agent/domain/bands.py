"""The NEWS2 bands as plain data: one table for the bedside score and for the features of a risk model.

Source: Royal College of Physicians, National Early Warning Score (NEWS) 2, 2017, chart 1. The chart is printed in the
resolution of each vital, so a value is quantised (rounded half up) before it is banded: 36.05 Cel is 36.1 Cel, and the
edges have no gaps.
"""

from __future__ import annotations

from typing import NamedTuple


class Band(NamedTuple):
    """The points of every value up to and including `up_to` that no earlier band holds; the last has no upper edge."""

    up_to: int | None
    points: int


NEWS2_BANDS: dict[str, tuple[Band, ...]] = {
    "respiratory_rate": (Band(8, 3), Band(11, 1), Band(20, 0), Band(24, 2), Band(None, 3)),
    "spo2": (Band(91, 3), Band(93, 2), Band(95, 1), Band(None, 0)),
    "systolic": (Band(90, 3), Band(100, 2), Band(110, 1), Band(219, 0), Band(None, 3)),
    "pulse": (Band(40, 3), Band(50, 1), Band(90, 0), Band(110, 1), Band(130, 2), Band(None, 3)),
    "temperature": (Band(350, 3), Band(360, 1), Band(380, 0), Band(390, 1), Band(None, 2)),
}
"""Bands per quantity, ascending, edges in units of the vital's resolution (temperature in 0.1 Cel); SpO2 is scale 1."""

NEWS2_SPO2_SCALE_2: dict[str, tuple[Band, ...]] = {
    "air": (Band(83, 3), Band(85, 2), Band(87, 1), Band(None, 0)),
    "oxygen": (Band(83, 3), Band(85, 2), Band(87, 1), Band(92, 0), Band(94, 1), Band(96, 2), Band(None, 3)),
}
"""SpO2 scale 2 (target 88 to 92 %), by what the patient breathes. Only on a recorded prescription, never inferred."""

NEWS2_OXYGEN_POINTS = 2
"""Points for any supplemental oxygen; air is 0."""

NEWS2_NOT_ALERT_POINTS = 3
"""Points for new confusion, voice, pain or unresponsive; alert is 0."""
