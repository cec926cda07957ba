"""What stays until a named person resets it: a high alert that nobody took, and an alert that rests on a spot value."""

from __future__ import annotations

import pytest

from edge_agent.domain.alerts import ConditionState, Outcome, Phase, SignalState
from edge_agent.domain.effects import ReceiptCode
from firmware_bridges.vitals import Reason
from tests.bedside.desk import Desk, staffed


def test_a_high_alert_that_nobody_took_latches_until_a_named_person_resets_it() -> None:
    desk = Desk()
    desk.low()
    desk.feed(25, {"spo2": 97})
    held = desk.the("spo2-low")
    assert (held.state, held.phase, held.signal) == (ConditionState.LATCHED, Phase.UPDATE, SignalState.ON)
    assert held.ended is not None
    assert "not yet seen" in held.why.text
    desk.restart()
    desk.feed(600, {"spo2": 97})
    assert desk.the("spo2-low").state is ConditionState.LATCHED
    desk.answer("spo2-low", Outcome.RESET)
    assert desk.phases("spo2-low")[-1] == "reset"
    assert desk.alerts("spo2-low")[-1].ended == held.ended


def test_a_latched_alert_that_comes_back_is_the_same_alert() -> None:
    desk = Desk()
    first = desk.low()
    desk.feed(25, {"spo2": 97})
    assert desk.the("spo2-low").state is ConditionState.LATCHED
    desk.answer("spo2-low", Outcome.PAUSED)
    desk.feed(25, {"spo2": 88})
    again = desk.the("spo2-low")
    assert (again.event_id, again.state, again.signal) == (first.event_id, ConditionState.ACTIVE, SignalState.ON)
    assert (again.ended, again.end_reason) == (None, "")


def test_one_that_latches_sounds_although_another_sensor_has_just_come_off() -> None:
    desk = Desk()
    desk.feed(10, {"spo2": 97, "pulse_rate": 130})
    desk.feed(10, {"spo2": 97, "pulse_rate": 160})
    desk.unplug()
    desk.wait(20)
    assert desk.the("pulse-high").signal is SignalState.OFF
    desk.plug()
    desk.feed(29, {"spo2": 97, "pulse_rate": 70})
    desk.say({"spo2": 97}, conditions=frozenset({Reason.SENSOR_OFF}))
    desk.wait(2)
    held = desk.the("pulse-high")
    assert (held.state, held.signal) == (ConditionState.LATCHED, SignalState.ON)


@pytest.mark.parametrize("outcome", [Outcome.ACCEPTED, Outcome.ACKNOWLEDGED])
def test_one_that_somebody_took_ends_by_itself(outcome: Outcome) -> None:
    desk = Desk()
    desk.low()
    desk.answer("spo2-low", outcome)
    desk.feed(25, {"spo2": 97})
    assert desk.phases("spo2-low")[-1] == "end"


@pytest.mark.parametrize("ward", [staffed(latch_high=False), staffed(consumers=())], ids=["off", "nobody to reset it"])
def test_nothing_latches_where_the_ward_does_not_want_it_or_nobody_could_reset_it(ward: object) -> None:
    desk = Desk(ward)  # type: ignore[arg-type] # the parameter's own type
    desk.low()
    desk.feed(25, {"spo2": 97})
    assert desk.phases("spo2-low")[-1] == "end"


def test_a_spot_value_beyond_its_limit_is_reset_and_does_not_come_back() -> None:
    desk = Desk()
    desk.observe(vitals={"systolic": 80})
    desk.feed(2, {"spo2": 97})
    assert desk.answer("systolic-low", Outcome.RESET).code is ReceiptCode.DONE
    desk.feed(60, {"spo2": 97})
    assert desk.present("systolic-low") is None
    desk.observe(vitals={"systolic": 82})
    desk.feed(1, {"spo2": 97})
    assert desk.present("systolic-low") is not None


def test_the_cuff_s_next_value_alerts_at_once_after_a_reset_although_it_is_the_same() -> None:
    desk = Desk()
    desk.feed(5, {"spo2": 97})
    desk.say({"spo2": 97, "systolic": 80})
    desk.answer("systolic-low", Outcome.RESET)
    desk.feed(300, {"spo2": 97})
    desk.say({"spo2": 97, "systolic": 80})
    assert desk.the("systolic-low").raised == desk.now
