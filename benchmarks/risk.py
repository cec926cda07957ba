"""`python -m benchmarks.risk`: a score with its explanation, in microseconds per bed, against the bare invoke.

Prints figures of every shipped bundle on the runtime that is installed, with size and memory; asserts nothing.
"""

from __future__ import annotations

import platform
import random
import resource
import statistics
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np

import edge_agent
from edge_agent.domain.windows import HOURS, QUANTITIES, Patient, Window
from edge_agent.risk.features import VIEWS
from edge_agent.risk.scorer import open_scorer

BUNDLES = sorted(path.parent for path in (Path(edge_agent.__file__).parent / "models").glob("*/manifest.json"))
ROUNDS = 300
WARM = 20
MISSING = 0.15
"""Share of hours without a value."""

USUAL = (84, 97, 18, 120, 370)
"""A value per quantity in the order of `QUANTITIES`, in units of resolution."""


def main() -> None:
    """Time 1, 8 and 32 beds with every bundle."""
    for folder in BUNDLES:
        scorer = open_scorer(folder)
        print(
            f"{folder.name}, {scorer.bundle.size / 1024:.1f} KiB, {scorer.runtime}, Python {platform.python_version()}"
        )
        chance = random.Random(1)
        for beds in (1, 8, 32):
            windows = [_window(chance) for _ in range(beds)]
            bare = np.zeros((beds, *scorer.model.input.shape), np.int8)
            views = np.repeat(bare, VIEWS, axis=0)
            _show(f"{beds} beds, score and explanation", beds, partial(scorer.score, windows))
            _show(f"{beds} beds, bare invoke", beds, partial(scorer.model.invoke, bare))
            _show(f"{beds} beds, bare invoke of all {VIEWS} views", beds, partial(scorer.model.invoke, views))
    print(f"largest memory of the process: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MiB")


def _window(chance: random.Random) -> Window:
    """Return a window of ordinary values, some hours missing."""
    medians = {
        quantity: tuple(None if chance.random() < MISSING else value + chance.randint(-3, 2) for _ in range(HOURS))
        for quantity, value in zip(QUANTITIES, USUAL, strict=True)
    }
    return Window(medians, Patient(age_years=70, sex="male"))


def _show(what: str, beds: int, run: Callable[[], object]) -> None:
    """Print how long `run` takes per bed."""
    took = []
    for turn in range(WARM + ROUNDS):
        before = time.perf_counter_ns()
        run()
        if turn >= WARM:
            took.append((time.perf_counter_ns() - before) / 1000 / beds)
    print(f"  {what:42} µs per bed p50 {statistics.median(took):8.2f} p99 {statistics.quantiles(took, n=100)[-1]:8.2f}")


if __name__ == "__main__":
    main()
