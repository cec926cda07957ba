"""Windows for laws: anything that bedside could hand over, and what a patient is likely to show."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st

from edge_agent.domain.windows import HOURS, QUANTITIES, Patient, Window
from edge_agent.risk.features import RANGES, SIGHT

USUAL = {
    "pulse": (60, 90),
    "spo2": (96, 99),
    "respiratory_rate": (12, 20),
    "systolic": (111, 150),
    "temperature": (361, 379),
}
"""Values without a NEWS2 point, so that a window of them is one that a model scores."""

Row = tuple[int | None, ...]


MISSING = 0x4000
"""Of 0x10000: how often an hour has no value."""


def series(low: int, high: int, hours: int = HOURS) -> st.SearchStrategy[Row]:
    """Any mixture of missing hours and values from `low` to `high`.

    Drawn as bytes at once: a draw per hour would make hundreds a window, and generation slower than all that is tested.
    """

    def row(drawn: bytes) -> Row:
        numbers = np.frombuffer(drawn, "<u2").tolist()
        return tuple(None if number < MISSING else low + (number - MISSING) % (high - low + 1) for number in numbers)

    return st.binary(min_size=2 * hours, max_size=2 * hours).map(row)


PATIENTS = st.builds(
    Patient,
    age_years=st.none() | st.integers(0, 130),
    sex=st.sampled_from([None, "female", "male", "other"]),
    pregnant=st.booleans(),
)

ADULTS = st.builds(Patient, age_years=st.integers(18, 95), sex=st.sampled_from([None, "female", "male"]))

WINDOWS = st.builds(
    Window,
    medians=st.fixed_dictionaries({q: series(low - 20, high + 20) for q, (low, high) in RANGES.items()}),
    patient=PATIENTS,
    news2_total=st.none() | st.integers(0, 20),
    spo2_scale=st.sampled_from([1, 2]),
    minutes_into_hour=st.integers(0, 59),
)
"""Any window."""

SCORABLE = st.builds(
    Window,
    medians=st.fixed_dictionaries(
        {
            q: st.builds(lambda past, now: (*past, now), series(*USUAL[q], HOURS - 1), st.integers(*USUAL[q]))
            for q in USUAL
        }
    ),
    patient=ADULTS,
)
"""Windows that get a score: an adult, every vital seen now, no NEWS2 point."""


SOMEBODY = Patient(age_years=70, sex="male")


def steady(hours: int = HOURS, patient: Patient = SOMEBODY) -> Window:
    """Return a window whose last `hours` all show the same ordinary values, and nothing before."""
    values = dict(zip(QUANTITIES, (72, 97, 16, 125, 368), strict=True))
    return Window({q: (None,) * (HOURS - hours) + (value,) * hours for q, value in values.items()}, patient)


def without(window: Window, quantity: str) -> Window:
    """Return `window` as if `quantity` had never been measured."""
    medians = {**window.medians, quantity: (None,) * HOURS}
    return Window(medians, window.patient, window.news2_total)


def recent(window: Window) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
    """Return the last `SIGHT` hours [SIGHT, 5], missing as NaN."""
    return np.array([window.medians[quantity][-SIGHT:] for quantity in QUANTITIES], np.float64).T
