"""What the clock on the ward's wall shows: by its time zone, over changes to and from summer time, or not at all."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_agent.domain.alerts import Priority
from edge_agent.domain.effects import Cause, LocalSignal
from edge_agent.domain.inputs import LocalTime
from edge_agent.domain.night import Night
from edge_agent.domain.settings import SECOND
from edge_agent.gateway import night_clock
from edge_agent.gateway.local.output import LocalOutput
from edge_agent.gateway.night_clock import minute_shown, tell_time
from edge_agent.wire.outgoing import Stamp
from tests.delivery.parts import until
from tests.gateway.test_local_output import ended

BERLIN = ZoneInfo("Europe/Berlin")
NIGHT = Night("22:00", "06:00", "Europe/Berlin")


def stamp(trust: str = "synced", offset: int | None = 0) -> Stamp:
    """Return a stamp; with offset 0 the time since boot is UTC."""
    return Stamp(run="r", boot="b", trust=trust, wall_offset=offset)


def at(text: str) -> int:
    """Return a UTC time as ns."""
    return int(datetime.fromisoformat(text).replace(tzinfo=timezone.utc).timestamp()) * SECOND


@pytest.mark.parametrize(
    ("utc", "shows"),
    [
        ("2026-01-15T22:30:00", "23:30"),
        ("2026-03-29T00:59:59", "01:59"),  # summer time begins: there is no 02:30
        ("2026-03-29T01:00:00", "03:00"),
        ("2026-10-25T00:30:00", "02:30"),  # summer time ends: there are two
        ("2026-10-25T01:30:00", "02:30"),
        ("2026-12-31T23:00:00", "00:00"),
    ],
)
def test_it_shows_what_the_clocks_of_the_ward_show(utc: str, shows: str) -> None:
    minute = minute_shown(at(utc), NIGHT.time_zone, stamp())
    assert minute is not None
    assert f"{minute // 60:02}:{minute % 60:02}" == shows


@given(st.integers(at("2026-01-01T00:00:00") // SECOND, at("2028-01-01T00:00:00") // SECOND))
def test_a_night_is_between_its_hours_whatever_summer_time_does(second: int) -> None:
    minute = minute_shown(second * SECOND, NIGHT.time_zone, stamp())
    assert minute is not None
    shown = datetime(1970, 1, 1, tzinfo=timezone.utc) + timedelta(seconds=second)
    assert NIGHT.covers(minute) == (not 6 <= shown.astimezone(BERLIN).hour < 22)


@pytest.mark.parametrize("told", [stamp("unsynced", None), stamp("unsynced", 5)])
def test_a_clock_that_is_not_trusted_shows_nothing(told: Stamp) -> None:
    assert minute_shown(at("2026-01-15T22:30:00"), NIGHT.time_zone, told) is None


def test_the_time_is_told_at_once_under_another_profile_and_again_and_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(night_clock, "LOOK_S", 0.001)
    wanted: list[Night | None] = [None]
    told: list[LocalTime] = []

    async def work() -> None:
        task = asyncio.ensure_future(tell_time(lambda: wanted[0], stamp, told.append))
        await asyncio.sleep(0.01)
        assert told == []
        wanted[0] = NIGHT
        await until(lambda: len(told) == 1)
        wanted[0] = Night("21:00", "06:00", "UTC")
        await until(lambda: len(told) == 1 + 1)
        monkeypatch.setattr(night_clock, "EVERY_S", 0.0)
        wanted[0] = NIGHT
        await until(lambda: len(told) > 1 + 1 + 1)
        await ended(task)

    asyncio.run(work())
    assert all(each.minute is not None for each in told)


class Noted:
    """An output that notes what it plays, a stand-in."""

    def __init__(self) -> None:
        self.played: list[Priority] = []

    async def try_out(self) -> None:
        """Work."""

    async def play(self, priority: Priority) -> None:
        """Play on."""
        self.played.append(priority)
        await asyncio.get_running_loop().create_future()


def test_what_sounds_softly_sounds_as_low_and_high_never_does() -> None:
    noted = Noted()

    async def work() -> None:
        output = LocalOutput(noted, lambda _: None)
        task = asyncio.ensure_future(output.run())
        for number, priority in enumerate((Priority.MEDIUM, Priority.HIGH, Priority.MEDIUM), start=1):
            output.sound(LocalSignal(0, (Cause("1", "e", "c", priority),), soft=True))
            await until(lambda number=number: len(noted.played) == number)  # type: ignore[misc] # bound at once
        await ended(task)

    asyncio.run(work())
    assert noted.played == [Priority.LOW, Priority.HIGH, Priority.LOW]
