"""When technical conditions are told: late enough not to ring at every touch, early enough to be mended."""

from __future__ import annotations

import pytest

from edge_agent.bedside.loss import last_told
from edge_agent.domain.alerts import Evidence, Phase
from edge_agent.domain.settings import SECOND
from firmware_bridges.vitals import Reason
from tests.bedside.harness import START, Bench, settings


def test_a_sensor_that_is_off_is_told_after_five_seconds() -> None:
    bench = Bench()
    for _ in range(10):
        bench.say({}, conditions=frozenset({Reason.SENSOR_OFF}))
        bench.wait(1)
    assert bench.alerts("sensor-off-link1")[0].raised == START + 5 * SECOND


@pytest.mark.parametrize(("other", "told"), [(92, []), (91, [START + 60 * SECOND])])
def test_two_oximeters_may_differ_by_six_points_and_by_more_for_a_minute(other: int, told: list[int]) -> None:
    bench = Bench(settings("ecg", "oxi", required=()))
    for _ in range(70):
        bench.say({"spo2": 98}, "ecg")
        bench.say({"spo2": other}, "oxi")
        bench.wait(1)
    assert [alert.raised for alert in bench.alerts("source-disagreement-spo2")] == told


def test_of_what_a_patient_brought_along_the_newest_value_is_told() -> None:
    assert last_told(Evidence("spo2", value, at, "ox") for value, at in ((91, 2), (78, 7), (84, 5))).endswith(" 78 %")


def test_a_cable_that_is_back_ends_its_alert_after_two_seconds_and_not_monitored_after_five() -> None:
    bench = Bench()
    bench.feed(5, {"spo2": 97})
    bench.unplug()
    bench.wait(30)
    back = bench.now
    bench.plug()
    bench.feed(10, {"spo2": 97})
    ended = {each.condition: (each.changed - back) // SECOND for each in bench.alerts() if each.phase is Phase.END}
    assert ended == {"device-lost-link1": 2, "not-monitored": 5}


def test_a_sensor_that_is_on_again_ends_its_alert_after_two_seconds() -> None:
    bench = Bench()
    for _ in range(10):
        bench.say({}, conditions=frozenset({Reason.SENSOR_OFF}))
        bench.wait(1)
    back = bench.now
    bench.feed(10, {"spo2": 97})
    assert [each.changed - back for each in bench.alerts("sensor-off-link1") if each.phase is Phase.END] == [2 * SECOND]
