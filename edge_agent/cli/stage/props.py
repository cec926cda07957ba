"""The bedside of the demonstration: one virtual device and its cable per bed, and everything that may befall them."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path

from msgspec.structs import replace

from edge_agent.cli.stage.setting import port
from edge_agent.cli.stage.story import Fate, Role
from edge_agent.domain.settings import SECOND
from edge_agent.gateway.clock import boottime
from edge_agent.simulator.devices import VirtualDevice
from edge_agent.simulator.patients import VirtualPatient
from edge_agent.simulator.playing import Life, play
from edge_agent.simulator.ports import Port
from edge_agent.simulator.scenario import Act, perform
from firmware_bridges.families import FAMILIES


class Bedside:
    """A bed's patient, device and cable."""

    def __init__(self, role: Role, ports: Path, seed: int) -> None:
        """Put them there; nothing is plugged in yet."""
        self.role = role
        self.patient: VirtualPatient = role.patient(seed)
        self.device = VirtualDevice(FAMILIES[role.family], self.patient, seed, role.vitals)
        self.port = Port(port(ports, role))


class Props:
    """All bedsides, played until cleared away."""

    def __init__(self, cast: Sequence[Role], ports: Path, seed: int, speed: float) -> None:
        """Set up the beds; the patients' time begins now."""
        self.beds = {role.bed: Bedside(role, ports, seed) for role in cast}
        self._life = Life(boottime, speed)
        self._playing: list[asyncio.Task[None]] = []

    def set_out(self) -> None:
        """Plug everything in and let it run."""
        for bed in self.beds.values():
            bed.port.plug()
            self._playing.append(asyncio.ensure_future(play(bed.device, bed.port, boottime, self._life)))

    def act(self, bed: str, act: Act) -> None:
        """Do something to a bed's device."""
        perform(act, self.beds[bed].device, self.beds[bed].port)

    def measure(self) -> None:
        """Have every cuff and thermometer measure."""
        for bed in self.beds:
            self.act(bed, Act.MEASURE)

    def befall(self, bed: str, fate: Fate) -> None:
        """Let a course begin now."""
        there, course = self.beds[bed], fate(self._life() / SECOND, self._life.speed)
        there.patient = replace(there.patient, courses=(*there.patient.courses, course))
        there.device.patient = there.patient

    async def clear(self) -> None:
        """Stop playing and unplug everything."""
        for task in self._playing:
            task.cancel()
        ends = await asyncio.gather(*self._playing, return_exceptions=True)
        for bed in self.beds.values():
            bed.port.unplug()
        for end in ends:
            if isinstance(end, Exception):
                raise end
