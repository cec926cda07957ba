"""Drift is 0 for hours that are spread as in training, and the share of hours that lie elsewhere otherwise."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_agent.domain.windows import HOURS, Patient, Window
from edge_agent.risk.bundle import load
from edge_agent.risk.drift import Sketch
from edge_agent.risk.features import RANGES
from edge_agent.risk.manifest import Histogram
from tests.risk.bundles import SHIPPED
from tests.risk.windows import WINDOWS

KNOWN = {"temperature": Histogram(edges=(36.3, 37.0), shares=(0.25, 0.5, 0.25), missing=0.6)}


def _hour(temperature: int | None, present: int | None = 999) -> Window:
    return Window({"temperature": (*(None,) * (HOURS - 2), temperature, present)})


def _drifted(*temperatures: int | None) -> tuple[float | None, float, int]:
    sketch = Sketch()
    for temperature in temperatures:
        sketch.add(_hour(temperature), KNOWN)
    (found,) = sketch.drift(KNOWN)
    return found.distance, found.missing, found.hours


def test_an_edge_belongs_to_the_bin_below_it_and_only_the_last_whole_hour_counts() -> None:
    assert _drifted(363, 364, 370, 371) == (0.0, 0.0, 4)


def test_hours_elsewhere_are_the_distance_and_hours_without_a_value_are_missing() -> None:
    assert _drifted(380, 390, 400, 410) == (0.75, 0.0, 4)
    assert _drifted(363, None, RANGES["temperature"][1] + 1, 360) == (0.75, 0.5, 4)
    assert _drifted(None) == (None, 1.0, 1)
    assert _drifted() == (None, 0.0, 0)


@given(st.lists(WINDOWS, min_size=1, max_size=4))
def test_any_window_is_one_hour_of_every_input_and_distances_are_shares(windows: list[Window]) -> None:
    known = load(SHIPPED).manifest.spread
    sketch = Sketch()
    for window in windows:
        sketch.add(window, known)
    for found in sketch.drift(known):
        assert found.hours == len(windows)
        assert 0 <= found.missing <= 1
        assert found.distance is None or 0 <= found.distance <= 1


def test_age_and_sex_are_inputs_too() -> None:
    known = load(SHIPPED).manifest.spread
    sketch = Sketch()
    sketch.add(Window({}, Patient(age_years=200, sex="male")), known)
    found = {each.name: each for each in sketch.drift(known)}
    assert found["sex"].distance == pytest.approx(known["sex"].shares[0], abs=1e-3)
    assert found["age"].distance == pytest.approx(1 - known["age"].shares[-1], abs=1e-3)
