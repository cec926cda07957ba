"""A conversation between a bridge and a simulated device that obeys its commands, in virtual time."""

from __future__ import annotations

from collections.abc import Iterator

from edge_agent.simulator.conversations.conversation import Conversation as Device
from edge_agent.simulator.conversations.conversation import Measure
from firmware_bridges.bridge import SERIAL, Bridge, Sample
from firmware_bridges.vitals import Event, Reading, Send, Validity

MILLISECOND = 1_000_000
SECOND = 1000 * MILLISECOND
STEP = 50 * MILLISECOND


def measuring(sample: Sample) -> Measure:
    """Return what a device measures at whom nothing changes."""
    return lambda _: sample


class Conversation:
    """Lets time pass in small steps, carries bytes both ways and keeps every event with its time."""

    def __init__(self, bridge: Bridge, device: Device, start: int = 0) -> None:
        self.bridge, self.device, self.now = bridge, device, start
        self.events: list[tuple[int, Event]] = []
        self.sent: list[tuple[int, bytes]] = []
        self._take(bridge.opened(start))

    def run(self, seconds: float) -> Conversation:
        """Let `seconds` pass."""
        end = self.now + int(seconds * SECOND)
        while self.now < end:
            self.now += STEP
            if said := b"".join(data for _, data in self.device.say(self.now)):
                self._take(self.bridge.receive(SERIAL, said, self.now))
            due = self.bridge.next_deadline()
            if due is not None and due <= self.now:
                self._take(self.bridge.wake(self.now))
        return self

    def valid(self, since: float = 0) -> Iterator[tuple[int, str, int | None]]:
        """Yield (time, vital, value) of the valid readings from `since` seconds on."""
        for at, event in self.events:
            if at >= since * SECOND and isinstance(event, Reading) and event.validity is Validity.VALID:
                yield at, event.vital, event.value

    def _take(self, events: list[Event]) -> None:
        for event in events:
            self.events.append((self.now, event))
            if isinstance(event, Send):
                self.sent.append((self.now, event.data))
                self.device.hear(event.channel, event.data, self.now)
