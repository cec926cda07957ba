"""When a Bluetooth adapter that does nothing right is switched off and on, and when only a restart is left.

A step is taken while no device of the adapter works, so it costs nobody anything. One device that fails proves little:
the service is asked for a restart only when the adapter itself refuses, or several devices fail, and switching did not
help. Times are ns of one monotonic clock.
"""

from __future__ import annotations

from enum import Enum

from edge_agent.domain.settings import SECOND
from edge_agent.gateway.backoff import Backoff

FAILURES = 5
"""In a row, of all devices of the adapter together, before a step is taken."""

TROUBLE_S, LONGEST_S = 60.0, 3600.0
"""The least time without success before the first step; doubled after each step up to the longest."""

SWITCHED = 3
"""Times that switching off and on may be in vain before a restart is asked for."""

ITSELF, DEAF = "itself", "deaf"
"""Who failed, when no device: an adapter that refuses to listen; one that hears nothing at all, which may be so."""


class Step(Enum):
    """What to do next."""

    POWER_CYCLE = "power-cycle"
    RESTART = "restart"


class Recovery:
    """Counts what one adapter failed to do since it last did something."""

    def __init__(self) -> None:
        self._backoff = Backoff(TROUBLE_S, LONGEST_S)
        self._switched = self._failures = self._due = 0
        self._who: set[str] = set()

    def failed(self, who: str, now: int) -> None:
        """Note a failure of a device (its address), or of the adapter: `ITSELF` or `DEAF`."""
        if not self._failures:
            self._due = now + int(self._backoff.next() * SECOND)
        self._failures += 1
        self._who.add(who)

    def worked(self) -> None:
        """Note that a device did what it should."""
        if self._failures or self._switched:
            self._backoff.reset()
            self._switched = self._failures = 0
            self._who.clear()

    def step(self, now: int) -> Step | None:
        """Return the step that is due, each once; then failures are counted anew."""
        if self._failures < FAILURES or now < self._due:
            return None
        grave = ITSELF in self._who or len(self._who - {DEAF}) > 1
        self._failures = 0
        self._who.clear()
        if self._switched >= SWITCHED and grave:
            self._switched = 0
            return Step.RESTART
        return Step.POWER_CYCLE

    def switched(self) -> None:
        """Note that the adapter was switched off and on, as far as anybody can tell."""
        self._switched += 1
