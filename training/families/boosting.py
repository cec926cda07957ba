"""Gradient-boosted trees on summaries of the window: the ceiling that nets are held against, and their teacher."""

from __future__ import annotations

from collections.abc import Callable

import lightgbm
import numpy as np
from scipy.special import logit

from edge_agent.risk.features import CHANNELS, Floats
from training.hourly import Flags
from training.material import Material
from training.metrics import Scores

FOLDS = 3
"""Parts of the stays; what is taught of a stay comes from trees that never saw it."""

TURNS = 2
"""Times that the stays are parted anew, for a smoother teacher."""

ROUNDS = 250
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
    "deterministic": True,
    "force_row_wise": True,
    "verbosity": -1,
}
LAGS = (2, 3, 4, 6, 9, 12)
"""Rows from the end at which a quantity is looked at again."""

_FOLLOWED = [*range(5), CHANNELS.index("news2_total"), CHANNELS.index("shock_index")]
_OBSERVED = slice(5, 10)

Predict = Callable[[Floats], Scores]


def fitted(inputs: Floats, positive: Flags, seed: int = SEED) -> Predict:
    """Return trees fitted on `inputs` [n, ROWS, C], as a function from inputs to probabilities."""
    booster = lightgbm.train({**SETTINGS, "seed": seed}, lightgbm.Dataset(table(inputs), positive), ROUNDS)

    def predict(values: Floats) -> Scores:
        found: Scores = booster.predict(table(values))
        return found

    return predict


def taught(given: Material) -> Scores:
    """Return for every hour the logit that trees give who never saw its stay, printing a line per part."""
    people, own = np.unique(given.stay, return_inverse=True)
    random = np.random.default_rng(SEED)
    logits = np.zeros(len(given.rows))
    for turn in range(TURNS):
        part = random.integers(0, FOLDS, len(people))[own]
        for fold in range(FOLDS):
            held, seen = part == fold, part != fold
            predict = fitted(given.recorded[seen], given.positive[seen], SEED + turn)
            logits[held] += logit(predict(given.recorded[held])) / TURNS
            print(f"teacher {turn * FOLDS + fold + 1}/{TURNS * FOLDS}", flush=True)
    return logits


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
