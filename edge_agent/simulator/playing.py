"""Plays devices on ports in real time: the only loop of the simulator. The clock is the caller's."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from edge_agent.simulator.devices import VirtualDevice
from edge_agent.simulator.ports import Medium

TICK_S = 0.016
"""Between two bursts: a USB serial adapter's latency timer."""

Clock = Callable[[], int]
"""Returns ns that never go back."""


class Life:
    """The patients' time: ns that run `speed` times as fast as `clock` from now on. Devices keep the wall's time."""

    def __init__(self, clock: Clock, speed: float) -> None:
        """Begin at 0."""
        self._clock = clock
        self._began = clock()
        self.speed = speed

    def __call__(self) -> int:
        """Return the patients' present time, ns."""
        return int((self._clock() - self._began) * self.speed)


async def play(device: VirtualDevice, port: Medium, clock: Clock, life: Clock) -> None:
    """Run `device` on `port` until cancelled; its patient lives in the time of `life`."""
    while True:
        now = clock()
        if port.plugged:
            for channel, data in port.heard():
                device.hear(channel, data, now)
            port.say(device.frames(now, life()))
        else:
            device.unplugged()
        await asyncio.sleep(TICK_S)
