"""Two pictures of an alarm load: announcements by rule, and how they spread over the beds."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from edge_agent.cli.load.outcome import Outcome
from edge_agent.cli.load.report import Load
from edge_agent.domain.errors import AgentError


def plots(folder: Path, loads: Sequence[Load], outcomes: Sequence[Sequence[Outcome]]) -> list[Path]:
    """Write rules.png and beds.png into `folder`; AgentError without matplotlib."""
    try:
        from matplotlib.figure import Figure  # noqa: PLC0415 - an extra: only who wants pictures needs it
    except ImportError:
        raise AgentError("--plots needs matplotlib: pip install matplotlib") from None
    folder.mkdir(parents=True, exist_ok=True)
    rules = sorted({line.rule for load in loads for line in load.lines})
    figure = Figure(figsize=(9, 1 + 0.3 * len(rules)), layout="tight")
    axes = figure.subplots()
    height = 0.8 / len(loads)
    for place, load in enumerate(loads):
        rates = [sum(line.per_bed_day for line in load.lines if line.rule == rule) for rule in rules]
        axes.barh([row + place * height for row in range(len(rules))], rates, height, label=load.config)
    axes.set_yticks(range(len(rules)), rules)
    axes.set_xlabel("announcements per bed-day")
    axes.legend()
    figure.savefig(folder / "rules.png", dpi=120)
    figure = Figure(figsize=(7, 4), layout="tight")
    axes = figure.subplots()
    for load, beds in zip(loads, outcomes, strict=True):
        counts = sorted((len(bed.announced) for bed in beds), reverse=True)
        axes.plot(range(1, len(counts) + 1), counts, marker=".", label=load.config)
    axes.set_xlabel("beds, the noisiest first")
    axes.set_ylabel("announcements")
    axes.legend()
    figure.savefig(folder / "beds.png", dpi=120)
    return [folder / "rules.png", folder / "beds.png"]
