"""Are the inputs still what the model was trained on? Histograms of hours, compared with those in the manifest."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Mapping

import msgspec

from edge_agent.domain.trial import Drift
from edge_agent.domain.windows import QUANTITIES, Window
from edge_agent.risk.features import RANGES, SEX, STEP
from edge_agent.risk.manifest import Histogram

INPUTS = (*QUANTITIES, "age", "sex")
"""What can drift."""

DECIMALS = 4
"""Digits kept of a share, and of a value."""


class Sketch(msgspec.Struct):
    """Counts per input: one for each bin of the manifest's histogram, and the last for hours without a value."""

    counts: dict[str, list[int]] = {}

    def add(self, window: Window, spread: Mapping[str, Histogram]) -> None:
        """Count the last whole hour of `window`, which is the row before the present one."""
        for name, known in spread.items():
            counts = self.counts.setdefault(name, [0] * (len(known.shares) + 1))
            value = _value(name, window)
            counts[-1 if value is None else bisect_left(known.edges, value)] += 1

    def drift(self, spread: Mapping[str, Histogram]) -> Iterator[Drift]:
        """Yield every input's drift, in the manifest's order."""
        for name, known in spread.items():
            *seen, missing = self.counts.get(name, [0])
            hours = sum(seen) + missing
            yield Drift(
                name=name,
                hours=hours,
                missing=round(missing / hours, DECIMALS) if hours else 0.0,
                missing_in_training=known.missing,
                distance=_distance(seen, known.shares),
            )


def _value(name: str, window: Window) -> float | None:
    """Return an input of the last whole hour in the unit of the manifest, None where missing or out of range."""
    if name == "age":
        return window.patient.age_years
    if name == "sex":
        return SEX.get(window.patient.sex or "")
    row = window.medians.get(name, ())[-2:-1]
    if not row or row[0] is None or not RANGES[name][0] <= row[0] <= RANGES[name][1]:
        return None
    return round(row[0] * STEP[name], DECIMALS)  # 363 tenths are 36.3, not 36.300000000000004: edges are decimals


def _distance(seen: list[int], shares: tuple[float, ...]) -> float | None:
    """Return half the sum of differences between two histograms, None for an empty one."""
    total = sum(seen)
    if not total:
        return None
    return round(sum(abs(count / total - share) for count, share in zip(seen, shares, strict=True)) / 2, DECIMALS)
