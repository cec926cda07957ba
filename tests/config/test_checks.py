"""What only the whole can show, case by case: the change, the one setting refused for it, and the remedy."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from tests.config.good import broken, problems

CASES = yaml.safe_load(Path(__file__).with_name("cases.yaml").read_text(encoding="utf-8"))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_case(case: dict[str, str]) -> None:
    (problem,) = problems(broken((case["right"], case["wrong"])))
    assert problem.path == case["refused"]
    assert case["remedy"] in problem.remedy
