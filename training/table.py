"""A report as rows that a person reads, for the terminal, the page and the model card."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from training.evaluate import Operation, Report
from training.goals import Goal, judged
from training.metrics import Figures


def rows(report: Report) -> Iterator[tuple[str, str]]:
    """Yield name and figure of everything in `report`."""
    yield "stays, patient-days", f"{report.stays:,}, {report.patient_days:,.0f}"
    yield "eligible hours, share with a score", f"{report.eligible:,}, {report.coverage:.4f}"
    for cause, count in report.abstentions.items():
        yield f"eligible hours abstained: {cause}", f"{count:,} ({count / report.eligible:.4f})"
    yield from _figures("model", report.model)
    yield "model: calibration error (ECE)", f"{report.ece:.4f}"
    for name, found in report.baselines.items():
        yield from _figures(f"{name} now", found)
    yield "all eligible hours, int8: AUROC, AP", f"{report.whole.auroc:.4f}, {report.whole.ap:.4f}"
    if report.float_auroc is not None:
        yield "all eligible hours, float: AUROC", f"{report.float_auroc:.4f}"
    for name, operation in report.whole_alerts.items():
        yield f"all eligible hours: alerts at {name}", _operation(operation)
    for name, operation in report.alerts.items():
        yield f"alerts at {name}", _operation(operation)
    for name, value in (report.subgroups | report.robustness).items():
        yield f"AUROC, {name}", f"{value:.3f}"
    for name, value in report.sepsis.items():
        yield f"sepsis within 12 h, same-hour AUROC, {name}", f"{value:.3f}"
    for name, worth in report.mortality.items():
        yield f"death in hospital (2012 set, hour 48): AUROC, AP, {name}", f"{worth.auroc:.3f}, {worth.ap:.3f}"
    if report.control is not None:
        told = f"{report.control.mean:.3f}, {report.control.spread:.3f} ({len(report.control.draws)})"
        yield "scrambled truth: mean AUROC, spread (draws)", told


def goals(report: Report) -> Iterator[tuple[str, str]]:
    """Yield every goal with what was wanted, found, and by how much it is missed."""
    for goal, found, reached in judged(report):
        yield f"goal: {goal.name}", f"{_wanted(goal):8} found {found:.4g}{'' if reached else '  MISSED'}"


def text(report: Report) -> str:
    """Return the table for a terminal."""
    lines = [(f"{report.bundle} {report.version}", f"on {report.runtime}"), *rows(report), *goals(report)]
    width = max(len(name) for name, _ in lines)
    return "\n".join(f"{name:{width}}  {value}" for name, value in lines)


def _wanted(goal: Goal) -> str:
    """Return the limit of a goal."""
    return f">= {goal.least:g}" if np.isfinite(goal.least) else f"<= {goal.most:g}"


def _figures(whose: str, found: Figures) -> Iterator[tuple[str, str]]:
    """Yield the figures of one score."""
    yield f"{whose}: AUROC, AP", f"{found.auroc:.4f}, {found.ap:.4f}"
    yield f"{whose}: same-hour AUROC", f"{found.same_hour_auroc:.4f}"
    yield f"{whose}: distinct scores", f"{found.distinct}"


def _operation(operation: Operation) -> str:
    """Return threshold and cost in one line."""
    cost = operation.burden
    return (
        f"{cost.alerts_per_patient_day:.2f} per patient-day, sensitivity {cost.sensitivity:.3f}, PPV {cost.ppv:.3f}, "
        f"median lead {cost.lead:.0f} h, threshold {operation.threshold:.4g}"
    )
