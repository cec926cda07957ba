"""Figures of merit for probabilities against what came true."""

from __future__ import annotations

import msgspec
import numpy as np
import numpy.typing as npt
from sklearn.metrics import average_precision_score, roc_auc_score

from training.hourly import Flags, Stays
from training.task import Burden, Labels, burden

Scores = npt.NDArray[np.float64]

BINS = 20
"""Equally filled bins of the calibration error."""


class Figures(msgspec.Struct, frozen=True):
    """How good a ranking is, and how fine."""

    rows: int
    positives: int
    auroc: float
    ap: float
    same_hour_auroc: float
    distinct: int


def figures(scores: Scores, positive: Flags, hour: npt.NDArray[np.int64]) -> Figures:
    """Return all figures of `scores`, one per row. `hour` of stay pairs rows for the same-hour AUROC."""
    return Figures(
        rows=len(scores),
        positives=int(positive.sum()),
        auroc=auroc(scores, positive),
        ap=float(average_precision_score(positive, scores)),
        same_hour_auroc=same_hour_auroc(scores, positive, hour),
        distinct=len(np.unique(scores)),
    )


def auroc(scores: Scores, positive: Flags) -> float:
    """Return the chance that a positive row outranks a negative one, NaN where either is missing."""
    return float(roc_auc_score(positive, scores)) if 0 < positive.sum() < len(positive) else float("nan")


def same_hour_auroc(scores: Scores, positive: Flags, hour: npt.NDArray[np.int64]) -> float:
    """Return the AUROC over pairs of rows at the same hour of stay: what is left when the clock cannot help."""
    won = pairs = 0.0
    for each in np.unique(hour):
        at = hour == each
        count = float(positive[at].sum()) * float((~positive[at]).sum())
        if count:
            won += count * roc_auc_score(positive[at], scores[at])
            pairs += count
    return won / pairs


def calibration_error(scores: Scores, positive: Flags) -> float:
    """Return the mean distance between forecast and frequency over equally filled bins."""
    forecast, frequency = reliability(scores, positive)
    sizes = [len(part) for part in np.array_split(scores, BINS)]
    return float(np.average(np.abs(forecast - frequency), weights=sizes))


def reliability(scores: Scores, positive: Flags) -> tuple[Scores, Scores]:
    """Return mean forecast and frequency in equally filled bins of rising forecast."""
    order = np.array_split(np.argsort(scores, kind="stable"), BINS)
    return np.array([scores[part].mean() for part in order]), np.array([positive[part].mean() for part in order])


def at_sensitivity(wanted: float, scores: Scores, stays: Stays, labelled: Labels) -> tuple[float, Burden]:
    """Return the highest threshold whose alerts catch `wanted` of all events, and its burden. NaN never alerts."""
    levels = np.unique(scores[labelled.eligible & ~np.isnan(scores)])
    low, high = 0, len(levels) - 1
    while low < high:
        middle = (low + high + 1) // 2
        if _burden(levels[middle], scores, stays, labelled).sensitivity >= wanted:
            low = middle
        else:
            high = middle - 1
    return float(levels[low]), _burden(levels[low], scores, stays, labelled)


def _burden(threshold: float, scores: Scores, stays: Stays, labelled: Labels) -> Burden:
    """Return what alerting at `threshold` means."""
    with np.errstate(invalid="ignore"):
        return burden(scores >= threshold, stays, labelled)
