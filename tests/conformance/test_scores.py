"""The folder `news2`: published cases of every score, and of alarm delays. A group nobody here knows fails."""

from __future__ import annotations

import json
from collections import defaultdict
from pathlib import Path

from click.testing import CliRunner

from edge_agent.cli.main import main
from tests.conformance.delays import DELAYS
from tests.conformance.scores import GROUPS, ScoreCase, cases, check

TOLD = {"source", "sources"}
"""Keys that say where a file's cases come from."""


def test_every_score_case_is_scored_as_published(score_file: Path) -> None:
    """Every case goes through the command itself, a line each."""
    groups: defaultdict[str, list[ScoreCase]] = defaultdict(list)
    for case in cases(score_file):
        groups[case.score].append(case)
    for score, group in groups.items():
        lines = "".join(f"{json.dumps(case.given)}\n" for case in group)
        result = CliRunner().invoke(main, ["score", score], input=lines)
        assert result.exit_code == 0, result.output
        for case, line in zip(group, result.output.splitlines(), strict=True):
            check(case, json.loads(line))
    assert groups or DELAYS.keys() & content(score_file).keys()


def test_every_delay_example_alerts_when_it_was_published_to(score_file: Path) -> None:
    for name, example in content(score_file).items():
        if name in DELAYS:
            DELAYS[name](example)


def test_no_group_of_cases_is_passed_over(score_file: Path) -> None:
    found = content(score_file)
    if {"cases", "boundaries"}.isdisjoint(found):
        assert found.keys() - TOLD - DELAYS.keys() - GROUPS.keys() == set()


def content(path: Path) -> dict[str, dict[str, object]]:
    """Return a file's object."""
    loaded: dict[str, dict[str, object]] = json.loads(path.read_text("utf-8"))
    return loaded
