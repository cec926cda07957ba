"""The rhythm of each priority: bursts of pulses as IEC 60601-1-8:2006+A1:2012, 6.3.3.1 tables 3 and 4 bound them.

The tables, in our words. Pulses per burst: high 10, medium 3, low 1 or 2. A pulse lasts 75 to 200 ms (high) or 125 to
250 ms; pulses are x = 50 to 125 ms apart (high) or y = 125 to 250 ms. In a high burst the third and fourth pulse (and
the eighth and ninth) are 2x and a pulse apart, the fifth and sixth 0.35 to 1.3 s. Between bursts: 2.5 to 15 s (high),
2.5 to 30 s (medium), more than 15 s (low). All between the moments at which a pulse has 90 % of its height.
"""

from __future__ import annotations

from itertools import accumulate
from typing import NamedTuple

from edge_agent.domain.alerts import Priority

HIGH_PULSE, HIGH_GAP, HALVES_GAP = 0.140, 0.090, 0.700
"""Seconds: a pulse of a high burst, the gap x after it, and the gap between its halves."""

PULSE, GAP = 0.200, 0.200
"""Seconds: a pulse of a medium or low burst, and the gap y after it."""


class Burst(NamedTuple):
    """One burst: when each pulse begins, in s from the first; how long one is; when the next burst begins."""

    begins: tuple[float, ...]
    pulse: float
    period: float


def _burst(pulse: float, gaps: tuple[float, ...], pause: float) -> Burst:
    begins = tuple(accumulate((pulse + gap for gap in gaps), initial=0.0))
    return Burst(begins, pulse, begins[-1] + pulse + pause)


_HALF = (HIGH_GAP, HIGH_GAP, 2 * HIGH_GAP + HIGH_PULSE, HIGH_GAP)
BURSTS = {
    Priority.HIGH: _burst(HIGH_PULSE, (*_HALF, HALVES_GAP, *_HALF), 3.0),
    Priority.MEDIUM: _burst(PULSE, (GAP, GAP), 7.0),
    Priority.LOW: _burst(PULSE, (GAP,), 20.0),
}
"""Within the tables, away from their edges."""
