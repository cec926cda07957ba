"""The reckoning: whether every numbered message and every expected alert arrived, and the agent's account agrees.

Pure. Judged from what a subscriber saw (runs, streams, numbers, event ids) and from the agent's last account of itself.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

import msgspec

from edge_agent.cli.stage.story import Consequence
from edge_agent.cli.viewing.heard import Heard
from edge_agent.wire.payloads.alert import AlertEvent
from edge_agent.wire.payloads.alerts import Alerts
from edge_agent.wire.payloads.health import Health, LedgerLine
from edge_agent.wire.topics import TOPICS

PRIVATE = frozenset({"state", *(row.name for row in TOPICS.values() if row.qos == 0)})
"""Kinds of which not every number arrives: QoS 0, and `state`, whose wills the broker keeps while all is well."""


class Arrived(msgspec.Struct, frozen=True):
    """An alert event that reached the subscriber first at `at` (ns); `raised_us` is when the agent declared it."""

    bed: str
    condition: str
    event_id: str
    at: int
    raised_us: int
    live: bool


class Row(msgspec.Struct, frozen=True):
    """One kind of stream: the agent's account beside what was seen of it. `dropped` by reason.

    `seen` is None for what nobody has to see: see `PRIVATE`.
    """

    kind: str
    produced: int
    accepted: int
    queued: int
    dropped: dict[str, int]
    seen: int | None

    @property
    def balanced(self) -> bool:
        """Tell whether all is accounted for: produced = accepted + queued + dropped, and what was accepted was seen.

        What was under way when the agent took stock may have arrived as well.
        """
        whole = self.produced == self.accepted + self.queued + sum(self.dropped.values())
        return whole and (self.seen is None or self.accepted <= self.seen <= self.accepted + self.queued)


class Ledger:
    """Collects messages and says what is missing."""

    def __init__(self) -> None:
        """Start empty."""
        self._made: dict[tuple[str, str], dict[int, int]] = defaultdict(dict)
        self._kinds: dict[tuple[str, str], str] = {}
        self._ids: set[str] = set()
        self._present: dict[str, str] = {}
        self.twice = 0
        self.arrived: dict[str, Arrived] = {}
        self.account: Health | None = None
        self._account_us = 0

    def take(self, message: Heard) -> None:
        """Count one message; the same one again is counted as such."""
        envelope, body = message.envelope, message.body
        if isinstance(body, Health):
            self.account, self._account_us = body, envelope.monotonic_us
        if message.kind in PRIVATE:
            return
        if envelope.id in self._ids:
            self.twice += 1
            return
        self._ids.add(envelope.id)
        stream = (envelope.run, envelope.stream)
        self._made[stream][envelope.seq] = envelope.monotonic_us
        self._kinds[stream] = message.kind.removesuffix("-history")
        if isinstance(body, AlertEvent):
            self._event(message, body)
        elif isinstance(body, Alerts):
            self._present.update({alert.event_id: alert.condition for alert in body.alerts})

    def unannounced(self) -> dict[str, str]:
        """Return event id -> condition of alerts that a snapshot showed and that no event ever announced."""
        return {event: condition for event, condition in self._present.items() if event not in self.arrived}

    def absent(self, expected: Iterable[Consequence]) -> list[Consequence]:
        """Return the expected alerts of which no event reached us."""
        return [want for want in expected if self.find(want) is None]

    def find(self, want: Consequence) -> Arrived | None:
        """Return the first event of an expected alert."""
        here = (a for a in self.arrived.values() if a.bed == want.bed and a.condition.startswith(want.condition))
        return min(here, key=lambda event: event.raised_us, default=None)

    def rows(self) -> list[Row]:
        """Return the agent's last account of this run beside what was seen, per kind of stream."""
        order = {kind: place for place, kind in enumerate(TOPICS)}
        lines = [line for line in (self.account.ledger if self.account else ()) if line.run is None]
        return [self._row(line) for line in sorted(lines, key=lambda line: order.get(line.stream, len(order)))]

    def _row(self, line: LedgerLine) -> Row:
        """Compare as of the account: what was made after it is not in it."""
        streams = [made for stream, made in self._made.items() if self._kinds[stream] == line.stream]
        seen = sum(us <= self._account_us for made in streams for us in made.values())
        return Row(
            kind=line.stream,
            produced=line.produced,
            accepted=line.accepted,
            queued=line.queued,
            dropped=line.dropped,
            seen=None if line.stream in PRIVATE else seen,
        )

    def _event(self, message: Heard, body: AlertEvent) -> None:
        first = Arrived(body.bed or "", body.condition, body.event_id, message.at, body.raised_us, message.live)
        self.arrived.setdefault(body.event_id, first)
