"""Two devices with the same vital are two streams: ordered, never averaged, and none hides another."""

from __future__ import annotations

from typing import Any

from edge_agent.domain.alerts import Priority
from edge_agent.domain.settings import Bed
from firmware_bridges.vitals import Reason
from tests.bedside.harness import Bench, settings


def two(**ward: Any) -> Bench:  # noqa: ANN401 - any field of the settings
    return Bench(settings("ecg", "oxi", **ward))


def chosen(bench: Bench, quantity: str) -> list[str]:
    return [s.device for s in bench.vitals()[-1].streams if s.chosen and s.vital == quantity]


def test_the_order_of_the_configuration_decides() -> None:
    bench = two(beds=(Bed(id="1", sources={"spo2": ("oxi",)}),))
    for _ in range(12):
        bench.say({"spo2": 97}, "ecg")
        bench.say({"spo2": 95}, "oxi")
        bench.wait(1)
    assert chosen(bench, "spo2") == ["oxi"]


def test_a_lost_source_is_replaced_at_once_and_taken_back_with_hysteresis() -> None:
    bench = two()
    for _ in range(3):
        bench.say({"spo2": 97}, "ecg")
        bench.say({"spo2": 95}, "oxi")
        bench.wait(1)
    assert chosen(bench, "spo2") == ["ecg"]
    for _ in range(2):
        bench.say({"spo2": 97}, "ecg", conditions=frozenset({Reason.SENSOR_OFF}))
        bench.say({"spo2": 95}, "oxi")
        bench.wait(1)
    assert chosen(bench, "spo2") == ["oxi"]
    switched = []
    for _ in range(15):
        bench.say({"spo2": 97}, "ecg")
        bench.say({"spo2": 95}, "oxi")
        bench.wait(1)
        switched += chosen(bench, "spo2")
    assert switched[:9] == ["oxi"] * 9
    assert switched[-1] == "ecg"


def test_a_worse_value_of_the_other_source_alerts() -> None:
    bench = two()
    for _ in range(30):
        bench.say({"spo2": 96}, "ecg")
        bench.say({"spo2": 84}, "oxi")
        bench.wait(1)
    alert = bench.present("spo2-low")
    assert alert
    assert (alert.priority, alert.why.devices) == (Priority.HIGH, ("oxi",))
    score = bench.score().rule
    assert score is not None
    assert next(part.points for part in score.parts if part.name == "spo2") == 0


def test_lasting_disagreement_is_a_technical_alert() -> None:
    bench = two()
    for _ in range(70):
        bench.say({"spo2": 99}, "ecg")
        bench.say({"spo2": 91}, "oxi")
        bench.wait(1)
    alert = bench.present("source-disagreement-spo2")
    assert alert
    assert "ecg says 99 %" in alert.why.text
    assert "oxi says 91 %" in alert.why.text


def test_heart_rate_and_pulse_rate_are_two_vitals_and_one_quantity() -> None:
    bench = two()
    bench.say({"heart_rate": 71}, "ecg")
    bench.say({"pulse_rate": 72}, "oxi")
    bench.wait(1)
    assert {(s.vital, s.value) for s in bench.vitals()[-1].streams} == {("heart_rate", 71), ("pulse_rate", 72)}
    assert chosen(bench, "heart_rate") == ["ecg"]
    assert chosen(bench, "pulse_rate") == []
