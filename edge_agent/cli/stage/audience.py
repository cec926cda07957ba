"""Who watches: keeps view and ledger up to date with every message, and lets the stage wait for what is seen."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

import msgspec

from edge_agent.cli.stage.ledger import Ledger
from edge_agent.cli.stage.setting import TOPICS
from edge_agent.cli.viewing.heard import listen
from edge_agent.cli.viewing.view import Entry, View, heard, linked, told
from edge_agent.gateway.clock import boottime
from edge_agent.wire.topics import TOPICS as TABLE


class Audience:
    """The consumer's mind.

    `unread` counts payloads that were none of the published ones: there must not be any. `retained`: topics whose last
    message the broker keeps.
    """

    def __init__(self) -> None:
        """See nothing yet."""
        self.view = View(wall_offset=time.time_ns() - boottime())
        self.ledger = Ledger()
        self.unread = 0
        self.retained: set[str] = set()
        self._news = asyncio.Event()

    def take(self, topic: str, payload: bytes) -> None:
        """Take one message."""
        try:
            message = listen(TOPICS, topic, payload, boottime())
        except msgspec.DecodeError:
            self.unread += 1
            return
        if message is None:
            return
        if TABLE[message.kind].retain:
            self.retained.add(topic)
        self.view = heard(self.view, message)
        self.ledger.take(message)
        self._news.set()

    def link(self, *, up: bool) -> None:
        """Take note that our own connection came or went."""
        self.view = linked(self.view, up=up, at=boottime())
        self._news.set()

    def tell(self, text: str, source: str = "story") -> None:
        """Hear the narrator."""
        self.view = told(self.view, Entry(boottime(), source, text))

    async def until(self, seen: Callable[[Audience], bool], timeout_s: float) -> bool:
        """Wait until `seen`, at most `timeout_s`; tell whether it was."""
        deadline = asyncio.get_running_loop().time() + timeout_s
        while not seen(self):
            self._news.clear()
            left = deadline - asyncio.get_running_loop().time()
            try:
                await asyncio.wait_for(self._news.wait(), max(left, 0))
            except asyncio.TimeoutError:
                return seen(self)
        return True
