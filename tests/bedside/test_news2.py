"""NEWS2 against an independent implementation, and where the table ends; the published cases are in conformance."""

from __future__ import annotations

import random
from decimal import Decimal
from typing import Any

import pytest
import vitalscore

from edge_agent.bedside.score_evaluator import evaluate
from edge_agent.bedside.scores import SCORES
from edge_agent.domain.scores import RuleScore
from firmware_bridges.vitals import VITALS


def score(**known: Any) -> RuleScore:  # noqa: ANN401 - any input of the table
    return evaluate(SCORES["news2"], known)


def test_twenty_thousand_random_patients_against_vitalscore() -> None:
    chance = random.Random(2017)
    for _ in range(20_000):
        given = {
            "respiratory_rate": chance.randint(4, 40),
            "spo2": chance.randint(70, 100),
            "spo2_scale": chance.choice("12"),
            "supplemental_oxygen": chance.choice(("air", "oxygen")),
            "temperature": chance.randint(330, 420),
            "systolic": chance.randint(60, 240),
            "pulse": chance.randint(30, 160),
            "consciousness": chance.choice("ACVPU"),
        }
        assert score(**given).total == oracle(given), given


def oracle(given: dict[str, Any]) -> int:
    """Ask the independent implementation."""
    result = vitalscore.score_news2(
        respiratory_rate=given["respiratory_rate"],
        spo2=given["spo2"],
        use_spo2_scale2=given["spo2_scale"] == "2",
        on_oxygen=given["supplemental_oxygen"] == "oxygen",
        temperature=given["temperature"] / 10,
        systolic_bp=given["systolic"],
        heart_rate=given["pulse"],
        consciousness=given["consciousness"],
    )
    return int(result.total)


@pytest.mark.parametrize(("celsius", "points"), [("35.04", 3), ("35.05", 1), ("36.05", 0), ("38.05", 1), ("39.05", 2)])
def test_values_are_rounded_half_up_before_they_are_banded(celsius: str, points: int) -> None:
    result = score(temperature=VITALS["temperature"].scaled(Decimal(celsius)))
    assert next(p.points for p in result.parts if p.name == "temperature") == points


def test_missing_is_a_lower_bound_and_never_zero() -> None:
    result = score(respiratory_rate=26, spo2=90, pulse=115)
    assert (result.total, result.risk, result.complete) == (8, "high", False)
    assert result.missing == ("supplemental_oxygen", "systolic", "consciousness", "temperature")
    assert score().risk == "low"


def test_scale_2_above_its_target_needs_to_know_what_is_breathed() -> None:
    assert "spo2" in score(spo2=95, spo2_scale="2").missing
    assert "spo2" not in score(spo2=90, spo2_scale="2").missing
