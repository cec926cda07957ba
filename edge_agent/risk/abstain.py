"""When a model says nothing, and why. Every cause is a law of its own, decided before the model runs."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from edge_agent.domain.windows import QUANTITIES, Abstention
from edge_agent.risk.features import TOTAL, Beds, Derived
from edge_agent.risk.manifest import Manifest, Range

ADULT = 16
"""Years. NEWS2 is not for anyone younger (RCP 2017), nor for pregnancy."""

RECENT_HOURS = 6
LEAST_VITALS = 3
"""A model speaks only when `LEAST_VITALS` of the five quantities were seen within the last `RECENT_HOURS` rows."""

SPOKEN = ""
"""The cause of a bed that gets a score."""

Causes = npt.NDArray[np.str_]


def causes(beds: Beds, derived: Derived, manifest: Manifest) -> Causes:
    """Return per bed why it gets no score, `SPOKEN` where it gets one. What is known of the person comes first."""
    total = np.where(np.isnan(beds.news2), derived.raw[:, -1, TOTAL], beds.news2)
    with np.errstate(invalid="ignore"):
        conditions = {
            "child": beds.age < ADULT,
            "pregnant": beds.pregnant,
            "already-high": total >= manifest.task.asked_below,
            "too-few-vitals": seen(derived) < LEAST_VITALS,
            "out-of-distribution": unlike(derived, manifest).any(axis=1),
        }
    found: Causes = np.select(list(conditions.values()), list(conditions), SPOKEN)
    return found


def seen(derived: Derived) -> npt.NDArray[np.intp]:
    """Return per bed how many of the five quantities were seen recently."""
    counts: npt.NDArray[np.intp] = np.count_nonzero(derived.hours_since < RECENT_HOURS, axis=1)
    return counts


def unlike(derived: Derived, manifest: Manifest) -> npt.NDArray[np.bool_]:
    """Return per bed and quantity [n, 5] whether its present value is beyond what training saw."""
    present = derived.carried[:, -1]
    anything = Range(low=-np.inf, high=np.inf)
    ranges = [manifest.trained_on.get(name, anything) for name in QUANTITIES]
    low = np.array([limits.low for limits in ranges], np.float32)
    high = np.array([limits.high for limits in ranges], np.float32)
    with np.errstate(invalid="ignore"):
        beyond: npt.NDArray[np.bool_] = (present < low) | (present > high)
    return beyond


def abstention(cause: str, bed: int, derived: Derived, manifest: Manifest) -> Abstention:
    """Say in words why bed number `bed` gets no score."""
    if cause == "too-few-vitals":
        detail = (
            f"{seen(derived)[bed]} of {len(QUANTITIES)} vitals seen in the last {RECENT_HOURS} h, {LEAST_VITALS} needed"
        )
    elif cause == "out-of-distribution":
        names = np.array(QUANTITIES)[unlike(derived, manifest)[bed]]
        detail = f"{', '.join(names)} beyond what the model was trained on"
    else:
        detail = _DETAIL[cause]
    return Abstention(cause, detail, manifest.name)


_DETAIL = {
    "child": f"the model is for patients from {ADULT} years",
    "pregnant": "the model is not for pregnancy",
    "already-high": "NEWS2 is already in the range that the model forecasts from below",
}
