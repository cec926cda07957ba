from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.training.tables import NAN, WELL, Hour, stays_of
from training.baselines import baselines
from training.sepsis import sepsis

CASES: list[tuple[Hour, tuple[int, int, int]]] = [
    (WELL, (1, 0, 0)),
    ((80, 98, 37.0, 120, 14), (0, 0, 0)),
    ((130, 98, 38.5, 70, 30), (3 + 2 + 3 + 3, 2, 3)),
    ((40, 98, 34.9, 200, 8), (2 + 2 + 2 + 2, 0, 1)),
    ((91, 98, 38.1, 100, 22), (0 + 0 + 1 + 2, 2, 3)),
    ((111, 98, 36.0, 81, 21), (2 + 0 + 1 + 2, 1, 2)),
    ((NAN, NAN, NAN, NAN, NAN), (0, 0, 0)),
]
"""An hour in the order of `COLUMNS`, and its MEWS, qSOFA and SIRS by the published tables."""


@pytest.mark.parametrize(("hour", "expected"), CASES)
def test_baselines_are_those_of_the_published_tables(tmp_path: Path, hour: Hour, expected: tuple[int, ...]) -> None:
    found = baselines(stays_of(tmp_path, {1: [hour]}))
    assert tuple(found[name].item() for name in ("MEWS", "qSOFA", "SIRS")) == expected


def test_baselines_see_values_carried_forward_within_their_stay(tmp_path: Path) -> None:
    stays = stays_of(tmp_path, {1: [(80, 98, 37.0, 70, 14), (NAN,) * 5], 2: [(NAN,) * 5]})
    assert baselines(stays)["MEWS"].tolist() == [3, 3, 0]


def test_sepsis_is_asked_until_its_onset_six_hours_after_the_label_begins(tmp_path: Path) -> None:
    stays = stays_of(tmp_path, {1: [WELL] * 30, 2: [WELL] * 5})
    label = np.zeros(35, np.bool_)
    label[14:] = stays.start[14:] == 0
    soon, before = sepsis(stays._replace(sepsis=label))
    assert np.flatnonzero(before).tolist() == [*range(20), *range(30, 35)]
    assert np.flatnonzero(soon).tolist() == list(range(8, 20))
