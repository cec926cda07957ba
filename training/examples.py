"""The windows of many hours, as recorded or deliberately hurt, and the inputs that the features make of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np

from edge_agent.risk.features import SIGHT, Beds, Floats, derive, normalised
from edge_agent.risk.manifest import Channel
from training.hourly import Rows, Stays, beds

Change = Callable[[Beds], Beds]

CHUNK = 8192
"""Windows worked on at once: bounds memory, changes nothing."""

DROPPED = 0.08
"""Share of windows that lose a given vital altogether, so that a bed without it is no stranger to the model."""

CUT = 0.25
"""Share of windows whose history starts late, so that how much there is of it tells nothing."""


def windows(stays: Stays, rows: Rows, change: Change) -> Iterator[Beds]:
    """Yield the windows that end at `rows`, some at a time, each passed through `change`."""
    for first in range(0, len(rows), CHUNK):
        yield change(beds(stays, rows[first : first + CHUNK]))


def same(beds: Beds) -> Beds:
    """Change nothing."""
    return beds


def inputs(stays: Stays, rows: Rows, channels: Sequence[Channel], change: Change = same) -> Floats:
    """Return the model's input [rows, ROWS, C] for the windows that end at `rows`, each passed through `change`."""
    return np.concatenate([normalised(derive(part).raw, channels) for part in windows(stays, rows, change)])


def hurt(random: np.random.Generator) -> Change:
    """Return a change that takes vitals and early history away at random."""

    def change(beds: Beds) -> Beds:
        count, _, vitals = beds.medians.shape
        dropped = random.random((count, 1, vitals)) < DROPPED
        start = np.where(random.random(count) < CUT, random.integers(1, SIGHT, count), 0)
        early = np.arange(SIGHT)[None, :] < start[:, None]
        return beds._replace(medians=np.where(dropped | early[..., None], np.float32(np.nan), beds.medians))

    return change
