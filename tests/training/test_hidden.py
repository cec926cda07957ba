"""Which events no alert can reach: those that no score came before."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from edge_agent.risk.bundle import load
from edge_agent.risk.scorer import Scorer
from tests.risk.bundles import SHIPPED
from tests.training.tables import NAN, WELL, Hour, stays_of, wandering
from training.hidden import HIGH, Hidden, hidden
from training.score import score
from training.task import burden, labels

SICK: Hour = (135.0, 90.0, 37.0, 105.0, 16.0)
FIVE: Hour = (135.0, 93.0, 37.0, 120.0, 16.0)
NOTHING: Hour = (NAN,) * 5
ALONE: Hour = (80.0, NAN, NAN, NAN, NAN)
STRANGE: Hour = (200.0, *WELL[1:])
"""A pulse that no training saw."""


def _hidden(folder: Path, rows: dict[int, list[Hour]]) -> Hidden:
    stays = stays_of(folder, rows)
    return hidden(score(Scorer(load(SHIPPED)), stays), stays, labels(stays))


def test_the_last_eligible_hour_says_why_no_score_came_before(tmp_path: Path) -> None:
    found = _hidden(
        tmp_path,
        {
            1: [ALONE, STRANGE, SICK],
            2: [STRANGE, NOTHING, SICK],  # what is carried on is no less strange
            3: [ALONE, SICK],
            4: [FIVE, SICK],
            5: [ALONE, WELL, FIVE, SICK],
            6: [WELL, *[FIVE] * 6, SICK],
            7: [SICK, SICK],
        },
    )
    assert found == Hidden(6, {"out-of-distribution": 2, "too-few-vitals": 1, HIGH: 2})


def test_what_is_not_hidden_is_what_an_alert_at_every_score_catches(tmp_path: Path) -> None:
    stays = stays_of(tmp_path, wandering(count=150, hours=40, seed=3))
    labelled = labels(stays)
    scored = score(Scorer(load(SHIPPED)), stays)
    found = hidden(scored, stays, labelled)
    reached = burden(~np.isnan(scored.probability), stays, labelled).sensitivity
    assert 0 < sum(found.causes.values()) < found.events
    assert reached * found.events == found.events - sum(found.causes.values())
