"""NEWS2 against cases nobody here wrote.

OpenEHR's guideline tests, a boundary table, and an independent implementation.
"""

from __future__ import annotations

import json
import random
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import pytest
import vitalscore

from edge_agent.bedside.scores.news2 import Inputs, score
from firmware_bridges.vitals import VITALS
from tests.paths import captures

PARTS = {"rr": "respiratory_rate", "spo2": "spo2", "sbp": "systolic", "pulse": "pulse", "temp": "temperature"}


def cases(name: str) -> list[dict[str, Any]]:
    loaded: list[dict[str, Any]] = json.loads((captures("news2") / name).read_text())["cases"]
    return loaded


def inputs(given: dict[str, Any]) -> Inputs:
    return Inputs(
        respiratory_rate=whole(given["rr"]),
        spo2=whole(given["spo2"]),
        spo2_scale=given.get("scale", 1),
        supplemental_oxygen=given["on_oxygen"],
        systolic=whole(given["sbp"]),
        pulse=whole(given["pulse"]),
        temperature=VITALS["temperature"].scaled(Decimal(str(given["temp_c"]))),
        consciousness="A" if given["acvpu"] == "Alert" else "U",
    )


def whole(value: float) -> int:
    return int(Decimal(str(value)).to_integral_value(ROUND_HALF_UP))


def test_the_openehr_guideline_cases_with_their_parts() -> None:
    checked = 0
    for case in cases("gdl2_news2.json"):
        result = score(inputs(case["input"]))
        points = {part.name: part.points for part in result.parts}
        assert result.total == case["expected"]["total"], case["id"]
        assert {k: points[PARTS[k]] for k in PARTS} == {k: case["expected"][k] for k in PARTS}, case["id"]
        assert result.risk == case["expected"]["risk"].lower(), case["id"]
        checked += 1
    assert checked == 19


def test_the_boundary_table() -> None:
    """Its scale 2 rows above 92 % are right with oxygen only; the file itself says so."""
    table = json.loads((captures("news2") / "boundaries_news2live.json").read_text())
    names = {
        "respiratory_rate": ("rr", "respiratory_rate"),
        "spo2_scale1": ("spo2", "spo2"),
        "spo2_scale2": ("spo2", "spo2"),
        "temperature": ("temp_c", "temperature"),
        "systolic_bp": ("sbp", "systolic"),
        "heart_rate": ("pulse", "pulse"),
    }
    checked = 0
    for row, pairs in table["boundaries"].items():
        field, part = names[row]
        for value, expected in pairs:
            extra = {"scale": 2, "on_oxygen": True} if row == "spo2_scale2" else {}
            result = score(inputs({**table["base"], field: value, **extra}))
            assert next(p.points for p in result.parts if p.name == part) == expected, (row, value)
            checked += 1
    assert checked == 88


def test_twenty_thousand_random_patients_against_vitalscore() -> None:
    chance = random.Random(2017)
    for _ in range(20_000):
        temperature = chance.randint(330, 420)
        given = Inputs(
            respiratory_rate=chance.randint(4, 40),
            spo2=chance.randint(70, 100),
            spo2_scale=chance.choice((1, 2)),
            supplemental_oxygen=chance.random() < 0.5,
            temperature=temperature,
            systolic=chance.randint(60, 240),
            pulse=chance.randint(30, 160),
            consciousness=chance.choice("ACVPU"),
        )
        assert score(given).total == oracle(given), given


def oracle(given: Inputs) -> int:
    """Ask the independent implementation."""
    result = vitalscore.score_news2(
        respiratory_rate=given.respiratory_rate,
        spo2=given.spo2,
        use_spo2_scale2=given.spo2_scale == 2,
        on_oxygen=given.supplemental_oxygen,
        temperature=(given.temperature or 0) / 10,
        systolic_bp=given.systolic,
        heart_rate=given.pulse,
        consciousness=given.consciousness,
    )
    return int(result.total)


@pytest.mark.parametrize(("celsius", "points"), [("35.04", 3), ("35.05", 1), ("36.05", 0), ("38.05", 1), ("39.05", 2)])
def test_values_are_rounded_half_up_before_they_are_banded(celsius: str, points: int) -> None:
    tenths = VITALS["temperature"].scaled(Decimal(celsius))
    result = score(Inputs(temperature=tenths))
    assert next(p.points for p in result.parts if p.name == "temperature") == points


def test_missing_is_a_lower_bound_and_never_zero() -> None:
    result = score(Inputs(respiratory_rate=26, spo2=90, pulse=115))
    assert (result.total, result.risk, result.complete) == (8, "high", False)
    assert result.missing == ("supplemental_oxygen", "systolic", "consciousness", "temperature")
    assert score(Inputs()).risk == "low"


def test_scale_2_above_its_target_needs_to_know_what_is_breathed() -> None:
    assert "spo2" in score(Inputs(spo2=95, spo2_scale=2)).missing
    assert "spo2" not in score(Inputs(spo2=90, spo2_scale=2)).missing
