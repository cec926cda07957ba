"""Where messages wait for their turn: by urgency, then age, and none for ever."""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Container

from edge_agent.gateway.delivery.entry import Entry, Lane

PATIENCE = 8
"""A lane passed over this often has the next turn, so that no flood above it stops it for good."""


class Lanes:
    """One queue per lane. An entry waits in one lane at most: pushed again, it has moved."""

    def __init__(self) -> None:
        self._heaps: dict[Lane, list[tuple[int, int, int, Entry]]] = {lane: [] for lane in Lane}
        self._passed_over = dict.fromkeys(Lane, 0)
        self._pushes = itertools.count()

    def push(self, lane: Lane, entry: Entry) -> None:
        """Let `entry` wait in `lane`, before everything of higher rank and what was produced later."""
        self.head(lane)  # what has gone is not kept for ever in a lane that nobody empties
        entry.lane = lane
        heapq.heappush(self._heaps[lane], (entry.rank, entry.ordinal, next(self._pushes), entry))

    def pop(self, closed: Container[Lane]) -> Entry | None:
        """Take the entry whose turn it is, of the lanes not `closed`; None when there is none."""
        waiting = [lane for lane in Lane if lane not in closed and self.head(lane) is not None]
        if not waiting:
            return None
        turn = next((lane for lane in waiting if self._passed_over[lane] >= PATIENCE), waiting[0])
        for lane in waiting:
            self._passed_over[lane] += lane > turn
        self._passed_over[turn] = 0
        entry = heapq.heappop(self._heaps[turn])[-1]
        entry.lane = None
        return entry

    def head(self, lane: Lane) -> Entry | None:
        """Return the entry that is next in `lane`."""
        heap = self._heaps[lane]
        while heap and (heap[0][-1].gone or heap[0][-1].lane is not lane):
            heapq.heappop(heap)
        return heap[0][-1] if heap else None

    def waiting(self, lane: Lane) -> list[Entry]:
        """Return everything in `lane`, in no order."""
        return list({entry for *_, entry in self._heaps[lane] if entry.lane is lane and not entry.gone})
