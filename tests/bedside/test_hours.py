"""Hourly medians against a naive list of all samples."""

from __future__ import annotations

from statistics import median_low

from hypothesis import given
from hypothesis import strategies as st

from edge_agent.bedside.hours import HOUR, Hours
from edge_agent.domain.settings import SECOND
from edge_agent.domain.windows import HOURS, QUANTITIES

SAMPLES = st.lists(st.tuples(st.integers(0, 3 * 3600), st.integers(60, 100)), max_size=200)


@given(SAMPLES, st.integers(0, 10**15), st.integers(0, 40))
def test_medians_are_those_of_all_samples_one_a_second(samples: list[tuple[int, int]], epoch: int, wait: int) -> None:
    hours = Hours(epoch=epoch)
    seconds: dict[int, int] = {}
    at = 0
    for pause, value in samples:
        at += pause % 900
        hours.add("pulse", value, epoch + at * SECOND)
        if not seconds or at != max(seconds):
            seconds.setdefault(at, value)
    end = at + wait * 3600
    found = hours.medians(epoch + end * SECOND)["pulse"]
    for back in range(HOURS):
        hour = end // 3600 - (HOURS - 1) + back
        naive = [value for second, value in seconds.items() if second // 3600 == hour]
        assert found[back] == (median_low(naive) if naive else None)


def test_every_quantity_has_its_row_and_others_none() -> None:
    hours = Hours(epoch=0)
    hours.add("perfusion_index", 3, SECOND)
    assert set(hours.medians(SECOND)) == set(QUANTITIES)
    assert all(len(row) == HOURS for row in hours.medians(50 * HOUR).values())
