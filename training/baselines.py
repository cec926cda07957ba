"""The scores of the bedside as baselines, from the vitals that a gateway has, carried forward within the stay.

All of them are partial: consciousness, oxygen, urine and white cells are not known here. Missing vitals count 0.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from edge_agent.domain.windows import QUANTITIES
from edge_agent.risk.features import STEP
from training.hourly import Stays
from training.task import carried, labels

Scores = npt.NDArray[np.float64]

Bands = dict[str, tuple[tuple[float, ...], tuple[int, ...]]]

MEWS: Bands = {
    "systolic": ((70, 80, 100, 199), (3, 2, 1, 0, 2)),
    "pulse": ((40, 50, 100, 110, 129), (2, 1, 0, 1, 2, 3)),
    "respiratory_rate": ((8, 14, 20, 29), (2, 0, 1, 2, 3)),
    "temperature": ((34.9, 38.4), (2, 0, 2)),
}
"""Upper edges and points per vital: Subbe et al., QJM 94:521-526 (2001), table 1, without AVPU."""

QSOFA: Bands = {"respiratory_rate": ((21,), (0, 1)), "systolic": ((100,), (1, 0))}
"""Singer et al., JAMA 315:801-810 (2016), without mentation."""

SIRS: Bands = {"temperature": ((35.9, 38.0), (1, 0, 1)), "pulse": ((90,), (0, 1)), "respiratory_rate": ((20,), (0, 1))}
"""Bone et al., Chest 101:1644-1655 (1992), without white cells."""


def baselines(stays: Stays) -> dict[str, Scores]:
    """Return every baseline's score per row."""
    partial = {"MEWS": MEWS, "qSOFA": QSOFA, "SIRS": SIRS}
    values = carried(stays)
    news2 = labels(stays).news2.astype(np.float64)
    return {"NEWS2": news2, **{name: _total(bands, values) for name, bands in partial.items()}}


def _total(bands: Bands, values: npt.NDArray[np.float32]) -> Scores:
    """Return the sum of points of `values` [rows, 5] in units of resolution."""
    total = np.zeros(len(values))
    for quantity, (edges, points) in bands.items():
        column = values[:, QUANTITIES.index(quantity)]
        limits = np.round(np.array(edges) / STEP[quantity])
        found = np.array(points, np.float64)[np.searchsorted(limits, column, side="left")]
        total += np.where(np.isnan(column), 0.0, found)
    return total
