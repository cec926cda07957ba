from __future__ import annotations

import msgspec
import pytest

from edge_agent.domain.effects import ScoreReport
from edge_agent.domain.scores import Part, RuleScore
from edge_agent.domain.settings import SECOND
from edge_agent.domain.windows import Abstention, Driver, RiskScore
from edge_agent.wire.payloads.score import score

NEWS2 = RuleScore(
    score="news2",
    version="2017",
    total=7,
    parts=(Part("respiratory_rate", 3, "26 /min"), Part("temperature", None)),
    missing=("temperature",),
    risk="high",
)
RISK = RiskScore(
    probability=0.3816999,
    drivers=(Driver("temperature", 0.71, 38.29999923706055, -0.0), Driver("spo2", -0.2, 93.0, None)),
    logit_q=-3,
    model="m",
    model_sha256="0" * 64,
    runtime="tflite-runtime 2.14.0",
)
REPORT = ScoreReport(bed="3", at=60 * SECOND, rule=NEWS2, risk=RISK, risk_at=15 * SECOND)


def test_an_incomplete_score_is_shown_as_a_lower_bound_and_says_what_is_missing() -> None:
    rule = score(REPORT).rule
    assert rule is not None
    assert (rule.total, rule.complete, rule.shown, rule.missing) == (7, False, "≥ 7", ("temperature",))
    assert [(part.name, part.points) for part in rule.parts] == [("respiratory_rate", 3), ("temperature", None)]


def test_a_complete_score_is_shown_as_itself() -> None:
    rule = score(msgspec.structs.replace(REPORT, rule=msgspec.structs.replace(NEWS2, missing=()))).rule
    assert rule is not None
    assert (rule.complete, rule.shown) == (True, "7")


def test_a_risk_comes_with_its_drivers_in_the_decimals_of_their_vitals() -> None:
    body = score(REPORT)
    assert body.risk is not None
    assert str(body.risk.probability) == "0.3817"
    assert [(str(d.value), str(d.trend), d.unit) for d in body.risk.drivers] == [
        ("38.3", "0.0", "Cel"),
        ("93", "None", "%"),
    ]
    assert (body.abstention, body.risk_age_ms) == (None, 45_000)


@pytest.mark.parametrize("probability", [float("nan"), float("inf"), -0.1, 1.01])
def test_what_is_no_probability_is_an_abstention(probability: float) -> None:
    body = score(msgspec.structs.replace(REPORT, risk=msgspec.structs.replace(RISK, probability=probability)))
    assert body.risk is None
    assert body.abstention is not None
    assert body.abstention.cause == "model-failed"


def test_an_abstention_says_its_cause_in_place_of_a_risk() -> None:
    body = score(msgspec.structs.replace(REPORT, risk=Abstention("child", "under 16", "m")))
    assert body.risk is None
    assert body.abstention is not None
    assert (body.abstention.cause, body.abstention.detail, body.abstention.model) == ("child", "under 16", "m")


def test_nothing_said_is_nothing_claimed() -> None:
    body = score(ScoreReport(bed="3", at=0, rule=None, risk=None))
    assert (body.rule, body.risk, body.abstention, body.risk_age_ms) == (None, None, None, None)
