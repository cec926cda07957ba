"""The evaluation as one page of HTML that needs nothing else: the table, the goals, and plots drawn by matplotlib."""

from __future__ import annotations

import base64
import io
from collections.abc import Callable
from html import escape
from typing import Any, NamedTuple

import matplotlib.pyplot as plt
import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from sklearn.metrics import precision_recall_curve, roc_curve

from training.baselines import baselines
from training.evaluate import Evidence, Report
from training.metrics import Scores, reliability
from training.table import goals, rows, unreached
from training.task import leads

SHOWN = 1000
"""Points of a curve, enough for the eye."""

INCHES = (5.2, 4.2)

STYLE = "body{font:15px sans-serif;max-width:72rem;margin:2rem auto}td{padding:.1rem 1rem .1rem 0}img{width:24rem}"


class Shown(NamedTuple):
    """What plots are drawn from."""

    report: Report
    found: Evidence


def page(report: Report, found: Evidence) -> str:
    """Return the page."""
    title = escape(f"{report.bundle} {report.version}")
    pictures = "".join(_picture(name, draw, Shown(report, found)) for name, draw in PLOTS.items())
    return (
        f"<!doctype html><html lang=en><meta charset=utf-8><title>{title}</title><style>{STYLE}</style>"
        f"<h1>{title}</h1><p>On {escape(report.runtime)}, model {report.model_sha256}</p>"
        f"<h2>Goals</h2>{_table(list(goals(report)))}<h2>Plots</h2>{pictures}"
        f"<h2>Events that no alert can reach</h2>{_table(list(unreached(report)))}"
        f"<h2>All figures</h2>{_table(list(rows(report)))}</html>\n"
    )


def _table(lines: list[tuple[str, str]]) -> str:
    """Return rows of a table."""
    cells = "".join(f"<tr><td>{escape(name)}</td><td>{escape(value)}</td></tr>" for name, value in lines)
    return f"<table>{cells}</table>"


def _picture(name: str, draw: Callable[[Axes, Shown], None], shown: Shown) -> str:
    """Return one plot as an image inside the page."""
    figure, axes = plt.subplots(figsize=INCHES, layout="constrained")
    draw(axes, shown)
    axes.set_title(name)
    content = io.BytesIO()
    figure.savefig(content, format="png", dpi=110)
    plt.close(figure)
    return f'<img alt="{escape(name)}" src="data:image/png;base64,{base64.b64encode(content.getvalue()).decode()}">'


def _roc(axes: Axes, shown: Shown) -> None:
    """Draw the ROC curves of the model and of the bedside scores."""
    for name, values in _scores(shown.found).items():
        wrong, right, _ = roc_curve(shown.found.labelled.positive[shown.found.answered], values)
        axes.plot(*_thinned(wrong, right), label=name)
    axes.set(xlabel="1 - specificity", ylabel="sensitivity (hours)")
    axes.legend()


def _precision(axes: Axes, shown: Shown) -> None:
    """Draw precision over recall."""
    for name, values in _scores(shown.found).items():
        precision, recall, _ = precision_recall_curve(shown.found.labelled.positive[shown.found.answered], values)
        axes.plot(*_thinned(recall, precision), label=name)
    axes.set(xlabel="recall", ylabel="precision", ylim=(0, 0.8))
    axes.legend()


def _calibration(axes: Axes, shown: Shown) -> None:
    """Draw frequency over forecast, in equally filled bins."""
    points = reliability(
        shown.found.scored.probability[shown.found.answered], shown.found.labelled.positive[shown.found.answered]
    )
    axes.plot(*points, "o-")
    axes.axline((0, 0), slope=1, color="grey", linewidth=0.8)
    axes.set(xlabel="forecast", ylabel="came true")


def _lead(axes: Axes, shown: Shown) -> None:
    """Draw how many hours before an event the alert held first, at the first operating point."""
    name, operation = next(iter(shown.report.alerts["model"].items()))
    with np.errstate(invalid="ignore"):
        hours = leads(shown.found.scored.probability >= operation.threshold, shown.found.stays, shown.found.labelled)
    axes.hist(hours, bins=np.arange(0.5, 7), rwidth=0.9)
    axes.set(xlabel=f"hours before the event, {name}", ylabel="events")


def _groups(axes: Axes, shown: Shown) -> None:
    """Draw the AUROC of every group and trial."""
    bars = shown.report.subgroups | shown.report.robustness
    axes.barh(list(bars), list(bars.values()))
    axes.axvline(shown.report.model.auroc, color="grey", linewidth=0.8)
    axes.set(xlim=(0.7, 0.9), xlabel="AUROC")
    axes.invert_yaxis()


PLOTS = {
    "ROC": _roc,
    "Precision and recall": _precision,
    "Calibration": _calibration,
    "Lead time": _lead,
    "Groups and trials": _groups,
}


def _scores(found: Evidence) -> dict[str, Scores]:
    """Return the answered hours' scores, the model's first."""
    bedside = {name: values[found.answered] for name, values in baselines(found.stays).items()}
    return {"model": found.scored.probability[found.answered], **bedside}


def _thinned(*curve: npt.NDArray[Any]) -> list[npt.NDArray[Any]]:
    """Return at most `SHOWN` points of a curve."""
    chosen = np.unique(np.linspace(0, len(curve[0]) - 1, SHOWN).astype(int))
    return [values[chosen] for values in curve]
