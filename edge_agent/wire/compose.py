"""From what happened to what is said: an effect becomes drafts, a draft with its number becomes a finished message."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from edge_agent.domain.alerts import OVER, Priority
from edge_agent.domain.effects import (
    AlertChanged,
    AlertsSnapshot,
    Effect,
    LinkReport,
    QuietTaken,
    ReceiptTaken,
    RequestTaken,
    ScoreReport,
    StoredReadings,
    Suppressed,
    VitalsReport,
)
from edge_agent.domain.settings import SECOND
from edge_agent.domain.windows import RiskAnswer
from edge_agent.wire.envelope import Body, Envelope, message_id, micros, utc
from edge_agent.wire.outgoing import Draft, Outgoing, Stamp, Urgency
from edge_agent.wire.payloads.alert import AlertEvent, alert
from edge_agent.wire.payloads.alerts import alerts
from edge_agent.wire.payloads.birth import Birth
from edge_agent.wire.payloads.command_result import CommandResult, answer
from edge_agent.wire.payloads.config_reported import ConfigReported
from edge_agent.wire.payloads.health import Health
from edge_agent.wire.payloads.heartbeat import Heartbeat
from edge_agent.wire.payloads.model import Model
from edge_agent.wire.payloads.receipt_result import receipt_result
from edge_agent.wire.payloads.score import score
from edge_agent.wire.payloads.shadow import shadow as shadow_of
from edge_agent.wire.payloads.state import Presence, State
from edge_agent.wire.payloads.stored import stored
from edge_agent.wire.payloads.suppressed import suppressed
from edge_agent.wire.payloads.vitals import vitals
from edge_agent.wire.topics import TOPICS, Topics, stream

LIVE_S = 60
"""Vitals and scores older than this when they are sent go to history."""

URGENCIES = {
    Priority.HIGH: Urgency.ALERT_HIGH,
    Priority.MEDIUM: Urgency.ALERT_MEDIUM,
    Priority.LOW: Urgency.ALERT_LOW,
    Priority.INFO: Urgency.ALERT_LOW,
}

_ENCODER = msgspec.json.Encoder(decimal_format="number")


def compose(effect: Effect, topics: Topics, stamp: Stamp, links: Iterable[LinkReport] = ()) -> list[Draft]:
    """Return what an effect says on the wire; nothing for effects that are not for the wire.

    `links`: the latest report of every device's link; those of a bed go with its vitals.
    """
    match effect:
        case VitalsReport():
            draft = _live("vitals", topics, effect.bed, effect.at, vitals(effect, links))
        case ScoreReport():
            draft = _live("score", topics, effect.bed, effect.at, score(effect))
        case AlertChanged():
            draft = _alert_draft(effect, topics, stamp)
        case AlertsSnapshot():
            draft = _alerts_draft(effect, topics, stamp)
        case Suppressed():
            draft = _draft("suppressed", topics, suppressed(effect, stamp), effect.at, Urgency.BACKLOG, bed=effect.bed)
        case StoredReadings():
            draft = _draft("vitals-history", topics, stored(effect), effect.at, Urgency.BACKLOG, bed=effect.bed)
        case RequestTaken() | QuietTaken() if effect.request:
            draft = command_result(topics, effect.at, answer(effect))
        case ReceiptTaken():
            draft = _receipt_draft(effect, topics, stamp)
        case _:
            return []
    return [draft]


def seal(draft: Draft, seq: int, stamp: Stamp, durable: bool = True) -> Outgoing:  # noqa: FBT001, FBT002 - the contract
    """Return `draft` as message number `seq` of its stream: id and JSON are fixed from here on.

    `durable` is False for an alert that is announced although it could not be stored.
    """
    body = draft.body
    if not durable and isinstance(body, AlertEvent):
        body = msgspec.structs.replace(body, durable=False)
    expires = None if draft.expires_s is None else utc(draft.made + draft.expires_s * SECOND, stamp)
    envelope = Envelope(
        id=message_id(stamp.run, draft.stream, seq),
        stream=draft.stream,
        seq=seq,
        run=stamp.run,
        boot=stamp.boot,
        measured=utc(draft.made, stamp),
        monotonic_us=micros(draft.made),
        clock=stamp.trust,
        expires_at=expires,
        correlation=draft.correlation or None,
    )
    # Both are JSON objects and neither is empty, so joining them at the brace is one object, encoded once.
    payload = _ENCODER.encode(body)[:-1] + b"," + _ENCODER.encode(envelope)[1:]
    return Outgoing(
        id=envelope.id,
        run=stamp.run,
        stream=draft.stream,
        seq=seq,
        topic=draft.topic,
        payload=payload,
        qos=draft.qos,
        retain=draft.retain,
        urgency=draft.urgency,
        made=draft.made,
        history_topic=draft.history_topic,
        expires_s=draft.expires_s,
        live_s=draft.live_s,
        slot=draft.slot,
        event_id=draft.event_id,
        revision=draft.revision,
        over=draft.over,
        correlation=draft.correlation,
    )


def state(topics: Topics, at: int, presence: Presence, birth: int) -> Draft:
    """Return `state`; sealed before the connection with `Presence.OFFLINE`, it is the will."""
    return _draft("state", topics, State(state=presence, birth=birth), at, Urgency.STATE)


def birth(topics: Topics, at: int, body: Birth) -> Draft:
    """Return `birth`, for right after `state` online."""
    return _draft("birth", topics, body, at, Urgency.STATE)


def health(topics: Topics, at: int, body: Health) -> Draft:
    """Return `health`."""
    return _draft("health", topics, body, at, Urgency.LIVE)


def model(topics: Topics, at: int, body: Model) -> Draft:
    """Return `model`."""
    return _draft("model", topics, body, at, Urgency.STATE)


def shadow(topics: Topics, at: int, bed: str, answer: RiskAnswer) -> Draft:
    """Return what a model on trial says of a bed."""
    return _draft("shadow", topics, shadow_of(bed, answer), at, Urgency.LIVE, bed=bed)


def heartbeat(topics: Topics, at: int) -> Draft:
    """Return the agent's message to itself."""
    return _draft("heartbeat", topics, Heartbeat(), at, Urgency.STATE)


def config_reported(topics: Topics, at: int, body: ConfigReported, request: str = "") -> Draft:
    """Return `config/reported`, in answer to `request` where there was one."""
    return msgspec.structs.replace(_draft("config-reported", topics, body, at, Urgency.STATE), correlation=request)


def command_result(topics: Topics, at: int, body: CommandResult) -> Draft:
    """Return the answer to a command."""
    draft = _draft("command-result", topics, body, at, Urgency.STATE, command=body.command)
    return msgspec.structs.replace(draft, correlation=body.request)


def _live(name: str, topics: Topics, bed: str, at: int, body: Body) -> Draft:
    row, counts_in = TOPICS[name], stream(name, bed=bed)
    return Draft(
        stream=counts_in,
        topic=topics.root + counts_in,
        body=body,
        qos=row.qos,
        retain=row.retain,
        urgency=Urgency.LIVE,
        made=at,
        history_topic=topics.history(counts_in),
        expires_s=row.expires_s,
        live_s=LIVE_S,
    )


def _alert_draft(effect: AlertChanged, topics: Topics, stamp: Stamp) -> Draft:
    said = effect.alert
    row = TOPICS["alert" if said.bed else "gateway-alert"]
    counts_in = stream("alert", bed=said.bed) if said.bed else stream("gateway-alert")
    return Draft(
        stream=counts_in,
        topic=topics.root + counts_in,
        body=alert(effect, stamp),
        qos=row.qos,
        retain=row.retain,
        urgency=URGENCIES[said.priority],
        made=said.changed,
        history_topic=topics.history(counts_in),
        event_id=said.event_id,
        revision=said.revision,
        over=said.phase in OVER,
    )


def _receipt_draft(taken: ReceiptTaken, topics: Topics, stamp: Stamp) -> Draft:
    name = "receipt-result" if taken.bed else "gateway-receipt-result"
    fields = {"bed": taken.bed, "consumer": taken.consumer} if taken.bed else {"consumer": taken.consumer}
    draft = _draft(name, topics, receipt_result(taken, stamp), taken.at, Urgency.STATE, **fields)
    return msgspec.structs.replace(draft, correlation=taken.request)


def _alerts_draft(effect: AlertsSnapshot, topics: Topics, stamp: Stamp) -> Draft:
    body = alerts(effect, stamp)
    if effect.bed:
        return _draft("alerts", topics, body, effect.at, Urgency.STATE, bed=effect.bed)
    return _draft("gateway-alerts", topics, body, effect.at, Urgency.STATE)


def _draft(name: str, topics: Topics, body: Body, at: int, urgency: Urgency, **fields: str) -> Draft:
    """Return a draft as its row in the topics table says: of what is retained, or QoS 0, only the newest matters."""
    row, counts_in = TOPICS[name], stream(name, **fields)
    return Draft(
        stream=counts_in,
        topic=topics.root + counts_in,
        body=body,
        qos=row.qos,
        retain=row.retain,
        urgency=urgency,
        made=at,
        expires_s=row.expires_s,
        slot=row.retain or row.qos == 0,
    )
