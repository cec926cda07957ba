"""Two pictures of an alarm load: announcements by rule, and how they spread over the recordings."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from edge_agent.cli.load.report import Load, extent
from edge_agent.domain.errors import AgentError

COLOURS = ("#0072B2", "#E69F00")
"""Blue and orange of Okabe and Ito's palette: told apart by everybody, and by their lightness where all is grey."""

MARKERS = ("o", "s")
BAR = 0.8
"""Share of a rule's row that its bars fill."""


def prepare(folder: Path) -> None:
    """Make `folder`, and see that pictures can be drawn at all, before anything long begins. AgentError if not."""
    _figure(1, 1)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise AgentError(f"{folder}: {error.strerror}") from error


def plots(folder: Path, loads: Sequence[Load]) -> list[Path]:
    """Write rules.png and recordings.png into `folder`."""
    pictures = {"rules.png": _rules(loads), "recordings.png": _recordings(loads)}
    for name, figure in pictures.items():
        figure.savefig(folder / name, dpi=120)
    return [folder / name for name in pictures]


def _rules(loads: Sequence[Load]) -> Any:  # noqa: ANN401 - matplotlib ships no types that we could name
    """Draw the announcements per bed-day by rule, the most frequent on top."""
    found = [{rule: sum(_rates(load, rule)) for rule in {line.rule for line in load.lines}} for load in loads]
    rules = sorted({rule for rates in found for rule in rates}, key=lambda rule: max(r.get(rule, 0.0) for r in found))
    figure = _figure(9, 1.6 + 0.22 * len(rules) * (1 + len(loads)))
    axes, height = figure.subplots(), BAR / len(loads)
    for place, (load, rates) in enumerate(zip(loads, found, strict=True)):
        rows = [row + BAR / 2 - height * (place + 0.5) for row in range(len(rules))]
        bars = axes.barh(rows, [rates.get(rule, 0.0) for rule in rules], height, color=COLOURS[place])
        bars.set_label(f"{load.config}: {load.per_bed_day:.1f} in all")
        axes.bar_label(bars, fmt="%.1f", padding=3, fontsize="small")
    axes.set_yticks(range(len(rules)), rules)
    axes.margins(x=0.1)
    _dress(axes, loads, "announcements per bed-day", "")
    return figure


def _recordings(loads: Sequence[Load]) -> Any:  # noqa: ANN401 - as above
    """Draw the announcements of every recording, the noisiest first."""
    figure = _figure(9, 4.5)
    axes = figure.subplots()
    for load, colour, marker in zip(loads, COLOURS, MARKERS, strict=False):
        counts = sorted((each.announced for each in load.beds), reverse=True)
        places = range(1, len(counts) + 1)
        label = f"{load.config}: {sum(counts)} in all"
        axes.plot(places, counts, color=colour, marker=marker, clip_on=False, label=label)
    axes.set_xlim(0.5, loads[0].recordings + 0.5)
    axes.set_ylim(bottom=0)
    for axis in (axes.xaxis, axes.yaxis):
        axis.get_major_locator().set_params(integer=True)
    _dress(axes, loads, "recordings, the noisiest first", "announcements")
    return figure


def _rates(load: Load, rule: str) -> list[float]:
    return [line.per_bed_day for line in load.lines if line.rule == rule]


def _dress(axes: Any, loads: Sequence[Load], along: str, upwards: str) -> None:  # noqa: ANN401 - as above
    axes.set_title(extent(loads[0]), loc="left", fontsize="medium")
    axes.set_xlabel(along)
    axes.set_ylabel(upwards)
    axes.spines[["top", "right"]].set_visible(False)
    axes.figure.legend(loc="outside upper right", ncols=len(loads), frameon=False)


def _figure(width: float, height: float) -> Any:  # noqa: ANN401 - as above
    """Return an empty figure of so many inches; AgentError without matplotlib."""
    try:
        from matplotlib.figure import Figure  # noqa: PLC0415 - an extra: only who wants pictures needs it
    except ImportError:
        raise AgentError("--plots needs matplotlib: pip install matplotlib") from None
    return Figure(figsize=(width, height), layout="constrained")
