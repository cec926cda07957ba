"""Sepsis as a second question: is its onset within 12 h? The model never saw this label, and is compared with NEWS2."""

from __future__ import annotations

import numpy as np

from training.hourly import Flags, Stays

HORIZON_HOURS = 12
EARLY_HOURS = 6
"""Hours by which the label of the PhysioNet 2019 files begins before onset (Reyna et al. 2020, table 1)."""


def sepsis(stays: Stays) -> tuple[Flags, Flags]:
    """Return per row whether onset is within the next 12 h, and whether the row is before any onset."""
    row = np.arange(len(stays.hour))
    far = len(row) + HORIZON_HOURS
    onset = np.full(len(row), far)
    first = np.flatnonzero(stays.sepsis & np.r_[True, ~stays.sepsis[:-1] | (stays.start[1:] != stays.start[:-1])])
    np.minimum.at(onset, stays.start[first], first + EARLY_HOURS)
    ahead = onset[stays.start] - row
    return (ahead > 0) & (ahead <= HORIZON_HOURS), ahead > 0
