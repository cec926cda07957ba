"""Day or night: the ward is told what its clock shows, and holds to the day unless a trusted one says night.

What the night changes is in the settings in force at each bed (`context`), in who is called (`escalation`) and in what
sounds here (`local`); `held` keeps what it holds back.
"""

from __future__ import annotations

from collections.abc import Iterable

from edge_agent.bedside.floor import Floor
from edge_agent.domain.effects import Effect, Profile, ProfileChanged
from edge_agent.domain.inputs import LocalTime
from edge_agent.domain.night import Night
from edge_agent.domain.settings import SECOND

TOLD_FOR = 100 * SECOND
"""For so long what the clock showed is believed; it is told every 30 s."""


def told(floor: Floor, time: LocalTime, now: int, effects: list[Effect]) -> Iterable[str]:
    """Take what the clock shows."""
    night = floor.state.settings.night
    if night is None:
        return ()
    if time.minute is None:
        return _change(floor, Profile.CLOCK_UNTRUSTED, None, now, effects)
    until = time.received_at + TOLD_FOR
    dark = night.covers(time.minute) and now < until
    return _change(floor, Profile.NIGHT if dark else Profile.DAY, until if dark else None, now, effects)


def renewed(floor: Floor, before: Night | None, now: int, effects: list[Effect]) -> None:
    """Hold to the day after another profile was set, until the time is told, which is in a moment."""
    if floor.state.settings.night != before:
        _change(floor, Profile.DAY, None, now, effects)


def due(floor: Floor, now: int, effects: list[Effect]) -> Iterable[str]:
    """End a night of which nobody has told any more."""
    until = floor.state.night_until
    return () if until is None or now < until else _change(floor, Profile.NOT_TOLD, None, now, effects)


def _change(floor: Floor, profile: Profile, until: int | None, now: int, effects: list[Effect]) -> Iterable[str]:
    state = floor.state
    before, state.profile, state.night_until = state.profile, profile, until
    floor.sooner(until)
    if profile is before:
        return ()
    effects.append(ProfileChanged(now, profile))
    if Profile.NIGHT not in {profile, before}:
        return ()
    floor.adopt(state.settings)
    return tuple(state.beds) or ("",)
