"""What people do to an alert: receive, accept, reject, quiet, reset. Whether they may, `receipts` has decided."""

from __future__ import annotations

from edge_agent.bedside.escalation import Callers
from edge_agent.bedside.machine import Condition
from edge_agent.domain.alerts import Alert, Inactivation, InactivationKind, Outcome, Phase, SignalEvent
from edge_agent.domain.inputs import ReceiptGiven
from edge_agent.domain.settings import Consumer


def receive(condition: Condition, consumer: Consumer) -> None:
    """Note that the alert has reached a consumer."""
    if condition.call is not None:
        condition.call.heard(consumer.tier)


def accept(condition: Condition, receipt: ReceiptGiven, now: int) -> Alert:
    """Put the alert into a person's hands: `settling` calls nobody any more. Whoever accepts last has it."""
    return condition.revise(now, Phase.UPDATE, accepted_by=receipt.person)


def reject(condition: Condition, receipt: ReceiptGiven, consumer: Consumer, who: Callers, now: int) -> Alert | None:
    """Take the alert out of a person's hands, and call the next tier at once if this one was being called."""
    alert, call = condition.alert, condition.call
    if call is not None:
        onward = consumer.tier == call.tier and call.next_tier(who, now)
        return condition.revise(now, Phase.ESCALATE, tier=call.tier) if onward else None
    given_back = alert is not None and alert.accepted_by == receipt.person
    return condition.revise(now, Phase.UPDATE, accepted_by="") if given_back else None


def quiet(condition: Condition, receipt: ReceiptGiven, now: int) -> Alert:
    """Quiet the signal until the receipt's deadline. To acknowledge is to accept as well."""
    acknowledged = receipt.outcome is Outcome.ACKNOWLEDGED
    kind = InactivationKind.ACKNOWLEDGED if acknowledged else receipt.pause or InactivationKind.AUDIO_PAUSED
    until = now if receipt.until is None else receipt.until
    inactivation = Inactivation(kind, receipt.person, receipt.reason, until)
    event = SignalEvent.ACKNOWLEDGED if acknowledged else SignalEvent.PAUSED
    return condition.quiet(now, event, inactivation)


def reset(condition: Condition, receipt: ReceiptGiven, now: int) -> Alert | None:
    """Put an end to the alert."""
    return condition.reset(now, f"reset by {receipt.person}: {receipt.reason}")
