"""What stands behind a link in the agent, without the ward: the bridge, its deadlines, and the way of its commands."""

from __future__ import annotations

import asyncio

from edge_agent.domain.inputs import Input, LinkClosed, LinkData, LinkOpened
from edge_agent.domain.settings import SECOND
from edge_agent.gateway.clock import boottime
from edge_agent.gateway.links import Link
from firmware_bridges.bridge import Family
from firmware_bridges.vitals import Event, Reading, Send, Validity
from tests.links.recorder import Recorder


class Gateway(Recorder):
    """Reads one device. Set `link` before anything arrives; `events` is what the bridge said."""

    def __init__(self, family: Family) -> None:
        super().__init__()
        self.bridge = family.bridge()
        self.events: list[Event] = []
        self.link: Link | None = None
        self._waking: asyncio.TimerHandle | None = None

    def __call__(self, item: Input) -> None:
        if isinstance(item, LinkOpened):
            self._take(self.bridge.opened(item.received_at))
        elif isinstance(item, LinkData):
            self._take(self.bridge.receive(item.channel, item.data, item.received_at))
        elif isinstance(item, LinkClosed):
            self._take(self.bridge.closed(item.received_at))
        super().__call__(item)

    def valid(self) -> dict[str, int | None]:
        """Return the last valid value of each vital."""
        readings = (event for event in self.events if isinstance(event, Reading))
        return {each.vital: each.value for each in readings if each.validity is Validity.VALID}

    def _wake(self) -> None:
        self._take(self.bridge.wake(boottime()))

    def _take(self, events: list[Event]) -> None:
        self.events += events
        for event in events:
            if isinstance(event, Send) and self.link is not None:
                self.link.send(event.channel, event.data)
        if self._waking is not None:
            self._waking.cancel()
        due = self.bridge.next_deadline()
        if due is not None:
            delay = max(0.0, (due - boottime()) / SECOND)
            self._waking = asyncio.get_running_loop().call_later(delay, self._wake)
