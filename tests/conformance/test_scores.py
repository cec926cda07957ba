"""The folder `news2`: published cases of every score. A group of cases nobody here knows fails."""

from __future__ import annotations

import json
from pathlib import Path

from tests.conformance.scores import GROUPS, cases, check

DELAYS = {"nellcor_satseconds", "satseconds_safety_net", "philips_smart_delay"}
"""Examples of alarm delays, which are no scores."""

TOLD = {"source", "sources"}
"""Keys that say where a file's cases come from."""


def test_every_score_case_is_scored_as_published(score_file: Path) -> None:
    checked = 0
    for case in cases(score_file):
        try:
            check(case)
        except (AssertionError, ValueError) as error:
            raise AssertionError(f"{case.id}: {case.given}: {error}") from error
        checked += 1
    assert checked > 0


def test_no_group_of_cases_is_passed_over(score_file: Path) -> None:
    content = json.loads(score_file.read_text("utf-8"))
    if {"cases", "boundaries"}.isdisjoint(content):
        assert content.keys() - TOLD - DELAYS - GROUPS.keys() == set()
