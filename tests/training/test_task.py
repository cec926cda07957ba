from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.training.tables import NAN, WELL, Hour, stays_of, wandering
from training.hourly import Stays
from training.task import Labels, alerts, burden, labels

PULSE_2: Hour = (120.0, *WELL[1:])
"""A NEWS2 of 2."""

SICK: Hour = (135.0, 90.0, 37.0, 105.0, 16.0)
"""3 for the pulse, 3 for SpO2, 1 for the pressure: 7."""

FIVE: Hour = (135.0, 93.0, 37.0, 120.0, 16.0)
NOTHING: Hour = (NAN,) * 5


def _labels(folder: Path, rows: list[Hour]) -> Labels:
    return labels(stays_of(folder, {1: rows}))


def test_news2_is_the_sum_of_five_parts_of_carried_values(tmp_path: Path) -> None:
    hours = [NOTHING, (120.0, *NOTHING[1:]), (NAN, 93.0, *NOTHING[2:]), *[NOTHING] * 40, WELL, FIVE, SICK]
    found = _labels(tmp_path, hours).news2.tolist()
    assert found == [0, 2, 4, *[4] * 40, 0, 5, 7]


def test_values_are_not_carried_into_the_next_stay(tmp_path: Path) -> None:
    assert labels(stays_of(tmp_path, {1: [SICK], 2: [NOTHING]})).news2.tolist() == [7, 0]


def test_an_hour_is_eligible_below_five_with_a_later_hour(tmp_path: Path) -> None:
    found = _labels(tmp_path, [WELL, PULSE_2, FIVE, SICK, WELL, WELL])
    assert found.eligible.tolist() == [True, True, False, False, True, False]


def test_an_hour_is_positive_if_seven_is_reached_in_the_next_six(tmp_path: Path) -> None:
    found = _labels(tmp_path, [*[WELL] * 8, SICK, *[WELL] * 3])
    assert np.flatnonzero(found.positive).tolist() == [2, 3, 4, 5, 6, 7]
    assert np.flatnonzero(found.positive & found.eligible).tolist() == [2, 3, 4, 5, 6, 7]


def test_an_event_is_the_first_high_hour_after_six_without(tmp_path: Path) -> None:
    hours = [SICK, *[WELL] * 5, SICK, SICK, *[WELL] * 6, SICK, *[WELL] * 5, SICK]
    assert np.flatnonzero(_labels(tmp_path, hours).event).tolist() == [14]


def test_what_a_patient_arrives_with_is_no_event_and_what_comes_after_one_hour_is(tmp_path: Path) -> None:
    assert not _labels(tmp_path, [SICK, SICK, WELL]).event.any()
    assert np.flatnonzero(_labels(tmp_path, [WELL, SICK]).event).tolist() == [1]


def test_an_alert_silences_its_own_stay_for_six_hours(tmp_path: Path) -> None:
    stays = stays_of(tmp_path, {1: [WELL] * 14, 2: [WELL] * 3})
    assert alerts(np.ones(17, np.bool_), stays).tolist() == [0, 6, 12, 14]


def test_the_burden_counts_alerts_and_the_events_they_caught(tmp_path: Path) -> None:
    stays = stays_of(tmp_path, {1: [*[WELL] * 8, SICK, *[WELL] * 15], 2: [*[WELL] * 20, SICK, WELL, WELL, WELL]})
    labelled = labels(stays)
    wanted = np.zeros(48, np.bool_)
    wanted[[0, 1, 6, 8, 30]] = True  # 1 is silenced, 6 is two hours before, 8 is not eligible, 30 is too early
    found = burden(wanted, stays, labelled)
    assert found.alerts_per_patient_day == pytest.approx(3 / 2)
    assert found.sensitivity == pytest.approx(1 / 2)
    assert found.ppv == pytest.approx(1 / 3)
    assert found.lead == 2


def test_an_event_is_caught_while_the_alert_holds_though_its_repetition_is_silenced(tmp_path: Path) -> None:
    stays = stays_of(tmp_path, {1: [*[WELL] * 12, SICK, *[WELL] * 11]})
    wanted = np.zeros(24, np.bool_)
    wanted[[3, 7]] = True  # told at 3, which is too early; it still holds at 7, five hours before
    found = burden(wanted, stays, labels(stays))
    assert found.alerts_per_patient_day == pytest.approx(1)
    assert found.sensitivity == pytest.approx(1)
    assert found.lead == 5


def _slow(stays: Stays) -> list[tuple[int, bool, bool, bool]]:
    """Label every row by walking through its stay."""
    score = labels(stays).news2.tolist()
    found = []
    for row, start in enumerate(stays.start.tolist()):
        end = next((i for i in range(row, len(score)) if stays.start[i] != start), len(score))
        ahead, behind = score[row + 1 : min(row + 7, end)], score[max(row - 6, start) : row]
        eligible = score[row] < 5 and row + 1 < end
        event = score[row] >= 7 and bool(behind) and max(behind) < 7
        found.append((score[row], eligible, any(total >= 7 for total in ahead), event))
    return found


def test_labels_are_those_of_a_walk_through_every_stay(tmp_path: Path) -> None:
    stays = stays_of(tmp_path, wandering(count=60, hours=40, seed=3))
    found = labels(stays)
    assert found.event.any()
    assert list(zip(*(part.tolist() for part in found), strict=True)) == _slow(stays)
