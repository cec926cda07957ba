"""Fewer alerts and better ones: depth times duration, the net, the second source, and what is said of the rest."""

from __future__ import annotations

from decimal import Decimal
from random import Random

import pytest
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st
from msgspec.structs import replace

from edge_agent.bedside.violations import Violations
from edge_agent.domain.alerts import Priority
from edge_agent.domain.effects import Suppressed, SuppressedBy
from edge_agent.domain.settings import LIMIT_RULES, SECOND, Limit
from firmware_bridges.vitals import Reason
from tests.bedside.harness import START, Bench, settings

LOW = Limit(limit=Decimal(90), delay_s=30, burden=Decimal(50), hysteresis=Decimal(2), deep_limit=None)
PAIR = ("ecg", "oxi")


def bench(*devices: str, **limits: Limit) -> Bench:
    return Bench(settings(*devices, required=(), limits={"spo2-low": LOW, **limits}))


def suppressed(ward: Bench, condition: str = "spo2-low") -> list[Suppressed]:
    return [each for each in ward.effects if isinstance(each, Suppressed) and each.condition == condition]


def test_deep_and_short_is_sooner_than_shallow_and_long() -> None:
    for value, after in ((89, 30), (88, 25), (85, 10), (80, 5)):
        ward = bench()
        ward.feed(3, {"spo2": 90})
        ward.feed(40, {"spo2": value})
        alert = ward.alerts("spo2-low")[0]
        assert alert.raised == START + (3 + after) * SECOND, "to the nanosecond, whatever was before"
        assert alert.priority is Priority.MEDIUM


def test_the_integral_begins_anew_inside_the_limit() -> None:
    ward = bench()
    for _ in range(3):
        ward.feed(8, {"spo2": 85})
        ward.feed(60, {"spo2": 91})
    assert not ward.alerts("spo2-low")
    assert [(each.by, each.would_have, each.priority) for each in suppressed(ward)] == [
        (SuppressedBy.DELAY, START + 68 * times * SECOND, Priority.MEDIUM) for times in range(3)
    ]


def test_what_a_score_would_have_announced_is_told_as_well() -> None:
    ward = Bench(settings(required=(), news2_delay_s=60))
    ward.feed(5, {"spo2": 97})
    ward.feed(20, {"spo2": 91})
    ward.feed(10, {"spo2": 97})
    assert not ward.alerts("news2")
    assert [(each.by, each.would_have) for each in suppressed(ward, "news2")] == [
        (SuppressedBy.DELAY, START + 5 * SECOND)
    ]


EVERY_4_S = [
    (LOW, [89] * 9, 30),
    (LOW, [85] * 9, 10),
    (replace(LOW, burden=None), [85] * 9, 30),
    (replace(LOW, deep_limit=Decimal(85)), [80] * 9, 1),
    (LOW, [89, 91, 91, 91, 89, 89, 89, 89, 89], 31),
]


@pytest.mark.parametrize(
    ("limit", "values", "after"), EVERY_4_S, ids=["cap", "integral", "no integral", "deep", "three moments"]
)
def test_what_is_due_between_two_frames_does_not_wait_for_the_next(limit: Limit, values: list[int], after: int) -> None:
    ward = bench(**{"spo2-low": limit})
    ward.wait(0.3)
    began = ward.now
    for value in values:
        ward.say({"spo2": value})
        ward.wait(4)
    assert ward.alerts("spo2-low")[0].raised == began + after * SECOND


@pytest.mark.parametrize("rule", list(LIMIT_RULES)[:5])
@pytest.mark.parametrize(("beyond", "inside"), [(1, 1), (1, 28), (13, 2), (5, 11), (40, 40), (0, 0)])
def test_one_unit_around_a_limit_for_an_hour_is_one_start_and_at_most_one_end(
    rule: str, beyond: int, inside: int
) -> None:
    """Any rhythm, or with (0, 0) none: by chance."""
    vital = {"pulse": "heart_rate"}.get(quantity := rule.rpartition("-")[0].replace("-", "_"), quantity)
    edge, away = int(LIMIT_RULES[rule].default.limit), -1 if rule.endswith("-low") else 1
    ward, chance = Bench(settings(required=())), Random(rule)
    for second in range(3600):
        out = second % (beyond + inside) < beyond if beyond else chance.random() < 0.3
        ward.say({vital: edge + (away if out else -away)})
        ward.wait(1)
    assert ward.phases(rule) in (["start"], ["start", "end"])


def test_three_violations_within_a_minute_sound_although_the_integral_was_not_reached() -> None:
    ward = bench()
    for _ in range(2):
        ward.feed(2, {"spo2": 88})
        ward.feed(18, {"spo2": 95})
    assert not ward.alerts("spo2-low")
    ward.say({"spo2": 88})
    assert ward.phases("spo2-low") == ["start"]


def test_three_violations_in_more_than_a_minute_do_not() -> None:
    ward = bench()
    for _ in range(6):
        ward.feed(2, {"spo2": 88})
        ward.feed(29, {"spo2": 95})
    assert not ward.alerts("spo2-low")


@examples(max_examples=200)
@given(st.sets(st.integers(0, 120)), st.sets(st.integers(0, 120)), st.integers(1, 30))
def test_who_is_beyond_at_more_moments_is_due_no_later(some: set[int], more: set[int], gap: int) -> None:
    milder, worse = Violations(), Violations()
    for second in range(121):
        for each, beyond in ((milder, some), (worse, some | more)):
            if second in beyond:
                each.beyond(second * SECOND, second * SECOND)
            else:
                each.inside(second * SECOND)
        now = second * SECOND
        if second in some and milder.due(now, gap * SECOND):
            assert worse.due(now, gap * SECOND)


def test_a_deep_value_waits_for_the_second_source_and_never_beyond_the_cap() -> None:
    deep = Limit(limit=Decimal(90), delay_s=12, burden=Decimal(50), deep_limit=Decimal(85))
    for other, after, priority in ((None, 1, Priority.HIGH), (84, 1, Priority.HIGH), (97, 12, Priority.HIGH)):
        ward = Bench(settings(*PAIR, required=(), limits={"spo2-low": deep}))
        for _ in range(20):
            ward.say({"spo2": 80}, "oxi")
            if other is not None:
                ward.say({"spo2": other}, "ecg")
            ward.wait(1)
        alert = ward.alerts("spo2-low")[0]
        assert ((alert.raised - alert.began) // SECOND, alert.priority) == (after, priority), other


def test_what_one_of_two_sources_says_alone_neither_carries_nor_delays_what_both_say() -> None:
    ward = Bench(settings(*PAIR, required=(), limits={"spo2-low": replace(LOW, delay_s=60)}))
    for other in (*[93] * 20, *[85] * 20):
        ward.say({"spo2": 85}, "oxi")
        ward.say({"spo2": other}, "ecg")
        ward.wait(1)
    assert ward.alerts("spo2-low")[0].raised == START + (20 + 10) * SECOND


def test_what_only_one_of_two_sources_saw_is_told_as_such_and_lasting_disagreement_is_technical() -> None:
    ward = bench(*PAIR)
    for second in range(100):
        ward.say({"spo2": 87 if 20 <= second < 30 else 96}, "oxi")
        ward.say({"spo2": 96}, "ecg")
        ward.wait(1)
    assert not ward.alerts("spo2-low")
    (hidden,) = suppressed(ward)
    assert (hidden.by, hidden.would_have, hidden.at) == (
        SuppressedBy.SECOND_SOURCE,
        START + 20 * SECOND,
        START + 30 * SECOND,
    )
    for _ in range(70):
        ward.say({"spo2": 87}, "oxi")
        ward.say({"spo2": 96}, "ecg")
        ward.wait(1)
    assert ward.present("source-disagreement-spo2")
    assert ward.present("spo2-low")


def test_a_crossing_while_an_alert_stands_is_counted_and_not_announced() -> None:
    ward = bench()
    ward.feed(31, {"spo2": 88})
    ward.feed(5, {"spo2": 91})
    ward.feed(5, {"spo2": 88})
    assert ward.phases("spo2-low") == ["start"]
    assert [each.by for each in suppressed(ward)] == [SuppressedBy.STANDING]


@examples(max_examples=30)
@given(st.lists(st.tuples(st.integers(78, 99), st.integers(1, 20)), max_size=25))
def test_every_crossing_of_the_plain_limit_is_announced_or_said_to_be_suppressed(story: list[tuple[int, int]]) -> None:
    ward = bench()
    crossings, below = 0, False
    for value, seconds in [*story, (99, 60)]:
        for _ in range(seconds):
            ward.say({"spo2": value})
            shown = ward.shown("spo2").value if ward.vitals() else None
            crossings += shown is not None and shown < 90 and not below
            below = shown is not None and shown < 90
            ward.wait(1)
    starts = ward.phases("spo2-low").count("start")
    assert starts + len(suppressed(ward)) == crossings


def test_a_signal_of_poor_quality_becomes_technical_and_never_silence() -> None:
    ward = Bench(settings(required=("spo2",)))
    ward.feed(20, {"spo2": 96})
    for _ in range(40):
        ward.say({"spo2": 80}, conditions=frozenset({Reason.ARTEFACT}))
        ward.wait(1)
    assert ward.present("not-monitored")
    assert not ward.alerts("spo2-low")


@pytest.mark.parametrize("rule", LIMIT_RULES)
def test_every_default_has_a_cap_an_integral_and_a_deep_limit_of_a_second(rule: str) -> None:
    default = LIMIT_RULES[rule].default
    assert default.deep_delay_s <= 1
    assert default.burden is not None
    assert 0 < default.delay_s <= 60
