"""A spot value beside a continuous one: it neither shortens the way out of an alert nor proves what is newer."""

from __future__ import annotations

import pytest

from edge_agent.bedside.stream import Stream, overtaken
from edge_agent.domain.alerts import Phase
from edge_agent.domain.settings import SECOND, Bed, Device, WardSettings
from firmware_bridges.bridge import Mode
from tests.bedside.harness import Bench, settings


def cuffed() -> WardSettings:
    """Return a bed with an oximeter and a cuff, both of which tell the pulse."""
    oximeter = Device(id="link1", bed="1", family="sensor_link", port="/dev/link1")
    cuff = Device(id="cuff", bed="1", family="bluetooth_blood_pressure", address="C0:26:DA:00:12:34")
    return settings(beds=(Bed(id="1"),), devices=(oximeter, cuff))


@pytest.mark.parametrize("observed", [90, 91, 92, 97])
def test_an_hour_around_the_limit_beside_an_observation_is_one_start_and_at_most_one_end(observed: int) -> None:
    bench = Bench()
    bench.feed(2, {"spo2": 97})
    bench.observe(vitals={"spo2": observed})
    for second in range(3600):
        bench.feed(1, {"spo2": 89 if second // 40 % 2 else 91})
    assert bench.phases("spo2-low").count("start") == 1
    assert bench.phases("spo2-low").count("end") <= 1


def test_a_cuff_that_tells_a_pulse_does_not_end_the_oximeters_alert_at_the_first_value_inside() -> None:
    bench = Bench(cuffed())
    bench.say({"systolic": 120, "diastolic": 80, "pulse_rate_nibp": 128}, "cuff")
    bench.feed(40, {"spo2": 97, "pulse_rate": 140})
    assert bench.present("pulse-high")
    bench.feed(9, {"spo2": 97, "pulse_rate": 122})
    assert bench.present("pulse-high"), "ten seconds inside, hysteresis included"
    bench.feed(3, {"spo2": 97, "pulse_rate": 122})
    assert bench.phases("pulse-high") == ["start", "end"]


def test_an_older_observation_does_not_end_an_alert_whose_sensor_came_off() -> None:
    bench = Bench()
    bench.observe(vitals={"spo2": 97})
    bench.feed(40, {"spo2": 80})
    bench.unplug()
    bench.wait(600)
    held = bench.present("spo2-low")
    assert held is not None
    assert not held.verifiable
    assert "last valid SpO2 80 %" in held.why.text
    blind = bench.present("not-monitored")
    assert blind is not None
    assert blind.priority is held.priority


def test_a_newer_observation_ends_it_after_half_a_minute() -> None:
    bench = Bench()
    bench.feed(40, {"spo2": 80})
    bench.unplug()
    bench.wait(60)
    bench.observe(vitals={"spo2": 97})
    bench.wait(29)
    assert bench.present("spo2-low")
    bench.wait(2)
    ended = bench.alerts("spo2-low")[-1]
    assert (ended.phase, ended.changed - bench.now < SECOND) == (Phase.END, True)


def test_a_score_is_not_lowered_by_an_older_observation_in_place_of_a_lost_value() -> None:
    bench = Bench()
    bench.observe(
        vitals={"spo2": 97, "respiratory_rate": 22, "systolic": 95, "temperature": 370},
        consciousness="A",
        supplemental_oxygen=True,
    )
    bench.feed(5, {"spo2": 84, "pulse_rate": 80})
    before = bench.present("news2")
    assert before is not None
    bench.unplug()
    bench.wait(300)
    after = bench.present("news2")
    assert after is not None
    assert (after.priority, after.verifiable) == (before.priority, False)


@pytest.mark.parametrize(
    ("spot", "continuous", "lost", "older"),
    [(5, 9, True, True), (9, 5, True, False), (5, 9, False, False), (5, None, True, False)],
)
def test_a_spot_value_is_overtaken_by_a_newer_continuous_one_that_is_lost(
    *, spot: int, continuous: int | None, lost: bool, older: bool
) -> None:
    streams = [Stream("spo2", "observation", Mode.SPOT, at=spot, off=False)]
    if continuous is not None:
        streams.append(Stream("spo2", "link1", Mode.CONTINUOUS, at=continuous, off=lost))
    assert overtaken(streams) is older
