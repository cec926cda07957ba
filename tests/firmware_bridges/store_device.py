"""A conversation with a simulated Bluetooth device that has a memory, in virtual time."""

from __future__ import annotations

from edge_agent.simulator.conversations.record_store import ALL, Memory
from firmware_bridges.bridge import Bridge
from firmware_bridges.vitals import Event, Reading, Send

__all__ = ["ALL", "Memory", "connect", "stored", "talk"]


def connect(bridge: Bridge, device: Memory, at: int, read: tuple[tuple[str, bytes], ...] = ()) -> list[Event]:
    """Return every event from the connection at `at` until both sides are silent; the values in `read` come first."""
    events = bridge.opened(at)
    for channel, value in read:
        events += bridge.receive(channel, value, at)
    return talk(bridge, device, events, at)


def talk(bridge: Bridge, device: Memory, events: list[Event], at: int) -> list[Event]:
    """Let the device answer what `events` send, and so on; return all events."""
    heard = [event.data for event in events if isinstance(event, Send)]
    while heard:
        for channel, value in device.answer(heard.pop(0)):
            more = bridge.receive(channel, value, at)
            heard += [event.data for event in more if isinstance(event, Send)]
            events = [*events, *more]
    return events


def stored(events: list[Event]) -> list[int | None]:
    """Return the values of the stored readings, in order."""
    return [event.value for event in events if isinstance(event, Reading) and event.stored]
