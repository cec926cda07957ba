"""`edge-agent simulate`: play one bedside device, on a serial line that this program makes or over Bluetooth."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from functools import partial
from pathlib import Path

import click
from msgspec.structs import replace

from edge_agent.domain.errors import AgentError
from edge_agent.gateway.clock import boottime
from edge_agent.gateway.listening import split_listen
from edge_agent.simulator.conversations.attributes import readable
from edge_agent.simulator.devices import VirtualDevice
from edge_agent.simulator.orders import orders
from edge_agent.simulator.patients import Measurable, VirtualPatient
from edge_agent.simulator.playing import Life, play
from edge_agent.simulator.ports import Caller, Medium, Port
from edge_agent.simulator.recordings import read
from edge_agent.simulator.scenario import MISBEHAVIOURS, SCENARIOS, Scenario, in_order, perform
from firmware_bridges.bridge import AdvertSettings, Family, SerialSettings, TcpSettings
from firmware_bridges.families import FAMILIES

PLAYED = sorted(name for name, each in FAMILIES.items() if not isinstance(each.link, AdvertSettings))
ADDRESS = "F0:F1:F2:F3:F4:F5"
"""A static random address, as small devices have one."""

Place = Callable[[VirtualDevice], AbstractAsyncContextManager["tuple[Medium, str]"]]
"""Makes what is between the device and its host, not yet plugged, and says what it is called."""


@click.command(epilog=f"Families: {', '.join(PLAYED)}.")
@click.argument("family", metavar="FAMILY", type=click.Choice(PLAYED))
@click.option(
    "--port", type=click.Path(path_type=Path), help="Serial: the line, such as /tmp/bed-3. TCP: whom to call."
)
@click.option("--ble", metavar="TRANSPORT", help="Bluetooth: vhci, or bumble's name of a controller, such as usb:0.")
@click.option("--address", default=ADDRESS, show_default=True, help="Bluetooth: the device's address.")
@click.option("--scenario", type=click.Choice(list(SCENARIOS)), default="calm", show_default=True, help="What happens.")
@click.option(
    "--misbehave",
    metavar="KIND[@SECONDS]",
    multiple=True,
    help=f"What the device does wrong, and when; may be repeated. KIND: {', '.join(MISBEHAVIOURS)}.",
)
@click.option("--recording", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="Play a CSV instead.")
@click.option("--record", default="", help="Which patient of the recording; its first without this.")
@click.option("--seed", default=1, show_default=True, help="Another seed is another patient.")
@click.option(
    "--speed", type=click.FloatRange(0.1, 1000), default=1.0, show_default=True, help="How fast the patient lives."
)
@click.option("--duration", type=click.FloatRange(0), help="Seconds to play; without it until Ctrl-C.")
def command(  # noqa: PLR0913 - click passes one argument per option
    *,
    family: str,
    port: Path | None,
    ble: str | None,
    address: str,
    scenario: str,
    misbehave: tuple[str, ...],
    recording: Path | None,
    record: str,
    seed: int,
    speed: float,
    duration: float | None,
) -> None:
    """Play a device of FAMILY with its real protocol, handshakes and a SIMULATED patient.

    With --port on a pseudo-terminal of that name: point a gateway's configuration at it. A device that calls over TCP
    calls --port ADDRESS:PORT. With --ble over Bluetooth:
    `vhci` (as root, module hci_vhci) gives this machine an adapter of its own that has the device in its reach.
    """
    plan, chosen = SCENARIOS[scenario], FAMILIES[family]
    try:
        place = _place(chosen, port, ble, address)
        plan = replace(plan, steps=in_order((*plan.steps, *orders(chosen, misbehave))))
        patient: Measurable = read(recording, record) if recording else VirtualPatient(seed, courses=plan.courses)
        with contextlib.suppress(KeyboardInterrupt):
            asyncio.run(_perform(VirtualDevice(chosen, patient, seed), place, plan, speed, duration))
    except (AgentError, OSError) as error:
        raise click.ClickException(str(error)) from error


def _place(family: Family, port: Path | None, ble: str | None, address: str) -> Place:
    """Return where a device of `family` is played."""
    if isinstance(family.link, TcpSettings):
        if port is None or ble is not None:
            raise click.UsageError(f"{family.name} calls the gateway: give --port ADDRESS:PORT, and no --ble")
        return partial(_call, *split_listen(str(port)))
    if isinstance(family.link, SerialSettings):
        if port is None or ble is not None:
            raise click.UsageError(f"{family.name} is a serial device: give --port, and no --ble")
        return partial(_cable, port)
    if ble is None or port is not None:
        raise click.UsageError(f"{family.name} is a Bluetooth device: give --ble, and no --port")
    try:
        import edge_agent.simulator.radio  # noqa: F401, PLC0415 - needs the extra
    except ModuleNotFoundError as error:
        raise AgentError(f"{error}: install bedside-edge-agent[simulate]") from error
    return partial(_air, ble, address)


@asynccontextmanager
async def _cable(port: Path, _device: VirtualDevice) -> AsyncIterator[tuple[Medium, str]]:
    made = Port(port)
    try:
        yield made, str(port)
    finally:
        made.unplug()


@asynccontextmanager
async def _call(host: str, port: int, _device: VirtualDevice) -> AsyncIterator[tuple[Medium, str]]:
    made = Caller(host, port)
    try:
        yield made, f"{host}:{port}"
    finally:
        made.unplug()


@asynccontextmanager
async def _air(transport: str, address: str, device: VirtualDevice) -> AsyncIterator[tuple[Medium, str]]:
    from edge_agent.simulator.radio import on_air  # noqa: PLC0415 - needs the extra

    try:
        async with on_air(transport, address, device.family, lambda: readable(device.family, device.unit)) as radio:
            yield radio, f"{address} at {transport}"
    except ValueError as error:  # how bumble says that it knows no such transport
        raise AgentError(f"--ble {transport}: {error}") from error


async def _perform(device: VirtualDevice, place: Place, plan: Scenario, speed: float, duration: float | None) -> None:
    async with place(device) as (medium, title):
        medium.plug()
        click.echo(f"SIMULATED {device.family.title} on {title}: {plan.title}")
        playing = asyncio.gather(play(device, medium, boottime, Life(boottime, speed)), _steps(device, medium, plan))
        try:
            await asyncio.wait_for(playing, duration)
        except asyncio.TimeoutError:
            click.echo("done")


async def _steps(device: VirtualDevice, medium: Medium, plan: Scenario) -> None:
    passed = 0.0
    for step in plan.steps:
        await asyncio.sleep(step.at_s - passed)
        passed = step.at_s
        click.echo(f"{step.at_s:.0f} s: {step.act.value}")
        perform(step.act, device, medium)
