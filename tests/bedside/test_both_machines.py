"""Both machines attacked: arbitrary vitals, silences, receipts, restarts and clock steps against a naive model.

The model is independent: a few facts about one limit alert, kept by other means than the machines' own. It says when
the alert must stand, that only a person or the table may silence it, and until when a quieting holds.
"""

from __future__ import annotations

from uuid import UUID

import hypothesis.strategies as st
from hypothesis import settings as examples
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from msgspec.structs import replace

from edge_agent.bedside.ward import Ward
from edge_agent.domain.alerts import OVER, Alert, ConditionState, Outcome, Phase, Priority, SignalState
from edge_agent.domain.effects import AlertChanged, ReceiptCode, ReceiptTaken
from edge_agent.domain.inputs import SettingsApplied, Started, Wake
from edge_agent.domain.settings import SECOND
from firmware_bridges.vitals import Reason
from tests.bedside.desk import Desk

LEGAL = {
    ConditionState.ACTIVE: {ConditionState.ACTIVE, ConditionState.LATCHED},
    ConditionState.LATCHED: {ConditionState.LATCHED, ConditionState.ACTIVE},
}
QUIETED = {SignalState.PAUSED, SignalState.ACKNOWLEDGED}
OUTCOMES = st.sampled_from(Outcome)
PEOPLE = st.sampled_from(["nurse7", "dr3"])


def told(alert: Alert) -> tuple[object, ...]:
    """Return what does not move with the clock."""
    return alert.revision, alert.priority, alert.state, alert.signal, alert.accepted_by, alert.tier


class Model:
    """What anybody could write down at the bedside: the events seen, who quieted what until when, who has it."""

    def __init__(self) -> None:
        self.events: dict[str, Alert] = {}
        self.quiet: dict[str, int] = {}
        self.accepted: dict[str, str] = {}

    def see(self, alert: Alert) -> None:
        """Check one revision against the last one of its event."""
        before = self.events.get(alert.event_id)
        if before is None:
            assert (alert.revision, alert.phase) == (1, Phase.START)
        else:
            assert alert.revision == before.revision + 1
            assert before.phase not in OVER, "nothing follows an end"
            assert alert.phase in OVER or alert.state in LEGAL[before.state]
            if alert.phase not in OVER and alert.priority.rank < before.priority.rank:
                assert alert.phase in {Phase.DEESCALATE, Phase.UPDATE}
                assert alert.verifiable, "nothing that cannot be verified is lowered"
            if alert.priority.rank > before.priority.rank:
                assert alert.signal is SignalState.ON, "a worsening sounds"
        if (alert.signal in QUIETED) != bool(alert.inactivations):
            raise AssertionError("a quieting without deadline, owner and reason, or the other way round")
        if alert.signal not in QUIETED:
            self.quiet.pop(alert.event_id, None)
        self.accepted[alert.event_id] = alert.accepted_by
        self.events[alert.event_id] = alert

    def shift(self, by: int) -> None:
        """Read every deadline, and since when it has been, off another clock."""
        self.quiet = {event: at + by for event, at in self.quiet.items()}
        for event, alert in self.events.items():
            moved = tuple(replace(each, until=each.until + by) for each in alert.inactivations)
            self.events[event] = replace(alert, began=alert.began + by, inactivations=moved)

    def present(self) -> dict[str, Alert]:
        return {alert.condition: alert for alert in self.events.values() if alert.phase not in OVER}


class BothMachines(RuleBasedStateMachine):
    """One bed, one oximeter, a nurse and a doctor, and everything that can happen to them."""

    def __init__(self) -> None:
        super().__init__()
        self.desk, self.model, self.seen = Desk(), Model(), 0
        self.booted, self.seen_at = 1, self.desk.now

    def look(self) -> None:
        """Show the model what has been said since it looked last."""
        for effect in self.desk.effects[self.seen :]:
            if isinstance(effect, AlertChanged):
                self.model.see(effect.alert)
        self.seen = len(self.desk.effects)

    @initialize()
    def well(self) -> None:
        self.desk.feed(2, {"spo2": 97, "pulse_rate": 70})
        self.look()

    @rule(spo2=st.sampled_from([97, 91, 90, 89, 88, 80]), pulse=st.sampled_from([70, 160, 35]), n=st.integers(1, 40))
    def vitals(self, spo2: int, pulse: int, n: int) -> None:
        self.desk.feed(n, {"spo2": spo2, "pulse_rate": pulse})
        self.seen_at = self.desk.now
        self.look()

    @rule(n=st.integers(1, 90))
    def silence(self, n: int) -> None:
        self.desk.wait(n)
        self.look()

    @rule()
    def sensor_off(self) -> None:
        self.desk.say({"spo2": 97}, conditions=frozenset({Reason.SENSOR_OFF}))
        self.desk.wait(1)
        self.look()

    @rule()
    def cable(self) -> None:
        self.desk.unplug()
        self.desk.wait(3)
        self.desk.plug()
        self.look()

    @precondition(lambda self: self.model.present())
    @rule(
        data=st.data(), outcome=st.sampled_from(Outcome), person=PEOPLE, for_s=st.integers(1, 200), late=st.booleans()
    )
    def receipt(self, data: st.DataObject, outcome: Outcome, person: str, for_s: int, *, late: bool) -> None:
        present = self.model.present()
        alert = present[data.draw(st.sampled_from(sorted(present)))]
        quieting = outcome in (Outcome.PAUSED, Outcome.ACKNOWLEDGED)
        answer = self.desk.answer(
            alert.condition,
            outcome,
            person=person,
            consumer="nurse-app" if person == "nurse7" else "doctor-app",
            for_s=for_s if quieting else None,
            revision=alert.revision - 1 if late and alert.revision > 1 else None,
        )
        self.check(answer, alert, for_s if quieting else 0, late=late and alert.revision > 1)

    def check(self, answer: ReceiptTaken, alert: Alert, for_s: int, *, late: bool) -> None:
        """Hold an answer against what anybody would expect of it."""
        done = answer.code is ReceiptCode.DONE
        if late and answer.outcome is not Outcome.RECEIVED:
            assert answer.code is ReceiptCode.SUPERSEDED
            assert answer.accepted_by == self.model.accepted[alert.event_id]
        elif answer.outcome is Outcome.PAUSED:
            assert done is (for_s <= 120)
        elif answer.outcome is Outcome.RESET and done:
            assert alert.state is ConditionState.LATCHED or not alert.verifiable
        self.look()
        if done and for_s:
            self.model.quiet[alert.event_id] = self.desk.now + for_s * SECOND
        if done and answer.outcome is Outcome.RESET:
            assert self.model.events[alert.event_id].phase is Phase.RESET

    @rule()
    def kill(self) -> None:
        self.desk.restart()
        self.seen_at = self.desk.now
        self.look()

    @rule(off_for=st.one_of(st.none(), st.integers(0, 300)), uptime=st.integers(1, 5000))
    def reboot(self, off_for: int | None, uptime: int) -> None:
        """Step the only clock there is: to another boot's."""
        self.desk.give(Wake())
        self.look()
        data, before = self.desk.ward.snapshot(), self.desk.now
        self.desk.ward, self.desk.now = Ward(), uptime * SECOND
        self.desk.ward.restore(data)
        self.desk.ward.rebase(self.desk.now, None if off_for is None else off_for * SECOND)
        by, self.seen_at = self.desk.now - (off_for or 0) * SECOND - before, self.desk.now
        self.model.shift(by)
        self.booted += 1
        self.desk.give(Started(str(UUID(int=self.booted + 100)), f"boot {self.booted}", restored=True))
        self.desk.give(SettingsApplied(self.desk.settings))
        self.look()

    @invariant()
    def what_stands_is_in_the_snapshot_and_nothing_else(self) -> None:
        if self.desk.snapshots():
            shown = {alert.event_id: told(alert) for alert in self.desk.snapshots()[-1].alerts}
            assert shown == {alert.event_id: told(alert) for alert in self.model.present().values() if alert.bed}

    @invariant()
    def nothing_is_quiet_beyond_its_deadline_and_every_kept_promise_is(self) -> None:
        for alert in self.model.present().values():
            promised = self.model.quiet.get(alert.event_id)
            if alert.signal in QUIETED:
                assert promised is not None
                assert alert.inactivations[0].until == promised
                assert self.desk.now < promised

    @invariant()
    def only_a_person_or_a_louder_voice_silences(self) -> None:
        present = self.model.present()
        voices = [a for c, a in present.items() if c == "not-monitored" or c.startswith("signal-lost")]
        for alert in present.values():
            if alert.signal is SignalState.OFF:
                clearing = self.desk.ward._floor.state.beds["1"].conditions[alert.condition].clearing is not None
                looking = self.desk.now <= self.seen_at + 11 * SECOND
                assert clearing or not alert.verifiable
                assert clearing or looking or any(voice.priority.rank >= alert.priority.rank for voice in voices)
            if alert.condition == "not-monitored" and alert.signal is not SignalState.ON:
                assert alert.signal in QUIETED

    @invariant()
    def a_high_alert_that_stays_alone_has_called_everybody(self) -> None:
        for alert in self.model.present().values():
            if alert.priority is Priority.HIGH and alert.signal is SignalState.ON and not alert.accepted_by:
                call = self.desk.ward._floor.conditions(alert.bed)
                mine = next(c for c in call if c.alert is not None and c.alert.event_id == alert.event_id).call
                assert mine is not None
                assert self.desk.now - mine.since <= 180 * SECOND or mine.spent


TestBothMachines = BothMachines.TestCase
TestBothMachines.settings = examples(max_examples=40, stateful_step_count=25, deadline=None)
