"""A cable pulled a hundred times: data come back each time, nothing grows, and no value is made of half a frame."""

from __future__ import annotations

import asyncio
import gc
import threading
import tracemalloc
from pathlib import Path
from typing import NamedTuple

import pytest

from edge_agent.domain.inputs import Input, LinkClosed, LinkConnecting, LinkData, LinkOpened
from edge_agent.domain.settings import Device
from edge_agent.gateway.serial_link import SerialLink
from firmware_bridges.bridge import Sample, SerialSettings
from firmware_bridges.families.contec_cms50_9byte import FAMILY
from firmware_bridges.vitals import Reading
from tests.links.pty import PtyDevice
from tests.links.recorder import Recorder, running

CYCLES, WARM = 100, 20
BYTES_A_CYCLE = 200
"""Allowed growth of Python's memory: less than one leaked object a cycle would take."""


class Held(NamedTuple):
    """What the process holds on to."""

    files: int
    threads: int
    allocated: int


def held() -> Held:
    """Return what is held once the opening and closing threads have ended."""
    for thread in threading.enumerate():
        if thread.name.startswith(("open ", "close ")):
            thread.join(5)
    gc.collect()
    files = sum(1 for _ in Path("/proc/self/fd").iterdir())
    return Held(files, threading.active_count(), tracemalloc.get_traced_memory()[0])


def frame(spo2: int) -> bytes:
    return b"".join(data for _, data in FAMILY.encoder().encode(Sample({"spo2": spo2, "pulse_rate": 72})))


class Decoder(Recorder):
    """The bridge behind the link. Keeps the values of the present cycle only, so that it does not grow itself."""

    def __init__(self) -> None:
        super().__init__()
        self.bridge = FAMILY.bridge()
        self.values: list[int | None] = []

    def __call__(self, item: Input) -> None:
        if isinstance(item, LinkOpened):
            self.bridge.opened(item.received_at)
        elif isinstance(item, LinkClosed):
            self.bridge.closed(item.received_at)
        elif isinstance(item, LinkData):
            events = self.bridge.receive(item.channel, item.data, item.received_at)
            self.values += [each.value for each in events if isinstance(each, Reading) and each.vital == "spo2"]
        super().__call__(item)

    def forget(self) -> None:
        """Begin a cycle."""
        self.inputs.clear()
        self.values.clear()


@pytest.mark.usefixtures("quick")
def test_a_hundred_pulled_cables_leak_nothing_and_no_value_comes_from_a_frame_cut_in_half(tmp_path: Path) -> None:
    torn = frame(50)

    async def scenario() -> tuple[Held, Held]:
        seen, device, rest, at_first = Decoder(), PtyDevice(tmp_path / "tty"), b"", None
        described = Device(id="oximeter", bed="1", family=FAMILY.name, port=str(device.path))
        link = SerialLink(described, SerialSettings(115200), seen, continuous=True)
        async with running(link.run()):
            await seen.until_count(LinkConnecting, 1)
            for cycle in range(CYCLES + WARM):
                device.plug()
                await seen.until_count(LinkOpened, 1)
                cut = 1 + cycle % (len(torn) - 1)
                sent = rest + frame(80 + cycle % 20) * 3 + torn[:cut]
                rest = torn[cut:]
                device.write(sent)
                await seen.until_bytes(len(sent))
                # The first good frame after the torn one's end only confirms where frames begin.
                assert set(seen.values) == {80 + cycle % 20}
                assert len(seen.values) == 2
                if cycle == WARM:
                    at_first = await asyncio.to_thread(held)
                device.unplug()
                await seen.until(lambda: seen.all(LinkClosed) and seen.reason == f"{device.path}: unplugged")
                seen.forget()
            device.plug()
            await seen.until_count(LinkOpened, 1)
            assert at_first is not None
            return at_first, await asyncio.to_thread(held)

    tracemalloc.start()
    try:
        first, last = asyncio.run(scenario())
    finally:
        tracemalloc.stop()
    assert last[:2] == first[:2]
    assert last.allocated - first.allocated < CYCLES * BYTES_A_CYCLE
