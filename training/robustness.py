"""How a bundle stands up to what wards do: a vital that nobody measures, a wearable instead of a monitor, artefacts."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from edge_agent.domain.windows import QUANTITIES
from edge_agent.risk.features import Beds
from training.examples import SPREAD, Change

ARTEFACTS = 0.1
"""Share of hourly values moved by `DEVIATIONS` standard deviations, up or down."""

DEVIATIONS = 3.0


def changes(random: np.random.Generator) -> Iterator[tuple[str, Change]]:
    """Yield name and change of each trial."""
    for quantity in QUANTITIES:
        yield f"without {quantity}", without(quantity)
    yield "pulse, SpO2 and respiration only", without("systolic", "temperature")
    yield "10 % artefacts", artefacts(random)


def without(*quantities: str) -> Change:
    """Return a change that makes `quantities` never seen."""
    columns = [QUANTITIES.index(quantity) for quantity in quantities]

    def change(beds: Beds) -> Beds:
        medians = beds.medians.copy()
        medians[:, :, columns] = np.nan
        return beds._replace(medians=medians)

    return change


def artefacts(random: np.random.Generator) -> Change:
    """Return a change that moves some hourly values far away."""

    def change(beds: Beds) -> Beds:
        hit = random.random(beds.medians.shape) < ARTEFACTS
        jump = np.where(random.random(beds.medians.shape) < 1 / 2, -DEVIATIONS, DEVIATIONS) * SPREAD
        return beds._replace(medians=np.where(hit, np.rint(beds.medians + jump), beds.medians).astype(np.float32))

    return change
