"""One thread that does what it is told, in two orders of urgency, so that no caller ever waits for a disk."""

from __future__ import annotations

import asyncio
import threading
import time
from collections import deque
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


class Writer:
    """Runs jobs in one thread: the urgent ones first, each kind in order. A job must not raise.

    A daemon thread: a disk that never answers does not keep the process from ending.
    """

    def __init__(self, name: str) -> None:
        self._urgent: deque[Callable[[], None]] = deque()
        self._ordinary: deque[Callable[[], None]] = deque()
        self._wake = threading.Condition()
        self._ending = False
        self._began: float | None = None
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    def submit(self, job: Callable[[], T], *, urgent: bool) -> asyncio.Future[T]:
        """Run `job` in the thread; its result comes in the future, which may be abandoned. Call on the loop."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[T] = loop.create_future()

        def run() -> None:
            result = job()
            try:
                loop.call_soon_threadsafe(_resolve, future, result)
            except RuntimeError:  # the loop has been closed: nobody waits any more
                return

        with self._wake:
            (self._urgent if urgent else self._ordinary).append(run)
            self._wake.notify()
        return future

    def end(self) -> None:
        """Let the thread end when nothing is left to do."""
        with self._wake:
            self._ending = True
            self._wake.notify()

    def busy_s(self) -> float:
        """Return for how many seconds the present job has been running; 0 between jobs."""
        began = self._began
        return 0.0 if began is None else time.monotonic() - began

    def _run(self) -> None:
        while (job := self._next()) is not None:
            self._began = time.monotonic()
            job()
            self._began = None

    def _next(self) -> Callable[[], None] | None:
        with self._wake:
            self._wake.wait_for(lambda: self._urgent or self._ordinary or self._ending)
            if self._urgent:
                return self._urgent.popleft()
            return self._ordinary.popleft() if self._ordinary else None


def _resolve(future: asyncio.Future[T], result: T) -> None:
    if not future.done():
        future.set_result(result)
