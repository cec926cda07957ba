"""A conversation between a family's simulated device and its bridge, in virtual time: what would come of it."""

from __future__ import annotations

from edge_agent.domain.settings import SECOND
from edge_agent.simulator.conversations import begin
from edge_agent.simulator.conversations.attributes import readable
from firmware_bridges.bridge import Family, Sample
from firmware_bridges.vitals import Event, Send

LENGTH = 20 * SECOND
"""Enough for every family's handshake and some measurements, ns."""

STEP = SECOND // 10
"""Between two looks at the line, ns."""


def rehearse(family: Family, sample: Sample) -> list[Event]:
    """Return what the bridge says in `LENGTH` of a conversation with a device that measures `sample` all the time."""
    device, bridge = begin(family, lambda _: sample), family.bridge()
    events: list[Event] = []

    def take(said: list[Event], now: int) -> None:
        events.extend(said)
        for event in said:
            if isinstance(event, Send):
                device.hear(event.channel, event.data, now)

    take(bridge.opened(0), 0)
    for channel, value in readable(family, sample.unit).items():
        take(bridge.receive(channel, value, 0), 0)
    for now in range(0, LENGTH, STEP):
        for channel, data in device.say(now):
            take(bridge.receive(channel, data, now), now)
        due = bridge.next_deadline()
        if due is not None and due <= now:
            take(bridge.wake(now), now)
    return events
