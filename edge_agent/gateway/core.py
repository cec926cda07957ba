"""The ward on the loop.

Stamps every input when it is dequeued, records it, has it handled, hands on the effects, and wakes it in time.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable

from edge_agent.bedside.ward import Ward
from edge_agent.domain.effects import Effect
from edge_agent.domain.inputs import Entry, Input, Wake
from edge_agent.domain.settings import SECOND
from edge_agent.gateway.clock import boottime
from edge_agent.gateway.recorder import Recorder


class Core:
    """Call `take` on the loop, from anywhere.

    What `ward.handle` raises is a defect: it goes to `failed` and nothing is decided any more.

    `handled` counts inputs: the watchdog is fed by its progress.
    """

    def __init__(
        self,
        ward: Ward,
        recorder: Recorder,
        speak: Callable[[list[Effect], int], None],
        failed: Callable[[BaseException], None],
    ) -> None:
        """Take the parts; nothing runs before the first input."""
        self.ward = ward
        self.handled = 0
        self._recorder, self._speak, self._failed = recorder, speak, failed
        self._waiting: deque[Input] = deque()
        self._busy = False
        self._timer: asyncio.TimerHandle | None = None
        self._loop = asyncio.get_running_loop()

    def take(self, given: Input) -> None:
        """Handle an input now; one that comes while another is being handled waits its turn."""
        self._waiting.append(given)
        if self._busy:
            return
        self._busy = True
        try:
            while self._waiting:
                self._handle(self._waiting.popleft())
        except Exception as error:  # noqa: BLE001 - a defect in the core: stop in order, never go on with half a decision
            self.stop()
            self._failed(error)
            return
        finally:
            self._busy = False
        self._arm()

    def stop(self) -> None:
        """Wake no more."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _handle(self, given: Input) -> None:
        now = boottime()
        self._recorder.before(now)
        effects = self.ward.handle(given, now)
        self.handled += 1
        self._recorder.note(Entry(self.handled, now, given), effects)
        if effects:
            self._speak(effects, now)

    def _arm(self) -> None:
        self.stop()
        due = self.ward.next_deadline()
        if due is not None:
            delay = max(0, due - boottime()) / SECOND
            self._timer = self._loop.call_later(delay, self.take, Wake())
