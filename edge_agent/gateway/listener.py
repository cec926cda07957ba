"""One bridge behind one link, without a ward: it gets what arrives, is woken when it asks, and its commands are sent.

For tools that look at a single device; the agent's bridges run inside the ward.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from edge_agent.domain.inputs import Input, LinkClosed, LinkData, LinkOpened
from edge_agent.domain.settings import SECOND
from edge_agent.gateway.capture import Closed, Data, Happening, Opened, Sent, Woken, step
from edge_agent.gateway.clock import boottime
from edge_agent.gateway.links import Link
from firmware_bridges.bridge import Bridge
from firmware_bridges.vitals import Event, Send

Tell = Callable[[Happening, "list[Event]"], None]
"""Takes what happened, at its time in ns since the listening began, and what the bridge said to it."""


class Listener:
    """A sink for a link. `link` must be set before it runs. Without a bridge it only tells what came."""

    def __init__(self, bridge: Bridge | None, tell: Tell) -> None:
        self.link: Link | None = None
        self._start = boottime()
        self._bridge = bridge
        self._tell = tell
        self._waking: asyncio.TimerHandle | None = None

    def __call__(self, item: Input) -> None:
        """Take what the link reports."""
        if isinstance(item, LinkOpened):
            self._happened(Opened(item.received_at - self._start))
        elif isinstance(item, LinkData):
            self._happened(Data(item.received_at - self._start, item.channel, item.data.hex()))
        elif isinstance(item, LinkClosed):
            self._happened(Closed(item.received_at - self._start, item.reason))

    def rest(self) -> None:
        """Wake no more."""
        if self._waking is not None:
            self._waking.cancel()
            self._waking = None

    def _happened(self, happening: Happening) -> None:
        events = [] if self._bridge is None else step(self._bridge, happening)
        self._tell(happening, events)
        for event in events:
            if isinstance(event, Send) and self.link is not None and self.link.send(event.channel, event.data):
                self._tell(Sent(happening.t, event.channel, event.data.hex()), [])
        self._wake_later()

    def _wake_later(self) -> None:
        self.rest()
        due = None if self._bridge is None else self._bridge.next_deadline()
        if due is not None:
            delay = max(0.0, (due - self._now()) / SECOND)
            self._waking = asyncio.get_running_loop().call_later(delay, self._wake)

    def _wake(self) -> None:
        self._waking = None
        self._happened(Woken(self._now()))

    def _now(self) -> int:
        return boottime() - self._start
