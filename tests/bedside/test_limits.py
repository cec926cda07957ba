"""Limit rules: delay, depth, hysteresis, spot values, and every default against its own bounds."""

from __future__ import annotations

from decimal import Decimal

import pytest

from edge_agent.bedside.bed_limits import CHILD_LIMITS
from edge_agent.bedside.rules import RULES
from edge_agent.bedside.score_evaluator import points
from edge_agent.bedside.scores import SCORES
from edge_agent.domain.alerts import Priority
from edge_agent.domain.settings import LIMIT_RULES, SECOND, Bed, Limit
from firmware_bridges.vitals import VITALS
from tests.bedside.harness import Bench, settings

VITAL = {
    "spo2": "spo2",
    "pulse": "heart_rate",
    "respiratory-rate": "respiratory_rate",
    "systolic": "systolic",
    "temperature": "temperature",
}
CASES = [(rule, rule.rsplit("-", 1)) for rule in LIMIT_RULES]


def around(rule: str) -> tuple[str, int, int, int]:
    """Return (vital, limit, one unit beyond it, well inside) as scaled integers."""
    quantity, side = rule.rsplit("-", 1)
    vital = VITAL[quantity]
    edge = VITALS[vital].scaled(LIMIT_RULES[rule].default.limit)
    sign = -1 if side == "low" else 1
    return vital, edge, edge + sign, min(edge - sign * 12, 98) if vital == "spo2" else edge - sign * 12


@pytest.mark.parametrize("rule", LIMIT_RULES)
def test_the_limit_itself_is_inside_and_one_beyond_alerts_after_the_delay(rule: str) -> None:
    vital, edge, beyond, _ = around(rule)
    bench = Bench(settings(required=()))
    bench.feed(70, {vital: edge})
    assert not bench.alerts(rule)
    began = bench.now
    bench.feed(70, {vital: beyond})
    alert = bench.alerts(rule)[0]
    spot = vital in ("systolic", "temperature")
    delay = 0 if spot else LIMIT_RULES[rule].default.delay_s * SECOND
    assert alert.raised == began + delay
    assert alert.began == began
    assert alert.why.limit == edge


@pytest.mark.parametrize("rule", LIMIT_RULES)
def test_it_ends_after_valid_values_inside(rule: str) -> None:
    vital, _, beyond, inside = around(rule)
    bench = Bench(settings(required=()))
    bench.feed(70, {vital: beyond})
    bench.feed(30, {vital: inside})
    assert bench.phases(rule)[0] == "start"
    assert bench.phases(rule)[-1] == "end"


def test_one_unit_around_the_limit_for_an_hour_is_one_alert() -> None:
    bench = Bench()
    for second in range(3600):
        bench.say({"spo2": 89 + 2 * (second // 20 % 2)})
        bench.wait(1)
    assert bench.phases("spo2-low") == ["start"]


def test_a_deep_value_is_high_and_sooner() -> None:
    bench = Bench()
    bench.feed(5, {"spo2": 93})
    bench.feed(10, {"spo2": 84})
    (alert,) = bench.alerts("spo2-low")
    assert alert.priority is Priority.HIGH
    assert alert.raised - alert.began == 1 * SECOND


def test_worse_escalates_and_better_deescalates_before_it_ends() -> None:
    bench = Bench()
    bench.feed(30, {"spo2": 88})
    bench.feed(10, {"spo2": 83})
    bench.feed(20, {"spo2": 88})
    bench.feed(20, {"spo2": 96})
    assert bench.phases("spo2-low") == ["start", "escalate", "deescalate", "end"]


def test_a_valid_spot_value_alerts_at_once_and_ends_only_by_a_newer_one() -> None:
    bench = Bench(settings(required=()))
    bench.say({"systolic": 80})
    assert bench.phases("systolic-low") == ["start"]
    assert bench.alerts("systolic-low")[0].why.text == "Systolic pressure 80 mmHg", "nobody knows for how long"
    bench.wait(7 * 3600)
    assert bench.present("systolic-low")
    bench.say({"systolic": 125})
    assert bench.phases("systolic-low")[-1] == "end"


def test_the_text_is_what_a_ward_says() -> None:
    bench = Bench()
    bench.feed(60, {"spo2": 95})
    bench.feed(40, {"spo2": 86})
    alert = bench.present("spo2-low")
    assert alert
    assert alert.why.text == "SpO2 86 % for 15 s, was 95 %, falling"


def test_a_rule_that_is_off_says_nothing() -> None:
    off = {"pulse-high": Limit(limit=Decimal(130), enabled=False)}
    bench = Bench(settings(limits=off))
    bench.feed(60, {"spo2": 97, "heart_rate": 180})
    assert not bench.alerts("pulse-high")


def test_heart_rate_zero_is_a_measurement_and_alerts() -> None:
    bench = Bench()
    bench.feed(5, {"spo2": 97, "heart_rate": 60})
    bench.feed(10, {"spo2": 97, "heart_rate": 0})
    assert bench.shown("heart_rate").value == 0
    alert = bench.present("pulse-low")
    assert alert
    assert alert.priority is Priority.HIGH


@pytest.mark.parametrize("rule", LIMIT_RULES)
def test_every_limit_setting_has_its_rule_and_lies_within_its_bounds(rule: str) -> None:
    limits = LIMIT_RULES[rule]
    assert rule in RULES
    assert limits.lowest <= limits.default.limit <= limits.highest
    assert limits.default.priority is not Priority.INFO


def test_every_rule_says_what_it_is_for() -> None:
    for name, rule in RULES.items():
        assert name == rule.id
        assert rule.hazard
        assert rule.source
        assert rule.title


def test_scale_2_moves_the_limit_in_the_same_step_and_every_card_says_so() -> None:
    bench = Bench()
    bench.feed(10, {"spo2": 89, "heart_rate": 140})
    bench.observe(spo2_scale=2, spo2_target=(88, 92), prescriber="dr3")
    bench.feed(60, {"spo2": 89, "heart_rate": 140})
    assert not bench.alerts("spo2-low")
    bench.feed(40, {"spo2": 87, "heart_rate": 140})
    alert = bench.present("spo2-low")
    assert alert
    assert (alert.why.limit, alert.why.text[:8]) == (88, "SCALE 2:")
    bench.unplug()
    bench.wait(30)
    cards = {name: bench.present(name) for name in ("spo2-low", "pulse-high", "not-monitored", "device-lost-link1")}
    assert all(card and "SCALE 2" in card.why.text for card in cards.values()), cards
    bench.observe(spo2_scale=1)
    bench.plug()
    bench.feed(40, {"spo2": 89})
    again = bench.present("spo2-low")
    assert again
    assert (again.why.limit, "SCALE" in again.why.text) == (90, False)


@pytest.mark.parametrize(
    ("band", "fast", "slow", "breathing"), [("0-3m", 179, 91, 80), ("1-4y", 149, 71, 60), (">12y", 119, 50, 22)]
)
def test_a_child_has_the_limits_of_its_age_band(band: str, fast: int, slow: int, breathing: int) -> None:
    bench = Bench(settings(beds=(Bed(id="1", score="bedside_pews", age_band=band),), limits={}))
    for vital, inside, beyond, rule in (
        ("heart_rate", fast, fast + 1, "pulse-high"),
        ("heart_rate", slow, slow - 1, "pulse-low"),
        ("respiratory_rate", breathing, breathing + 1, "respiratory-rate-high"),
    ):
        bench.feed(70, {"spo2": 98, vital: inside})
        assert not bench.alerts(rule)
        bench.feed(70, {"spo2": 98, vital: beyond})
        assert bench.present(rule)


@pytest.mark.parametrize(("band", "rule"), CHILD_LIMITS)
def test_a_child_s_limits_lie_where_its_score_gives_two_points_and_four(band: str, rule: str) -> None:
    quantity, side = rule.replace("-", "_").rsplit("_", 1)
    limit, deep = CHILD_LIMITS[band, rule]
    rows = [row for each in SCORES["bedside_pews"].parameters if each.name == quantity for row in each.rows]  # type: ignore[union-attr] # what is measured has rows
    (bands,) = (row.bands for row in rows if row.where == {"age_band": band})
    scored = [points(bands, value) for value in range(351)]
    best = scored.index(0)
    for value in range(best) if side == "low" else range(best, 351):
        beyond, far = (value < limit, value < deep) if side == "low" else (value > limit, value > deep)
        assert (beyond, far) == (scored[value] >= 2, scored[value] == 4), value
