"""`bed/{bed}/alert` and `alert`: one event of one alert, with the whole state of its condition and its signal.

Words of IHE ACM (PCD-04) and IEC 60601-1-8:2006+A2:2020 for machines, plain words in `status` and `text` for people.
"""

from __future__ import annotations

from decimal import Decimal
from enum import Enum
from typing import Annotated

import msgspec
from msgspec import Meta, field

from edge_agent.bedside.words import value_text
from edge_agent.domain.alerts import (
    OVER,
    Alert,
    ConditionState,
    Evidence,
    Inactivation,
    InactivationKind,
    Kind,
    Phase,
    Priority,
    SignalEvent,
    SignalState,
    Why,
)
from edge_agent.domain.effects import AlertChanged
from edge_agent.wire.envelope import Body, Micros, Utc, Uuid, age_ms, micros, utc, utc_or_none, ward_time
from edge_agent.wire.outgoing import Stamp
from edge_agent.wire.parts import CODES, Codes, DeviceId, Encounter, Item, Unit, VitalCode, decimal, number
from edge_agent.wire.payloads.score import PLACES, RiskDriver, driver
from firmware_bridges.vitals import VITALS, Reason

PAUSES = frozenset({InactivationKind.AUDIO_PAUSED, InactivationKind.ALARM_PAUSED})


class Status(str, Enum):
    """What a person reads. `ACCEPTED` is followed by `accepted_by`, `PAUSED` by the deadline of its inactivation."""

    NEW = "New"
    ACCEPTED = "Accepted by"
    PAUSED = "Paused until"
    ENDED = "Ended"


class Proof(Item, frozen=True, kw_only=True):
    """One value behind an alert: a reason, not a present value."""

    vital: VitalCode
    value: Annotated[Decimal, Meta(description="exact decimal")]
    unit: Unit
    age_ms: Annotated[int, Meta(description="its age when this alert last changed; in a snapshot, at the snapshot")]
    before: Annotated[Decimal | None, Meta(description="the value about a minute earlier, in `unit`")] = None
    device: DeviceId
    quality: Annotated[Reason, Meta(description="ok, or why its stream shows nothing newer")]
    codes: Annotated[Codes, Meta(description="the vital in MDC and LOINC")]


class OwnLimit(Item, frozen=True):
    """The limit is the patient's own. It holds until somebody sets another, and never beyond the stay."""

    person: Annotated[str, Meta(description="staff id of who set it")]
    since: Annotated[Utc, Meta(description="since when")]
    since_us: Micros


class Quieting(Item, frozen=True):
    """One quieting of the signal by a person. None is without deadline, owner and reason."""

    kind: Annotated[InactivationKind, Meta(description="audio-paused, alarm-paused or acknowledged")]
    owner: Annotated[str, Meta(description="staff id")]
    reason: Annotated[str, Meta(description="code of the site's list")]
    until: Annotated[Utc, Meta(description="deadline")]
    until_us: Micros


class AlertRecord(Item, frozen=True, kw_only=True):
    """One alert at one revision. What began, was raised or changed when, stands as UTC and on the clock of `boot`."""

    bed: Annotated[str | None, Meta(description="the bed's id; left out for an alert of the gateway itself")] = None
    event_id: Annotated[Uuid, Meta(description="the same from start to end, also across restarts")]
    revision: Annotated[int, Meta(ge=1, description="counts the changes of this event, from 1")]
    condition: Annotated[str, Meta(description="what is wrong, coded, such as spo2-low or not-monitored")]
    kind: Annotated[Kind, Meta(description="physiological, technical or advisory")] = field(name="type")
    priority: Annotated[Priority, Meta(description="high, medium, low or info")]
    phase: Annotated[Phase, Meta(description="what this revision says; over after `end` and `reset` alone")]
    state: Annotated[ConditionState, Meta(description="of the condition; latched: gone, but not yet reset")]
    signal: Annotated[SignalState, Meta(description="what people are told: off, on, paused or acknowledged")]
    signal_event: Annotated[SignalEvent, Meta(description="why the signal is so; left out: raised")] = (
        SignalEvent.RAISED
    )
    inactivation: Annotated[tuple[Quieting, ...], Meta(description="how people have quieted the signal")] = ()
    tier: Annotated[int, Meta(description="which consumers are called; left out: the first, 1")] = 1
    status: Annotated[Status, Meta(description="for people: New, Accepted by, Paused until, Ended")]
    accepted_by: Annotated[str | None, Meta(description="staff id")] = None
    text: Annotated[str, Meta(description="what is wrong and why, in ward words")]
    response: Annotated[
        str | None, Meta(description="what the standard of `score_id` recommends at this score, once it acts")
    ] = None
    verifiable: Annotated[bool, Meta(description="false: its input is gone; it stays, see `last_valid`")]
    last_valid: Annotated[Proof | None, Meta(description="while not verifiable: the newest there was")] = None
    rule: Annotated[str, Meta(description="id of the rule")]
    limit: Annotated[Decimal | None, Meta(description="what was passed, in the unit of `evidence`")] = None
    own_limit: Annotated[OwnLimit | None, Meta(description="whose word `limit` is; left out: the ward's")] = None
    evidence: Annotated[tuple[Proof, ...], Meta(description="the values behind it")] = ()
    missing: Annotated[tuple[str, ...], Meta(description="inputs that were not there")] = ()
    devices: Annotated[tuple[str, ...], Meta(description="the equipment concerned")] = ()
    beds: Annotated[tuple[str, ...], Meta(description="the beds concerned by an alert of the gateway")] = ()
    score: Annotated[int | None, Meta(description="the bed's rule score, whatever the alert is about")] = None
    score_id: Annotated[str | None, Meta(description="which score that is, such as news2")] = None
    score_complete: Annotated[bool | None, Meta(description="false: inputs are missing, it is a lower bound")] = None
    probability: Annotated[Decimal | None, Meta(description="of the risk model, 0 to 1, beside it")] = None
    drivers: Annotated[tuple[RiskDriver, ...], Meta(description="what drives the model, for its own alert")] = ()
    began: Annotated[Utc, Meta(description="when the condition was first seen")]
    began_us: Micros
    raised: Annotated[Utc, Meta(description="when it was declared, after its delay")]
    raised_us: Micros
    changed: Annotated[Utc, Meta(description="when this revision came to be")]
    changed_us: Micros
    ended: Annotated[Utc, Meta(description="when the condition ended")] = None
    ended_us: Annotated[Micros | None, Meta(description="the same in microseconds")] = None
    end_reason: Annotated[str | None, Meta(description="why it ended, in words")] = None


class AlertEvent(AlertRecord, Body, frozen=True, kw_only=True, tag="bedside/alert/1"):
    """One event of one alert."""

    encounter: Encounter = None
    durable: Annotated[bool, Meta(description="false: announced although it could not be stored first")]
    late: Annotated[str | None, Meta(description="said after an outage: when it began, in ward words")] = None


def alert(changed: AlertChanged, stamp: Stamp) -> AlertEvent:
    """Return the payload of an alert event, durable until the outbox says otherwise."""
    record = alert_record(changed.alert, changed.alert.changed, stamp)
    return AlertEvent(**msgspec.structs.asdict(record), encounter=changed.encounter or None, durable=True)


def alert_record(alert: Alert, now: int, stamp: Stamp) -> AlertRecord:
    """Return the alert as a record; ages are those at `now` (ns)."""
    why = alert.why
    # Lists inside tuple(): msgspec leaves defaults out by identity; before 3.11 an empty generator makes a second ().
    proofs = tuple([_proof(each, now) for each in why.evidence])
    limited = None if why.limit is None or not why.evidence else decimal(why.evidence[0].vital, why.limit)
    return AlertRecord(
        bed=alert.bed or None,
        event_id=alert.event_id,
        revision=alert.revision,
        condition=alert.condition,
        kind=alert.kind,
        priority=alert.priority,
        phase=alert.phase,
        state=alert.state,
        signal=alert.signal,
        signal_event=alert.signal_event,
        tier=alert.tier,
        inactivation=tuple([_quieting(each, stamp) for each in alert.inactivations]),
        status=status(alert),
        accepted_by=alert.accepted_by or None,
        text=_text(why, stamp),
        response=why.response or None,
        verifiable=alert.verifiable,
        last_valid=None if alert.verifiable else min(proofs, key=lambda proof: proof.age_ms, default=None),
        rule=why.rule,
        limit=limited,
        own_limit=None
        if why.own is None
        else OwnLimit(why.own.person, utc(why.own.since, stamp), micros(why.own.since)),
        evidence=proofs,
        missing=why.missing,
        devices=why.devices,
        beds=why.beds,
        score=why.score,
        score_id=why.score_name or None,
        score_complete=None if why.score is None else why.score_complete,
        probability=number(why.probability, PLACES),
        drivers=tuple([driver(each) for each in why.drivers]),
        began=utc(alert.began, stamp),
        began_us=micros(alert.began),
        raised=utc(alert.raised, stamp),
        raised_us=micros(alert.raised),
        changed=utc(alert.changed, stamp),
        changed_us=micros(alert.changed),
        ended=utc_or_none(alert.ended, stamp),
        ended_us=None if alert.ended is None else micros(alert.ended),
        end_reason=alert.end_reason or None,
    )


def status(alert: Alert) -> Status:
    """Return the word a person reads: an alert that is over, then one that is paused, then one that somebody took."""
    kinds = {each.kind for each in alert.inactivations}
    if alert.phase in OVER:
        return Status.ENDED
    if kinds & PAUSES:
        return Status.PAUSED
    if alert.accepted_by or InactivationKind.ACKNOWLEDGED in kinds:
        return Status.ACCEPTED
    return Status.NEW


def _text(why: Why, stamp: Stamp) -> str:
    """Return what is wrong, in ward words; of a patient's own limit also what it is, who set it and when."""
    if why.own is None or why.limit is None or not why.evidence:
        return why.text
    set_by = ", ".join(part for part in (f"set by {why.own.person}", ward_time(why.own.since, stamp)) if part)
    return f"{why.text}; limit {value_text(why.evidence[0].vital, why.limit)} (own, {set_by})"


def _proof(evidence: Evidence, now: int) -> Proof:
    return Proof(
        vital=evidence.vital,
        value=decimal(evidence.vital, evidence.value),
        unit=VITALS[evidence.vital].ucum,
        age_ms=age_ms(evidence.at, now),
        before=None if evidence.before is None else decimal(evidence.vital, evidence.before),
        device=evidence.device,
        quality=evidence.quality,
        codes=CODES[evidence.vital],
    )


def _quieting(quiet: Inactivation, stamp: Stamp) -> Quieting:
    return Quieting(
        kind=quiet.kind,
        owner=quiet.owner,
        reason=quiet.reason,
        until=utc(quiet.until, stamp),
        until_us=micros(quiet.until),
    )


PAYLOAD = AlertEvent
