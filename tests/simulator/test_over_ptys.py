"""Every serial family's simulated device at a real pseudo-terminal, read by the agent's own link and bridge."""

from __future__ import annotations

import asyncio
from pathlib import Path

from edge_agent.domain.inputs import LinkOpened
from edge_agent.domain.settings import Device
from edge_agent.gateway.ble_adapter import Adapter
from edge_agent.gateway.clock import boottime
from edge_agent.gateway.links import build_link
from edge_agent.simulator.devices import VirtualDevice
from edge_agent.simulator.patients import VirtualPatient
from edge_agent.simulator.playing import play
from edge_agent.simulator.ports import Port
from firmware_bridges.bridge import Family, SerialSettings
from firmware_bridges.families import FAMILIES
from tests.links.recorder import running
from tests.simulator.gateway import Gateway

PATIENT = VirtualPatient(3)
TRUTH = PATIENT.sample(0)
SERIAL = [family for family in FAMILIES.values() if isinstance(family.link, SerialSettings)]


def no_bluetooth(name: str) -> Adapter:
    """Stand for the adapter that no serial family asks for."""
    raise AssertionError(name)


async def read(family: Family, folder: Path) -> dict[str, int | None]:
    """Play a device until every one of its vitals has been read; return the values."""
    port = Port(folder / family.name)
    port.plug()
    gateway = Gateway(family)
    described = Device(id=family.name, bed="1", family=family.name, port=str(port.link))
    gateway.link = build_link(described, family, gateway, no_bluetooth)
    device = VirtualDevice(family, PATIENT, seed=1)
    wanted = {measure.vital for measure in family.measures}
    try:
        async with running(gateway.link.run()):
            await gateway.until_count(LinkOpened, 1)  # a cuff that measures earlier is not heard
            async with running(play(device, port, boottime, lambda: 0)):
                await gateway.until(lambda: gateway.valid().keys() == wanted, timeout_s=40)
    finally:
        port.unplug()
    return gateway.valid()


def test_every_family_is_read_through_its_real_link(tmp_path: Path) -> None:
    async def scenario() -> list[dict[str, int | None]]:
        return await asyncio.gather(*(read(family, tmp_path) for family in SERIAL))

    for family, values in zip(SERIAL, asyncio.run(scenario()), strict=True):
        assert values == {measure.vital: TRUTH[measure.vital] for measure in family.measures}, family.name
