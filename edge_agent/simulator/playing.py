"""Plays devices on ports in real time: the only loop of the simulator. The clock is the caller's."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from edge_agent.simulator.devices import VirtualDevice
from edge_agent.simulator.ports import Port

TICK_S = 0.016
"""Between two bursts: a USB serial adapter's latency timer."""


async def play(device: VirtualDevice, port: Port, clock: Callable[[], int], speed: float = 1.0) -> None:
    """Run `device` on `port` until cancelled. The patient lives `speed` times as fast as `clock` (ns) runs."""
    began = clock()
    while True:
        now = clock()
        if port.plugged:
            device.hear(port.read(), now)
            port.write(device.frames(now, int((now - began) * speed)))
        else:
            device.unplugged()
        await asyncio.sleep(TICK_S)
