"""`edge-agent simulate`: play one bedside device on a serial line that this program makes."""

from __future__ import annotations

import asyncio
import contextlib
from pathlib import Path

import click
from msgspec.structs import replace

from edge_agent.domain.errors import AgentError
from edge_agent.gateway.clock import boottime
from edge_agent.simulator.devices import VirtualDevice
from edge_agent.simulator.orders import orders
from edge_agent.simulator.patients import Measurable, VirtualPatient
from edge_agent.simulator.playing import Life, play
from edge_agent.simulator.ports import Port
from edge_agent.simulator.recordings import read
from edge_agent.simulator.scenario import MISBEHAVIOURS, SCENARIOS, Scenario, in_order, perform
from firmware_bridges.bridge import SerialSettings
from firmware_bridges.families import FAMILIES

SERIAL_FAMILIES = sorted(name for name, family in FAMILIES.items() if isinstance(family.link, SerialSettings))


@click.command()
@click.argument("family", type=click.Choice(SERIAL_FAMILIES))
@click.option("--port", required=True, type=click.Path(path_type=Path), help="Name of the line, such as /tmp/bed-3.")
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
    port: Path,
    scenario: str,
    misbehave: tuple[str, ...],
    recording: Path | None,
    record: str,
    seed: int,
    speed: float,
    duration: float | None,
) -> None:
    """Play a device of FAMILY on a pseudo-terminal named by --port, with its real protocol and a SIMULATED patient.

    Point a gateway's configuration at the port, or watch it: edge-agent decode FAMILY < PORT.
    """
    plan = SCENARIOS[scenario]
    try:
        plan = replace(plan, steps=in_order((*plan.steps, *orders(FAMILIES[family], misbehave))))
        patient: Measurable = read(recording, record) if recording else VirtualPatient(seed, courses=plan.courses)
    except AgentError as error:
        raise click.ClickException(str(error)) from error
    device = VirtualDevice(FAMILIES[family], patient, seed)
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(_perform(device, Port(port), plan, speed, duration))


async def _perform(device: VirtualDevice, port: Port, plan: Scenario, speed: float, duration: float | None) -> None:
    try:
        port.plug()
    except OSError as error:
        raise click.ClickException(str(error)) from error
    click.echo(f"SIMULATED {device.family.title} on {port.link} (-> {port.link.readlink()}): {plan.title}")
    playing = asyncio.gather(play(device, port, boottime, Life(boottime, speed)), _steps(device, port, plan))
    try:
        await asyncio.wait_for(playing, duration)
    except asyncio.TimeoutError:
        click.echo("done")
    finally:
        port.unplug()


async def _steps(device: VirtualDevice, port: Port, plan: Scenario) -> None:
    passed = 0.0
    for step in plan.steps:
        await asyncio.sleep(step.at_s - passed)
        passed = step.at_s
        click.echo(f"{step.at_s:.0f} s: {step.act.value}")
        perform(step.act, device, port)
