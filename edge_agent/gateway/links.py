"""All links of the gateway: which kind a device gets, and that each keeps running whatever happens to the others."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterable, Mapping
from typing import NamedTuple, Protocol

from edge_agent.domain.errors import AgentError
from edge_agent.domain.inputs import GatewayFact, Input, LinkData, LinkOpened
from edge_agent.domain.settings import Device
from edge_agent.gateway.advert_link import AdvertLink
from edge_agent.gateway.ble_adapter import Adapter, Backend, OnStuck, nobody_can_help
from edge_agent.gateway.ble_link import BleLink
from edge_agent.gateway.clock import boottime
from edge_agent.gateway.config.credentials import Credentials
from edge_agent.gateway.link_facts import Sink
from edge_agent.gateway.serial_link import SerialLink
from edge_agent.gateway.tcp_link import TcpLink
from firmware_bridges.bridge import AdvertSettings, Family, Masker, Mode, SerialSettings, TcpSettings
from firmware_bridges.families import FAMILIES

RESTART_S = 1.0
"""After a link or adapter ended with an error of ours: a defect must not spin."""

NO_SECRETS = Credentials("")
"""Outside a service there are none."""

OnError = Callable[[str, Exception], None]
"""Takes a device's id or "adapter NAME", and what ended its run. The run is started again."""


class Link(Protocol):
    """The way to one device."""

    async def run(self) -> None:
        """Keep the device connected until cancelled."""

    def send(self, channel: str, data: bytes) -> bool:
        """Write to the device; False if that is impossible now."""

    def hang_up(self, reason: str) -> None:
        """Close the connection, report that with `reason`, and try again after a while."""


def build_link(
    device: Device, family: Family, sink: Sink, adapter: Callable[[str], Adapter], credentials: Credentials = NO_SECRETS
) -> Link:
    """Return the link that `family` asks for. `adapter` returns the shared Bluetooth adapter of a name.

    AgentError if the device's own credential is unfit.
    """
    if family.masker is not None:
        sink = _masked(sink, family.masker)
    continuous = any(measure.mode is Mode.CONTINUOUS for measure in family.measures)
    if isinstance(family.link, SerialSettings):
        return SerialLink(device, family.link, sink, continuous=continuous)
    if isinstance(family.link, TcpSettings):
        return TcpLink(device, sink)
    if isinstance(family.link, AdvertSettings):
        return AdvertLink(device, sink, adapter(device.adapter), credentials.bindkey(device.id))
    return BleLink(device, family.link, sink, adapter(device.adapter), continuous=continuous)


class Links:
    """Runs a link per device and tells `sink` what they report, and which devices lost their Bluetooth adapter."""

    def __init__(  # noqa: PLR0913 - each is a part of the agent, by name
        self,
        sink: Sink,
        on_error: OnError,
        families: Mapping[str, Family] = FAMILIES,
        backend: Backend | None = None,
        *,
        on_stuck: OnStuck = nobody_can_help,
        credentials: Credentials = NO_SECRETS,
    ) -> None:
        self._on_stuck = on_stuck
        self._sink = sink
        self._on_error = on_error
        self._families = families
        self._backend = backend
        self._credentials = credentials
        self._links: dict[str, _Running] = {}
        self._adapters: dict[str, tuple[Adapter, asyncio.Task[None]]] = {}
        self._lost: dict[str, str] = {}
        self._told: tuple[str, tuple[str, ...]] = ("", ())

    async def apply(self, devices: Iterable[Device]) -> None:
        """Bring the links in line with `devices`. A link whose device did not change notices nothing."""
        devices = tuple(devices)
        await self.stop_changed(devices)
        await self.start_missing(devices)

    async def stop_changed(self, devices: Iterable[Device]) -> None:
        """Stop the links of devices that are gone or differ, and wait until their lines are free.

        Before the ward learns of the new settings: no byte may be read by an old link and counted for a new bed.
        """
        wanted = {device.id: device for device in devices}
        names = [name for name, running in self._links.items() if running.device != wanted.get(name)]
        await _stop(self._links.pop(name).task for name in names)

    async def start_missing(self, devices: Iterable[Device]) -> None:
        """Start a link for each of `devices` that has none, after the ward has learnt of them."""
        for device in devices:
            if device.id not in self._links:
                self._start(device)
        needed = {running.device.adapter for running in self._links.values() if running.device.address}
        idle = self._adapters.keys() - needed
        await _stop(self._adapters.pop(name)[1] for name in idle)
        for name in idle:
            self._lost.pop(name, None)
        self._tell_lost()

    def send(self, device: str, channel: str, data: bytes) -> bool:
        """Write to a device. False: dropped, it is unknown, not connected, or does not take what it was sent before."""
        running = self._links.get(device)
        return running is not None and running.link.send(channel, data)

    def hang_up(self, device: str, reason: str) -> None:
        """Close the connection to a device that is the wrong one; an unknown one is none."""
        if device in self._links:
            self._links[device].link.hang_up(reason)

    async def close(self) -> None:
        """Stop everything and give every line back."""
        await self.apply(())

    def _start(self, device: Device) -> None:
        family = self._families.get(device.family)
        if family is None:
            self._on_error(device.id, AgentError(f"there is no device family {device.family!r}"))
            return
        try:
            link = build_link(device, family, self._sink, self._adapter, self._credentials)
        except AgentError as error:
            self._on_error(device.id, error)
            return
        self._links[device.id] = _Running(device, link, asyncio.create_task(self._keep(device.id, link.run)))

    def _adapter(self, name: str) -> Adapter:
        if name not in self._adapters:
            adapter = Adapter(name, self._on_adapter, self._backend, self._on_stuck)
            self._adapters[name] = adapter, asyncio.create_task(self._keep(f"adapter {name}", adapter.run))
        return self._adapters[name][0]

    async def _keep(self, name: str, run: Callable[[], Coroutine[None, None, None]]) -> None:
        while True:
            try:
                await run()
            except Exception as error:  # noqa: BLE001 - whatever ends one link is reported and touches no other
                self._on_error(name, error)
            await asyncio.sleep(RESTART_S)

    def _on_adapter(self, name: str, present: bool, detail: str) -> None:  # noqa: FBT001 - one of the three facts
        if present:
            self._lost.pop(name, None)
        else:
            self._lost[name] = f"{name}: {detail}" if name else detail
        self._tell_lost()

    def _tell_lost(self) -> None:
        """Report the lost adapters, all in one fact, if that has changed."""
        devices = (running.device for running in self._links.values())
        stranded = tuple(sorted(each.id for each in devices if each.address and each.adapter in self._lost))
        detail = "; ".join(text for _, text in sorted(self._lost.items()))
        if (detail, stranded) != self._told:
            self._told = detail, stranded
            self._sink(GatewayFact("adapter-lost", bool(detail), detail, boottime(), stranded))


class _Running(NamedTuple):
    device: Device
    link: Link
    task: asyncio.Task[None]


async def _stop(tasks: Iterable[asyncio.Task[None]]) -> None:
    stopping = set(tasks)
    for task in stopping:
        task.cancel()
    if stopping:
        await asyncio.wait(stopping)


def _masked(sink: Sink, make: Callable[[], Masker]) -> Sink:
    """Return a sink that overwrites identity-bearing bytes before `sink` sees them; each connection starts afresh."""
    masker = make()

    def mask(item: Input) -> None:
        nonlocal masker
        if isinstance(item, LinkOpened):
            masker = make()
        if isinstance(item, LinkData):
            item = LinkData(item.device, item.channel, masker.mask(item.channel, item.data), item.received_at)
        sink(item)

    return mask
