"""A report as rows that a person reads, for the terminal and for the model card."""

from __future__ import annotations

from collections.abc import Iterator

from training.evaluate import Operation, Report
from training.metrics import Figures


def rows(report: Report) -> Iterator[tuple[str, str]]:
    """Yield name and figure of everything in `report`."""
    yield "stays, patient-days", f"{report.stays:,}, {report.patient_days:,.0f}"
    yield "eligible hours, share with a score", f"{report.eligible:,}, {report.coverage:.4f}"
    for cause, count in report.abstentions.items():
        yield f"eligible hours abstained: {cause}", f"{count:,} ({count / report.eligible:.4f})"
    yield from _figures("model", report.model)
    yield "model: calibration error (ECE)", f"{report.ece:.4f}"
    yield from _figures("NEWS2 now", report.news2)
    if report.float_auroc is not None:
        yield "AUROC over all eligible hours, int8 and float", f"{report.all_hours_auroc:.4f}, {report.float_auroc:.4f}"
    for name, operation in report.alerts.items():
        yield f"alerts at {name}", _operation(operation)
    for name, value in (report.subgroups | report.robustness).items():
        yield f"AUROC, {name}", f"{value:.3f}"


def text(report: Report) -> str:
    """Return the table for a terminal."""
    lines = [(f"{report.bundle} {report.version}", f"on {report.runtime}"), *rows(report)]
    width = max(len(name) for name, _ in lines)
    return "\n".join(f"{name:{width}}  {value}" for name, value in lines)


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
