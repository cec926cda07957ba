"""Gradient-boosted trees on summaries of the window: the ceiling that nets are held against, and their teacher."""

from __future__ import annotations

from collections.abc import Callable

import lightgbm
import numpy as np
import numpy.typing as npt

from edge_agent.risk.features import CHANNELS, Floats
from training.hourly import Flags
from training.material import Material

FOLDS = 3
"""Parts of the stays; what is taught of a stay comes from trees that never saw it."""

ROUNDS = 200
SEED = 1
SETTINGS = {
    "objective": "binary",
    "learning_rate": 0.04,
    "num_leaves": 31,
    "min_data_in_leaf": 200,
    "feature_fraction": 0.4,
    "bagging_fraction": 0.7,
    "bagging_freq": 1,
    "lambda_l2": 5.0,
    "max_bin": 127,
    "num_threads": 2,
    "seed": SEED,
    "deterministic": True,
    "force_row_wise": True,
    "verbosity": -1,
}
LAGS = (2, 3, 4, 6, 9, 12)
"""Rows from the end at which a quantity is looked at again."""

_FOLLOWED = [*range(5), CHANNELS.index("news2_total"), CHANNELS.index("shock_index")]
_OBSERVED = slice(5, 10)

Predict = Callable[[Floats], npt.NDArray[np.float64]]


def fitted(inputs: Floats, positive: Flags) -> Predict:
    """Return trees fitted on `inputs` [n, ROWS, C], as a function from inputs to probabilities."""
    booster = lightgbm.train(SETTINGS, lightgbm.Dataset(table(inputs), positive), ROUNDS)

    def predict(values: Floats) -> npt.NDArray[np.float64]:
        found: npt.NDArray[np.float64] = booster.predict(table(values))
        return found

    return predict


def taught(given: Material) -> npt.NDArray[np.float64]:
    """Return for every hour the probability that trees give who never saw its stay, printing a line per part."""
    people, own = np.unique(given.stay, return_inverse=True)
    part = np.random.default_rng(SEED).integers(0, FOLDS, len(people))[own]
    soft = np.empty(len(given.rows))
    for turn in range(FOLDS):
        held, seen = part == turn, part != turn
        soft[held] = fitted(given.recorded[seen], given.positive[seen])(given.recorded[held])
        print(f"teacher {turn + 1}/{FOLDS}", flush=True)
    return soft


def table(inputs: Floats) -> Floats:
    """Return summaries of each window [n, columns]: last hour, earlier hours, moments, extremes, changes, counts."""
    followed = inputs[:, :, _FOLLOWED]
    change = np.diff(followed, axis=1)
    parts = [
        inputs[:, -1],
        *(followed[:, -lag] for lag in LAGS),
        followed.mean(axis=1),
        followed.min(axis=1),
        followed.max(axis=1),
        followed.std(axis=1),
        followed[:, -4:].mean(axis=1),
        followed[:, -1] - followed.mean(axis=1),
        followed[:, -6:].max(axis=1),
        followed[:, -6:].min(axis=1),
        np.abs(change).mean(axis=1),
        inputs[:, :, _OBSERVED].sum(axis=1),
    ]
    return np.concatenate(parts, axis=1, dtype=np.float32)
