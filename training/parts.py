"""Which stays are for what: most for weights, some for calibration and thresholds, the validation part for figures."""

from __future__ import annotations

import hashlib
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from training.hourly import Flags, Stays

TUNING_PERCENT = 15
"""Share of the training stays that calibrate and set thresholds, and that no weight is fitted on."""

VALIDATION_PERCENT = 20
"""Share of all stays to report on where the data does not say which."""


class Parts(NamedTuple):
    """Which rows are for what."""

    fit: Flags
    tune: Flags
    validation: Flags


def parts(stays: Stays) -> Parts:
    """Divide the stays, by the data's own `split` where it has one, otherwise by a hash of the patient."""
    lots = _lots(stays)
    validation = stays.split == "validation"
    if not validation.any():
        validation = lots >= 100 - VALIDATION_PERCENT
    tune = ~validation & (lots < TUNING_PERCENT)
    return Parts(~validation & ~tune, tune, validation)


def _lots(stays: Stays) -> npt.NDArray[np.int64]:
    """Return a number from 0 to 99 per row, the same for all rows of a patient and in every run."""
    people, own = np.unique(stays.patient.astype(str), return_inverse=True)
    lots = [int(hashlib.sha256(person.encode()).hexdigest(), 16) % 100 for person in people.tolist()]
    return np.array(lots)[own]
