"""What a person does at the screen: keys in, acts out. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum
from typing import NamedTuple

import msgspec
from msgspec.structs import replace

from edge_agent.domain.alerts import Outcome
from edge_agent.domain.settings import SECOND
from edge_agent.wire.inbound import is_name

UP, DOWN, ENTER, ESCAPE, ERASE = "up", "down", "enter", "escape", "erase"
"""Keys with a name; every other key is its character."""

ACTS = {"a": Outcome.ACCEPTED, "p": Outcome.PAUSED, "r": Outcome.RESET}
"""Keys that do something about the chosen alert."""

LOOK = SECOND
"""Nobody sees that the choice has moved, and presses a key because of what they see, in less."""

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
    """What is chosen, and what is being asked. `person` is remembered; `refused` says why a key did nothing.

    `own`: the person chose it by key; else it is the first. `moved`: when the choice changed by itself, ns.
    """

    person: str = ""
    chosen: str = ""
    asking: Outcome | None = None
    typed: str = ""
    refused: str = ""
    own: bool = False
    moved: int | None = None


def index(desk: Desk, events: Sequence[str]) -> int:
    """Return which of the present events is chosen: the first when the chosen one is gone."""
    return events.index(desk.chosen) if desk.chosen in events else 0


def settled(desk: Desk, events: Sequence[str], now: int) -> Desk:
    """Return the desk with a present alert chosen: the person's own, else the first; while asking, none other."""
    first = events[0] if events else ""
    if desk.asking is not None or desk.chosen == first or (desk.own and desk.chosen in events):
        return desk
    return replace(desk, chosen=first, own=False, moved=now if desk.chosen else desk.moved)


def pressed(desk: Desk, key: str, events: Sequence[str], now: int) -> tuple[Desk, Act | Quit | None]:
    """Return the desk after a key at `now` (ns), with `events` present in the order shown, and what is to be done."""
    if desk.asking is not None:
        return _answered(desk, desk.asking, key)
    if key == "q":
        return desk, Quit.QUIT
    desk = settled(replace(desk, refused=""), events, now)
    if not events:
        return desk, None
    if key in _STEPS:
        chosen = events[(index(desk, events) + _STEPS[key]) % len(events)]
        return replace(desk, chosen=chosen, own=True, moved=None), None
    return _begun(desk, ACTS[key], now) if key in ACTS else (desk, None)


def _begun(desk: Desk, outcome: Outcome, now: int) -> tuple[Desk, Act | None]:
    """Act at once for a person who is known, else ask; never on an alert that has only just come under the key."""
    if desk.moved is not None and now - desk.moved < LOOK:
        return replace(desk, refused="The choice has just moved to another alert: look, then press again."), None
    if desk.person:
        return desk, Act(desk.chosen, outcome, desk.person)
    return replace(desk, asking=outcome, typed=""), None


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
