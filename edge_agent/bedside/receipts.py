"""Receipts: what became of an alert at a consumer, and what people say to it.

A receipt that does not count changes nothing and is answered with the reason, and with who has the alert in hand.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from edge_agent.bedside import answers
from edge_agent.bedside.audience import LEASE
from edge_agent.bedside.floor import Floor
from edge_agent.bedside.machine import Condition
from edge_agent.domain.alerts import Alert, Kind, Outcome
from edge_agent.domain.effects import AlertChanged, Effect, ReceiptCode, ReceiptTaken
from edge_agent.domain.inputs import ReceiptGiven
from edge_agent.domain.settings import SECOND, Consumer, Role, WardSettings

_Refusal = tuple[ReceiptCode, str]

_DO: dict[Outcome, Callable[[Condition, ReceiptGiven, int], Alert | None]] = {
    Outcome.ACCEPTED: answers.accept,
    Outcome.ACKNOWLEDGED: answers.quiet,
    Outcome.PAUSED: answers.quiet,
    Outcome.RESET: answers.reset,
}


def given(floor: Floor, receipt: ReceiptGiven, now: int, effects: list[Effect]) -> Iterable[str]:
    """Let a receipt count, or say why not."""
    consumer, found = floor.consumer(receipt.consumer), _find(floor, receipt)
    alert = None if found is None else found[1]
    if consumer is None:
        refusal: _Refusal | None = (ReceiptCode.NOT_CONFIGURED, f"consumer {receipt.consumer} has no role in this ward")
    elif found is None:
        refusal = (ReceiptCode.UNKNOWN_EVENT, "no such alert is there now: it may be over")
    else:
        condition, alert = found
        floor.state.audience.until[consumer.id] = max(now + LEASE, floor.state.audience.until.get(consumer.id, now))
        refusal = _refusal(receipt, condition, alert, consumer, floor.state.settings)
        if refusal is None:
            changed = _done(floor, receipt, condition, consumer, now)
            effects.extend([] if changed is None else [AlertChanged(changed, floor.encounter(receipt.bed))])
            alert = changed or alert
            floor.to_be_judged(receipt.bed, shown=changed is not None)
    effects.append(_answer(receipt, refusal, alert, now))
    return () if refusal else (receipt.bed,)


def _find(floor: Floor, receipt: ReceiptGiven) -> tuple[Condition, Alert] | None:
    for condition in floor.conditions(receipt.bed):
        if condition.alert is not None and condition.alert.event_id == receipt.event_id:
            return condition, condition.alert
    return None


def _refusal(
    receipt: ReceiptGiven, condition: Condition, alert: Alert, consumer: Consumer, settings: WardSettings
) -> _Refusal | None:
    if not _allowed(consumer.role, receipt.outcome, alert):
        return ReceiptCode.NOT_ALLOWED, f"a {consumer.role.value} may not do that to this alert"
    if receipt.revision > alert.revision:
        return ReceiptCode.UNKNOWN_EVENT, f"its newest revision is {alert.revision}"
    # That an older revision has arrived shows all the same that the alert has: only what people decide must be on the
    # newest, or a value that changes every second could never be received.
    if receipt.revision < alert.revision and receipt.outcome is not Outcome.RECEIVED:
        in_hand = f", accepted by {alert.accepted_by}" if alert.accepted_by else ""
        return ReceiptCode.SUPERSEDED, f"its newest revision is {alert.revision}{in_hand}"
    most = {Outcome.PAUSED: settings.pause_most_s, Outcome.ACKNOWLEDGED: settings.acknowledge_most_s}
    if receipt.until is not None and receipt.until - receipt.received_at > most[receipt.outcome] * SECOND:
        return ReceiptCode.TOO_LONG, f"at most {most[receipt.outcome]} s in this ward"
    if receipt.outcome is Outcome.RESET and not condition.resettable:
        return ReceiptCode.STILL_PRESENT, "fresh values say that it is still there"
    return None


def _allowed(role: Role, outcome: Outcome, alert: Alert) -> bool:
    if outcome is Outcome.RECEIVED:
        return True
    return role is not Role.DISPLAY and (role is not Role.TECHNICIAN or alert.kind is Kind.TECHNICAL)


def _done(floor: Floor, receipt: ReceiptGiven, condition: Condition, consumer: Consumer, now: int) -> Alert | None:
    if receipt.outcome is Outcome.RECEIVED:
        answers.receive(condition, consumer)
        return None
    if receipt.outcome is Outcome.REJECTED:
        return answers.reject(condition, receipt, consumer, floor.callers, now)
    return _DO[receipt.outcome](condition, receipt, now)


def _answer(receipt: ReceiptGiven, refusal: _Refusal | None, alert: Alert | None, now: int) -> ReceiptTaken:
    code, why = refusal or (ReceiptCode.DONE, "")
    return ReceiptTaken(
        bed=receipt.bed,
        consumer=receipt.consumer,
        request=receipt.request,
        person=receipt.person,
        event_id=receipt.event_id,
        outcome=receipt.outcome,
        at=now,
        code=code,
        why=why,
        revision=0 if alert is None else alert.revision,
        accepted_by="" if alert is None else alert.accepted_by,
        until=None if refusal else receipt.until,
    )
