"""A message that waited is told from one that comes at once, by a clock that need not be right."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from firmware_bridges.device_clock import STEADY, TOLERANCE, DeviceClock

SECOND = 1_000_000_000
OFFSETS = st.integers(-(2**61), 2**61)


@given(offset=OFFSETS, steps=st.lists(st.integers(1, 600), min_size=1, max_size=40), data=st.data())
def test_a_clock_that_runs_makes_nothing_late_however_wrong_it_is_and_drifts(
    offset: int, steps: list[int], data: st.DataObject
) -> None:
    clock, at = DeviceClock(), 0
    drift = data.draw(st.integers(-200, 200))
    for step in steps:
        at += step * SECOND
        assert not clock.late(offset + at + at * drift // 1_000_000, at, sure=True)


@given(offset=OFFSETS, behind=st.integers(TOLERANCE + 1, 10**15), gaps=st.lists(st.integers(1, 10**9), max_size=20))
def test_what_waited_is_late_until_the_senders_present_is_reached(offset: int, behind: int, gaps: list[int]) -> None:
    clock = DeviceClock()
    assert not clock.late(offset, 0, sure=True)
    at = sent = behind + SECOND
    sent -= behind
    for gap in gaps:
        at, sent = at + 1, min(sent + gap, at - TOLERANCE - SECOND)
        assert clock.late(offset + sent, at, sure=True)
    assert not clock.late(offset + at, at, sure=True)


@given(jump=st.integers(TOLERANCE + SECOND, 10**15), sign=st.sampled_from((1, -1)), pace=st.integers(1, 30))
def test_a_clock_that_was_set_is_believed_once_it_has_run_on_for_a_minute(jump: int, sign: int, pace: int) -> None:
    clock = DeviceClock()
    clock.late(0, 0, sure=True)
    began = at = pace * SECOND
    while clock.late(at + sign * jump, at, sure=True):
        assert at - began < STEADY
        at += pace * SECOND
    assert at - began >= STEADY


def test_a_backlog_that_streams_faster_than_it_was_written_is_never_believed() -> None:
    clock = DeviceClock()
    clock.late(0, 0, sure=True)
    start = 3600 * SECOND
    assert all(clock.late(n * SECOND, start + n * SECOND // 2, sure=True) for n in range(1, 3500))


def test_a_doubtful_time_teaches_nothing() -> None:
    clock = DeviceClock()
    assert not clock.late(77 * SECOND, 0, sure=False)
    assert not clock.late(10**18, SECOND, sure=True)
    assert not clock.late(10**18 + SECOND, 2 * SECOND, sure=True)


def test_another_boot_is_another_clock() -> None:
    clock = DeviceClock()
    clock.late(0, 10**15, sure=True)
    assert not clock.late(SECOND, SECOND, sure=True)
    assert not clock.late(2 * SECOND, 2 * SECOND, sure=True)


def test_a_stray_late_message_does_not_make_the_next_one_a_minute_later_believed() -> None:
    clock, hour = DeviceClock(), 3600 * SECOND
    clock.late(0, 0, sure=True)
    assert clock.late(SECOND - hour, SECOND, sure=True)
    assert not any(clock.late(t * SECOND, t * SECOND, sure=True) for t in range(2, 90, 10))
    assert clock.late(90 * SECOND - hour, 90 * SECOND, sure=True)
