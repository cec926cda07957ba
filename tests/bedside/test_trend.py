"""The trend rule: a fall from the patient's own usual, off until the ward wants it."""

from __future__ import annotations

from edge_agent.domain.alerts import Priority
from tests.bedside.harness import Bench, settings

HOUR = 3600


def fallen(points: int | None, to: int, usual: int = 97, hours: int = 1) -> Bench:
    bench = Bench(settings(spo2_fall=points))
    bench.feed(hours * HOUR + 2, {"spo2": usual})
    bench.feed(150, {"spo2": to})
    return bench


def test_it_is_off_unless_the_ward_sets_it() -> None:
    assert not fallen(None, 91).alerts("spo2-fall")


def test_a_fall_within_the_limits_is_told_after_two_minutes_and_ends_when_it_is_over() -> None:
    bench = fallen(5, 92)
    alert = bench.present("spo2-fall")
    assert alert
    assert (alert.priority, alert.why.text) == (
        Priority.LOW,
        "SpO2 92 %, 5 points below this patient's usual 97 %",
    )
    assert not bench.alerts("spo2-low")
    bench.feed(70, {"spo2": 97})
    assert bench.phases("spo2-fall") == ["start", "end"]


def test_who_usually_has_little_does_not_alert_and_less_than_the_points_is_no_fall() -> None:
    assert not fallen(5, 91, usual=93).alerts("spo2-fall")
    assert not fallen(5, 93).alerts("spo2-fall")


def test_without_an_hour_of_the_patient_nothing_is_usual() -> None:
    assert not fallen(3, 91, hours=0).alerts("spo2-fall")
