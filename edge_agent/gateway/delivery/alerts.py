"""Alert events: on the disk before they are announced, or announced anyway and honest about it."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Mapping
from functools import partial

from edge_agent.gateway.delivery.entry import LIVE_ALERTS, Entry
from edge_agent.gateway.delivery.ledger import Key
from edge_agent.gateway.delivery.tools import Tools
from edge_agent.gateway.delivery.triage import Place, triage
from edge_agent.gateway.store.records import Kept
from edge_agent.wire.outgoing import Outgoing

PROBE = {"storage-probe": b""}
"""Written to find out whether the disk works again."""

ROW_BYTES = 400
"""What a stored alert takes beside its payload, about."""


class Alerts:
    """The unsettled alert events.

    `announced`: the events of which screens know. `release` gets the entries of a commit once they may be announced.
    """

    def __init__(self, tools: Tools, release: Callable[[list[Entry]], None]) -> None:
        self.entries: dict[str, Entry] = {}
        self.finished: list[str] = []
        self.over: list[str] = []
        self.announced: set[str] = set()
        self._store, self._ledger = tools.store, tools.ledger
        self._tools = tools
        self._release = release
        self._trouble = ""

    @property
    def size(self) -> int:
        """Return about how many bytes they take on disk, and in memory."""
        return sum(len(entry.message.payload) + ROW_BYTES for entry in self.entries.values())

    def remove(self, entry: Entry) -> None:
        """Let go of an alert event that is settled; the last one of an event ends the memory of its announcement."""
        entry.gone = True
        del self.entries[entry.message.id]
        self.finished.append(entry.message.id)
        event = entry.message.event_id
        if entry.message.over and event in self.announced:
            self.announced.discard(event)
            self.over.append(event)

    def queued(self) -> Counter[Key]:
        """Count what is not settled."""
        return Counter(entry.key for entry in self.entries.values())

    def commit(self, entries: list[Entry], memory: Mapping[str, bytes], *, live: bool) -> None:
        """Write the alert events among `entries`, and release all of them: when written, or after the limit anyway.

        `live`: they will be announced at once, which is remembered with them.
        """
        events = [entry for entry in entries if entry.is_alert]
        future = self._store.commit_alert(
            [entry.kept() for entry in events],
            memory,
            announced=self._announce(events) if live else (),
            counts=self._ledger.to_save({entry.message.stream for entry in events}),
        )
        for entry in entries:
            entry.committing = True
        timer = asyncio.get_running_loop().call_later(
            self._tools.limits.commit_s, self._let_go, entries, "the disk is too slow"
        )
        future.add_done_callback(partial(self._answered, entries, timer))

    def place(self) -> list[Place]:
        """Decide what of that which is held is announced live and what is history."""
        return triage(self.held(), self.announced)

    def held(self) -> list[Entry]:
        """Return what may be announced and has not been placed, in the order of production."""
        held = (entry for entry in self.entries.values() if not entry.committing and not entry.placed)
        return sorted(held, key=lambda entry: entry.ordinal)

    def waiting_before(self, entry: Entry) -> list[Entry]:
        """Return the earlier revisions of an event that wait in a less urgent lane: they must not arrive after it."""
        event, urgency = entry.message.event_id, entry.message.urgency
        return [
            each
            for each in self.entries.values()
            if each.message.event_id == event and each.lane in LIVE_ALERTS and each.message.urgency > urgency
        ]

    def remember_announced(self, entry: Entry) -> None:
        """Remember that this is about to be announced, unless its commit did."""
        if events := self._announce([entry]):
            self._store.commit_alert((), {}, announced=events)

    async def announce(self, entries: list[Entry]) -> None:
        """Remember that these are about to be announced; wait for the disk as long as for a commit, not longer."""
        if events := self._announce(entries):
            await asyncio.wait(
                [self._store.commit_alert((), {}, announced=events)], timeout=self._tools.limits.commit_s
            )

    async def store_again(self) -> None:
        """Write what could not be written, and learn whether the disk works again."""
        if not self._trouble and all(entry.stored or entry.committing for entry in self.entries.values()):
            return
        entries = [entry for entry in self.entries.values() if not entry.stored and not entry.committing]
        honest = {entry.message.id: self._resealed(entry, durable=True) for entry in entries}
        rows = [Kept(entry.ordinal, entry.boot, honest[entry.message.id]) for entry in entries]
        if await self._store.commit_alert(rows, PROBE):
            for entry in entries:
                entry.stored = True
                if not entry.tries:
                    entry.message = honest[entry.message.id]
            self._report("")

    def shed(self, bytes_over: int) -> None:
        """Drop alert events, the least urgent and oldest first, until `bytes_over` bytes are saved.

        One that is just being written ends it: none more urgent goes instead, and its turn comes when it is written.
        """
        for entry in sorted(self.entries.values(), key=lambda each: (-each.message.urgency, each.ordinal)):
            if bytes_over <= 0 or entry.committing:
                return
            if not entry.flying:
                bytes_over -= len(entry.message.payload) + ROW_BYTES
                self._ledger.drop(entry.key, "quota")
                self.remove(entry)

    def forget_stored(self) -> None:
        """Take nothing for written any more: the store has been replaced."""
        for entry in self.entries.values():
            entry.stored = False

    def _announce(self, entries: list[Entry]) -> list[str]:
        fresh = list(dict.fromkeys(e.message.event_id for e in entries if e.message.event_id not in self.announced))
        self.announced.update(fresh)
        return fresh

    def _answered(self, entries: list[Entry], timer: asyncio.TimerHandle, future: asyncio.Future[bool]) -> None:
        timer.cancel()
        durable = future.result()
        for entry in entries:
            entry.stored = durable
        self._let_go(entries, "" if durable else self._store.failing or "the disk failed")

    def _let_go(self, entries: list[Entry], trouble: str) -> None:
        waiting = [entry for entry in entries if entry.committing]
        for entry in waiting:
            entry.committing = False
            if trouble and entry.is_alert:
                entry.message = self._resealed(entry, durable=False)
        if trouble and any(entry.is_alert for entry in waiting):
            self._report(trouble)
        self._release(waiting)

    def _resealed(self, entry: Entry, *, durable: bool) -> Outgoing:
        if entry.source is None:
            return entry.message
        draft, stamp = entry.source
        return self._tools.seal(draft, entry.message.seq, stamp, durable=durable)

    def _report(self, trouble: str) -> None:
        if trouble != self._trouble:
            self._trouble = trouble
            self._tools.hooks.trouble("alert-not-durable", bool(trouble), trouble)
