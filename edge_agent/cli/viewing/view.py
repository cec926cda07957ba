"""What a subscriber knows of one gateway's beds, from messages alone: state + message -> state. Pure."""

from __future__ import annotations

from decimal import Decimal

import msgspec
from msgspec.structs import replace

from edge_agent.cli.viewing.heard import Heard
from edge_agent.cli.viewing.words import span
from edge_agent.domain.alerts import OVER, Phase
from edge_agent.domain.settings import SECOND
from edge_agent.wire.payloads.alert import AlertEvent, AlertRecord, Proof
from edge_agent.wire.payloads.alerts import Alerts
from edge_agent.wire.payloads.command_result import CommandResult
from edge_agent.wire.payloads.config_reported import ConfigReported
from edge_agent.wire.payloads.missed import Missed
from edge_agent.wire.payloads.receipt_result import ReceiptResult
from edge_agent.wire.payloads.score import Score
from edge_agent.wire.payloads.state import Presence, State
from edge_agent.wire.payloads.vitals import Stream, Vitals
from firmware_bridges.vitals import VITALS

TREND = 60
"""Points kept per trend line, one a message."""

SILENCE = 5 * SECOND
"""A gateway that says something every second is missed after this."""

LOST = 10 * SECOND
"""A value that has not been heard again for this long is not shown, whoever is to blame."""


class Entry(msgspec.Struct, frozen=True):
    """One line of the log: what `source` (story, agent, broker) said at `at` (ns); `loud` is an alert's priority.

    `about` says for machines what the text says for people.
    """

    at: int
    source: str
    text: str
    loud: str = ""
    about: dict[str, str | int] = {}


class BedView(msgspec.Struct, frozen=True, kw_only=True):
    """One bed as last heard; each part with the time it arrived, ns.

    `alerts_at`: when the agent made the last snapshot, as well as that is known on our clock; `alerts_us`: the same on
    its own clock, which is not ours; `alerts_boot`: of which boot that clock is; `alerts_utc`: the same in UTC, None
    where the agent did not know.
    """

    bed: str
    vitals: Vitals | None = None
    vitals_at: int = 0
    trends: dict[str, tuple[Decimal | None, ...]] = {}
    score: Score | None = None
    alerts: Alerts | None = None
    alerts_at: int = 0
    alerts_us: int = 0
    alerts_boot: str = ""
    alerts_utc: str | None = None

    def stream(self, quantity: str) -> Stream | None:
        """Return the stream in use for a quantity, else the first there is."""
        streams = [s for s in (self.vitals.streams if self.vitals else ()) if VITALS[s.vital].quantity == quantity]
        return next((s for s in streams if s.chosen), streams[0] if streams else None)

    def source(self, proof: Proof) -> Stream | None:
        """Return the stream that a value behind an alert is from, whichever is in use."""
        streams = self.vitals.streams if self.vitals else ()
        return next((s for s in streams if (s.vital, s.device) == (proof.vital, proof.device)), None)

    def value(self, quantity: str, now: int) -> Decimal | None:
        """Return the present value of a quantity; None when there is none, or when nothing was heard for `LOST`."""
        return self.value_of(self.stream(quantity), now)

    def value_of(self, stream: Stream | None, now: int) -> Decimal | None:
        """Return the present value of a stream, as `value` does."""
        return None if stream is None or now - self.vitals_at >= LOST else stream.value

    def age(self, quantity: str, now: int) -> int | None:
        """Return how old the last usable value is, ns; None if there never was one."""
        return self.age_of(self.stream(quantity), now)

    def age_of(self, stream: Stream | None, now: int) -> int | None:
        """Return how old the last usable value of a stream is, as `age` does."""
        return None if stream is None or stream.age_ms is None else stream.age_ms * 1_000_000 + now - self.vitals_at

    def lasted(self, alert: AlertRecord, now: int) -> int:
        """Return for how long the condition of a present alert has been seen, ns."""
        return (self.alerts_us - alert.began_us) * 1_000 + now - self.alerts_at

    def alert(self, condition: str) -> AlertRecord | None:
        """Return the present alert whose condition begins with `condition`."""
        present = self.alerts.alerts if self.alerts else ()
        return next((alert for alert in present if alert.condition.startswith(condition)), None)


class _Sign(msgspec.Struct, frozen=True):
    """Of which connection a life sign is: the will is made just before its connection, so it is the older one of two.

    `birth` counts the connections of `run`; `us` is when it was made, on the clock of `boot`.
    """

    run: str
    boot: str
    birth: int
    us: int

    def replaced_by(self, other: _Sign) -> bool:
        """Tell whether `other` is of a later connection."""
        if self.run == other.run:
            return self.birth < other.birth
        return self.boot == other.boot and self.us < other.us


class View(msgspec.Struct, frozen=True, kw_only=True):
    """Everything on the screen. `wall_offset`: UTC minus CLOCK_BOOTTIME, ns; `up`, `since`: our own connection.

    `sign`: which connection `presence` is about. `ahead`: the agent's clock of its boot `boot` minus ours, ns: what a
    late joiner needs to tell how old a retained snapshot is.
    """

    wall_offset: int
    boot: str = ""
    ahead: int = 0
    beds: dict[str, BedView] = {}
    up: bool = False
    since: int = 0
    presence: Presence | None = None
    sign: _Sign | None = None
    heard_at: int | None = None
    gateway: Alerts | None = None
    config: ConfigReported | None = None
    log: tuple[Entry, ...] = ()


def heard(view: View, message: Heard) -> View:
    """Return the view after one message from the agent."""
    view, at = _timed(replace(view, heard_at=message.at), message), message.at
    match message.body:
        case AlertEvent() as event:
            view = _logged(view, message, event)
        case Vitals() as body if message.live:
            view = _bed(view, body.bed, vitals=body, vitals_at=at, trends=_trends(view, body))
        case Score() as body if message.live:
            view = _bed(view, body.bed, score=body)
        case Alerts() as body:
            view = _snapshot(view, body, message)
        case State() as body:
            view = _state(view, body, message)
        case ConfigReported() as body:
            view = _configured(view, body, at)
        case Missed() as body:
            view = told(view, Entry(at, "agent", _missed(body)))
        case ReceiptResult() as body if body.person or not body.done:
            view = told(view, Entry(at, "agent", _answered(body)))
        case CommandResult(done=False) as body:
            view = told(view, Entry(at, "agent", f"{body.command} refused: {'; '.join(body.errors)}"))
    return view


def linked(view: View, *, up: bool, at: int) -> View:
    """Return the view after our own connection to the broker came or went."""
    return view if view.up == up else replace(view, up=up, since=at)


def told(view: View, entry: Entry) -> View:
    """Return the view with one more line in its log."""
    return replace(view, log=(*view.log, entry))


def banner(view: View, now: int) -> str:
    """Return what everybody must know at once, '' when all is well."""
    why = ""
    if not view.up:
        why = f"the broker has been gone for {span(now - view.since)}" if view.since else ""
    elif view.presence is Presence.OFFLINE:
        why = "the broker has lost the gateway"
    elif view.heard_at is not None and view.presence is Presence.ONLINE and now - view.heard_at >= SILENCE:
        why = f"nothing heard for {span(now - view.heard_at)}"
    return f"ALERTS ARE NOT LEAVING THIS GATEWAY: {why}" if why else ""


def _snapshot(view: View, body: Alerts, message: Heard) -> View:
    if not body.bed:
        return replace(view, gateway=body)
    envelope = message.envelope
    made = envelope.monotonic_us * 1_000 - view.ahead if envelope.boot == view.boot else message.at
    return _bed(
        view, body.bed, alerts=body, alerts_at=min(made, message.at), alerts_us=envelope.monotonic_us,
        alerts_boot=envelope.boot, alerts_utc=envelope.measured,
    )  # fmt: skip


def _timed(view: View, message: Heard) -> View:
    """Learn how far the agent's clock is ahead of ours.

    Vitals are made at the moment they are sent and are never retained; of all else, what came soonest tells best.
    """
    envelope = message.envelope
    ahead = envelope.monotonic_us * 1_000 - message.at
    fresh = isinstance(message.body, Vitals) and message.live
    if envelope.boot == view.boot and not fresh and ahead <= view.ahead:
        return view
    beds = {
        name: replace(bed, alerts_at=min(bed.alerts_us * 1_000 - ahead, message.at))
        if bed.alerts_boot == envelope.boot
        else bed
        for name, bed in view.beds.items()
    }
    return replace(view, boot=envelope.boot, ahead=ahead, beds=beds)


def _bed(view: View, bed: str, **changes: object) -> View:
    known = view.beds.get(bed) or BedView(bed=bed)
    return replace(view, beds={**view.beds, bed: replace(known, **changes)})


def _trends(view: View, body: Vitals) -> dict[str, tuple[Decimal | None, ...]]:
    before = view.beds[body.bed].trends if body.bed in view.beds else {}
    now = BedView(bed=body.bed, vitals=body)
    quantities = {VITALS[stream.vital].quantity: None for stream in body.streams}
    present = {q: found.value for q in quantities if (found := now.stream(q)) is not None}
    return {q: (*before.get(q, ()), value)[-TREND:] for q, value in present.items()}


def _logged(view: View, message: Heard, event: AlertEvent) -> View:
    place = f"BED {event.bed}" if event.bed else "GATEWAY"
    late = f" ({event.late})" if event.late else "" if message.live else " (happened while offline)"
    about: dict[str, str | int] = {
        "bed": event.bed or "",
        "condition": event.condition,
        "event_id": event.event_id,
        "revision": event.revision,
        "phase": event.phase.value,
        "topic": message.kind,
    }
    if event.phase in OVER:
        text = f"{place}: ended: {event.end_reason or event.text}{late}"
        return told(view, Entry(message.at, "agent", text, about=about))
    if event.phase is Phase.UPDATE and event.verifiable:
        return view
    return told(view, Entry(message.at, "agent", f"{place}: {event.text}{late}", event.priority.value, about))


def _missed(body: Missed) -> str:
    place = f"BED {body.bed}" if body.bed else "GATEWAY"
    first, number = body.events[0], len(body.events) + body.left_out
    more = f", and {number - 1} more" if number > 1 else ""
    return f"{place}: missed while offline: {first.text}{more}"


def _answered(body: ReceiptResult) -> str:
    place = f"BED {body.bed}" if body.bed else "GATEWAY"
    who = f"{body.person} at {body.consumer}" if body.person else body.consumer
    said = f"{place}: {body.outcome.value} by {who}"
    if body.done:
        return said
    why = body.why or body.code.value
    owner = f", {body.accepted_by} has it" if body.accepted_by and body.accepted_by not in why else ""
    return f"{said} does not count: {why}{owner}"


def _state(view: View, body: State, message: Heard) -> View:
    """Take a life sign; what the broker says of a connection that has been replaced says nothing of the present one."""
    sign = _Sign(message.envelope.run, message.envelope.boot, body.birth, message.envelope.monotonic_us)
    if view.sign is not None and sign.replaced_by(view.sign):
        return view
    view = replace(view, sign=sign)
    if body.state is view.presence:
        return view
    source = "broker" if body.state is Presence.OFFLINE else "agent"
    return told(replace(view, presence=body.state), Entry(message.at, source, f"gateway {body.state.value}"))


def _configured(view: View, body: ConfigReported, at: int) -> View:
    before, view = view.config, replace(view, config=body)
    if body.refused is not None and (before is None or before.refused != body.refused):
        fault = body.refused.faults[0]
        text = f"config version {body.refused.version} REFUSED: {fault.path} = {fault.found}; allowed: {fault.allowed}"
        return told(view, Entry(at, "agent", text, about={"refused": str(body.refused.version)}))
    if before is not None and body.version != before.version:
        return told(view, Entry(at, "agent", f"config version {body.version} APPLIED", about={"applied": body.version}))
    return view
