"""Holds a bridge to the laws while a fuzzed conversation goes on."""

from __future__ import annotations

from firmware_bridges.bridge import Bridge, Family
from firmware_bridges.vitals import Event
from tests.firmware_bridges.devices import feed, readings, taken
from tests.firmware_bridges.test_laws import BOUND, sound
from tests.fuzz.choices import Choices
from tests.fuzz.streams import Piece, conversation, crumbs
from tests.fuzz.targets import Target

LARGEST = 2**53
"""Beyond it a number in JSON is not the number that was written (RFC 8259, 6). The quality gate refuses far less."""


def execute(target: Target, data: bytes) -> int:
    """Run one conversation, decided by `data`; AssertionError where a law is broken. Return how many events it gave."""
    choices = Choices(data)
    pieces = conversation(target, choices)
    bridge = target.family.bridge()
    events = carry(target.family, bridge, pieces)
    if choices.below(4) == 1:
        _unchanged(target.family, events, pieces, choices)
    _reads_again(target, bridge, sum(piece.after for piece in pieces))
    return len(events)


def carry(family: Family, bridge: Bridge, pieces: list[Piece]) -> list[Event]:
    """Let `pieces` happen, each deadline honoured, and return every event."""
    now = 0
    events = bridge.opened(now)
    for after, channel, data in pieces:
        events += _wait(family, bridge, now, now + after)
        now += after
        found = bridge.receive(channel, data, now) if channel else [*bridge.closed(now), *bridge.opened(now)]
        events += _held_to(family, found, now)
    assert len(bridge.snapshot()) < BOUND
    return events


def _wait(family: Family, bridge: Bridge, now: int, until: int) -> list[Event]:
    """Wake whenever a deadline falls due; each is spent by that."""
    events: list[Event] = []
    due = bridge.next_deadline()
    while due is not None and due <= until:
        now = max(due, now)
        events += _held_to(family, bridge.wake(now), now)
        following = bridge.next_deadline()
        assert following is None or following > due
        due = following
    return events


def _held_to(family: Family, events: list[Event], now: int) -> list[Event]:
    assert sound(family, events, now)
    assert all(each.value is None or -LARGEST < each.value < LARGEST for each in readings(events))
    return events


def _unchanged(family: Family, events: list[Event], pieces: list[Piece], choices: Choices) -> None:
    """Check that the same bytes in crumbs mean the same, and that a snapshot of what they left behind is whole."""
    other = family.bridge()
    place = choices.below(len(pieces) + 1)
    found = carry(family, other, [crumb for piece in pieces[:place] for crumb in crumbs(piece, choices)])
    assert found == events[: len(found)]
    restored = family.bridge()
    restored.restore(other.snapshot())
    assert restored.snapshot() == other.snapshot()
    assert restored.next_deadline() == other.next_deadline()


def _reads_again(target: Target, bridge: Bridge, now: int) -> None:
    """Whatever came, a live device is understood; one with a memory, in a conversation without its records."""
    if target.remembers:
        assert readings(bridge.closed(now)) == []
    lost = target.family.resync_frames
    feed(bridge, list(target.good[:lost]), now)
    for frame in target.good[lost:]:
        last = feed(bridge, [frame], now)
    assert taken(target.family, last) == target.values
