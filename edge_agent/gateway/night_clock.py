"""Tells the ward what the clock on its wall shows, where a night profile asks for it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime
from zoneinfo import ZoneInfo

from edge_agent.domain.inputs import LocalTime
from edge_agent.domain.night import Night
from edge_agent.domain.settings import SECOND
from edge_agent.gateway.clock import boottime
from edge_agent.wire.envelope import UNSYNCED
from edge_agent.wire.outgoing import Stamp

EVERY_S = 30.0
LOOK_S = 1.0
"""How soon a new profile is noticed."""


async def tell_time(
    night: Callable[[], Night | None], stamp: Callable[[], Stamp], take: Callable[[LocalTime], None]
) -> None:
    """Tell the time every half minute, and at once under another profile, until cancelled."""
    loop, known, again = asyncio.get_running_loop(), None, 0.0
    while True:
        known, before = night(), known
        if known is not None and (known != before or loop.time() >= again):
            again = loop.time() + EVERY_S
            now = boottime()
            take(LocalTime(minute_shown(now, known.time_zone, stamp()), now))
        await asyncio.sleep(LOOK_S)


def minute_shown(at: int, time_zone: str, stamp: Stamp) -> int | None:
    """Return the minute of the day in `time_zone` at `at` (ns of CLOCK_BOOTTIME), None without a trusted clock.

    ZoneInfoNotFoundError for a time zone that this machine does not know: the configuration's checks refuse it.
    """
    if stamp.wall_offset is None or stamp.trust == UNSYNCED:
        return None
    shown = datetime.fromtimestamp((at + stamp.wall_offset) // SECOND, tz=ZoneInfo(time_zone))
    return 60 * shown.hour + shown.minute
