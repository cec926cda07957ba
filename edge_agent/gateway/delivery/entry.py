"""One message on its way, and what is known of it that the message itself does not say."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING

from edge_agent.gateway.store.records import Kept
from edge_agent.wire.outgoing import Draft, Outgoing, Stamp

if TYPE_CHECKING:
    from edge_agent.gateway.delivery.telemetry import Chunk


class Lane(IntEnum):
    """Where a message waits, most urgent first: an urgency, or the past, alerts before the rest."""

    ALERT_HIGH = 0
    ALERT_MEDIUM = 1
    ALERT_LOW = 2
    STATE = 3
    LIVE = 4
    PAST_ALERTS = 5
    PAST = 6


LIVE_ALERTS = frozenset({Lane.ALERT_HIGH, Lane.ALERT_MEDIUM, Lane.ALERT_LOW})
"""Alert events that are announced."""

PAST = frozenset({Lane.PAST_ALERTS, Lane.PAST})
"""What goes to history, at a limited rate."""


@dataclass(eq=False)
class Entry:
    """`ordinal` is its place in the order of production. `boot`: whose clock `message.made` is of.

    `lane` is where it waits, None while it is held, in flight or resting; `rank` its place there, before its age.
    `past`: it goes to history. `tries` counts how often it was handed to a connection. `gone`: no longer ours.
    Of alert events: `committing`: its commit has been neither answered nor given up; `placed`: it has been decided
    whether it goes live; `source` is what one of this run can be sealed again from.
    """

    ordinal: int
    boot: str
    message: Outgoing
    source: tuple[Draft, Stamp] | None = None
    lane: Lane | None = None
    rank: int = 0
    past: bool = False
    tries: int = 0
    flying: bool = False
    gone: bool = False
    committing: bool = False
    placed: bool = False
    stored: bool = False
    chunk: Chunk | None = None

    @property
    def key(self) -> tuple[str, str]:
        """Return (run, stream), the ledger's key."""
        return self.message.run, self.message.stream

    @property
    def is_alert(self) -> bool:
        """Return whether it is an alert event, which is durable, not a snapshot or telemetry."""
        return bool(self.message.event_id)

    def kept(self) -> Kept:
        """Return what the store keeps of it."""
        return Kept(self.ordinal, self.boot, self.message)
