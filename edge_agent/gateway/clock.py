"""The one place that reads clocks, and says how far the wall clock is to be believed.

Decisions run on CLOCK_BOOTTIME alone. The wall clock only labels what people read, and a gateway without a
battery-backed clock starts in the wrong year: its trust is `synced` (NTP vouches for it now), `holdover` (NTP did, in
this boot) or `unsynced`. Both clocks are slewed alike, so UTC minus CLOCK_BOOTTIME changes by steps only; it is taken
while NTP vouches for it and kept from then on, whatever is done to the wall clock meanwhile.

adjtimex, which would tell, is refused by systemd's ProtectClock (reference: conventions C4).
"""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

from edge_agent.wire.outgoing import Stamp

SECOND = 1_000_000_000

FLAG = Path("/run/systemd/timesync/synchronized")
"""Touched by systemd-timesyncd at every successful synchronisation (systemd-timesyncd.service(8), FILES)."""

FRESH = 3 * 2048 * SECOND
"""Three times timesyncd's longest poll interval (timesyncd.conf(5), PollIntervalMaxSec); after that it is holdover."""

STEP = 2 * SECOND
"""A change of the offset beyond this is a step of the wall clock; less is a leap second or the noise of reading."""

TIMEDATED = (
    *("busctl", "--timeout=2", "get-property", "org.freedesktop.timedate1", "/org/freedesktop/timedate1"),
    *("org.freedesktop.timedate1", "NTPSynchronized"),
)
"""Asks a process that may call adjtimex, for hosts with chrony or ntpd, which keep no flag file."""


def boottime() -> int:
    """Return CLOCK_BOOTTIME in ns: monotonic, counts suspend, the clock of every decision."""
    return time.clock_gettime_ns(time.CLOCK_BOOTTIME)


@lru_cache(maxsize=1)
def boot_id() -> str:
    """Return the kernel's boot id, a UUID: within one boot, times of `boottime` compare. Raises OSError."""
    return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()


def ask_timedated() -> bool:
    """Return whether systemd-timedated says that the clock is synchronised; False without an answer in 3 s."""
    try:
        answer = subprocess.run(TIMEDATED, capture_output=True, timeout=3, check=False)  # noqa: S603 - a constant command
    except (OSError, subprocess.TimeoutExpired):
        return False
    return answer.stdout.strip() == b"b true"


class WallClock:
    """How far the wall clock is to be believed. `refresh` now and then, off the loop; `stamp` is cheap.

    `trust` is synced, holdover or unsynced; `offset` is UTC minus CLOCK_BOOTTIME in ns, None while unsynced.
    """

    def __init__(
        self,
        *,
        flag: Path = FLAG,
        ask: Callable[[], bool] = ask_timedated,
        wall: Callable[[], int] = time.time_ns,
        monotonic: Callable[[], int] = boottime,
    ) -> None:
        self.trust = "unsynced"
        self.offset: int | None = None
        self._flag = flag
        self._ask = ask
        self._wall = wall
        self._monotonic = monotonic
        self._evidence: int | None = None

    def refresh(self) -> None:
        """Look for evidence of synchronisation again. Takes up to 3 s where only systemd-timedated can tell."""
        offset = self._wall() - self._monotonic()
        try:
            touched = self._flag.stat().st_mtime_ns
        except OSError:
            self._conclude(offset, vouched=self._ask())
            return
        stepped = self.offset is not None and abs(offset - self.offset) > STEP
        if stepped and touched == self._evidence:
            self._conclude(offset, vouched=False)  # somebody moved the clock, and not the time service
            return
        if self.offset is None:
            self.offset = offset  # synchronised in this boot, though perhaps long ago
        self._evidence = touched
        self._conclude(offset, vouched=abs(self._wall() - touched) <= FRESH)

    def stamp(self, run: str) -> Stamp:
        """Return what the envelopes of `run` need to know of now. Raises OSError when there is no boot id."""
        zone_s = time.localtime().tm_gmtoff
        return Stamp(run=run, boot=boot_id(), trust=self.trust, wall_offset=self.offset, zone_s=zone_s)

    def _conclude(self, offset: int, *, vouched: bool) -> None:
        if vouched:
            self.offset = offset
        self.trust = "synced" if vouched else "unsynced" if self.offset is None else "holdover"
