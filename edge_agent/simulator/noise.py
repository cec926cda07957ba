"""Smooth noise as a pure function of seed, channel and time: asked twice, or in any order, it says the same."""

from __future__ import annotations

from functools import lru_cache
from math import floor
from random import Random


def noise(seed: int, channel: str, t_s: float, period_s: float) -> float:
    """Return noise of mean 0 that wanders between knots `period_s` apart; each knot is drawn from a unit normal."""
    place = t_s / period_s
    knot = floor(place)
    share = smooth(place - knot)
    return _knot(seed, channel, knot) * (1 - share) + _knot(seed, channel, knot + 1) * share


def smooth(share: float) -> float:
    """Return 0 to 1 for a share of 0 to 1, without a corner at either end; clamped outside."""
    held = min(max(share, 0.0), 1.0)
    return held * held * (3 - 2 * held)


@lru_cache(maxsize=1 << 14)
def _knot(seed: int, channel: str, index: int) -> float:
    return Random(f"{seed}/{channel}/{index}").gauss(0, 1)
