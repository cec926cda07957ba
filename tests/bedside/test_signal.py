"""The signal's machine against its own table, and what a quieting can and cannot do at a bed."""

from __future__ import annotations

from itertools import product
from uuid import UUID

import pytest

from edge_agent.bedside.signal import TRANSITIONS, step
from edge_agent.domain.alerts import (
    Alert,
    ConditionState,
    Inactivation,
    InactivationKind,
    Kind,
    Outcome,
    Phase,
    Priority,
    SignalEvent,
    SignalState,
    Why,
)
from edge_agent.domain.effects import ReceiptCode
from edge_agent.domain.settings import SECOND
from firmware_bridges.vitals import Reason
from tests.bedside.desk import Desk, staffed

QUIET = Inactivation(InactivationKind.AUDIO_PAUSED, "nurse7", "care", 60 * SECOND)
QUIETED = [Outcome.PAUSED, Outcome.ACKNOWLEDGED]


def alert(signal: SignalState) -> Alert:
    return Alert(
        bed="1",
        condition="c",
        kind=Kind.PHYSIOLOGICAL,
        priority=Priority.HIGH,
        event_id=str(UUID(int=1)),
        ordinal=1,
        revision=1,
        phase=Phase.START,
        state=ConditionState.ACTIVE,
        signal=signal,
        began=0,
        raised=0,
        changed=0,
        why=Why(text="t", rule="r"),
    )


def test_every_row_of_the_table_and_no_other_is_what_the_machine_does() -> None:
    rows = {(before, event): after for before, event, after in TRANSITIONS}
    assert len(rows) == len(TRANSITIONS)
    for before, event in product(SignalState, SignalEvent):
        said = step(alert(before), event)
        assert said.signal is rows.get((before, event), before)


def test_the_table_silences_only_by_a_person_a_displacing_alert_or_the_end() -> None:
    silencing = {event for before, event, after in TRANSITIONS if before is SignalState.ON}
    assert silencing == {SignalEvent.PAUSED, SignalEvent.ACKNOWLEDGED, SignalEvent.DISPLACED, SignalEvent.OVER}


@pytest.mark.parametrize("outcome", QUIETED)
def test_a_quieting_has_owner_reason_and_deadline_and_ends_to_the_second(outcome: Outcome) -> None:
    desk = Desk()
    desk.low()
    desk.answer("spo2-low", outcome, for_s=60)
    quieted = desk.the("spo2-low")
    (quiet,) = quieted.inactivations
    assert (quiet.owner, quiet.reason, quiet.until) == ("nurse7", "care", desk.now + 60 * SECOND)
    assert quieted.signal.value == outcome.value
    desk.feed(59, {"spo2": 80})
    assert desk.the("spo2-low").signal is quieted.signal
    desk.feed(2, {"spo2": 80})
    back = desk.the("spo2-low")
    assert (back.signal, back.signal_event, back.changed) == (SignalState.ON, SignalEvent.TIME_UP, quiet.until)
    assert (back.inactivations, back.accepted_by) == ((), "")


@pytest.mark.parametrize("kind", InactivationKind)
def test_the_card_says_in_which_way_it_is_quiet(kind: InactivationKind) -> None:
    desk = Desk()
    desk.low()
    if kind is InactivationKind.ACKNOWLEDGED:
        desk.answer("spo2-low", Outcome.ACKNOWLEDGED)
    else:
        desk.answer("spo2-low", Outcome.PAUSED, pause=kind)
    (quiet,) = desk.the("spo2-low").inactivations
    assert quiet.kind is kind
    in_hand = kind is InactivationKind.ACKNOWLEDGED
    assert desk.the("spo2-low").accepted_by == ("nurse7" if in_hand else ""), "a pause is nobody's promise to come"


@pytest.mark.parametrize("outcome", QUIETED)
def test_it_survives_a_kill_to_the_second(outcome: Outcome) -> None:
    desk = Desk()
    desk.low()
    desk.answer("spo2-low", outcome, for_s=60)
    until = desk.now + 60 * SECOND
    desk.feed(10, {"spo2": 80})
    desk.restart()
    desk.feed(45, {"spo2": 80})
    assert desk.the("spo2-low").signal.value == outcome.value
    desk.feed(10, {"spo2": 80})
    assert desk.the("spo2-low").changed == until


@pytest.mark.parametrize("outcome", QUIETED)
def test_a_worsening_sounds_at_once_and_wants_somebody_anew(outcome: Outcome) -> None:
    desk = Desk()
    desk.feed(30, {"spo2": 88})
    assert desk.the("spo2-low").priority is Priority.MEDIUM
    desk.answer("spo2-low", outcome, for_s=100)
    desk.feed(8, {"spo2": 80})
    worse = desk.the("spo2-low")
    assert (worse.priority, worse.phase) == (Priority.HIGH, Phase.ESCALATE)
    assert (worse.signal, worse.signal_event, worse.inactivations) == (SignalState.ON, SignalEvent.WORSE, ())
    assert worse.accepted_by == ""


def test_a_new_cause_sounds_at_once() -> None:
    desk = Desk()
    desk.observe(vitals={"respiratory_rate": 26}, consciousness="A", supplemental_oxygen=False)
    desk.feed(5, {"spo2": 97})
    desk.answer("news2", Outcome.PAUSED, for_s=120)
    desk.feed(5, {"spo2": 97})
    assert desk.the("news2").signal is SignalState.PAUSED
    before = desk.the("news2").priority
    desk.observe(vitals={"temperature": 385})
    desk.feed(1, {"spo2": 97})
    fresh = desk.the("news2")
    assert (fresh.priority, fresh.signal, fresh.signal_event) == (before, SignalState.ON, SignalEvent.NEW_CAUSE)


def test_another_condition_has_a_signal_of_its_own() -> None:
    desk = Desk()
    desk.low()
    desk.answer("spo2-low", Outcome.PAUSED, for_s=120)
    desk.feed(30, {"spo2": 80, "pulse_rate": 35})
    assert desk.the("pulse-low").signal is SignalState.ON
    assert desk.the("spo2-low").signal is SignalState.PAUSED


@pytest.mark.parametrize("outcome", QUIETED)
def test_a_lost_signal_is_never_hidden_and_the_pause_ends_in_not_monitored(outcome: Outcome) -> None:
    desk = Desk()
    desk.low(80)
    desk.answer("spo2-low", outcome, for_s=60)
    desk.unplug()
    desk.wait(15)
    blind = desk.the("not-monitored")
    assert (blind.signal, blind.priority) == (SignalState.ON, Priority.HIGH)
    assert "last valid SpO2 80 %, 10 s before loss" in blind.why.text
    desk.wait(60)
    old = desk.the("spo2-low")
    assert (old.signal, old.signal_event) == (SignalState.OFF, SignalEvent.DISPLACED)
    assert desk.the("not-monitored").signal is SignalState.ON
    on_again = [a for a in desk.alerts("spo2-low") if a.changed > blind.changed and a.signal is SignalState.ON]
    assert on_again == [], "the old alert never sounds for want of data"


def test_a_displaced_alert_speaks_again_with_fresh_values_beyond_the_limit() -> None:
    desk = Desk()
    desk.low()
    desk.unplug()
    desk.wait(20)
    assert desk.the("spo2-low").signal is SignalState.OFF
    desk.plug()
    desk.feed(3, {"spo2": 80})
    back = desk.the("spo2-low")
    assert (back.signal, back.verifiable, back.signal_event) == (SignalState.ON, True, SignalEvent.SPEAKS)


def test_a_displaced_alert_ends_after_thirty_seconds_of_valid_data_and_stays_silent_meanwhile() -> None:
    desk = Desk(staffed(latch_high=False))
    desk.low()
    desk.unplug()
    desk.wait(20)
    desk.plug()
    desk.feed(29, {"spo2": 97})
    quiet = desk.the("spo2-low")
    assert quiet.signal is SignalState.OFF
    desk.feed(3, {"spo2": 97})
    assert desk.phases("spo2-low")[-1] == "end"


@pytest.mark.parametrize("inside", [2, 10, 15])
def test_a_displaced_alert_that_is_lost_again_before_it_could_end_makes_no_sound_for_want_of_data(inside: int) -> None:
    desk = Desk()
    desk.low()
    desk.unplug()
    desk.wait(20)
    desk.plug()
    said = len(desk.alerts("spo2-low"))
    desk.feed(inside, {"spo2": 97})
    desk.unplug()
    desk.wait(60)
    assert [alert.signal for alert in desk.alerts("spo2-low")[said:] if alert.signal is not SignalState.OFF] == []
    assert (desk.the("not-monitored").priority, desk.the("not-monitored").signal) == (Priority.HIGH, SignalState.ON)


def test_what_nothing_will_ever_speak_for_speaks_again_itself() -> None:
    desk = Desk(staffed(required=("spo2",)))
    desk.feed(40, {"spo2": 97, "respiratory_rate": 5})
    desk.unplug()
    desk.wait(30)
    assert desk.the("respiratory-rate-low").signal is SignalState.OFF
    desk.plug()
    desk.feed(20, {"spo2": 97})
    alone = desk.the("respiratory-rate-low")
    assert (alone.signal, alone.verifiable) == (SignalState.ON, False)


@pytest.mark.parametrize("back", [88, 97])
def test_a_displaced_alert_is_not_lowered_before_half_a_minute_of_better_data(back: int) -> None:
    desk = Desk(staffed(latch_high=False))
    desk.low()
    desk.unplug()
    desk.wait(20)
    desk.plug()
    desk.feed(2, {"spo2": 88})
    desk.feed(27, {"spo2": back})
    assert desk.the("spo2-low").priority is Priority.HIGH
    desk.feed(2, {"spo2": back})
    lowered = desk.the("spo2-low")
    assert (lowered.priority, lowered.phase, lowered.verifiable) == (Priority.MEDIUM, Phase.DEESCALATE, True)


def test_a_displaced_alert_ends_by_a_named_person_and_the_technical_one_falls_back() -> None:
    desk = Desk()
    desk.low()
    desk.unplug()
    desk.wait(80)
    assert desk.the("not-monitored").priority is Priority.HIGH
    assert desk.answer("spo2-low", Outcome.RESET).code is ReceiptCode.DONE
    gone = desk.alerts("spo2-low")[-1]
    assert (gone.phase, gone.state, gone.signal) == (Phase.RESET, ConditionState.INACTIVE, SignalState.OFF)
    assert "nurse7" in gone.end_reason
    assert not gone.verifiable, "no data said that it is over"
    desk.wait(10)
    assert desk.the("not-monitored").priority is Priority.MEDIUM
    desk.plug()
    desk.feed(20, {"spo2": 97})
    assert desk.present("spo2-low") is None


def test_one_lost_vital_inherits_what_it_displaces_and_leaves_the_rest_alone() -> None:
    desk = Desk(staffed(required=("spo2", "pulse")))
    desk.feed(10, {"spo2": 88, "pulse_rate": 70})
    desk.feed(10, {"spo2": 80, "pulse_rate": 70})
    desk.feed(40, {"pulse_rate": 70})
    lost = desk.the("signal-lost-spo2")
    assert lost.priority is Priority.HIGH
    assert "while it was alerting" in lost.why.text
    assert "last valid SpO2 80 %" in lost.why.text
    assert desk.the("spo2-low").signal is SignalState.OFF


def test_nothing_speaks_for_a_technical_alert_although_it_cannot_be_verified() -> None:
    desk = Desk()
    desk.feed(5, {"spo2": 97})
    for _ in range(10):
        desk.say({}, conditions=frozenset({Reason.SENSOR_OFF}))
        desk.wait(1)
    desk.unplug()
    desk.wait(90)
    off = desk.the("sensor-off-link1")
    assert (off.verifiable, off.signal) == (False, SignalState.ON)
    assert desk.the("not-monitored").priority.rank > off.priority.rank


def test_whoever_accepted_has_it_through_a_lost_signal_and_through_pauses() -> None:
    desk = Desk()
    desk.low()
    desk.answer("spo2-low", Outcome.ACCEPTED)
    desk.unplug()
    desk.wait(20)
    desk.plug()
    desk.feed(3, {"spo2": 80})
    assert (desk.the("spo2-low").signal, desk.the("spo2-low").accepted_by) == (SignalState.ON, "nurse7")
    for _ in range(2):
        desk.answer("spo2-low", Outcome.PAUSED, for_s=60)
        assert (desk.the("spo2-low").signal, desk.the("spo2-low").accepted_by) == (SignalState.PAUSED, "nurse7")


def test_after_a_reboot_without_a_clock_all_pauses_end_and_say_so() -> None:
    desk = Desk()
    desk.low()
    desk.answer("spo2-low", Outcome.ACKNOWLEDGED, for_s=600)
    desk.reboot(None)
    back = desk.the("spo2-low")
    assert (back.signal, back.inactivations) == (SignalState.ON, ())
    said = [a for a in desk.alerts("spo2-low") if a.signal_event is SignalEvent.CLOCK_LOST]
    assert said


def test_a_pause_that_ends_with_the_clock_ends_in_not_monitored_and_says_that_the_clock_was_lost() -> None:
    desk = Desk()
    desk.low()
    desk.answer("spo2-low", Outcome.ACKNOWLEDGED, for_s=600)
    desk.unplug()
    desk.wait(20)
    said = len(desk.alerts())
    desk.reboot(None)
    (old,) = (a for a in desk.alerts()[said:] if a.condition == "spo2-low")
    assert (old.signal, old.signal_event, old.inactivations) == (SignalState.OFF, SignalEvent.CLOCK_LOST, ())
    assert desk.the("not-monitored").signal is SignalState.ON


def test_after_a_reboot_with_a_clock_a_pause_ends_when_it_would_have() -> None:
    desk = Desk()
    desk.low()
    desk.answer("spo2-low", Outcome.ACKNOWLEDGED, for_s=600)
    desk.reboot(500 * SECOND)
    assert desk.the("spo2-low").signal is SignalState.ACKNOWLEDGED
    assert desk.the("spo2-low").inactivations[0].until == 130 * SECOND


@pytest.mark.parametrize("start", [89, 91])
def test_an_hour_of_one_unit_around_the_limit_is_one_start_and_at_most_one_end(start: int) -> None:
    desk = Desk()
    for second in range(3600):
        desk.feed(1, {"spo2": start + (second // 20) % 2 * (90 - start) * 2})
    phases = desk.phases("spo2-low")
    assert phases.count("start") == 1
    assert phases.count("end") <= 1
