"""How long to wait before the next attempt."""

from __future__ import annotations


class Backoff:
    """Delays in seconds: `first`, then doubled each time up to `longest`, from the start again after `reset`."""

    def __init__(self, first: float, longest: float) -> None:
        self._first = first
        self._longest = longest
        self._delay = first

    def next(self) -> float:
        """Return the present delay in seconds and double it."""
        delay = self._delay
        self._delay = min(2 * delay, self._longest)
        return delay

    def reset(self) -> None:
        """Start with the first delay again: the last attempt was worth something."""
        self._delay = self._first
