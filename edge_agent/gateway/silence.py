"""The quiet-link watchdog: an open link that says nothing is given up for a fresh one.

Stacks and drivers are known to keep dead connections (theengs/gateway 264, hbldh/bleak 713). A device that is merely
switched off costs little: each time in a row that nothing comes, twice as long is waited.
"""

from __future__ import annotations

import asyncio

from edge_agent.domain.settings import SECOND
from edge_agent.gateway.backoff import Backoff
from edge_agent.gateway.clock import boottime
from edge_agent.gateway.link_facts import LinkFacts

SILENCE_S = 30.0
"""Longer than any device that measures all the time pauses between two messages."""

LONGEST_SILENCE_S = 600.0
"""The most that is waited for a link that has never said anything."""


class Silence:
    """Watches one device's link, from connection to connection, by when `facts` last heard something."""

    def __init__(self, facts: LinkFacts) -> None:
        self._facts = facts
        self._backoff = Backoff(SILENCE_S, LONGEST_SILENCE_S)

    async def over_long(self) -> str:
        """Return, with a reason, once the present connection has said nothing for too long."""
        opened, patience = self._facts.heard, self._backoff.next()
        while True:
            if self._facts.heard != opened:
                self._backoff.reset()
                patience = SILENCE_S
            rest = patience - (boottime() - self._facts.heard) / SECOND
            if rest <= 0:
                return f"open but silent for {patience:.0f} s"
            await asyncio.sleep(min(rest, SILENCE_S))
