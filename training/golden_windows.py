"""Made-up windows for golden vectors: no patient is in them, every path through the features is."""

from __future__ import annotations

import numpy as np

from edge_agent.domain.windows import HOURS, QUANTITIES, Patient, Window
from edge_agent.risk.features import SIGHT

COUNT = 6
SEED = 20190
STARTS = (84, 97, 18, 120, 370)
"""Where the walks begin and how far a step goes, per quantity in units of resolution."""
STEPS = (3, 0.4, 1, 4, 1)


def golden_windows() -> list[Window]:
    """Return `COUNT` random walks with ever more hours missing, and corners: nothing, one hour, all out of range."""
    random = np.random.default_rng(SEED)
    walks = [_walk(random, row / COUNT, HOURS if row == 0 else SIGHT) for row in range(COUNT)]
    empty: tuple[int | None, ...] = (None,) * SIGHT
    corners = [
        Window(dict.fromkeys(QUANTITIES, empty)),
        Window({quantity: (*empty[1:], start) for quantity, start in zip(QUANTITIES, STARTS, strict=True)}),
        Window(dict.fromkeys(QUANTITIES, (9999,) * SIGHT), Patient(age_years=120, sex="male")),
        Window(dict.fromkeys(QUANTITIES, (1,) * SIGHT), Patient(age_years=16, sex="female")),
    ]
    return [*walks, *corners]


def _walk(random: np.random.Generator, missing: float, hours: int) -> Window:
    """Return one patient whose vitals wander for `hours`, each hour of each vital missing with the given chance."""
    steps = random.normal(0, STEPS, (hours, len(QUANTITIES))).cumsum(axis=0)
    values = np.rint(np.array(STARTS) + steps).astype(int)
    gone = random.random(values.shape) < missing
    medians = {
        quantity: tuple(None if lost else int(value) for value, lost in zip(values[:, i], gone[:, i], strict=True))
        for i, quantity in enumerate(QUANTITIES)
    }
    sex = ("female", "male", None)[int(random.integers(3))]
    return Window(medians, Patient(age_years=int(random.integers(18, 100)), sex=sex))
