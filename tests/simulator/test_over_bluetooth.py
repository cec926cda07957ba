"""Bluetooth families' simulated devices on a real GATT stack, read by the agent's own adapter, link and bridge."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from bumble.controller import Controller
from bumble.link import LocalLink
from bumble.transport.tcp_server import open_tcp_server_transport_with_socket
from click.testing import CliRunner

from edge_agent.cli.main import main
from edge_agent.domain.inputs import LinkClosed, LinkOpened
from edge_agent.domain.settings import Device
from edge_agent.gateway.ble_adapter import Adapter
from edge_agent.gateway.clock import boottime
from edge_agent.gateway.links import build_link
from edge_agent.simulator.conversations import STORES
from edge_agent.simulator.conversations.attributes import readable
from edge_agent.simulator.devices import VirtualDevice
from edge_agent.simulator.patients import VirtualPatient
from edge_agent.simulator.playing import play
from edge_agent.simulator.radio import Radio, device_on
from edge_agent.simulator.scenario import Act, perform
from firmware_bridges.bridge import BleSettings, Family
from firmware_bridges.families import FAMILIES
from firmware_bridges.vitals import Identity, Malformed, Reading, Validity
from tests.links.bumble_stack import backend_on, open_air
from tests.links.recorder import running
from tests.simulator.gateway import Gateway

pytestmark = pytest.mark.usefixtures("quick")

PATIENT = VirtualPatient(3)
TRUTH = PATIENT.sample(0)
BLUETOOTH = [family for family in FAMILIES.values() if isinstance(family.link, BleSettings)]
TIER_A = [family for family in BLUETOOTH if family.name.startswith("bluetooth_") or family.name == "nonin_ble"]


class Bed:
    """A device on the air and the gateway's link to it."""

    def __init__(self, family: Family, address: str, air: LocalLink, adapter: Adapter) -> None:
        self.family = family
        self.device = VirtualDevice(family, PATIENT, seed=1)
        self.radio = Radio(device_on(air, address), family, lambda: readable(family, self.device.unit))
        self.gateway = Gateway(family)
        described = Device(id=family.name, bed="1", family=family.name, address=address.lower())
        self.link = build_link(described, family, self.gateway, lambda _: adapter)
        self.gateway.link = self.link
        self.wanted = {measure.vital for measure in family.measures}

    async def seen(self) -> None:
        """Wait until every vital has been read."""
        await self.gateway.until(lambda: self.gateway.valid().keys() >= self.wanted, 40)

    def act(self, act: Act) -> None:
        """Do something to the device."""
        perform(act, self.device, self.radio)

    @asynccontextmanager
    async def in_place(self) -> AsyncIterator[None]:
        """Play the device and keep it connected."""
        self.radio.plug()
        playing = play(self.device, self.radio, boottime, lambda: 0)
        async with running(self.radio.run()), running(playing), running(self.link.run()):
            yield


@asynccontextmanager
async def ward(families: list[Family]) -> AsyncIterator[list[Bed]]:
    """Yield beds with a device of each family, all within the reach of one adapter."""
    air = open_air()
    adapter = Adapter("", lambda *_: None, await backend_on(air))
    beds = [Bed(family, f"F0:F1:F2:F3:F4:{place:02X}", air, adapter) for place, family in enumerate(families)]
    async with running(adapter.run()), contextlib.AsyncExitStack() as stack:
        for bed in beds:
            await stack.enter_async_context(bed.in_place())
        yield beds


def test_every_family_is_read_through_its_real_link() -> None:
    async def scenario() -> None:
        async with ward(TIER_A) as beds:
            await asyncio.gather(*(bed.seen() for bed in beds))
            for bed in beds:
                assert bed.gateway.valid() == {vital: TRUTH[vital] for vital in bed.wanted}, bed.family.name
                identities = [event for event in bed.gateway.events if isinstance(event, Identity)]
                assert identities[-1].manufacturer == "SIMULATED"
                stored = [event for event in bed.gateway.events if isinstance(event, Reading) and event.stored]
                assert bool(stored) == (bed.family.name in STORES), bed.family.name

    asyncio.run(scenario())


def test_each_misbehaviour_shows_as_what_it_is() -> None:
    async def scenario() -> None:
        async with ward([FAMILIES["nonin_ble"]]) as [bed]:
            await bed.seen()
            gateway = bed.gateway
            bed.act(Act.PROBE_OFF)
            await gateway.until(lambda: _last(gateway).validity is Validity.INVALID)
            bed.act(Act.RECOVER)
            await gateway.until(lambda: _last(gateway).validity is Validity.VALID)
            bed.device.faults.garble = 1.0
            await gateway.until(lambda: isinstance(gateway.events[-1], Malformed))
            bed.act(Act.UNPLUG)
            await gateway.until_count(LinkClosed, 1)
            bed.act(Act.RECOVER)
            await gateway.until_count(LinkOpened, 2)
            bed.act(Act.EXCHANGE)
            await gateway.until_count(LinkOpened, 3)
            await gateway.until(lambda: {"0001", "0002"} == _serials(gateway))
            values = {event.value for event in gateway.events if isinstance(event, Reading) and event.vital == "spo2"}
            assert values <= {TRUTH["spo2"], None}

    asyncio.run(scenario())


def _last(gateway: Gateway) -> Reading:
    return [event for event in gateway.events if isinstance(event, Reading) and event.vital == "spo2"][-1]


def _serials(gateway: Gateway) -> set[str]:
    return {event.serial for event in gateway.events if isinstance(event, Identity)} - {""}


@asynccontextmanager
async def controller(air: LocalLink, address: str) -> AsyncIterator[str]:
    """Run a virtual controller that another program can use; yield bumble's name of it."""
    listening = socket.create_server(("127.0.0.1", 0))
    opened = await open_tcp_server_transport_with_socket(listening)
    Controller("far", host_source=opened.source, host_sink=opened.sink, link=air, public_address=address)
    try:
        yield f"tcp-client:127.0.0.1:{listening.getsockname()[1]}"
    finally:
        opened.server.close()  # type: ignore[attr-defined]  # bumble's own close forgets it
        await opened.close()


def test_the_command_plays_a_device_at_a_controller_of_another_program() -> None:
    family, address = FAMILIES["bluetooth_thermometer"], "F0:F1:F2:F3:F4:F5"
    command = [str(Path(sys.executable).with_name("edge-agent")), "simulate", family.name, "--ble"]

    async def scenario() -> None:
        air, gateway = open_air(), Gateway(family)
        adapter = Adapter("", lambda *_: None, await backend_on(air))
        described = Device(id="far", bed="1", family=family.name, address=address)
        gateway.link = link = build_link(described, family, gateway, lambda _: adapter)
        async with controller(air, address) as name:
            playing = await asyncio.create_subprocess_exec(*command, name, stdout=subprocess.PIPE)
            async with running(adapter.run()), running(link.run()):
                await gateway.until(lambda: gateway.valid().keys() == {"temperature"}, 40)
            playing.send_signal(signal.SIGINT)
            said, _ = await asyncio.wait_for(playing.communicate(), 20)
        assert playing.returncode == 0
        assert said.startswith(b"SIMULATED Bluetooth thermometers on F0:F1:F2:F3:F4:F5 at tcp-client:")

    asyncio.run(scenario())


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("nonin_ble", "--port", "bed"), "is a Bluetooth device: give --ble"),
        (("nonin_df8", "--ble", "vhci"), "is a serial device: give --port"),
        (("nonin_ble", "--ble", "pigeon:1"), "--ble pigeon:1: "),
        (("nonin_ble", "--ble", "tcp-client:127.0.0.1:1"), "Connect"),
        (("bluetooth_weight_scale", "--ble", "vhci", "--misbehave", "sensor-off"), "no device of this family can say"),
    ],
)
def test_what_cannot_be_played_is_refused(arguments: tuple[str, ...], said: str) -> None:
    result = CliRunner().invoke(main, ["simulate", *arguments])
    assert result.exit_code in (1, 2)
    assert said in result.output


def test_without_the_extra_the_remedy_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "edge_agent.simulator.radio")
    monkeypatch.setitem(sys.modules, "bumble.controller", None)
    result = CliRunner().invoke(main, ["simulate", "nonin_ble", "--ble", "vhci"])
    assert result.exit_code == 1
    assert "install bedside-edge-agent[simulate]" in result.output
