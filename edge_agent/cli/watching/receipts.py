"""The receipts that a screen sends: that an alert reached it, and what a person does about it."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import uuid4

import msgspec

from edge_agent.domain.alerts import Outcome
from edge_agent.wire.payloads.alert import AlertRecord
from edge_agent.wire.payloads.listening import Listening
from edge_agent.wire.payloads.receipt import QUIETING, REASONED, Receipt

PAUSE_S = 120
"""How long a pause by key lasts: the time of the AUDIO PAUSED key of most monitors."""

REASON = "at-bedside"
"""The coded reason of a pause or reset by key: somebody has gone there."""

LISTENING_S = 60
"""How long a screen that says that it listens is believed, if it says nothing more."""

LASTS = timedelta(seconds=30)
"""A receipt that takes longer than this to arrive is about a ward that has moved on."""


class Confirmed:
    """The newest revision of each alert whose arrival was told, of the latest `KEPT` alerts.

    One that was forgotten is told once more, which does no harm.
    """

    KEPT = 1000

    def __init__(self) -> None:
        """Know of none."""
        self._revisions: dict[str, int] = {}
        self._runs: dict[str, str] = {}

    def born(self, gateway: str, run: str) -> None:
        """Forget what was told once a gateway has started anew: it does not know that it arrived, and asks again."""
        if self._runs.get(gateway, run) != run:
            self._revisions.clear()
        self._runs[gateway] = run

    def __len__(self) -> int:
        """Return how many alerts are remembered."""
        return len(self._revisions)

    def __contains__(self, alert: AlertRecord) -> bool:
        """Tell whether this revision, or a later one, was told."""
        return self._revisions.get(alert.event_id, 0) >= alert.revision

    def add(self, alert: AlertRecord) -> None:
        """Remember that this revision was told."""
        self._revisions.pop(alert.event_id, None)
        self._revisions[alert.event_id] = alert.revision
        if len(self._revisions) > self.KEPT:
            del self._revisions[next(iter(self._revisions))]


def receipt(alert: AlertRecord, outcome: Outcome, consumer: str, person: str, now: datetime) -> bytes:
    """Return the payload that says what `person` ('' for a mere `received`) did about `alert`."""
    quieting = outcome in QUIETING
    body = Receipt(
        request=uuid4().hex,
        consumer=consumer,
        expires_at=now + LASTS,
        event_id=alert.event_id,
        revision=alert.revision,
        outcome=outcome,
        person=person or None,
        reason=REASON if outcome in REASONED else None,
        for_s=PAUSE_S if quieting else None,
        pause="audio-paused" if outcome is Outcome.PAUSED else None,
    )
    return msgspec.json.encode(body)


def listening(consumer: str, now: datetime) -> bytes:
    """Return the payload that says that this screen shows alerts to somebody."""
    body = Listening(request=uuid4().hex, consumer=consumer, expires_at=now + LASTS, for_s=LISTENING_S)
    return msgspec.json.encode(body)
