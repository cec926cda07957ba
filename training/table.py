"""A report as rows that a person reads, for the terminal, the page and the model card."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from training.evaluate import CEILING, Operation, Report
from training.goals import Goal, judged
from training.metrics import Figures


def rows(report: Report) -> Iterator[tuple[str, str]]:
    """Yield name and figure of everything in `report`."""
    yield "stays, patient-days", f"{report.stays:,}, {report.patient_days:,.0f}"
    yield "eligible hours, share with a score", f"{report.eligible:,}, {report.coverage:.4f}"
    for cause, count in report.abstentions.items():
        yield f"eligible hours abstained: {cause}", f"{count:,} ({count / report.eligible:.4f})"
    yield _figures("model", report.model)
    yield "model: distinct scores", f"{report.model.distinct}"
    yield "model: calibration error (ECE)", f"{report.ece:.4f}"
    for name, found in report.baselines.items():
        yield _figures(f"{name} now", found)
    if report.ceiling is not None:
        yield _figures(CEILING, report.ceiling)
    yield from _alerts("", report.alerts)
    for name, found in report.whole.items():
        yield f"all eligible hours, {name}: AUROC, AP", f"{found.auroc:.4f}, {found.ap:.4f}"
    if report.float_auroc is not None:
        yield "all eligible hours, model before int8: AUROC", f"{report.float_auroc:.4f}"
    yield from _alerts("all eligible hours, ", report.whole_alerts)
    for name, value in (report.subgroups | report.robustness).items():
        yield f"AUROC, {name}", f"{value:.3f}"
    for name, value in report.sepsis.items():
        yield f"sepsis within 12 h, same-hour AUROC, {name}", f"{value:.3f}"
    for name, worth in report.mortality.items():
        yield f"death in hospital (2012 set, hour 48): AUROC, AP, {name}", f"{worth.auroc:.3f}, {worth.ap:.3f}"
    if report.control is not None:
        told = f"{report.control.mean:.3f}, {report.control.spread:.3f} ({len(report.control.draws)})"
        yield "scrambled truth: mean AUROC, spread (draws)", told


def unreached(report: Report) -> Iterator[tuple[str, str]]:
    """Yield why which events had no hour with a score in the 6 h before them, so that no alert could announce them."""
    events = report.hidden.events
    for cause, count in report.hidden.causes.items():
        yield cause, f"{count:,} ({count / events:.3f})"
    reachable = events - sum(report.hidden.causes.values())
    yield "events that an alert can reach, of all", f"{reachable:,} of {events:,} ({reachable / events:.3f})"


def goals(report: Report) -> Iterator[tuple[str, str]]:
    """Yield every goal with what was wanted, found, and by how much it is missed."""
    for goal, found, reached in judged(report):
        yield f"goal: {goal.name}", f"{_wanted(goal):8} {_found(found, reached=reached)}"


def text(report: Report) -> str:
    """Return the table for a terminal."""
    lines = [(f"{report.bundle} {report.version}", f"on {report.runtime}"), *rows(report)]
    lines += [(f"no alert before the event: {name}", value) for name, value in unreached(report)]
    lines += goals(report)
    width = max(len(name) for name, _ in lines)
    return "\n".join(f"{name:{width}}  {value}" for name, value in lines)


def _found(found: float, *, reached: bool) -> str:
    """Return what was found, and whether that is a miss."""
    if np.isnan(found):
        return "not measured"
    return f"found {found:.4g}" if reached else f"found {found:.4g}  MISSED"


def _wanted(goal: Goal) -> str:
    """Return the limit of a goal."""
    return f">= {goal.least:g}" if np.isfinite(goal.least) else f"<= {goal.most:g}"


def _figures(whose: str, found: Figures) -> tuple[str, str]:
    """Return the figures of one score."""
    return f"{whose}: AUROC, AP, same-hour AUROC", f"{found.auroc:.4f}, {found.ap:.4f}, {found.same_hour_auroc:.4f}"


def _alerts(where: str, found: dict[str, dict[str, Operation]]) -> Iterator[tuple[str, str]]:
    """Yield the alerts of every score at every sensitivity."""
    for whose, operations in found.items():
        for name, operation in operations.items():
            yield f"{where}{whose}: alerts at {name}", _operation(operation)


def _operation(operation: Operation) -> str:
    """Return threshold and cost in one line."""
    cost = operation.burden
    return (
        f"{cost.alerts_per_patient_day:.2f} per patient-day, sensitivity {cost.sensitivity:.3f}, PPV {cost.ppv:.3f}, "
        f"median lead {cost.lead:.0f} h, threshold {operation.threshold:.4g}"
    )
