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
