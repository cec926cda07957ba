"""Law 1: time is an argument. Shifting all times, or waking more often, changes nothing."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge_agent.domain.effects import Effect, VitalsReport
from edge_agent.domain.inputs import Wake
from edge_agent.domain.settings import SECOND
from firmware_bridges.vitals import Reason
from tests.bedside.harness import START, Bench

STEP = st.tuples(
    st.sampled_from(["say", "off", "unplug", "plug", "wait", "observe", "garbage"]),
    st.integers(60, 100),
    st.integers(20, 180),
    st.sampled_from([0.01, 0.5, 1, 3, 8, 20]),
)
STORY = st.lists(STEP, max_size=40)


def tell(bench: Bench, story: list[tuple[str, int, int, float]], between: tuple[int, ...] = ()) -> list[Effect]:
    """Play a story on a bench, with extra wakes `between` ns after each step."""
    for what, spo2, pulse, seconds in story:
        if what == "say":
            bench.say({"spo2": spo2, "pulse_rate": pulse})
        elif what == "off":
            bench.say({"spo2": spo2, "pulse_rate": pulse}, conditions=frozenset({Reason.SENSOR_OFF}))
        elif what == "observe":
            bench.observe(vitals={"systolic": pulse + 40, "temperature": 370}, consciousness="A")
        elif what == "garbage":
            bench.send(bytes([spo2, 0, pulse % 256, 0]))
        elif what == "unplug":
            bench.unplug()
        elif what == "plug":
            bench.plug()
        end = bench.now + int(seconds * SECOND)
        for extra in between:
            bench.run_to(min(end, bench.now + extra))
            bench.give(Wake())
        bench.run_to(end)
    return bench.effects


def shifted(value: object, by: int) -> object:
    """Return builtins with every time (an integer beyond any value or counter here) moved by `by`."""
    if isinstance(value, dict):
        return {key: shifted(item, by) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [shifted(item, by) for item in value]
    return value + by if isinstance(value, int) and not isinstance(value, bool) and value > START // 2 else value


@settings(max_examples=40)
@given(STORY, st.sampled_from([1, 7 * SECOND + 3, 400 * 24 * 3600 * SECOND]))
def test_shifting_all_times_changes_nothing(story: list[tuple[str, int, int, float]], by: int) -> None:
    one = tell(Bench(), story)
    other = tell(Bench(start=START + by), story)
    assert shifted(msgspec.to_builtins(one), by) == shifted(msgspec.to_builtins(other), 0)


@settings(max_examples=40)
@given(STORY, st.lists(st.integers(1, 3 * SECOND), max_size=5).map(tuple))
def test_waking_more_often_changes_nothing(story: list[tuple[str, int, int, float]], between: tuple[int, ...]) -> None:
    assert tell(Bench(), story) == tell(Bench(), story, between)


@settings(max_examples=40)
@given(STORY)
def test_now_never_decreases(story: list[tuple[str, int, int, float]]) -> None:
    bench = Bench()
    tell(bench, story)
    late = bench.now
    bench.now -= 5 * SECOND
    effects = bench.give(Wake())
    assert all(report.at >= late for report in bench.vitals() if report in effects)


def test_a_fired_deadline_is_spent() -> None:
    bench = Bench()
    bench.wait(60)
    assert bench.ward.next_deadline() > bench.now  # type: ignore[operator] # there are settings
    assert bench.give(Wake()) == []


def test_a_late_loop_decides_the_same_only_later() -> None:
    prompt, late = Bench(), Bench(lag=SECOND // 3)
    for bench in (prompt, late):
        bench.feed(5, {"spo2": 97})
        bench.wait(90)
    for bench in (prompt, late):
        assert [phase for phase in bench.phases("not-monitored") if phase != "update"] == ["start", "escalate"]
    assert 0 < late.alerts()[0].raised - prompt.alerts()[0].raised <= SECOND


@pytest.mark.parametrize("hz", [1, 4, 20])
def test_telemetry_comes_once_an_interval_however_fast_the_device(hz: int) -> None:
    bench = Bench()
    bench.feed(20, {"spo2": 97}, hz=hz)
    told = [effect for effect in bench.effects if isinstance(effect, VitalsReport) and effect.bed == "1"]
    assert 19 <= len(told) <= 21
