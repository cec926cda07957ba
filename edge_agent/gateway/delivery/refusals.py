"""What the broker refused for good: kept as dead letters, and told once per topic."""

from __future__ import annotations

from edge_agent.gateway.delivery.tools import Hooks
from edge_agent.gateway.store.records import DeadLetter
from edge_agent.wire.outgoing import Outgoing

NAMED = 3
"""Topics named in the trouble's text; the rest is counted."""


class Refusals:
    """Dead letters not yet on disk, and the topics that are refused now.

    Every refused alert event and slot becomes a dead letter; of telemetry only the first of each topic and code: while
    an access rule is wrong, it is refused every second.
    """

    def __init__(self, hooks: Hooks) -> None:
        self.dead: list[DeadLetter] = []
        self._hooks = hooks
        self._seen: set[tuple[str, int]] = set()
        self._topics: dict[str, int] = {}

    def add(self, message: Outgoing, topic: str, code: int) -> None:
        """Keep a message that was refused on `topic` with reason `code`."""
        if message.event_id or message.slot or (topic, code) not in self._seen:
            self.dead.append(DeadLetter(message, code))
        self._seen.add((topic, code))
        if topic not in self._topics:
            self._topics[topic] = code
            self._tell()

    def healed(self, topic: str) -> None:
        """Note that a message on `topic` was accepted."""
        if self._topics.pop(topic, None) is not None:
            self._tell()

    def _tell(self) -> None:
        named = ", ".join(f"{topic} (0x{code:02x})" for topic, code in list(self._topics.items())[:NAMED])
        more = len(self._topics) - NAMED
        self._hooks.trouble("dead-letter", bool(self._topics), f"{named} and {more} more" if more > 0 else named)
