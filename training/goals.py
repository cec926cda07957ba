"""What a model for N7_6h must reach on the open validation part, and whether a report says that it does."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np

from training.evaluate import Report

WORST_GROUP = 0.015
"""AUROC that the worst sex or age group may lie below the whole."""

KIBIBYTE = 1024


class Goal(NamedTuple):
    """One figure, and the least or the most that it may be."""

    name: str
    figure: Callable[[Report], float]
    least: float = -np.inf
    most: float = np.inf


def _alerts(report: Report, at: str) -> float:
    """Return the alerts per patient-day at an operating point."""
    return report.alerts["model"][at].burden.alerts_per_patient_day


def _worst(report: Report, trial: str) -> float:
    """Return the worst AUROC of the trials whose name begins so."""
    return min(found for name, found in report.robustness.items() if name.startswith(trial))


def _lost(report: Report) -> float:
    """Return by how much the float net is better, NaN if nobody knows it any more."""
    return np.nan if report.float_auroc is None else report.float_auroc - report.whole["model"].auroc


def _learnt(report: Report) -> float:
    """Return how far the control is from knowing nothing, NaN where it was not asked."""
    return np.nan if report.control is None else abs(report.control.mean - 0.5)


def _unlike(report: Report) -> float:
    """Return the share of eligible hours that were out of distribution."""
    return report.abstentions.get("out-of-distribution", 0) / report.eligible


GOALS = (
    Goal("AUROC", lambda report: report.model.auroc, least=0.83),
    Goal("AP", lambda report: report.model.ap, least=0.22),
    Goal("same-hour AUROC", lambda report: report.model.same_hour_auroc, least=0.80),
    Goal("alerts per patient-day at sensitivity .80", lambda report: _alerts(report, "sensitivity 0.80"), most=1.35),
    Goal("alerts per patient-day at sensitivity .60", lambda report: _alerts(report, "sensitivity 0.60"), most=0.75),
    Goal("median lead in hours", lambda report: report.alerts["model"]["sensitivity 0.60"].burden.lead, least=4),
    Goal("ECE", lambda report: report.ece, most=0.008),
    Goal("worst group below the whole", lambda r: r.model.auroc - min(r.subgroups.values()), most=WORST_GROUP),
    Goal("AUROC, any one vital missing", lambda report: _worst(report, "without "), least=0.77),
    Goal("AUROC, pulse, SpO2 and respiration only", lambda report: _worst(report, "pulse, "), least=0.76),
    Goal("AUROC, 10 % artefacts", lambda report: _worst(report, "10 %"), least=0.79),
    Goal("AUROC lost by int8", _lost, most=0.002),
    Goal("AUROC of scrambled truth from .50", _learnt, most=0.03),
    Goal("distinct scores", lambda report: report.model.distinct, least=200),
    Goal("share of eligible hours with a score", lambda report: report.coverage, least=0.97),
    Goal("share of eligible hours out of distribution", _unlike, most=0.004),
    Goal("KiB of the bundle", lambda report: report.bundle_bytes / KIBIBYTE, most=64),
)
"""The issue that asked for the model, point by point."""


def judged(report: Report) -> Iterator[tuple[Goal, float, bool]]:
    """Yield every goal with its figure and whether it is reached. A figure that nobody knows is not."""
    for goal in GOALS:
        found = goal.figure(report)
        yield goal, found, goal.least <= found <= goal.most
