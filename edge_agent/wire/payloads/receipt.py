"""`bed/{bed}/receipt/{consumer}` and `receipt/{consumer}`: what became of an alert event at a consumer."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

from edge_agent.domain.alerts import InactivationKind, Outcome
from edge_agent.domain.inputs import ReceiptGiven
from edge_agent.domain.settings import SECOND
from edge_agent.wire.envelope import Uuid
from edge_agent.wire.inbound import Name, Request, RequestError, expired, read
from edge_agent.wire.outgoing import Stamp

Seconds = Annotated[int, Meta(ge=1, le=86_400)]

QUIETING = frozenset({Outcome.ACKNOWLEDGED, Outcome.PAUSED})
"""Outcomes that quiet a signal: none without deadline, owner and coded reason."""

REASONED = QUIETING | {Outcome.REJECTED, Outcome.RESET}


class Receipt(Request, frozen=True, kw_only=True, tag="bedside/receipt/1"):
    """What became of an alert event at a consumer. Counts only from consumers that are configured."""

    event_id: Annotated[Uuid, Meta(description="of the alert")]
    revision: Annotated[int, Meta(ge=1, description="the revision it is about")]
    outcome: Annotated[Outcome, Meta(description="received, accepted, rejected, acknowledged, paused or reset")]
    person: Annotated[Name | None, Meta(description="staff id; required for all but `received`")] = None
    reason: Annotated[Name | None, Meta(description="code; required for all but `received` and `accepted`")] = None
    for_s: Annotated[Seconds | None, Meta(description="required for acknowledged and paused")] = None
    pause: Annotated[Literal["audio-paused", "alarm-paused"] | None, Meta(description="required for paused")] = None

    def __post_init__(self) -> None:
        """Refuse an outcome without what it needs."""
        needs = {
            "person": self.outcome is not Outcome.RECEIVED,
            "reason": self.outcome in REASONED,
            "for_s": self.outcome in QUIETING,
            "pause": self.outcome is Outcome.PAUSED,
        }
        for field, needed in needs.items():
            if needed is (getattr(self, field) is None):
                verb = "needs" if needed else "takes no"
                raise ValueError(f"`{self.outcome.value}` {verb} `{field}`")


def read_receipt(payload: bytes, bed: str, consumer: str, received_at: int, stamp: Stamp) -> ReceiptGiven:
    """Return what arrived at `received_at` (ns) on the topic of `bed` and `consumer`. Raises RequestError."""
    receipt = read(Receipt, payload)
    if receipt.consumer != consumer:
        raise RequestError("/consumer", f"found `{receipt.consumer}` on the topic of `{consumer}`", receipt.request)
    if expired(receipt.expires_at, received_at, stamp):
        raise RequestError("/expires_at", "has passed; nothing was done", receipt.request)
    return ReceiptGiven(
        bed=bed,
        consumer=consumer,
        request=receipt.request,
        received_at=received_at,
        event_id=receipt.event_id,
        revision=receipt.revision,
        outcome=receipt.outcome,
        person=receipt.person or "",
        reason=receipt.reason or "",
        until=None if receipt.for_s is None else received_at + receipt.for_s * SECOND,
        pause=None if receipt.pause is None else InactivationKind(receipt.pause),
    )


PAYLOAD = Receipt
