"""`bed/{bed}/receipt/{consumer}`: what became of an alert event at a consumer."""

from __future__ import annotations

from enum import Enum
from typing import Annotated, Literal

from msgspec import Meta

from edge_agent.wire.envelope import Uuid
from edge_agent.wire.inbound import Name, Request

Seconds = Annotated[int, Meta(ge=1, le=86_400)]


class Outcome(str, Enum):
    """What became of an alert: it reached the consumer, a person took or refused it, or a person quieted it."""

    RECEIVED = "received"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    ACKNOWLEDGED = "acknowledged"
    PAUSED = "paused"


QUIETING = frozenset({Outcome.ACKNOWLEDGED, Outcome.PAUSED})
"""Outcomes that quiet a signal: none without deadline, owner and coded reason (DESIGN, law 5)."""


class Receipt(Request, frozen=True, kw_only=True, tag="bedside/receipt/1"):
    """What became of an alert event at a consumer. Counts only from consumers that are configured."""

    event_id: Annotated[Uuid, Meta(description="of the alert")]
    revision: Annotated[int, Meta(ge=1, description="the revision it is about")]
    outcome: Annotated[Outcome, Meta(description="received, accepted, rejected, acknowledged or paused")]
    person: Annotated[Name | None, Meta(description="staff id; required for all but `received`")] = None
    reason: Annotated[Name | None, Meta(description="code; required for rejected, acknowledged and paused")] = None
    for_s: Annotated[Seconds | None, Meta(description="required for acknowledged and paused")] = None
    pause: Annotated[Literal["audio-paused", "alarm-paused"] | None, Meta(description="required for paused")] = None

    def __post_init__(self) -> None:
        """Refuse an outcome without what it needs."""
        needs = {
            "person": self.outcome is not Outcome.RECEIVED,
            "reason": self.outcome in QUIETING or self.outcome is Outcome.REJECTED,
            "for_s": self.outcome in QUIETING,
            "pause": self.outcome is Outcome.PAUSED,
        }
        for field, needed in needs.items():
            if needed is (getattr(self, field) is None):
                verb = "needs" if needed else "takes no"
                raise ValueError(f"`{self.outcome.value}` {verb} `{field}`")


PAYLOAD = Receipt
