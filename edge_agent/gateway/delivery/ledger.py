"""The ledger: per run and stream, produced = accepted + queued + dropped(reason). Nothing vanishes without a reason.

A message counts as accepted with its PUBACK; one of QoS 0 when it is handed to the connection, a will when the broker
has taken the connection. What was produced is saved ahead: `reserved` is never below it, so that after a kill the next
start knows an upper bound of what was lost.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import msgspec

from edge_agent.gateway.store.records import Counts

Key = tuple[str, str]
"""(run, stream)."""

CRASH = "crash"
"""Reason of what a kill cost: an upper bound."""

LEAST_RESERVE = 16
"""Messages of a stream that may be produced before its first save is on the disk."""


class Ledger:
    """The counters of this run, and of earlier ones of which something is left."""

    def __init__(self, run: str) -> None:
        self.short = False
        self._run = run
        self._counts: dict[Key, Counts] = {}
        self._saved: dict[Key, int] = {}
        self._changed: set[Key] = set()
        self._exact: set[Key] = set()

    def produce(self, stream: str, *, exact: bool = False) -> int:
        """Count a message of this run and return its number, from 1. An `exact` stream is saved with its messages."""
        key = (self._run, stream)
        counts = self._at(key)
        counts.produced += 1
        if exact:
            self._exact.add(key)
        elif counts.produced + (counts.reserved - self._saved.get(key, 0)) // 4 >= counts.reserved:
            self.short = True
        return counts.produced

    def accept(self, key: Key) -> None:
        """Count a message that the broker has taken over."""
        self._at(key).accepted += 1

    def drop(self, key: Key, reason: str, number: int = 1) -> None:
        """Count messages given up."""
        dropped = self._at(key).dropped
        dropped[reason] = dropped.get(reason, 0) + number

    def receive(self, key: Key) -> None:
        """Count a message that a consumer has confirmed."""
        self._at(key).received += 1

    def acknowledge(self, key: Key) -> None:
        """Count a message that a person has acknowledged."""
        self._at(key).acknowledged += 1

    def lines(self) -> list[Counts]:
        """Return every line, earlier runs first."""
        return list(self._counts.values())

    def adopt(self, earlier: Iterable[Counts], queued: Mapping[Key, int]) -> None:
        """Take over the lines of earlier runs, and balance them against what these left in the store.

        What may have been produced and is nowhere is dropped(crash). What is found again although it was accepted will
        be sent again, and counts as accepted then.
        """
        self._counts = {(counts.run, counts.stream): counts for counts in earlier} | self._counts
        for key in {key for key in (*self._counts, *queued) if key[0] != self._run}:
            counts = self._at(key)
            counts.produced = counts.reserved = max(counts.produced, counts.reserved)
            missing = counts.produced - _accounted(counts) - queued.get(key, 0)
            if missing > 0:
                self.drop(key, CRASH, missing)
            counts.accepted = max(0, counts.accepted + min(0, missing))
            counts.produced = counts.reserved = _accounted(counts) + queued.get(key, 0)

    def to_save(self, streams: Iterable[str] | None = None) -> tuple[Counts, ...]:
        """Return copies of the lines that changed (of this run's `streams` alone, if given), with their new reserve."""
        keys = self._changed if streams is None else {(self._run, stream) for stream in streams}
        copies = tuple(self._reserve(key) for key in keys)
        if streams is None:
            self._changed = set()
            self.short = False
        return copies

    def not_saved(self, copies: Iterable[Counts]) -> None:
        """Take back what could not be written: it is still to be saved."""
        self._changed.update((counts.run, counts.stream) for counts in copies)

    def close(self) -> None:
        """End the run in order: from now on every stream is exact."""
        self._exact.update(self._counts)
        self._changed.update(self._counts)

    def imbalance(self, queued: Mapping[Key, int]) -> dict[Key, int]:
        """Return by how much the law fails for each (run, stream); empty when it holds."""
        keys = set(self._counts) | set(queued)
        off = {key: self._at(key).produced - _accounted(self._at(key)) - queued.get(key, 0) for key in keys}
        return {key: by for key, by in off.items() if by}

    def balanced(self, queued: Mapping[Key, int]) -> bool:
        """Return whether produced = accepted + queued + dropped holds everywhere; `queued` counted from the queues."""
        return not self.imbalance(queued)

    def _at(self, key: Key) -> Counts:
        self._changed.add(key)
        counts = self._counts.get(key)
        if counts is None:
            counts = self._counts[key] = Counts(run=key[0], stream=key[1])
        return counts

    def _reserve(self, key: Key) -> Counts:
        counts = self._counts[key]
        ahead = max(LEAST_RESERVE, 2 * (counts.produced - self._saved.get(key, 0)))
        of_this_run = key[0] == self._run
        counts.reserved = counts.produced + (ahead if of_this_run and key not in self._exact else 0)
        self._saved[key] = counts.produced
        return msgspec.structs.replace(counts, dropped=dict(counts.dropped))


def _accounted(counts: Counts) -> int:
    return counts.accepted + sum(counts.dropped.values())
