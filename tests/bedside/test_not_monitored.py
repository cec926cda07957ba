"""Law 3.

A stale value is absent everywhere, and a bed that nobody can see says so by its deadline, whatever else is broken.
"""

from __future__ import annotations

from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st

from edge_agent.domain.alerts import Priority
from edge_agent.domain.settings import SECOND, Bed, BedState
from firmware_bridges.vitals import Reason, Validity
from tests.bedside.harness import START, Bench, settings

DEADLINE = 11 * SECOND
"""The longest max_age of the required vitals (SpO2: 10 s) and a second."""

BREAKAGE = st.lists(
    st.tuples(
        st.sampled_from(["unplug", "plug", "off", "garbage", "other", "restart", "fact", "wait"]), st.floats(0.1, 4)
    ),
    max_size=12,
)


def break_things(bench: Bench, story: list[tuple[str, float]]) -> None:
    """Do anything but bring a usable SpO2."""
    for what, seconds in story:
        if what == "unplug":
            bench.unplug()
        elif what == "plug":
            bench.plug()
        elif what == "off":
            bench.say({"spo2": 97}, conditions=frozenset({Reason.SENSOR_OFF}))
        elif what == "garbage":
            bench.send(b"\x05\x11\x03\x61\x00")
        elif what == "other":
            bench.say({"temperature": 371})
        elif what == "fact":
            bench.fact("broker-unreachable", present=True)
        elif what == "restart":
            bench.restart()
        bench.wait(seconds)


@examples(max_examples=40)
@given(BREAKAGE)
def test_a_bed_that_is_not_seen_says_so_by_its_deadline(story: list[tuple[str, float]]) -> None:
    bench = Bench()
    bench.feed(3, {"spo2": 97})
    seen = bench.now - SECOND
    restarts = [i for i, (what, _) in enumerate(story) if what == "restart"]
    break_things(bench, story)
    bench.run_to(bench.now + DEADLINE)
    started = [alert for alert in bench.alerts("not-monitored") if alert.phase.value == "start"]
    assert len(started) == 1
    if not restarts:
        assert started[0].raised == seen + DEADLINE
    assert not bench.snapshots()[-1].monitored


def test_start_up_counts() -> None:
    bench = Bench()
    bench.wait(30)
    (started,) = bench.alerts("not-monitored")
    assert started.raised == START + DEADLINE
    assert started.priority is Priority.LOW
    assert "nothing seen yet" in started.why.text


def test_not_monitored_is_low_first_and_medium_after_a_minute() -> None:
    bench = Bench()
    bench.feed(2, {"spo2": 97})
    bench.wait(80)
    events = bench.alerts("not-monitored")
    assert [event.priority for event in events if event.phase.value != "update"] == [Priority.LOW, Priority.MEDIUM]
    assert events[-1].changed - events[0].raised == 60 * SECOND


def test_it_is_not_cleared_by_one_good_sample() -> None:
    bench = Bench()
    bench.wait(20)
    bench.say({"spo2": 97})
    bench.wait(4)
    assert bench.present("not-monitored")
    bench.feed(6, {"spo2": 97})
    assert not bench.present("not-monitored")


def test_a_stale_value_is_absent_everywhere() -> None:
    bench = Bench()
    bench.feed(5, {"spo2": 84, "pulse_rate": 70})
    assert bench.shown("spo2").value == 84
    last = bench.now - SECOND
    bench.wait(12)
    shown = bench.shown("spo2")
    assert (shown.value, shown.validity, shown.reason, shown.at) == (None, Validity.INVALID, Reason.STALE, last)
    score = bench.score().rule
    assert score is not None
    assert "spo2" in score.missing
    assert "pulse" in score.missing


def test_one_missing_required_vital_is_signal_lost_and_not_blindness() -> None:
    bench = Bench(settings(required=("spo2", "respiratory_rate")))
    bench.feed(3, {"spo2": 97, "respiratory_rate": 15})
    bench.feed(40, {"respiratory_rate": 15})
    assert bench.present("signal-lost-spo2")
    assert not bench.present("not-monitored")
    assert bench.snapshots()[-1].monitored
    bench.feed(10, {"spo2": 97, "respiratory_rate": 15})
    assert not bench.present("signal-lost-spo2")


def test_a_probe_off_names_the_sensor_and_a_pulled_cable_names_the_cable() -> None:
    bench = Bench()
    bench.feed(3, {"spo2": 97})
    for _ in range(20):
        bench.say({}, conditions=frozenset({Reason.SENSOR_OFF}))
        bench.wait(1)
    off = bench.present("not-monitored")
    assert off
    assert "sensor off" in off.why.text
    assert bench.present("sensor-off-link1")
    bench.unplug(reason="unplugged")
    bench.wait(5)
    pulled = bench.present("not-monitored")
    assert pulled
    assert "/dev/link1" in pulled.why.text
    lost = bench.present("device-lost-link1")
    assert lost
    assert "unplugged" in lost.why.text
    bench.plug()
    bench.wait(5)
    assert not bench.present("device-lost-link1")
    silent = bench.present("not-monitored")
    assert silent
    assert "is silent" in silent.why.text


def test_only_a_monitored_bed_can_be_unmonitored() -> None:
    for state in (BedState.STANDBY, BedState.OFF_WARD, BedState.UNASSIGNED):
        bench = Bench(settings(beds=(Bed(id="1", state=state),)))
        bench.wait(60)
        assert not bench.alerts()


def test_a_spot_bed_is_overdue_and_never_unmonitored() -> None:
    bench = Bench(settings(required=()))
    bench.say({"systolic": 120})
    at = bench.now
    bench.wait(5 * 3600)
    assert not bench.alerts("not-monitored")
    assert bench.shown("systolic").due == at + 240 * 60 * SECOND
    assert bench.shown("systolic").due < bench.now  # type: ignore[operator] # shown with a due time


def test_a_gateway_restart_is_one_alert_that_lists_the_beds() -> None:
    bench = Bench()
    bench.feed(3, {"spo2": 97})
    bench.restart()
    bench.wait(1)
    (restarted,) = [a for a in bench.alerts() if a.bed == ""]
    assert restarted.why.beds == ("1",)
    bench.feed(4, {"spo2": 97})
    assert not bench.present("gateway-restarted")


def test_a_lost_adapter_is_one_alert_that_lists_the_beds() -> None:
    bench = Bench(settings("a", "b"))
    bench.say({"spo2": 97}, "a")
    for name in ("a", "b"):
        bench.unplug(name)
    bench.fact("adapter-lost", present=True, devices=("a", "b"))
    bench.wait(10)
    lost = bench.present("adapter-lost")
    assert lost
    assert lost.why.beds == ("1",)
    assert not bench.alerts("device-lost-a")
    assert not bench.alerts("device-lost-b")


def test_after_a_restart_nobody_waits_for_beds_that_nobody_watches() -> None:
    """A bed in standby has no values for days: the gateway's alert must end all the same."""
    beds = (Bed(id="1"), Bed(id="2", state=BedState.STANDBY), Bed(id="3", state=BedState.UNASSIGNED), Bed(id="4"))
    bench = Bench(settings(beds=beds))
    bench.feed(30, {"spo2": 97})
    bench.restart(settings(beds=beds[:3]))
    waiting = bench.present("gateway-restarted")
    assert waiting
    assert waiting.why.beds[:1] == ("1",)
    bench.feed(5, {"spo2": 97})
    assert not bench.present("gateway-restarted")
