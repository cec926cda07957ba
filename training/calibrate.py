"""From log-odds to probability: isotonic steps on rows that no weight was fitted on, joined to one rising table."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from sklearn.isotonic import IsotonicRegression
from sklearn.linear_model import LogisticRegression

from edge_agent.risk.manifest import Calibration, Quantisation
from edge_agent.risk.quantise import to_real

LEAST_ROWS = 200
"""Rows below which a step is not believed and joined to its neighbour."""

NOISE = 1e-9
"""Steps of the same share of positives may differ by so much, and are one."""

LEAST_SLOPE = 1e-3
"""Of probability's log-odds over logits: a control that learnt nothing still gets a rising table, if a flat one."""


def isotonic(logits: npt.NDArray[np.float64], positive: npt.NDArray[np.bool_], by: Quantisation) -> Calibration:
    """Return a strictly rising table over every logit that `by` can give.

    Knots are the means of isotonic steps; beyond the outermost ones, where rows are few, the table follows a logistic
    (Platt) fit, moved so that it meets them.
    """
    steps = IsotonicRegression(out_of_bounds="clip").fit_transform(logits, positive.astype(np.float64))
    knots = _joined(logits, steps)
    platt = LogisticRegression(C=1e6).fit(logits[:, None], positive)
    slope = max(float(platt.coef_[0, 0]), LEAST_SLOPE)
    lowest, highest = to_real(np.array([-128, 127], np.int8), by)
    first, last = knots[0], knots[-1]
    ends = [
        (float(lowest), _moved(first[1], slope * (lowest - first[0]))),
        *knots,
        (float(highest), _moved(last[1], slope * (highest - last[0]))),
    ]
    return Calibration(
        method="isotonic steps, joined linearly; logistic beyond the outermost",
        logits=tuple(logit for logit, _ in ends),
        probabilities=tuple(probability for _, probability in ends),
    )


def _joined(logits: npt.NDArray[np.float64], steps: npt.NDArray[np.float64]) -> list[tuple[float, float]]:
    """Return mean logit and probability of every step, joined upwards until it has rows enough of both kinds."""
    order = np.argsort(logits, kind="stable")
    edges = np.flatnonzero(np.diff(steps[order]) > NOISE) + 1
    knots, waiting = [], np.empty(0, np.intp)
    for step in np.split(order, edges):
        waiting = np.r_[waiting, step]
        if len(waiting) >= LEAST_ROWS and 0 < steps[waiting].mean() < 1:
            knots.append((float(logits[waiting].mean()), float(steps[waiting].mean())))
            waiting = np.empty(0, np.intp)
    return knots


def _moved(probability: float, by: float) -> float:
    """Return `probability` after its log-odds changed by `by`."""
    odds = probability / (1 - probability) * np.exp(by)
    return float(odds / (1 + odds))
