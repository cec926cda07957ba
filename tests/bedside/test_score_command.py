"""`edge-agent score news2`: what a line says is scored, missing or an error; nothing is ever taken for zero."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from typing import Any

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st

from edge_agent.bedside.scores import SCORES
from edge_agent.cli.main import main
from edge_agent.cli.score import ALIASES, scored

WELL = {
    "respiration_rate": 16,
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
        ("respiration_rate", 8388607),
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


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("{", "no JSON"),
        ("[]", "found an array; a line is one object"),
        ("null", "found null"),
        ("[" * 60_000, "too deep"),
        ('{"spo2": NaN}', "spo2: found NaN; allowed: a number from 1 to 100 %, or null for missing"),
        ('{"spo2": -Infinity}', "found -Infinity"),
        ('{"spo2": 1e999}', "found 1e999"),
        ('{"spo2": 1e-99999999999999999999}', "found 1e-99999999999999999999"),
        ('{"spo2": true}', "spo2: found true; allowed: a number"),
        ('{"spo2": [97]}', "spo2: found an array; allowed: a number"),
        ('{"spo2": ' + "9" * 9000 + "}", "9..."),
        ('{"spo2": 97, "spo2": 80}', "stands 2 times"),
        ('{"spo2_scale": 2.0}', "found 2.0; allowed: 1, 2"),
        ('{"consciousness": "\\ud800"}', 'found "\\ud800"; allowed: A, C, V, P, U'),
        ('{"respiratory_rate": null, "respiration_rate": 16}', "the same as"),
        ('{"sp\\u00f62": 97}', "no field of NEWS2; known: respiration_rate, spo2"),
        (" " * 70_000 + "{}", "longer than 65536 bytes"),
    ],
)
def test_garbage_is_an_error_that_names_field_and_remedy(line: str, said: str) -> None:
    code, answers = run(WELL, line, WELL)
    assert code == 1
    assert [answer.get("line") for answer in answers] == [None, 2, None], answers
    assert said in answers[1]["error"]


def test_what_no_file_of_text_should_have_is_survived() -> None:
    whole = json.dumps(WELL).encode()
    data = b"\xef\xbb\xbf" + whole + b"\r\n\r\n \t\n" + b"\xff\xfe{\n" + whole
    result = CliRunner().invoke(main, ["score", "news2"], input=data)
    answers = [json.loads(line) for line in result.output.splitlines()]
    assert [answer.get("total", answer.get("error")) for answer in answers] == [0, answers[1]["error"], 0]
    assert (answers[1]["line"], answers[1]["error"]) == (4, "no UTF-8: invalid start byte at byte 0")


@pytest.mark.parametrize("score", SCORES)
@given(data=st.data())
@examples(max_examples=60)
def test_no_line_ends_the_command_and_no_wrong_value_counts(score: str, data: st.DataObject) -> None:
    """Whatever stands in a line: an error, or an answer whose parts are those of the fields that were given."""
    table = SCORES[score]
    names = [*(each.name for each in table.parameters), *table.chosen]
    values: st.SearchStrategy[Any] = (
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9) | st.just([])
    )
    given_ = data.draw(st.dictionaries(st.sampled_from([*names, "x"]), values, max_size=5))
    line = data.draw(st.one_of(st.binary(max_size=40), st.just(json.dumps(given_).encode())))
    try:
        answer = scored(table, line)
    except ValueError:
        return
    said = {ALIASES.get(name, name) for name, points in answer["parts"].items() if points is not None}
    assert said <= json.loads(line).keys()
    assert (answer["total"] is None) is (not said)
    assert answer["complete"] is (not answer["missing"])


def test_of_nothing_there_is_no_score() -> None:
    for line in ({}, dict.fromkeys(WELL), {"spo2_scale": 2}):
        code, (answer,) = run(line)
        assert code == 0
        assert (answer["total"], answer["risk"], answer["response"], answer["complete"]) == (None, None, None, False)
        assert len(answer["missing"]) == 7


def test_lines_come_out_in_their_order_and_a_reader_that_leaves_is_no_crash() -> None:
    lines = "".join(json.dumps({**WELL, "pulse": 41 + each % 50}) + "\n" for each in range(20_000))
    command = [sys.executable, "-m", "edge_agent.cli.main", "score", "news2"]
    with tempfile.TemporaryFile() as file:
        file.write(lines.encode())
        file.seek(0)
        with subprocess.Popen(command, stdin=file, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
            assert process.stdout is not None
            assert process.stderr is not None
            points = [json.loads(process.stdout.readline())["parts"]["pulse"] for _ in range(100)]
            process.stdout.close()
            assert b"Traceback" not in process.stderr.read()
    assert points == [1 if each % 50 < 10 else 0 for each in range(100)]


def ask(score: str, **fields: object) -> dict[str, Any]:
    result = CliRunner().invoke(main, ["score", score], input=json.dumps(fields))
    answer: dict[str, Any] = json.loads(result.output)
    return answer


def test_a_part_is_called_as_its_field_was() -> None:
    other = {("respiratory_rate" if name == "respiration_rate" else name): v for name, v in WELL.items()}
    for line, name in ((WELL, "respiration_rate"), (other, "respiratory_rate")):
        assert ask("news2", **line)["parts"][name] == 0
        assert ask("news2", **{**line, name: None})["missing"] == [name]
    assert "the same as" in ask("news2", respiration_rate=12, respiratory_rate=13)["error"]


def test_every_score_has_its_command() -> None:
    assert ask("mews", pulse=131, temperature=38.45)["parts"] == {
        "respiration_rate": None,
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
        ("bedside_pews", {"age_band": "5y", "pulse": 100}, 'age_band: found "5y"; allowed: 0-3m'),
        ("bedside_pews", {"capillary_refill": 3}, "allowed: 0, 1, 2, 4"),
        ("sirs", {"white_cells": -1}, "allowed: a number from 0"),
        ("sirs", {"white_cells": "4"}, 'found "4"'),
        ("mews", {"spo2": 97}, "no field of MEWS"),
        ("qsofa", {"consciousness": True}, "consciousness"),
        ("brighton_pews", {"behaviour": 1.5}, "behaviour"),
    ],
)
def test_what_a_score_does_not_know_is_an_error(score: str, fields: dict[str, Any], said: str) -> None:
    assert said in ask(score, **fields)["error"]
