"""What a person does at the screen: keys in, acts out. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum
from typing import NamedTuple

import msgspec
from msgspec.structs import replace

from edge_agent.domain.alerts import Outcome
from edge_agent.wire.inbound import is_name

UP, DOWN, ENTER, ESCAPE, ERASE = "up", "down", "enter", "escape", "erase"
"""Keys with a name; every other key is its character."""

_ACTS = {"a": Outcome.ACCEPTED, "p": Outcome.PAUSED, "r": Outcome.RESET}
_STEPS = {UP: -1, "k": -1, DOWN: 1, "j": 1}


class Quit(Enum):
    """The person leaves."""

    QUIT = "quit"


class Act(NamedTuple):
    """What `person` does about the alert `event_id`."""

    event_id: str
    outcome: Outcome
    person: str


class Desk(msgspec.Struct, frozen=True):
    """What is chosen, and what is being asked. `person` is remembered; `refused` says why an answer was not taken."""

    person: str = ""
    chosen: str = ""
    asking: Outcome | None = None
    typed: str = ""
    refused: str = ""


def index(desk: Desk, events: Sequence[str]) -> int:
    """Return which of the present events is chosen: the first when the chosen one is gone."""
    return events.index(desk.chosen) if desk.chosen in events else 0


def pressed(desk: Desk, key: str, events: Sequence[str]) -> tuple[Desk, Act | Quit | None]:
    """Return the desk after a key, with `events` present in the order shown, and what is to be done."""
    if desk.asking is not None:
        return _answered(desk, desk.asking, key)
    if key == "q":
        return desk, Quit.QUIT
    if not events:
        return desk, None
    at = index(desk, events)
    if key in _STEPS:
        return replace(desk, chosen=events[(at + _STEPS[key]) % len(events)]), None
    return _begun(replace(desk, chosen=events[at]), _ACTS[key]) if key in _ACTS else (desk, None)


def _begun(desk: Desk, outcome: Outcome) -> tuple[Desk, Act | None]:
    """Act at once for a person who is known, else ask."""
    if desk.person:
        return desk, Act(desk.chosen, outcome, desk.person)
    return replace(desk, asking=outcome, typed="", refused=""), None


def _answered(desk: Desk, asked: Outcome, key: str) -> tuple[Desk, Act | None]:
    """Take one key of the answer to 'who are you?'."""
    if key == ESCAPE:
        return replace(desk, asking=None, typed="", refused=""), None
    if key == ERASE:
        return replace(desk, typed=desk.typed[:-1]), None
    if key != ENTER:
        return replace(desk, typed=desk.typed + key) if len(key) == 1 else desk, None
    if not is_name(desk.typed):
        return replace(desk, refused="a staff id: letters, digits, _ . @ - (no space)"), None
    named = replace(desk, person=desk.typed, asking=None, typed="", refused="")
    return named, Act(desk.chosen, asked, desk.typed)
