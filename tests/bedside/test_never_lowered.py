"""Law 5.

What a reading that is refused, an input that expires or a technical condition may never do to an active alert.
"""

from __future__ import annotations

from random import Random

from hypothesis import example, given
from hypothesis import settings as examples
from hypothesis import strategies as st

from edge_agent.domain.alerts import OVER, Alert, Priority
from firmware_bridges.vitals import Reason
from tests.bedside.harness import Bench, settings

LOSS = st.lists(
    st.tuples(st.sampled_from(["wait", "off", "gate", "unplug", "garbage", "restart"]), st.integers(1, 60)), max_size=10
)


def alarming(spo2: int = 83) -> tuple[Bench, Alert]:
    """Return a bench with a high SpO2 alert."""
    bench = Bench()
    bench.feed(20, {"spo2": 97})
    bench.feed(30, {"spo2": spo2 + 5})
    bench.feed(10, {"spo2": spo2})
    alert = bench.present("spo2-low")
    assert alert
    assert alert.priority is Priority.HIGH
    return bench, alert


def lose(bench: Bench, story: list[tuple[str, int]]) -> None:
    for what, seconds in story:
        if what == "off":
            bench.say({"spo2": 98}, conditions=frozenset({Reason.SENSOR_OFF}))
        elif what == "gate":
            for jump in (100, 60):  # neither is near the last value, nor confirmed by the other
                bench.say({"spo2": jump})
        elif what == "unplug":
            bench.unplug()
        elif what == "garbage":
            bench.send(bytes([3, 5, seconds, 0]))
        elif what == "restart":
            bench.restart()
        bench.wait(seconds)


@examples(max_examples=40)
@given(LOSS)
def test_loss_never_ends_or_lowers(story: list[tuple[str, int]]) -> None:
    bench, alert = alarming()
    before = len(bench.alerts("spo2-low"))
    lose(bench, story)
    bench.wait(15)
    after = bench.present("spo2-low")
    assert after
    assert after.event_id == alert.event_id
    assert all(event.priority is Priority.HIGH for event in bench.alerts("spo2-low")[before:])
    assert not after.verifiable
    assert after.why.evidence[0].value == 83
    assert "last valid SpO2 83 %" in after.why.text


def test_a_gate_rejection_is_no_evidence() -> None:
    bench, _ = alarming()
    for value in (98, 60, 99, 55):  # jumps beyond what SpO2 can do, none confirmed by its successor
        bench.say({"spo2": value})
        bench.wait(1)
    assert bench.present("spo2-low")
    assert bench.shown("spo2").value == 83


def test_after_a_loss_it_takes_half_a_minute_of_valid_data_to_end() -> None:
    bench, _ = alarming()
    bench.wait(30)
    bench.feed(29, {"spo2": 97})
    assert bench.present("spo2-low")
    bench.feed(5, {"spo2": 97})
    assert not bench.present("spo2-low")
    assert bench.alerts("spo2-low")[-1].phase in OVER
    assert bench.alerts("spo2-low")[-1].verifiable


def test_a_score_keeps_its_alert_when_a_part_that_carried_it_expires() -> None:
    bench = Bench(settings(spot_max_age_min=5))
    bench.observe(vitals={"respiratory_rate": 26, "temperature": 395, "systolic": 95}, consciousness="A")
    bench.feed(10, {"spo2": 97})
    alert = bench.present("news2")
    assert alert
    assert (alert.priority, alert.why.score) == (Priority.HIGH, 7)
    bench.feed(6 * 60, {"spo2": 97})
    kept = bench.present("news2")
    assert kept
    assert (kept.priority, kept.verifiable) == (Priority.HIGH, False)
    bench.observe(vitals={"respiratory_rate": 16, "temperature": 370, "systolic": 120}, consciousness="A")
    bench.feed(40, {"spo2": 97})
    assert not bench.present("news2")


@examples(max_examples=40)
@given(LOSS)
def test_revisions_count_and_nothing_follows_an_end(story: list[tuple[str, int]]) -> None:
    bench, _ = alarming()
    lose(bench, story)
    bench.plug()
    bench.feed(60, {"spo2": 97})
    for event_id in {alert.event_id for alert in bench.alerts()}:
        events = [alert for alert in bench.alerts() if alert.event_id == event_id]
        assert [event.revision for event in events] == list(range(1, len(events) + 1))
        assert not any(event.phase in OVER for event in events[:-1])
    assert bench.phases("spo2-low")[-1] == "end"


SPO2 = st.lists(st.integers(70, 100), min_size=1, max_size=60)


@examples(max_examples=40)
@given(SPO2, st.lists(st.integers(0, 6), min_size=60, max_size=60))
def test_pointwise_worse_never_lowers_a_priority(values: list[int], worse: list[int]) -> None:
    """Steps stay within what the gate believes, so that both patients' readings are all accepted."""
    smooth = [values[0]]
    for value in values[1:]:
        smooth.append(max(min(value, smooth[-1] + 2), smooth[-1] - 2))
    better, sicker = Bench(), Bench()
    for value, minus in zip(smooth, worse, strict=False):
        better.say({"spo2": value})
        sicker.say({"spo2": value - minus})
        for bench in (better, sicker):
            bench.wait(1)
        for condition in ("spo2-low", "news2"):
            mild, bad = better.present(condition), sicker.present(condition)
            assert (mild.priority.rank if mild else -1) <= (bad.priority.rank if bad else -1)


def walk(chance: Random, seconds: int) -> list[int]:
    """Return an SpO2 around its limit that moves by at most two points a second."""
    values = [92]
    for _ in range(seconds - 1):
        values.append(min(max(values[-1] + chance.choice((-2, -1, 0, 0, 1, 2)), 78), 98))
    return values


@examples(max_examples=25)
@given(st.integers(), st.integers(0, 6), st.integers(0, 6))
@example(4678753475, 0, 1)  # inside its hysteresis for a second, the better patient's alert once stayed high for longer
def test_with_two_sources_pointwise_worse_is_announced_no_later(seed: int, first: int, second: int) -> None:
    chance = Random(seed)
    pairs = list(zip(walk(chance, 70), walk(chance, 70), strict=True))
    better, sicker = (Bench(settings("ecg", "oxi")) for _ in range(2))
    for one, other in pairs:
        for bench, minus in ((better, (0, 0)), (sicker, (first, second))):
            bench.say({"spo2": one - minus[0]}, "ecg")
            bench.say({"spo2": other - minus[1]}, "oxi")
            bench.wait(1)
        mild, bad = better.present("spo2-low"), sicker.present("spo2-low")
        assert (mild.priority.rank if mild else -1) <= (bad.priority.rank if bad else -1)
