"""`edge-agent score news2`: what a line says is scored, missing or an error; nothing is ever taken for zero."""

from __future__ import annotations

import json
from typing import Any

import pytest
from click.testing import CliRunner

from edge_agent.cli.main import main

WELL = {
    "respiratory_rate": 16,
    "spo2": 97,
    "spo2_scale": 1,
    "supplemental_oxygen": False,
    "temperature": 36.8,
    "systolic": 122,
    "pulse": 75,
    "consciousness": "A",
}


def run(*lines: object) -> tuple[int, list[dict[str, Any]]]:
    text = "\n".join(line if isinstance(line, str) else json.dumps(line) for line in lines)
    result = CliRunner().invoke(main, ["score", "news2"], input=text)
    return result.exit_code, [json.loads(line) for line in result.output.splitlines()]


def test_a_well_patient_has_no_points() -> None:
    code, (answer,) = run(WELL)
    assert code == 0
    assert (answer["total"], answer["risk"], answer["missing"]) == (0, "low", [])
    assert set(answer["parts"].values()) == {0}


@pytest.mark.parametrize("field", [name for name in WELL if name != "spo2_scale"])
def test_what_is_not_there_is_missing(field: str) -> None:
    for line in ({**WELL, field: None}, {k: v for k, v in WELL.items() if k != field}):
        code, (answer,) = run(line)
        assert code == 0
        assert answer["missing"] == [field]
        assert answer["parts"][field] is None


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("spo2", 0),
        ("spo2", -1),
        ("temperature", 98.6),
        ("pulse", "75"),
        ("consciousness", "Alert!"),
        ("spo2_scale", 3),
        ("supplemental_oxygen", "no"),
        ("respiratory_rate", 8388607),
        ("blood_pressure", 120),
    ],
)
def test_what_cannot_be_is_an_error_in_its_place(field: str, value: object) -> None:
    code, answers = run(WELL, {**WELL, field: value}, WELL)
    assert code == 1
    assert [("error" in answer) for answer in answers] == [False, True, False]
    assert answers[1]["line"] == 2


def test_values_are_rounded_half_up_first() -> None:
    _, (answer,) = run({**WELL, "temperature": 36.05, "pulse": 90.5})
    assert answer["parts"]["temperature"] == 0
    assert answer["parts"]["pulse"] == 1


@pytest.mark.parametrize(("said", "points"), [("a", 0), ("Alert", 0), ("C", 3), ("confusion", 3), ("UNRESPONSIVE", 3)])
def test_consciousness_by_letter_or_word(said: str, points: int) -> None:
    _, (answer,) = run({**WELL, "consciousness": said})
    assert answer["parts"]["consciousness"] == points


@pytest.mark.parametrize("line", ["{", "[]", "null", '{"spo2": NaN}', '{"spo2": 1e999}'])
def test_garbage_is_an_error(line: str) -> None:
    code, (answer,) = run(line)
    assert code == 1
    assert answer["error"]


def ask(score: str, **fields: object) -> dict[str, Any]:
    result = CliRunner().invoke(main, ["score", score], input=json.dumps(fields))
    answer: dict[str, Any] = json.loads(result.output)
    return answer


def test_a_part_is_called_as_its_field_was() -> None:
    said = ask("news2", **{("respiration_rate" if name == "respiratory_rate" else name): v for name, v in WELL.items()})
    assert (said["parts"]["respiration_rate"], said["missing"]) == (0, [])
    assert "the same as" in ask("news2", respiration_rate=12, respiratory_rate=13)["error"]


def test_every_score_has_its_command() -> None:
    assert ask("mews", pulse=131, temperature=38.45)["parts"] == {
        "respiratory_rate": None,
        "pulse": 3,
        "systolic": None,
        "temperature": 2,
        "consciousness": None,
    }
    assert ask("qsofa", respiration_rate=22, systolic=100, consciousness="alert")["risk"] == "high"
    assert ask("sirs", temperature=36, pulse=90.5, respiration_rate=21, white_cells=4.04)["total"] == 2
    assert ask("bedside_pews", age_band="1-4y", pulse=150, capillary_refill=4)["total"] == 6
    assert ask("brighton_pews", behaviour=3, cardiovascular=0, vomiting_after_surgery=True)["total"] == 5


@pytest.mark.parametrize(
    ("score", "fields", "said"),
    [
        ("bedside_pews", {"age_band": "5y", "pulse": 100}, "age_band: found 5y; allowed: 0-3m"),
        ("bedside_pews", {"capillary_refill": 3}, "allowed: 0, 1, 2, 4"),
        ("sirs", {"white_cells": -1}, "allowed: 0"),
        ("sirs", {"white_cells": "4"}, 'found "4"'),
        ("mews", {"spo2": 97}, "no field of MEWS"),
        ("qsofa", {"consciousness": True}, "consciousness"),
        ("brighton_pews", {"behaviour": 1.5}, "behaviour"),
    ],
)
def test_what_a_score_does_not_know_is_an_error(score: str, fields: dict[str, Any], said: str) -> None:
    assert said in ask(score, **fields)["error"]
