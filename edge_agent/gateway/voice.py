"""Effects become action.

Bytes to devices, questions to the model, messages to the outbox, recordings around alerts, lines in the log.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple, Protocol

import structlog

from edge_agent.domain.alerts import Alert, Phase, Priority
from edge_agent.domain.effects import (
    AlertChanged,
    AlertsSnapshot,
    AudienceChanged,
    DeviceReport,
    Effect,
    HangUp,
    LinkReport,
    LocalSignal,
    Profile,
    ProfileChanged,
    QuietTaken,
    ReceiptCode,
    ReceiptTaken,
    RequestTaken,
    RiskWanted,
    SendToDevice,
    Suppressed,
    Unclaimed,
    Waits,
)
from edge_agent.domain.settings import SECOND
from edge_agent.wire.compose import compose
from edge_agent.wire.outgoing import Draft, Stamp
from edge_agent.wire.topics import Topics, stream

log = structlog.get_logger(__name__)


class Outlet(Protocol):
    """Where messages go."""

    def publish(self, draft: Draft) -> None:
        """Send a message, in its turn."""

    def publish_alert(self, drafts: list[Draft], memory: dict[str, bytes]) -> None:
        """Store alert events durably with what must be remembered with them, then send them and their snapshots."""

    def confirmed(self, stream: str, *, by_person: bool) -> None:
        """Count a receipt for a message of `stream`: a program has it, or a person has answered."""


class Hands(NamedTuple):
    """What effects are acted on with.

    `remember` returns what is stored with an alert, `freeze` keeps the recording around one, `sound` drives the
    gateway's own output, `heard_by` hears who listens.
    """

    outlet: Outlet
    remember: Callable[[], dict[str, bytes]]
    send: Callable[[str, str, bytes], bool]
    ask: Callable[[RiskWanted], None]
    freeze: Callable[[str, int], object]
    hang_up: Callable[[str, str], None]
    audit: Callable[[str], object]
    sound: Callable[[LocalSignal], None]
    heard_by: Callable[[AudienceChanged], None]


class Voice:
    """Acts on effects, on the loop, in their order.

    `links` and `devices` keep the latest report of each device, `profile` by which the ward alerts.
    """

    def __init__(self, topics: Topics, stamp: Callable[[], Stamp], hands: Hands) -> None:
        """Speak to `topics`, each message stamped by `stamp`."""
        self.links: dict[str, LinkReport] = {}
        self.devices: dict[str, DeviceReport] = {}
        self.profile = Profile.DAY
        self._topics, self._stamp, self._hands = topics, stamp, hands

    def speak(self, effects: list[Effect], now: int) -> None:
        """Act on the effects of one input handled at `now` (ns)."""
        events: list[Draft] = []
        shown: list[Draft] = []
        others: list[Draft] = []
        stamp = self._stamp()
        for effect in effects:
            if isinstance(effect, SendToDevice):
                self._hands.send(effect.device, effect.channel, effect.data)
            elif isinstance(effect, HangUp):
                self._hands.hang_up(effect.device, effect.reason)
            elif isinstance(effect, Unclaimed):
                vitals = ", ".join(effect.vitals)
                self._hands.audit(f"measurement of {effect.device} ({vitals}) goes nowhere: {effect.why}")
            elif isinstance(effect, RiskWanted):
                self._hands.ask(effect)
            elif isinstance(effect, AlertChanged):
                events += compose(effect, self._topics, stamp)
                self._noticed(effect.alert, now)
            elif isinstance(effect, AlertsSnapshot | ReceiptTaken | RequestTaken):
                shown += compose(effect, self._topics, stamp)
                self._answered(effect)
            else:
                self._reported(effect, now)
                others += compose(effect, self._topics, stamp, self._of_bed(effect))
        changed = any(map(_changes, effects))
        if events or changed:
            # Snapshots and answers wait for the commit of the events: nothing is shown that a kill could undo.
            self._hands.outlet.publish_alert([*events, *shown], self._hands.remember())
        for draft in others if events or changed else [*shown, *others]:
            self._hands.outlet.publish(draft)

    def forget(self, devices: set[str]) -> None:
        """Drop the reports of devices that are gone."""
        for reports in (self.links, self.devices):
            for name in devices & reports.keys():
                del reports[name]

    def _of_bed(self, effect: Effect) -> list[LinkReport]:
        bed = getattr(effect, "bed", "")
        return [report for report in self.links.values() if report.bed == bed]

    def _reported(self, effect: Effect, now: int) -> None:
        if isinstance(effect, LinkReport):
            self.links[effect.device] = effect
            log.info("link", device=effect.device, bed=effect.bed, state=effect.state.value, reason=effect.reason)
        elif isinstance(effect, DeviceReport):
            self.devices[effect.device] = effect
        elif isinstance(effect, Suppressed):
            _withheld(effect, now)
        elif isinstance(effect, LocalSignal):
            log.info("local output", causes=[f"{c.bed}/{c.condition}" for c in effect.sounding], soft=effect.soft)
            self._hands.sound(effect)
        elif isinstance(effect, ProfileChanged):
            self.profile = effect.profile
            log.info("profile", profile=effect.profile.value)
            self._hands.audit(f"profile: {effect.profile.value}")
        elif isinstance(effect, AudienceChanged):
            log.info("audience", system=effect.system.value, listeners=effect.listeners)
            self._hands.heard_by(effect)
        elif isinstance(effect, QuietTaken):
            self._hands.audit(f"local output quieted by {effect.person or 'its own button'}: {_done(effect.errors)}")

    def _answered(self, effect: AlertsSnapshot | ReceiptTaken | RequestTaken) -> None:
        if isinstance(effect, RequestTaken):
            about = f"request {effect.request} by {effect.person} for bed {effect.bed}"
            self._hands.audit(f"{effect.command} {_done(effect.errors)}: {about}")
        elif isinstance(effect, ReceiptTaken):
            person = f" by {effect.person}" if effect.person else ""
            about = f"event {effect.event_id}, bed {effect.bed or '(gateway)'}: {effect.code.value}"
            self._hands.audit(f"receipt {effect.outcome.value}{person} through {effect.consumer}, {about}")
            if effect.code is ReceiptCode.DONE:
                counts_in = stream("alert", bed=effect.bed) if effect.bed else stream("gateway-alert")
                self._hands.outlet.confirmed(counts_in, by_person=bool(effect.person))

    def _noticed(self, alert: Alert, now: int) -> None:
        log.info(
            "alert",
            bed=alert.bed or "gateway",
            condition=alert.condition,
            phase=alert.phase.value,
            priority=alert.priority.value,
            event_id=alert.event_id,
            revision=alert.revision,
        )
        if alert.bed and alert.phase is Phase.START and alert.priority.rank >= Priority.MEDIUM.rank:
            self._hands.freeze(alert.event_id, now)


def _changes(effect: Effect) -> bool:
    """Tell whether an effect, beside alert events, must be remembered at once: what a person did, or may claim."""
    return isinstance(effect, Waits | Unclaimed) or (isinstance(effect, RequestTaken) and not effect.errors)


def _withheld(effect: Suppressed, now: int) -> None:
    """Log an alert that was not raised: which, why, and how long ago a plain limit would have sounded."""
    log.info(
        "alert suppressed",
        bed=effect.bed,
        condition=effect.condition,
        priority=effect.priority.value,
        by=effect.by.value,
        would_have_ago_s=round((now - effect.would_have) / SECOND, 1),
    )


def _done(errors: tuple[str, ...]) -> str:
    return "; ".join(errors) or "done"
