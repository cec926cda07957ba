"""The windows of many hours, as recorded or deliberately hurt, and the inputs that the features make of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from edge_agent.risk.features import SIGHT, Beds, Floats, derive, normalised
from edge_agent.risk.manifest import Channel
from training.hourly import Rows, Stays, beds

Change = Callable[[Beds], Beds]

CHUNK = 8192
"""Windows worked on at once: bounds memory, changes nothing."""

HURTS = {"drop": 0.35, "thin": 0.35, "spike": 0.45, "cut": 0.25}
"""Share of windows that each hurt befalls, apart from the others."""

DROPPED = (0.15, 0.4)
"""Share of vitals that a dropped window loses altogether, so that a bed without one is no stranger to the model."""

THINNED = (0.1, 0.7)
"""Share of hourly values that a thinned window loses: other hospitals measure less often."""

SPIKED = (0.02, 0.2)
"""Share of hourly values that a spiked window has moved away, as a cuff or a loose probe does."""

DEVIATIONS = (1.5, 4.0)
"""How far a spike goes, in standard deviations."""

SPREAD = np.array([17.0, 2.5, 5.0, 22.0, 7.0], np.float32)
"""Standard deviation per quantity among adults in intensive care, in units of resolution (measured on hospital A)."""


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
    """Return a change that moves values away and takes vitals, hours and early history away, all at random."""

    def change(beds: Beds) -> Beds:
        count = len(beds.medians)
        struck = {name: (random.random(count) < share)[:, None, None] for name, share in HURTS.items()}
        medians = np.where(struck["spike"], spiked(beds.medians, random), beds.medians)
        gone = (
            (struck["drop"] & _dropped(random, beds.medians.shape))
            | (struck["thin"] & (random.random(medians.shape) < _per_window(random.uniform(*THINNED, count))))
            | (struck["cut"] & (np.arange(SIGHT)[:, None] < _per_window(random.integers(1, SIGHT, count))))
        )
        return beds._replace(medians=np.where(gone, np.float32(np.nan), medians))

    return change


def spiked(medians: Floats, random: np.random.Generator) -> Floats:
    """Return `medians` with some values of every window moved up or down."""
    hit = random.random(medians.shape) < _per_window(random.uniform(*SPIKED, len(medians)))
    jump = np.where(random.random(medians.shape) < 1 / 2, -SPREAD, SPREAD) * random.uniform(*DEVIATIONS, medians.shape)
    return np.where(hit, np.rint(medians + jump), medians).astype(np.float32)


def _dropped(random: np.random.Generator, shape: tuple[int, ...]) -> npt.NDArray[np.bool_]:
    """Return which vitals each window loses, [n, 1, 5]."""
    dropped: npt.NDArray[np.bool_] = random.random((shape[0], 1, shape[2])) < _per_window(
        random.choice(DROPPED, shape[0])
    )
    return dropped


def _per_window(values: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Return one value per window so that it meets hours and vitals, [n, 1, 1]."""
    return values[:, None, None]
