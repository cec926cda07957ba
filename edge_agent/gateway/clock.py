"""The one place that reads clocks."""

from __future__ import annotations

import time


def boottime() -> int:
    """Return CLOCK_BOOTTIME in ns: monotonic, counts suspend, the clock of every decision."""
    return time.clock_gettime_ns(time.CLOCK_BOOTTIME)
