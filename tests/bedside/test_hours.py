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
        at += pause % 3600
        hours.add("pulse", value, epoch + at * SECOND // 4)
        seconds.setdefault(at // 4, value)
    end = at // 4 + wait * 3600
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


def test_an_hour_is_an_hour_and_all_of_them_are_kept() -> None:
    """Else the model sees another past than the one it was trained on."""
    hours = Hours(epoch=900 * SECOND)
    for number in range(HOURS):
        for second in (0, 3599):
            hours.add("pulse", 100 - number, (900 + number * 3600 + second) * SECOND)
    assert hours.medians((900 + HOURS * 3600 - 1) * SECOND)["pulse"] == tuple(range(100, 100 - HOURS, -1))


def test_the_first_sample_of_a_second_counts_and_none_from_before_the_patient_came() -> None:
    epoch = HOUR + SECOND * 2 // 5
    hours = Hours(epoch=epoch)
    hours.add("pulse", 40, epoch - 1)
    for quarter, value in enumerate((100, 60, 60, 60)):
        hours.add("pulse", value, epoch + quarter * SECOND // 4)
    assert hours.medians(epoch + SECOND)["pulse"] == (None,) * (HOURS - 1) + (100,)


def test_usual_is_what_was_so_in_the_last_twelve_hours() -> None:
    assert Hours(epoch=0, done={"spo2": [99, *[90] * 6, *[95] * 6]}).usual("spo2") == 90
