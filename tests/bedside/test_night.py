"""At night medium and low alerts may wait longer, call others first and sound softly. What is high is as by day."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import settings as effort
from hypothesis import strategies as st

from edge_agent.bedside.held import Held
from edge_agent.bedside.verdict import Timing
from edge_agent.domain.alerts import Alert, ConditionState, Kind, Phase, Priority
from edge_agent.domain.effects import AlertChanged, LocalSignal, Profile, ProfileChanged, Suppressed, SuppressedBy
from edge_agent.domain.inputs import LocalTime, SettingsApplied
from edge_agent.domain.night import Night, NightLevel, minute_of
from edge_agent.domain.settings import SECOND, Consumer, Role, WardSettings
from tests.bedside.harness import START, Bench, settings

DARK, LIGHT = minute_of("23:30"), minute_of("12:00")
LONGER = 20
NIGHT = Night(
    begins="22:00",
    ends="06:00",
    time_zone="Europe/Berlin",
    medium=NightLevel(delay_s=LONGER, tier=2),
    low=NightLevel(delay_s=LONGER),
)
CONSUMERS = (Consumer("nurse-app", Role.NURSE), Consumer("doctor-app", Role.DOCTOR, 2))
CAP = 25
"""Seconds below the limit of SpO2 until it alerts at the latest, by default."""


class Ward(Bench):
    """A bench whose clock on the wall shows the same minute all the time; None: nobody tells the time."""

    def __init__(self, minute: int | None, ward: WardSettings | None = None) -> None:
        self.minute = minute
        super().__init__(ward or settings(night=NIGHT, consumers=CONSUMERS))

    def feed(self, seconds: int, values: dict[str, int], device: str = "link1", hz: int = 1) -> None:
        """Say the same for `seconds`; the time is told every half minute."""
        for _ in range(seconds):
            if self.minute is not None and (self.now - START) // SECOND % 30 == 0:
                self.tell(self.minute)
            if values:
                self.say(values, device)
            self.wait(1)

    def tell(self, minute: int | None) -> None:
        """Let the gateway tell what the clock shows."""
        self.minute = minute
        self.give(LocalTime(minute, self.now))

    def changes(self, condition: str = "spo2-low") -> list[Alert]:
        """Return every revision of a condition's alerts."""
        alerts = [effect.alert for effect in self.effects if isinstance(effect, AlertChanged)]
        return [alert for alert in alerts if alert.condition == condition]

    def starts(self) -> list[tuple[int, str]]:
        """Return when alerts about the patient began to be announced, ns since the start, and which."""
        return [
            (effect.alert.raised - START, effect.alert.condition)
            for effect in self.effects
            if isinstance(effect, AlertChanged) and effect.alert.phase is Phase.START
            if effect.alert.kind is not Kind.TECHNICAL
        ]

    def stands(self, condition: str, at: int) -> bool:
        """Tell whether a condition alerted at `at`, ns since the start."""
        before = [alert for alert in self.changes(condition) if alert.changed - START <= at]
        return bool(before) and (before[-1].state is not ConditionState.INACTIVE or before[-1].changed - START == at)

    def withheld(self) -> list[tuple[int, str]]:
        """Return what the night never announced: when the day would have, ns since the start, and which."""
        hidden = [effect for effect in self.effects if isinstance(effect, Suppressed)]
        return [(each.would_have - START, each.condition) for each in hidden if each.by is SuppressedBy.NIGHT]

    def highs(self) -> list[tuple[int, str, bool]]:
        """Return when which condition began to alert high, and when it no longer did."""
        found, high = [], set[str]()
        for effect in self.effects:
            if isinstance(effect, AlertChanged):
                alert = effect.alert
                now_high = alert.priority is Priority.HIGH and alert.state is ConditionState.ACTIVE
                if now_high is not (alert.condition in high):
                    high ^= {alert.condition}
                    found.append((alert.changed, alert.condition, now_high))
        return found


def test_by_night_it_has_to_last_longer() -> None:
    for minute, seconds in ((LIGHT, CAP), (DARK, CAP + LONGER)):
        ward = Ward(minute)
        ward.feed(5, {"spo2": 97})
        ward.feed(60, {"spo2": 89})
        assert [alert.raised for alert in ward.changes()][:1] == [START + (5 + seconds) * SECOND]


def test_a_deep_one_is_announced_at_once() -> None:
    ward = Ward(DARK)
    ward.feed(5, {"spo2": 97})
    ward.feed(3, {"spo2": 80})
    assert [(alert.priority, alert.tier) for alert in ward.changes()][:1] == [(Priority.HIGH, 1)]


def test_one_that_is_over_before_is_told_with_the_time_at_which_the_day_would_have_announced_it() -> None:
    ward = Ward(DARK)
    ward.feed(5, {"spo2": 97})
    ward.feed(CAP + 5, {"spo2": 89})
    ward.feed(30, {"spo2": 97})
    assert ward.changes() == []
    assert ward.withheld() == [((5 + CAP) * SECOND, "spo2-low")]


def test_it_is_over_ten_seconds_inside_the_limit_as_by_day_though_its_longer_delay_passes_meanwhile() -> None:
    for minute, announced in ((LIGHT, 1), (DARK, 0)):
        ward = Ward(minute)
        ward.feed(5, {"spo2": 97})
        ward.feed(CAP + LONGER - 5, {"spo2": 89})
        ward.feed(10, {"spo2": 97})
        ward.feed(5, {"spo2": 91})  # would go on with an alert that is still there: its hysteresis is 2
        assert [alert.phase for alert in ward.changes()].count(Phase.START) == announced
        assert all(alert.state is ConditionState.INACTIVE for alert in ward.changes()[-1:])


def test_a_short_recovery_does_not_begin_the_wait_anew() -> None:
    """By day the alert would go on through it: somebody who stays down all night with breaths between is announced."""
    ward = Ward(DARK)
    ward.feed(5, {"spo2": 97})
    for _ in range(4):
        ward.feed(CAP + 1, {"spo2": 89})
        ward.feed(3, {"spo2": 93})
    assert ward.changes()[0].priority is Priority.MEDIUM


@pytest.mark.parametrize("minute", [LIGHT, None])
def test_when_the_night_is_over_or_no_clock_is_trusted_what_was_held_back_is_announced_at_once(
    minute: int | None,
) -> None:
    ward = Ward(DARK)
    ward.feed(5, {"spo2": 97})
    ward.feed(CAP + 5, {"spo2": 89})
    assert ward.changes() == []
    ward.tell(minute)
    assert [alert.raised for alert in ward.changes()] == [ward.now]
    profiles = [effect.profile for effect in ward.effects if isinstance(effect, ProfileChanged)]
    assert profiles == [Profile.NIGHT, Profile.DAY if minute else Profile.CLOCK_UNTRUSTED]


def test_a_night_of_which_nobody_tells_any_more_is_over() -> None:
    ward = Ward(None)
    ward.tell(DARK)
    ward.minute = None
    ward.feed(5, {"spo2": 97})
    ward.feed(150, {})
    changes = [effect for effect in ward.effects if isinstance(effect, ProfileChanged)]
    assert [(change.at - START, change.profile) for change in changes] == [
        (0, Profile.NIGHT),
        (100 * SECOND, Profile.NOT_TOLD),
    ]


def test_another_profile_ends_the_night_until_the_time_is_told() -> None:
    ward = Ward(DARK)
    ward.feed(2, {"spo2": 97})
    ward.give(SettingsApplied(settings(consumers=CONSUMERS)))
    assert [effect.profile for effect in ward.effects if isinstance(effect, ProfileChanged)][-1] is Profile.DAY
    ward.tell(DARK)
    assert [effect.profile for effect in ward.effects if isinstance(effect, ProfileChanged)][-1] is Profile.DAY


def test_the_night_calls_others_first_and_what_becomes_high_calls_as_by_day() -> None:
    ward = Ward(DARK)
    ward.feed(5, {"spo2": 97})
    ward.feed(CAP + LONGER + 1, {"spo2": 89})
    assert ward.changes()[0].tier == NIGHT.medium.tier
    ward.feed(3, {"spo2": 80})
    worse = ward.changes()[-1]
    assert (worse.phase, worse.priority, worse.tier) == (Phase.ESCALATE, Priority.HIGH, 1)


@pytest.mark.parametrize(("minute", "soft"), [(DARK, True), (LIGHT, False)])
def test_what_sounds_here_is_soft_by_night(minute: int, *, soft: bool) -> None:
    ward = Ward(minute, settings(night=NIGHT))
    ward.feed(5, {"spo2": 97})
    ward.feed(60, {"spo2": 89})
    last = [effect for effect in ward.effects if isinstance(effect, LocalSignal)][-1]
    assert (bool(last.sounding), last.soft) == (True, soft)


def test_a_restart_at_night_is_by_day_until_the_time_is_told() -> None:
    ward = Ward(DARK)
    ward.feed(2, {"spo2": 97})
    ward.minute = None
    ward.restart()
    begun = ward.now
    ward.plug()
    ward.feed(60, {"spo2": 89})
    assert ward.changes()[0].raised <= begun + (CAP + 2) * SECOND


STEPS = st.lists(
    st.tuples(
        st.integers(1, 40),
        st.sampled_from([97, 92, 91, 90, 89, 88, 86, 84, 80, None]),
        st.sampled_from([70, 70, 135, 160, 42, None]),
        st.sampled_from(["", "", "", "dark", "light", "untrusted"]),
    ),
    min_size=1,
    max_size=12,
)
CLOCK = {"dark": DARK, "light": LIGHT, "untrusted": None}


def played(steps: list[tuple[int, int | None, int | None, str]], night: Night | None, **ward: Any) -> Ward:  # noqa: ANN401 - settings
    """Let a patient live through `steps`, with a clock on the wall that somebody sets now and then."""
    made = Ward(DARK, settings(night=night, consumers=CONSUMERS, **ward))
    for seconds, spo2, pulse, clock in steps:
        if clock:
            made.tell(CLOCK[clock])
        values = {name: value for name, value in (("spo2", spo2), ("pulse", pulse)) if value is not None}
        made.feed(seconds, values)
    return made


@effort(max_examples=60, deadline=None)
@given(STEPS, st.integers(0, 30), st.sampled_from([0, 30]))
@example([(8, 97, 70, ""), (30, 89, 70, ""), (12, 80, 70, ""), (30, 97, 70, "")], 30, 0)
def test_high_alerts_are_the_same_with_and_without_a_night(steps: Any, longer: int, news2: int) -> None:  # noqa: ANN401 - see STEPS
    level = NightLevel(delay_s=longer)
    night = Night("22:00", "06:00", "Europe/Berlin", medium=level, low=level)
    assert played(steps, night, news2_delay_s=news2).highs() == played(steps, None, news2_delay_s=news2).highs()


@effort(max_examples=60, deadline=None)
@given(STEPS)
def test_nothing_is_lost_at_night_not_even_when_the_clock_is_set(steps: Any) -> None:  # noqa: ANN401 - see STEPS
    """What the day announces is announced, told as suppressed, or still waits; and by day there is every alert, too."""
    by_night, by_day = played(steps, NIGHT), played(steps, None)
    for at, condition in by_night.starts():
        assert by_day.stands(condition, at), (at / SECOND, condition, "is none by day")
    for at, condition in by_day.starts():
        said = [when for when, name in by_night.starts() if name == condition and at <= when]
        hidden = [when for when, name in by_night.withheld() if name == condition and at <= when]
        waits = by_night.ward._floor.state.beds["1"].conditions[condition].delay.held.since
        assert said or hidden or waits, (at / SECOND, condition)


@effort(max_examples=40, deadline=None)
@given(STEPS)
def test_with_a_night_that_changes_nothing_all_alerts_are_as_without_one(steps: Any) -> None:  # noqa: ANN401 - see STEPS
    nothing = Night("22:00", "06:00", "Europe/Berlin", soft=False)

    def said(ward: Ward) -> list[object]:
        return [effect for effect in ward.effects if isinstance(effect, AlertChanged | Suppressed | LocalSignal)]

    assert said(played(steps, nothing)) == said(played(steps, None))


TIMES = st.tuples(st.integers(0, 23), st.integers(0, 59)).map(lambda time: f"{time[0]:02}:{time[1]:02}")


@given(TIMES, TIMES)
def test_a_night_has_all_its_minutes_and_no_others(begins: str, ends: str) -> None:
    night = Night(begins, ends, "UTC")
    dark = {minute for minute in range(24 * 60) if night.covers(minute)}
    length = (minute_of(ends) - minute_of(begins)) % (24 * 60)
    assert dark == {(minute_of(begins) + more) % (24 * 60) for more in range(length)} or begins == ends


def test_of_two_priorities_that_have_waited_long_enough_the_louder_is_announced() -> None:
    levels = {Priority.LOW: 0, Priority.MEDIUM: 0}
    timing = Timing(levels, clear_after=10, held=dict.fromkeys(levels, 20))
    held = Held()
    held.follow(levels, Priority.MEDIUM, 5, timing)
    assert held.loudest is Priority.MEDIUM
    assert held.ready(levels, 24, timing) is None
    assert held.ready(levels, 25, timing) is Priority.MEDIUM
    assert held.ready({Priority.LOW}, 25, timing) is Priority.LOW
