"""Every card says why: values with age, trend and quality, what was missing, score beside model, what to do."""

from __future__ import annotations

from edge_agent.bedside.scores import SCORES
from edge_agent.domain.alerts import Alert
from edge_agent.domain.settings import SECOND, Bed
from firmware_bridges.vitals import Reason
from tests.bedside.harness import Bench, settings
from tests.bedside.test_advice import answer, said

WELL = {"respiratory_rate": 16, "systolic": 122, "temperature": 368}


def present(bench: Bench, condition: str) -> Alert:
    alert = bench.present(condition)
    assert alert
    return alert


def test_a_limit_alert_carries_its_value_trend_limit_and_both_scores() -> None:
    bench = Bench(settings(risk_alert_probability=0.9))
    bench.observe(vitals=WELL, consciousness="A", supplemental_oxygen=False)
    bench.feed(60, {"spo2": 96, "heart_rate": 80})
    answer(bench, said(0.4))
    bench.feed(20, {"spo2": 84, "heart_rate": 80})
    alert = present(bench, "spo2-low")
    (value,) = alert.why.evidence
    assert (value.value, value.before, value.quality, alert.why.limit) == (84, 96, Reason.OK, 90)
    assert (alert.why.score, alert.why.score_name, alert.why.score_complete) == (3, "news2", True)
    assert alert.why.probability == 0.4
    assert alert.why.response == "Urgent review by a ward doctor; observe at least every hour."
    assert alert.raised - alert.began == 1 * SECOND


def test_a_standard_that_does_not_act_yet_calms_nobody() -> None:
    bench = Bench(settings(beds=(Bed(id="1", score="qsofa"),)))
    bench.observe(vitals={"respiratory_rate": 16, "systolic": 122}, consciousness="A")
    bench.feed(20, {"spo2": 84})
    alert = present(bench, "spo2-low")
    assert (alert.why.score, alert.why.score_name, alert.why.response) == (0, "qsofa", "")


def test_what_is_no_longer_seen_says_so_of_its_quality() -> None:
    bench = Bench()
    bench.feed(20, {"spo2": 92})
    bench.feed(20, {"spo2": 84})
    bench.say({"spo2": 97}, conditions=frozenset({Reason.SENSOR_OFF}))
    bench.wait(15)
    blind = present(bench, "not-monitored")
    assert [each.quality for each in blind.why.evidence] == [Reason.SENSOR_OFF]
    assert blind.why.missing == ("spo2",)


def test_a_score_alert_recommends_what_its_own_standard_does_and_names_what_is_missing() -> None:
    tiers = {tier.points: tier.response for tier in SCORES["news2"].tiers}
    for vitals, total in (
        ({"respiratory_rate": 25, "systolic": 95}, 5),
        ({"respiratory_rate": 25, "systolic": 90, "temperature": 384}, 7),
    ):
        bench = Bench()
        bench.observe(vitals=vitals)
        bench.feed(5, {"spo2": 97})
        alert = present(bench, "news2")
        assert (alert.why.score, alert.why.response) == (total, tiers[total])
        assert "consciousness" in alert.why.missing
        assert not alert.why.score_complete


def test_a_score_alert_says_points_and_levels_in_ward_words_and_carries_its_own_inputs_alone() -> None:
    bench = Bench()
    bench.observe(vitals={"respiratory_rate": 25}, consciousness="V", supplemental_oxygen=True)
    bench.feed(20, {"spo2": 93, "heart_rate": 120, "perfusion_index": 300})
    alert = present(bench, "news2")
    assert alert.why.text == (
        "NEWS2 ≥ 12 (systolic pressure, temperature missing): "
        "3 for respiration, 2 for SpO2, 2 for oxygen, 2 for pulse, 3 for consciousness V"
    )
    assert [each.vital for each in alert.why.evidence] == ["respiratory_rate", "spo2", "heart_rate"]


def test_the_model_s_own_alert_carries_its_drivers_and_the_rule_score() -> None:
    bench = Bench(settings(risk_alert_probability=0.2))
    bench.feed(8, {"spo2": 93})
    answer(bench, said(0.4))
    alert = present(bench, "risk")
    assert [driver.quantity for driver in alert.why.drivers] == ["respiratory_rate"]
    assert (alert.why.score, alert.why.score_complete) == (2, False)
