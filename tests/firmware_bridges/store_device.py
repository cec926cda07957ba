"""A simulated Bluetooth device with a memory: it obeys the Record Access Control Point, in virtual time."""

from __future__ import annotations

from firmware_bridges.bridge import Bridge
from firmware_bridges.racp import CONTROL
from firmware_bridges.vitals import Event, Reading, Send

SUCCESS, OPERATOR_NOT_SUPPORTED, NO_RECORDS = 1, 4, 6
REPORT, ALL, AT_LEAST, LAST = 1, 1, 3, 6


class StoreDevice:
    """`records` by number: what each is notified as, (channel, value) in order. Knows the operators in `operators`."""

    def __init__(self, operators: tuple[int, ...] = (ALL, AT_LEAST, LAST)) -> None:
        self.records: dict[int, list[tuple[str, bytes]]] = {}
        self.operators = operators
        self.commands: list[bytes] = []
        self.deaf = False
        self.lose_after: int | None = None

    def answer(self, command: bytes) -> list[tuple[str, bytes]]:
        """Return what the device sends when `command` is written to its control point."""
        self.commands.append(command)
        if self.deaf:
            return []
        if command[0] != REPORT or command[1] not in self.operators:
            return [(CONTROL, bytes((6, 0, command[0], OPERATOR_NOT_SUPPORTED)))]
        chosen = self._chosen(command)
        sent = [value for number in chosen for value in self.records[number]]
        if self.lose_after is not None:
            return sent[: self.lose_after]
        return [*sent, (CONTROL, bytes((6, 0, REPORT, SUCCESS if chosen else NO_RECORDS)))]

    def _chosen(self, command: bytes) -> list[int]:
        numbers = sorted(self.records)
        if command[1] == LAST:
            return numbers[-1:]
        first = int.from_bytes(command[3:5], "little") if command[1] == AT_LEAST else 0
        return [number for number in numbers if number >= first]


def connect(bridge: Bridge, device: StoreDevice, at: int, read: tuple[tuple[str, bytes], ...] = ()) -> list[Event]:
    """Return every event from the connection at `at` until both sides are silent; the values in `read` come first."""
    events = bridge.opened(at)
    for channel, value in read:
        events += bridge.receive(channel, value, at)
    return talk(bridge, device, events, at)


def talk(bridge: Bridge, device: StoreDevice, events: list[Event], at: int) -> list[Event]:
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
