"""How delivery does: for `health`, the demo and a person who asks."""

from __future__ import annotations

from pathlib import Path

import msgspec

SECOND = 1_000_000_000


class Status(msgspec.Struct, frozen=True, kw_only=True):
    """`waiting` counts messages by lane, `on-disk` and `held` (alert events before their triage or commit) included.

    `echo`: this connection's heartbeat has come back. `hours_left`: until the store is full of telemetry at the present
    rate, None before anything is known. `bytes_written`: by this process, None where the kernel does not tell.
    `storage`: what fails about the disk, "" for nothing. `last_error`: why the last connection ended.
    """

    connected: bool
    connections: int
    echo: bool
    refused_subscriptions: tuple[str, ...]
    in_flight: int
    waiting: dict[str, int]
    queue_depth: int
    oldest_age_s: float | None
    store_bytes: int
    hours_left: float | None
    bytes_written: int | None
    storage: str
    last_error: str


class Forecast:
    """How fast the store would fill: telemetry produced per second, and what is left of it on disk."""

    def __init__(self, now: int) -> None:
        self._since = now
        self._produced = 0
        self._spilled = 0
        self._packed = 0

    def produced(self, size: int) -> None:
        """Count the payload bytes of a message."""
        self._produced += size

    def spilled(self, size: int, packed: int) -> None:
        """Count a group: payload bytes and bytes on disk."""
        self._spilled += size
        self._packed += packed

    def hours_left(self, free: int, now: int) -> float | None:
        """Return how many hours `free` bytes last; None before anything was produced."""
        elapsed_s = (now - self._since) / SECOND
        if not self._produced or elapsed_s <= 0:
            return None
        packing = self._packed / self._spilled if self._spilled else 1.0
        return max(0, free) / (self._produced / elapsed_s * packing) / 3600


def bytes_written() -> int | None:
    """Return what this process has caused to be written to storage (proc(5), /proc/pid/io, write_bytes)."""
    try:
        lines = Path("/proc/self/io").read_text(encoding="ascii").splitlines()
    except OSError:
        return None
    return next((int(line.split()[1]) for line in lines if line.startswith("write_bytes")), None)
