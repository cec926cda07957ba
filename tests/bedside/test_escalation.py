"""Calling somebody: tiers and their deadlines, nobody listening, and the output of the gateway itself."""

from __future__ import annotations

import pytest

from edge_agent.domain.alerts import Outcome, Phase
from edge_agent.domain.effects import AlertSystem, AudienceChanged, LocalSignal, QuietTaken
from edge_agent.domain.inputs import Listening, NobodyListened, QuietAsked, Started
from edge_agent.domain.settings import SECOND, Bed, Consumer, Device, Role
from tests.bedside.desk import DOCTOR, NURSE, SCREEN, WORKSHOP, Desk, staffed
from tests.bedside.harness import RUN


def tiers(desk: Desk) -> list[tuple[int, int]]:
    """Return (tier, seconds since it was raised) of each escalation to another tier."""
    events = [a for a in desk.alerts("spo2-low") if a.phase is Phase.ESCALATE and a.tier > 1]
    high = next(a for a in desk.alerts("spo2-low") if a.priority.value == "high")
    return [(a.tier, (a.changed - high.changed) // SECOND) for a in events]


def hold(desk: Desk, seconds: int) -> None:
    desk.feed(seconds, {"spo2": 80})


def test_not_received_in_time_calls_the_next_tier_once_and_then_sounds_here() -> None:
    desk = Desk()
    desk.low()
    hold(desk, 300)
    assert tiers(desk) == [(2, 15)]
    assert desk.sounding() == ["spo2-low"]
    first = next(e for e in desk.effects if isinstance(e, LocalSignal) and e.sounding)
    high = next(a for a in desk.alerts("spo2-low") if a.priority.value == "high")
    assert first.at == high.changed + 30 * SECOND


def test_who_grows_worse_is_called_for_anew() -> None:
    desk = Desk()
    desk.feed(100, {"spo2": 88})
    hold(desk, 40)
    assert tiers(desk) == [(2, 15)]


def test_no_tier_is_passed_over() -> None:
    desk = Desk(staffed(NURSE, DOCTOR, Consumer("consultant-app", Role.DOCTOR, 3)))
    desk.low()
    hold(desk, 100)
    assert tiers(desk) == [(2, 15), (3, 30)]


def test_a_display_of_the_gateways_own_file_is_called_before_the_doctor() -> None:
    desk = Desk(staffed(DOCTOR))
    desk.give(Started(RUN, "boot", displays=("screen",)))
    desk.low()
    desk.answer("spo2-low", Outcome.RECEIVED, consumer="screen")
    hold(desk, 200)
    assert tiers(desk) == [(2, 180)]


def test_received_but_not_accepted_calls_the_next_tier_after_three_minutes() -> None:
    desk = Desk()
    desk.low()
    desk.answer("spo2-low", Outcome.RECEIVED)
    hold(desk, 200)
    assert tiers(desk) == [(2, 180)]


def test_accepted_calls_nobody() -> None:
    desk = Desk()
    desk.low()
    desk.answer("spo2-low", Outcome.ACCEPTED)
    hold(desk, 400)
    assert tiers(desk) == []
    assert desk.sounding() == []


def test_what_the_other_tier_received_is_not_received_by_this_one() -> None:
    desk = Desk()
    desk.low()
    desk.answer("spo2-low", Outcome.RECEIVED, consumer="doctor-app")
    hold(desk, 20)
    assert tiers(desk) == [(2, 15)]


def test_the_wards_own_times_hold() -> None:
    desk = Desk(staffed(received_within_s=5, accepted_within_s=30))
    desk.low()
    hold(desk, 10)
    desk.answer("spo2-low", Outcome.RECEIVED, consumer="doctor-app")
    hold(desk, 30)
    assert tiers(desk) == [(2, 5)]
    assert desk.sounding() == ["spo2-low"]


def test_a_medium_alert_calls_only_the_first_tier() -> None:
    desk = Desk()
    desk.feed(400, {"spo2": 88})
    assert desk.the("spo2-low").tier == 1
    assert desk.sounding() == []


def test_displays_alone_need_only_confirm() -> None:
    desk = Desk(staffed(SCREEN))
    desk.low()
    desk.answer("spo2-low", Outcome.RECEIVED, consumer="screen")
    hold(desk, 400)
    assert desk.sounding() == []


def test_a_pause_stops_the_call_and_its_end_begins_it_anew() -> None:
    desk = Desk()
    desk.low()
    desk.answer("spo2-low", Outcome.PAUSED, for_s=60)
    hold(desk, 70)
    assert tiers(desk) == []
    hold(desk, 10)
    (event,) = tiers(desk)
    assert event[0] == 2


def test_a_restart_gives_the_tier_its_time_again() -> None:
    desk = Desk()
    desk.low()
    hold(desk, 5)
    desk.restart()
    hold(desk, 10)
    assert tiers(desk) == []
    hold(desk, 8)
    assert [tier for tier, _ in tiers(desk)] == [2]


def test_after_a_kill_whoever_confirms_again_is_not_passed_over_and_the_time_to_accept_goes_on() -> None:
    desk = Desk()
    desk.low()
    desk.answer("spo2-low", Outcome.RECEIVED)
    hold(desk, 170)
    desk.restart()
    hold(desk, 5)
    desk.answer("spo2-low", Outcome.RECEIVED)
    hold(desk, 30)
    assert tiers(desk) == [(2, 180)]


def test_a_receipt_of_the_run_before_counts_no_more_and_costs_one_call_at_most() -> None:
    desk = Desk()
    desk.low()
    desk.answer("spo2-low", Outcome.RECEIVED)
    hold(desk, 60)
    desk.restart()
    hold(desk, 100)
    assert tiers(desk) == [(2, 9 + 60 + 15)]


@pytest.mark.parametrize("every", [7, 14])
def test_a_gateway_that_is_killed_again_and_again_still_escalates(every: int) -> None:
    desk = Desk()
    desk.low()
    for _ in range(400 // every):
        desk.restart()
        hold(desk, every)
    assert tiers(desk) == [(2, 180)]
    assert desk.sounding() == ["spo2-low"]


def test_without_any_consumer_it_sounds_here_at_once_also_for_medium_and_never_for_low() -> None:
    desk = Desk(staffed(consumers=()))
    desk.feed(30, {"spo2": 88})
    assert desk.sounding() == ["spo2-low"]
    desk.feed(30, {"spo2": 97})
    assert desk.sounding() == []
    desk.unplug()
    desk.wait(15)
    assert desk.the("not-monitored").priority.value == "low"
    assert desk.sounding() == []
    desk.wait(60)
    assert desk.sounding() == ["not-monitored"]


def test_with_the_broker_gone_it_sounds_here_until_it_is_back() -> None:
    desk = Desk()
    desk.low()
    assert desk.sounding() == []
    desk.fact("broker-unreachable", present=True)
    assert desk.sounding() == ["spo2-low"]
    desk.fact("broker-unreachable", present=False)
    assert desk.sounding() == []


def test_nobody_subscribed_sounds_here_at_once_until_somebody_has_received_it() -> None:
    desk = Desk()
    alert = desk.low()
    desk.give(NobodyListened("1", alert.event_id, desk.now))
    assert desk.sounding() == ["spo2-low"]
    desk.answer("spo2-low", Outcome.RECEIVED)
    assert desk.sounding() == []


def quiet(desk: Desk, seconds: int, **who: str) -> tuple[str, ...]:
    asked = QuietAsked(desk.now, desk.now + seconds * SECOND, **who)
    return next(effect.errors for effect in desk.give(asked) if isinstance(effect, QuietTaken))


def test_quieted_for_at_most_two_minutes_and_a_new_cause_sounds_at_once() -> None:
    desk = Desk(staffed(consumers=()))
    desk.feed(30, {"spo2": 88, "pulse_rate": 70})
    assert quiet(desk, 120) == ()
    assert desk.sounding() == []
    desk.feed(30, {"spo2": 88, "pulse_rate": 160})
    assert "pulse-high" in desk.sounding()
    assert "spo2-low" not in desk.sounding()
    desk.feed(95, {"spo2": 88, "pulse_rate": 160})
    assert {"pulse-high", "spo2-low"} <= set(desk.sounding())
    assert quiet(desk, 121) == ("longer than 120 s",)
    assert {"pulse-high", "spo2-low"} <= set(desk.sounding())


def test_a_worse_cause_is_a_new_one() -> None:
    desk = Desk(staffed(consumers=()))
    desk.feed(30, {"spo2": 88})
    quiet(desk, 120)
    desk.feed(10, {"spo2": 80})
    assert desk.sounding() == ["spo2-low"]


@pytest.mark.parametrize(("consumer", "taken"), [("nurse-app", True), ("screen", False), ("stranger", False)])
def test_over_the_network_only_those_who_answer_for_people_may_quiet(consumer: str, taken: bool) -> None:  # noqa: FBT001 - a parameter
    desk = Desk(staffed(NURSE, SCREEN))
    assert (quiet(desk, 60, consumer=consumer, person="nurse7", request="q1") == ()) is taken


def audiences(desk: Desk) -> list[tuple[AlertSystem, tuple[str, ...]]]:
    return [(e.system, e.listeners) for e in desk.effects if isinstance(e, AudienceChanged)]


def test_who_listens_decides_which_alert_system_this_is() -> None:
    desk = Desk(staffed(NURSE, DOCTOR, SCREEN, WORKSHOP))
    desk.give(Listening("screen", desk.now, desk.now + 90 * SECOND))
    desk.wait(30)
    desk.give(Listening("nurse-app", desk.now, desk.now + 90 * SECOND))
    desk.give(Listening("stranger", desk.now, desk.now + 90 * SECOND))
    desk.wait(200)
    assert audiences(desk) == [
        (AlertSystem.DAS, ("screen",)),
        (AlertSystem.CDAS, ("nurse-app", "screen")),
        (AlertSystem.CDAS, ("nurse-app",)),
        (AlertSystem.DIS, ()),
    ]
    assert [e.displays for e in desk.effects if isinstance(e, AudienceChanged)] == [("screen",), ("screen",), (), ()]


def test_nothing_is_kept_of_strangers_nor_of_who_has_listened() -> None:
    """Anybody who may publish could fill the gateway's memory with names, or seem to listen for ever."""
    desk = Desk()
    desk.give(Listening("stranger", desk.now, desk.now + 90 * SECOND))
    desk.give(Listening("nurse-app", desk.now - 90 * SECOND, desk.now))
    assert desk.ward._floor.state.audience.until == {}
    assert audiences(desk) == []


def test_what_a_consumer_said_and_came_late_does_not_take_back_what_it_said_since() -> None:
    desk = Desk()
    desk.give(Listening("nurse-app", desk.now, desk.now + 90 * SECOND))
    desk.give(Listening("nurse-app", desk.now - 90 * SECOND, desk.now))
    assert audiences(desk) == [(AlertSystem.CDAS, ("nurse-app",))]


def test_a_receipt_shows_that_its_consumer_listens_and_a_new_run_knows_of_nobody() -> None:
    desk = Desk()
    desk.low()
    desk.answer("spo2-low", Outcome.RECEIVED)
    assert audiences(desk) == [(AlertSystem.CDAS, ("nurse-app",))]
    desk.restart()
    desk.give(Listening("doctor-app", desk.now, desk.now + 90 * SECOND))
    assert audiences(desk)[-1] == (AlertSystem.CDAS, ("doctor-app",))


def test_two_beds_sound_as_two_the_worst_first() -> None:
    beds = (Bed(id="1"), Bed(id="2"))
    devices = tuple(Device(id=f"link{n}", bed=str(n), family="sensor_link", port=f"/dev/{n}") for n in (1, 2))
    desk = Desk(staffed(consumers=(), beds=beds, devices=devices))
    for _ in range(30):
        desk.say({"spo2": 88}, "link1")
        desk.say({"spo2": 80}, "link2")
        desk.wait(1)
    said = [effect for effect in desk.effects if isinstance(effect, LocalSignal)][-1]
    assert [(cause.bed, cause.priority.value) for cause in said.sounding] == [("2", "high"), ("1", "medium")]


def test_without_a_broker_or_a_subscriber_nobody_listens_until_somebody_says_so_again() -> None:
    desk = Desk(staffed(NURSE, SCREEN))
    alert = desk.low()

    def all_listen() -> None:
        for name in ("screen", "nurse-app"):
            desk.give(Listening(name, desk.now, desk.now + 300 * SECOND))

    all_listen()
    desk.fact("broker-unreachable", present=True)
    assert audiences(desk)[-1] == (AlertSystem.DIS, ())
    desk.fact("broker-unreachable", present=False)
    assert audiences(desk)[-1] == (AlertSystem.DIS, ())
    all_listen()
    assert audiences(desk)[-1] == (AlertSystem.CDAS, ("nurse-app", "screen"))
    desk.give(NobodyListened("1", alert.event_id, desk.now))
    assert audiences(desk)[-1] == (AlertSystem.DIS, ())
    desk.give(Listening("screen", desk.now, desk.now + 300 * SECOND))
    assert audiences(desk)[-1] == (AlertSystem.DAS, ("screen",))
    desk.give(NobodyListened("1", "of an alert that is over", desk.now))
    assert audiences(desk)[-1] == (AlertSystem.DIS, ())
