from __future__ import annotations

import os
import uuid
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_agent.gateway.clock import FRESH, SECOND, WallClock, ask_timedated, boot_id, boottime

HOUR = 3600 * SECOND
YEAR_2024 = 1_704_067_200 * SECOND


class Machine:
    """Two clocks that run alike, and a time service that touches a flag; every step of the wall clock is `step`'s."""

    def __init__(self, folder: Path) -> None:
        self.flag = folder / "synchronized"
        self.now = 100 * SECOND
        self.wall = YEAR_2024
        self.ntp = False
        self.clock = WallClock(flag=self.flag, ask=lambda: self.ntp, wall=lambda: self.wall, monotonic=lambda: self.now)

    def passes(self, duration: int) -> None:
        self.now += duration
        self.wall += duration

    def synchronised(self) -> None:
        self.flag.touch()
        os.utime(self.flag, ns=(self.wall, self.wall))
        self.clock.refresh()


def test_a_clock_nobody_vouches_for_gives_no_time(tmp_path: Path) -> None:
    machine = Machine(tmp_path)
    machine.clock.refresh()
    stamp = machine.clock.stamp("run")
    assert (stamp.trust, stamp.wall_offset) == ("unsynced", None)


def test_the_first_synchronisation_gives_the_offset(tmp_path: Path) -> None:
    machine = Machine(tmp_path)
    machine.wall = 0
    machine.clock.refresh()
    machine.wall = YEAR_2024
    machine.synchronised()
    assert (machine.clock.trust, machine.clock.offset) == ("synced", YEAR_2024 - machine.now)


@pytest.mark.parametrize("step", [-10 * 365 * 24 * HOUR, -HOUR, HOUR, 10 * 365 * 24 * HOUR])
def test_a_step_by_somebody_else_changes_no_time_until_the_time_service_speaks_again(tmp_path: Path, step: int) -> None:
    machine = Machine(tmp_path)
    machine.synchronised()
    before = machine.clock.offset
    machine.wall += step
    machine.clock.refresh()
    assert (machine.clock.trust, machine.clock.offset) == ("holdover", before)
    machine.synchronised()
    assert before is not None
    assert (machine.clock.trust, machine.clock.offset) == ("synced", before + step)


def test_a_silent_time_service_is_holdover_with_the_offset_it_left(tmp_path: Path) -> None:
    machine = Machine(tmp_path)
    machine.synchronised()
    before = machine.clock.offset
    machine.passes(FRESH + SECOND)
    machine.clock.refresh()
    assert (machine.clock.trust, machine.clock.offset) == ("holdover", before)
    machine.flag.unlink()
    machine.clock.refresh()
    assert (machine.clock.trust, machine.clock.offset) == ("holdover", before)


def test_a_process_that_starts_long_after_the_last_synchronisation_starts_in_holdover(tmp_path: Path) -> None:
    machine = Machine(tmp_path)
    machine.flag.touch()
    os.utime(machine.flag, ns=(machine.wall, machine.wall))
    machine.passes(2 * FRESH)
    machine.clock.refresh()
    assert (machine.clock.trust, machine.clock.offset) == ("holdover", machine.wall - machine.now)


def test_without_a_flag_file_timedated_is_asked(tmp_path: Path) -> None:
    machine = Machine(tmp_path)
    machine.ntp = True
    machine.clock.refresh()
    assert (machine.clock.trust, machine.clock.offset) == ("synced", machine.wall - machine.now)


@given(steps=st.lists(st.integers(-10 * 365 * 24 * HOUR, 10 * 365 * 24 * HOUR), max_size=20))
def test_whatever_is_done_to_the_wall_clock_an_unvouched_offset_is_never_used(steps: list[int]) -> None:
    machine = Machine(Path("/nonexistent"))
    machine.ntp = True
    machine.clock.refresh()
    good = machine.clock.offset
    machine.ntp = False
    for step in steps:
        machine.wall += step
        machine.passes(SECOND)
        machine.clock.refresh()
        assert machine.clock.offset == good


def test_the_real_machine_answers() -> None:
    assert str(uuid.UUID(boot_id())) == boot_id()
    assert 0 < boottime() <= boottime()
    assert ask_timedated() in (True, False)
