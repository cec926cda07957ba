"""What is neither alert nor slot: in memory while the broker takes it, on disk in groups when it must outlive us."""

from __future__ import annotations

import bisect
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice

import msgspec

from edge_agent.gateway.delivery.entry import Entry
from edge_agent.gateway.delivery.ledger import Key
from edge_agent.gateway.delivery.status import Forecast
from edge_agent.gateway.delivery.tools import Tools
from edge_agent.gateway.store.records import Group, Kept

GROUP_ROWS = 1_000
"""Messages in one group at most: what is read back at once."""


@dataclass(eq=False)
class Chunk:
    """A group of which messages are in memory: its `members`, as many of them `open` as are not settled yet."""

    group: Group
    members: list[Entry]
    open: int = 0

    @property
    def untouched(self) -> bool:
        """Return whether nothing of the group has been settled, nor is being sent."""
        return self.open == sum(self.group.counts.values()) and not any(entry.flying for entry in self.members)


class Telemetry:
    """The unsettled telemetry. `enter` makes an entry of a message read back and lets it wait in its lane."""

    def __init__(self, tools: Tools, enter: Callable[[Kept], Entry]) -> None:
        self.entries: dict[str, Entry] = {}
        self.resting: list[Group] = []
        self.finished: list[int] = []
        self.size = 0
        self.forecast = Forecast(tools.now())
        self._store, self._ledger, self._limits = tools.store, tools.ledger, tools.limits
        self._enter = enter
        self._chunks: list[Chunk] = []
        self._number = 1
        self._resting_counts: Counter[Key] = Counter()

    def adopt(self, groups: list[Group]) -> None:
        """Take over the groups that an earlier run left on disk."""
        for group in groups:
            self.size += group.size
            self._rest(group)
            self._number = max(self._number, group.number + 1)

    def add(self, entry: Entry) -> None:
        """Take a new message into memory."""
        self.entries[entry.message.id] = entry
        self.forecast.produced(len(entry.message.payload))

    def remove(self, entry: Entry) -> None:
        """Let go of a message that is settled; with its last one, a group may leave the disk."""
        entry.gone = True
        del self.entries[entry.message.id]
        chunk = entry.chunk
        if chunk is not None:
            chunk.open -= 1
            if chunk.open == 0:
                self._finish(chunk)

    def queued(self) -> Counter[Key]:
        """Count what is not settled, in memory and on disk."""
        return Counter(entry.key for entry in self.entries.values()) + self._resting_counts

    def unwritten(self) -> Iterator[Entry]:
        """Yield what is in memory alone, oldest first, except what is being sent."""
        return (entry for entry in self.entries.values() if entry.chunk is None and not entry.flying)

    async def spill(self) -> bool:
        """Write what is in memory alone; return whether all of it is on disk."""
        while entries := sorted(islice(self.unwritten(), GROUP_ROWS), key=_ordinal):
            counted = Counter(entry.key for entry in entries)
            group = await self._store.spill(self._number, [entry.kept() for entry in entries], dict(counted))
            if group is None:
                return False
            self._number += 1
            self.size += group.size
            self.forecast.spilled(sum(len(entry.message.payload) for entry in entries), group.size)
            self._hold(group, [entry for entry in entries if not entry.gone])
        return True

    def evict(self, *, older: Callable[[Group], bool]) -> None:
        """Leave to the disk alone the groups that are `older`, and more when memory holds too much."""
        for chunk in list(self._chunks):
            if not older(chunk.group) and len(self.entries) <= self._limits.memory_rows:
                return
            if chunk.untouched:
                self._chunks.remove(chunk)
                for entry in chunk.members:
                    entry.gone = True
                    del self.entries[entry.message.id]
                self._rest(chunk.group)

    async def load(self) -> bool:
        """Read the oldest group that rests on disk; return False when there is none, or the disk fails."""
        if not self.resting:
            return False
        group = self.resting[0]
        kept = await self._store.load(group.number)
        if kept is None:
            return False
        if kept:
            self._wake(group)
            self._hold(group, [self._enter(each) for each in kept])
        else:
            self._give_up(group, "unreadable")
        return True

    def is_due_before(self, ordinal: int) -> bool:
        """Return whether something older than `ordinal` rests on disk, and must be read first."""
        return bool(self.resting) and self.resting[0].first < ordinal

    def shed(self, bytes_over: int) -> None:
        """Drop the oldest groups on disk until `bytes_over` bytes are saved; what is being sent stays."""
        enough = self.size - bytes_over
        while self.resting and self.size > enough:
            self._give_up(self.resting[0], "quota")
        for chunk in list(self._chunks):
            if self.size <= enough:
                return
            for entry in [each for each in chunk.members if not each.gone and not each.flying]:
                self._ledger.drop(entry.key, "quota")
                self.remove(entry)

    def shed_memory(self) -> None:
        """Drop the oldest of what the disk does not take, when memory holds too much."""
        excess = len(self.entries) - self._limits.memory_most
        for entry in list(islice(self.unwritten(), max(0, excess))):
            self._ledger.drop(entry.key, "memory")
            self.remove(entry)

    async def park(self) -> bool:
        """Write everything so that the next run finds exactly what is not settled; return whether that worked."""
        partly = [chunk for chunk in self._chunks if not chunk.untouched]
        alive = [(entry, chunk) for chunk in partly for entry in chunk.members if not entry.gone]
        for entry, _ in alive:
            entry.chunk = None
        if await self.spill():
            for chunk in partly:
                self._finish(chunk)
            return True
        for entry, chunk in alive:
            entry.chunk = chunk
        return False

    def _hold(self, group: Group, members: list[Entry]) -> None:
        chunk = Chunk(group, members, open=len(members))
        for entry in members:
            entry.chunk = chunk
        bisect.insort(self._chunks, chunk, key=lambda each: each.group.first)
        if not members:
            self._finish(chunk)

    def _finish(self, chunk: Chunk) -> None:
        self._chunks.remove(chunk)
        self.size -= chunk.group.size
        self.finished.append(chunk.group.number)

    def _rest(self, group: Group) -> None:
        """Keep of a group no more than must be known; most are alike, and share their counts."""
        last = self.resting[-1] if self.resting else group
        slim = group if last.counts != group.counts else _sharing(group, last)
        bisect.insort(self.resting, slim, key=lambda each: each.first)
        self._resting_counts.update(group.counts)

    def _wake(self, group: Group) -> None:
        self.resting.remove(group)
        self._resting_counts.subtract(group.counts)

    def _give_up(self, group: Group, reason: str) -> None:
        self._wake(group)
        for key, number in group.counts.items():
            self._ledger.drop(key, reason, number)
        self.size -= group.size
        self.finished.append(group.number)


def _ordinal(entry: Entry) -> int:
    return entry.ordinal


def _sharing(group: Group, other: Group) -> Group:
    return msgspec.structs.replace(group, counts=other.counts)
