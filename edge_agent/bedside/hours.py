"""Hourly medians per quantity, counted from the bed's own epoch: the past that a model sees.

An hour is kept as a histogram of its samples, at most one a second, so that the median is exact and the memory bounded.
"""

from __future__ import annotations

from statistics import median_low

import msgspec

from edge_agent.domain.settings import SECOND
from edge_agent.domain.windows import HOURS, QUANTITIES

HOUR = 3600 * SECOND
USUAL = 12
"""Hours that say what is usual for a patient."""


class Hours(msgspec.Struct):
    """`done[quantity]` are the medians of past hours, oldest first, the last one the hour before `hour`.

    `counts` is the present hour.
    """

    epoch: int
    hour: int = 0
    done: dict[str, list[int | None]] = {}
    counts: dict[str, dict[int, int]] = {}
    last_second: dict[str, int] = {}

    def add(self, quantity: str, value: int, at: int) -> None:
        """Count one usable sample; the first in each second counts."""
        if quantity not in QUANTITIES or at < self.epoch:
            return
        second = (at - self.epoch) // SECOND
        if self.last_second.get(quantity) == second:
            return
        self.last_second[quantity] = second
        self.roll(at)
        histogram = self.counts.setdefault(quantity, {})
        histogram[value] = histogram.get(value, 0) + 1

    def roll(self, now: int) -> None:
        """Close the hours that have ended by `now`."""
        target = (now - self.epoch) // HOUR
        for _ in range(min(target - self.hour, HOURS)):
            for quantity in QUANTITIES:
                row = self.done.setdefault(quantity, [])
                row.append(_median(self.counts.get(quantity, {})))
                del row[: -(HOURS - 1)]
            self.counts = {}
        self.hour = max(self.hour, target)

    def medians(self, now: int) -> dict[str, tuple[int | None, ...]]:
        """Return `HOURS` medians per quantity, oldest first, the present hour last."""
        self.roll(now)
        return {quantity: self._row(quantity) for quantity in QUANTITIES}

    def usual(self, quantity: str) -> int | None:
        """Return the lower median of the medians of the past `USUAL` whole hours, None before the first."""
        known = [value for value in self.done.get(quantity, [])[-USUAL:] if value is not None]
        return median_low(known) if known else None

    def _row(self, quantity: str) -> tuple[int | None, ...]:
        row = [*self.done.get(quantity, []), _median(self.counts.get(quantity, {}))]
        return (None,) * (HOURS - len(row)) + tuple(row)


def _median(histogram: dict[int, int]) -> int | None:
    """Return the lower median of a histogram {value: count}, None when empty."""
    middle = (sum(histogram.values()) + 1) // 2
    for value in sorted(histogram):
        middle -= histogram[value]
        if middle <= 0:
            return value
    return None
