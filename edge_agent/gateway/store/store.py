"""The store as the loop sees it: ask, and get an answer in a future; False or None where the disk failed."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TypeVar

from edge_agent.gateway.store import jobs
from edge_agent.gateway.store.database import Database, is_damage
from edge_agent.gateway.store.records import Counts, Group, Kept, Opening, Settled
from edge_agent.gateway.store.schema import UNREADABLE
from edge_agent.gateway.store.writer import Writer

T = TypeVar("T")

STUCK_S = 5.0
"""A disk that has not answered for this long counts as failing."""

CLOSE_S = 10.0
"""How long `close` waits for the disk."""

FILE_NAME = "store.sqlite"


class Store:
    """Everything durable, in `folder`; made and used on one loop. Nothing here raises because of a disk.

    On the loop, `troubled(detail)` is called when the disk fails, with "" when writing works again, and `noted(text)`
    when a file had to be replaced. Alerts, memory and audit are on the disk when their future says True; telemetry and
    housekeeping survive a kill of the process, but not always a power cut.
    """

    def __init__(
        self, folder: Path, *, troubled: Callable[[str], None], noted: Callable[[str], None], busy_ms: int = 200
    ) -> None:
        self.failing = ""
        self.replaced = 0
        self._troubled = troubled
        self._noted = noted
        self._database = Database(folder / FILE_NAME, busy_ms=busy_ms)
        self._writer = Writer("store")
        self._loop = asyncio.get_running_loop()
        self._closed = False

    async def open(self) -> Opening:
        """Open the file and return what it holds; not `complete` when it cannot be, which later jobs try again."""
        return await self._ask(jobs.load_all, Opening())

    def commit_alert(
        self,
        alerts: Sequence[Kept],
        memory: Mapping[str, bytes],
        *,
        announced: Sequence[str] = (),
        counts: Sequence[Counts] = (),
    ) -> asyncio.Future[bool]:
        """Write, durably and as one, alerts, what must be remembered with them, and which events will be announced."""
        job = partial(
            jobs.commit_alert, alerts=alerts, memory=dict(memory), announced=tuple(announced), counts=tuple(counts)
        )
        return self._ask(job, otherwise=False, urgent=True)

    def remember(self, memory: Mapping[str, bytes]) -> asyncio.Future[bool]:
        """Write several values of the memory as one, durably."""
        return self.commit_alert((), memory)

    def audit(self, entry: str) -> asyncio.Future[bool]:
        """Append one line to the audit trail, durably."""
        return self._ask(partial(jobs.audit, entry=entry), otherwise=False, urgent=True)

    def audited(self) -> asyncio.Future[list[str]]:
        """Return the audit trail, oldest first."""
        return self._ask(jobs.audited, otherwise=[], reads=True)

    def spill(self, number: int, kept: list[Kept], counted: dict[tuple[str, str], int]) -> asyncio.Future[Group | None]:
        """Write telemetry, in order and not empty, as group `number`, of `counted` messages of each (run, stream)."""
        job: Callable[[Database], Group | None] = partial(jobs.spill, number=number, kept=kept, counted=counted)
        return self._ask(job, otherwise=None)

    def load(self, number: int) -> asyncio.Future[list[Kept] | None]:
        """Return the messages of group `number`: [] when it is gone or damaged, None: try again."""
        job: Callable[[Database], list[Kept] | None] = partial(jobs.load, number=number)
        return self._ask(job, otherwise=None, reads=True)

    def settle(self, settled: Settled) -> asyncio.Future[bool]:
        """Forget what left the outbox and write the ledger that says so, as one."""
        return self._ask(partial(jobs.settle, settled=settled), otherwise=False)

    def begin(self, run: str, unsettled: Iterable[str] = ()) -> asyncio.Future[bool]:
        """Note that a run has begun; until `finish`, the next start will find that it crashed.

        Of old runs, only the ledgers of `unsettled` ones are kept: those of which messages are left.
        """
        return self._ask(partial(jobs.begin, run=run, unsettled=tuple(unsettled)), otherwise=False)

    def finish(self, run: str) -> asyncio.Future[bool]:
        """Note that the run has ended in order, with everything settled or parked."""
        return self._ask(partial(jobs.finish, run=run), otherwise=False)

    async def close(self) -> None:
        """Do what was asked for, close the file and end the thread; a disk that hangs is left behind."""
        await asyncio.wait([self._ask(_close, otherwise=None)], timeout=CLOSE_S)
        self._closed = True
        self._writer.end()

    def watch(self) -> None:
        """Report a disk that has not answered for seconds. Call now and then."""
        if self._writer.busy_s() > STUCK_S:
            self._report("the disk does not answer")

    def _ask(
        self, job: Callable[[Database], T], otherwise: T, *, urgent: bool = False, reads: bool = False
    ) -> asyncio.Future[T]:
        if self._closed:
            answered: asyncio.Future[T] = self._loop.create_future()
            answered.set_result(otherwise)
            return answered
        return self._writer.submit(lambda: self._perform(job, otherwise, urgent=urgent, reads=reads), urgent=urgent)

    def _perform(self, job: Callable[[Database], T], otherwise: T, *, urgent: bool, reads: bool) -> T:
        """In the thread: open if need be, do it, replace a damaged file and do it once more, report."""
        try:
            try:
                result = self._attempt(job)
            except UNREADABLE as error:
                if not is_damage(error):
                    raise
                self._database.condemn()
                result = self._attempt(job)
        except Exception as error:  # noqa: BLE001 - whatever a disk does to us, the caller gets an answer
            self._hop(self._report, str(error) or type(error).__name__)
            return otherwise
        if not reads and self.failing:
            self._hop(self._report, "")
        if not urgent:
            self._tidy()
        return result

    def _attempt(self, job: Callable[[Database], T]) -> T:
        if note := self._database.open():
            self._hop(self._replaced, note)
        return job(self._database)

    def _tidy(self) -> None:
        try:
            self._database.checkpoint()
        except (sqlite3.Error, OSError) as error:
            self._hop(self._report, str(error))

    def _hop(self, what: Callable[[str], None], text: str) -> None:
        try:
            self._loop.call_soon_threadsafe(what, text)
        except RuntimeError:  # the loop has been closed: nobody listens any more
            return

    def _report(self, trouble: str) -> None:
        if trouble != self.failing:
            self.failing = trouble
            self._troubled(trouble)

    def _replaced(self, note: str) -> None:
        self.replaced += 1
        self._noted(note)


def _close(database: Database) -> None:
    database.close()
