from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_agent.domain.bands import NEWS2_BANDS
from edge_agent.domain.windows import HOURS, QUANTITIES, Window
from edge_agent.risk import features
from edge_agent.risk.bundle import load
from edge_agent.risk.features import CHANNELS, RANGES, ROWS, SIGHT, STEP
from tests.risk.bundles import SHIPPED
from tests.risk.windows import WINDOWS, recent, steady

Hour = dict[str, float]


def _raw(*windows: Window) -> features.Floats:
    return features.derive(features.from_windows(windows)).raw


def _points(quantity: str, value: float) -> int:
    return next(band.points for band in NEWS2_BANDS[quantity] if band.up_to is None or value <= band.up_to)


def _hour(hours: list[list[float]], at: int, window: Window) -> Hour:
    """Compute one row of a window the slow way, from its in-range values."""
    first_seen = [next((i for i in range(SIGHT) if not math.isnan(hours[i][c])), None) for c in range(5)]
    starts = [start for start in first_seen if start is not None]
    at = max(at, min(starts, default=0))
    row: Hour = {}
    for column, quantity in enumerate(QUANTITIES):
        seen = [i for i in range(at + 1) if not math.isnan(hours[i][column])]
        start = first_seen[column]
        value = math.nan if start is None else hours[seen[-1] if seen else start][column]
        row[quantity] = value * STEP[quantity]
        row[f"{quantity}_observed"] = bool(seen) and seen[-1] == at
        row[f"{quantity}_age"] = math.log1p(at - seen[-1] if seen else SIGHT) / math.log(SIGHT + 1)
        row[f"{quantity}_news2"] = 0 if math.isnan(value) else _points(quantity, value)
    row["news2_total"] = sum(row[f"{quantity}_news2"] for quantity in QUANTITIES)
    row["shock_index"] = row["pulse"] / row["systolic"]
    row["age"] = math.nan if window.patient.age_years is None else window.patient.age_years
    row["sex"] = {"female": -1, "male": 1}.get(window.patient.sex or "", 0)
    return row


@given(WINDOWS)
def test_features_are_what_the_definition_says_computed_the_slow_way(window: Window) -> None:
    low, high = np.array([RANGES[quantity] for quantity in QUANTITIES]).T
    values = recent(window)
    hours = np.where((values >= low) & (values <= high), values, np.nan).tolist()
    rows = [_hour(hours, at, window) for at in range(SIGHT - ROWS, SIGHT)]
    slow = np.array([[row[name] for name in CHANNELS] for row in rows])
    np.testing.assert_allclose(_raw(window)[0], slow, rtol=1e-6)


@given(WINDOWS, WINDOWS)
def test_what_is_older_than_a_day_never_matters(window: Window, other: Window) -> None:
    mixed = {q: other.medians[q][:-SIGHT] + window.medians[q][-SIGHT:] for q in QUANTITIES}
    cut = {q: window.medians[q][-SIGHT:] for q in QUANTITIES}
    expected = _raw(window)
    np.testing.assert_array_equal(_raw(Window(mixed, window.patient)), expected)
    np.testing.assert_array_equal(_raw(Window(cut, window.patient)), expected)


@given(st.integers(1, HOURS))
def test_steady_vitals_do_not_tell_how_long_the_stay_has_lasted(hours: int) -> None:
    np.testing.assert_array_equal(_raw(steady(hours)), _raw(steady(HOURS)))


@given(WINDOWS, st.integers(0, HOURS))
def test_a_shorter_window_is_one_whose_older_hours_are_missing(window: Window, hours: int) -> None:
    short = {quantity: values[HOURS - hours :] for quantity, values in window.medians.items()}
    padded = {quantity: (None,) * (HOURS - hours) + values for quantity, values in short.items()}
    np.testing.assert_array_equal(_raw(Window(short, window.patient)), _raw(Window(padded, window.patient)))


@given(st.sampled_from(QUANTITIES), st.integers(-1000, 10_000))
def test_a_value_out_of_its_range_is_a_missing_one(quantity: str, value: int) -> None:
    low, high = RANGES[quantity]
    window = steady()
    shown = {**window.medians, quantity: (*window.medians[quantity][:-1], value)}
    gone = {**window.medians, quantity: (*window.medians[quantity][:-1], None)}
    same = (_raw(Window(shown)) == _raw(Window(gone))).all(where=~np.isnan(_raw(Window(gone))))
    assert same == (not low <= value <= high)


@pytest.mark.parametrize("quantity", QUANTITIES)
def test_points_are_those_of_the_chart_for_every_value(quantity: str) -> None:
    low, high = RANGES[quantity]
    column = QUANTITIES.index(quantity)
    values = np.full((high - low + 1, len(QUANTITIES)), np.nan, np.float32)
    values[:, column] = np.arange(low, high + 1)
    found = features.points(values)
    assert found[:, column].tolist() == [_points(quantity, value) for value in range(low, high + 1)]
    assert not np.delete(found, column, axis=1).any()


@given(st.lists(WINDOWS, min_size=1, max_size=3))
def test_normalised_features_are_finite_and_clipped(windows: list[Window]) -> None:
    channels = load(SHIPPED).manifest.input.channels
    made = features.normalised(_raw(*windows), channels)
    assert made.dtype == np.float32
    assert np.isfinite(made).all()
    assert np.abs(made).max() <= max(channel.clip for channel in channels)


def test_a_bundle_may_use_some_of_the_channels() -> None:
    channels = load(SHIPPED).manifest.input.channels
    raw = _raw(steady(3))
    some = [0, 7, 23]
    made = features.normalised(raw, [channels[index] for index in some])
    np.testing.assert_array_equal(made, features.normalised(raw, channels)[..., some])
