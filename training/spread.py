"""How every input is spread over the hours of training, for the gateway to see whether its ward is another one."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from edge_agent.domain.windows import QUANTITIES
from edge_agent.risk.drift import DECIMALS
from edge_agent.risk.features import STEP
from edge_agent.risk.manifest import Histogram
from training.hourly import Flags, Stays

PARTS = 10
"""Bins at most: of equally many hours each, as far as values that are often the same allow."""


def spread(stays: Stays, rows: Flags) -> dict[str, Histogram]:
    """Return the histogram of every input over the recorded hours among `rows`."""
    chosen = rows & stays.recorded
    columns = {name: stays.medians[chosen, i] * STEP[name] for i, name in enumerate(QUANTITIES)}
    sex = np.where(stays.sex == 0, np.nan, stays.sex)
    columns |= {"age": stays.age[chosen], "sex": sex[chosen]}
    return {name: _histogram(np.round(values.astype(np.float64), DECIMALS)) for name, values in columns.items()}


def _histogram(values: npt.NDArray[np.float64]) -> Histogram:
    """Return the histogram of `values`, NaN where missing."""
    present = values[~np.isnan(values)]
    edges = np.empty(0)
    if len(present):
        parts = np.quantile(present, np.arange(1, PARTS) / PARTS, method="inverted_cdf")
        edges = np.unique(parts[parts < present.max()])
    counts = np.bincount(np.searchsorted(edges, present), minlength=len(edges) + 1)
    return Histogram(
        edges=tuple(edges.tolist()),
        shares=tuple(np.round(counts / max(1, len(present)), DECIMALS).tolist()),
        missing=round(1 - len(present) / max(1, len(values)), DECIMALS),
    )
