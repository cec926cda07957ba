"""A device that talks once it has been greeted, and, if its host keeps it alive, for as long as that goes on.

What the greeting is, and how often the host is heard from, is learnt from the family's bridge: nothing here knows one.
"""

from __future__ import annotations

from edge_agent.simulator.conversations.conversation import Frames, Measure
from edge_agent.simulator.conversations.talker import Talker
from firmware_bridges.bridge import Family, Sample
from firmware_bridges.vitals import Send

PATIENCE = 2
"""A device stops when its host has been silent for so many of the host's keep-alive intervals."""


def greeting(family: Family) -> dict[str, bytes]:
    """Return what the family's bridge says first, by channel."""
    said: dict[str, bytes] = {}
    for event in family.bridge().opened(0):
        if isinstance(event, Send):
            said[event.channel] = said.get(event.channel, b"") + event.data
    return said


def keep_alive(family: Family) -> int:
    """Return how often a device that talks hears from its host, in ns; 0 if not at all."""
    bridge = family.bridge()
    bridge.opened(0)
    due = bridge.next_deadline()
    for channel, data in family.encoder().encode(Sample({measure.vital: 1 for measure in family.measures})):
        bridge.receive(channel, data, 1)
    return due if due is not None and due == bridge.next_deadline() else 0


class Greeted:
    """Silent until the whole greeting came; silent again `PATIENCE` keep-alives after the host fell silent."""

    def __init__(self, family: Family, measure: Measure) -> None:
        self._greeting = greeting(family)
        self._silence = keep_alive(family) * PATIENCE
        self._talker = Talker(family, measure)
        self._heard: dict[str, bytes] = {}
        self._heard_at = 0
        self._greeted = False

    def hear(self, channel: str, data: bytes, now: int) -> None:
        """Take part of a greeting, or a sign of life."""
        self._heard_at = now
        longest = 2 * len(self._greeting.get(channel, b"")) + len(data)
        self._heard[channel] = (self._heard.get(channel, b"") + data)[-longest:]
        if all(said in self._heard.get(where, b"") for where, said in self._greeting.items()):
            self._greeted, self._heard = True, {}

    def say(self, now: int) -> Frames:
        """Return what is due, b"" before the greeting and after the host's last keep-alive."""
        if self._silence and now - self._heard_at > self._silence:
            self._greeted = False
        if self._greeted:
            return self._talker.say(now)
        self._talker.hung_up()
        return []

    def hung_up(self) -> None:
        """Want to be greeted again."""
        self._greeted, self._heard = False, {}
        self._talker.hung_up()
