"""`edge-agent scan`: what is connected to this machine, and which family it speaks."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence

import click
import msgspec

from edge_agent.domain.errors import AgentError
from edge_agent.gateway.scanning import bluetooth, ports, serial_scan
from edge_agent.gateway.scanning.bluetooth import Heard
from edge_agent.gateway.scanning.serial_scan import Outcome, State
from firmware_bridges.families import FAMILIES


class Report(msgspec.Struct, frozen=True):
    """What was found. `bluetooth_problem`: why nothing could be heard, and what to do about it."""

    serial: tuple[Outcome, ...] = ()
    bluetooth: tuple[Heard, ...] = ()
    bluetooth_problem: str = ""


@click.command()
@click.argument("port", nargs=-1, metavar="[PORT]...")
@click.option("--listen-only", is_flag=True, help="Send nothing to any port.")
@click.option("--bluetooth/--no-bluetooth", "with_bluetooth", default=None, help="Default: without PORTs.")
@click.option("--adapter", default="", metavar="hciN", help="Bluetooth adapter; the first without this.")
@click.option("--timeout", type=click.FloatRange(1, 600), default=150, show_default=True, help="Seconds for a port.")
@click.option("--hear", type=click.FloatRange(0.1, 120), default=10, show_default=True, help="Seconds for Bluetooth.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object instead of text.")
def command(  # noqa: PLR0913 - click passes one argument per option
    *,
    port: tuple[str, ...],
    listen_only: bool,
    with_bluetooth: bool | None,
    adapter: str,
    timeout: float,
    hear: float,
    as_json: bool,
) -> None:
    """Find serial ports and Bluetooth devices, and the family that each speaks.

    Every port (or the PORTs) is listened to with each line setting that a family has. One that says nothing is then
    asked by the families whose questions set nothing and erase nothing; one that talks is sent nothing, understood or
    not. A port that the agent or anybody else has open is left alone. Bluetooth devices are heard, not connected.
    """
    chosen = [ports.named(path) for path in port] or ports.found()
    hearing = hear if (not port if with_bluetooth is None else with_bluetooth) else 0.0
    report = asyncio.run(_scan(chosen, timeout, hearing, adapter, ask=not listen_only))
    click.echo(msgspec.json.format(msgspec.json.encode(report)) if as_json else _text(report))


async def _scan(
    chosen: Sequence[ports.Identity], timeout_s: float, hear_s: float, adapter: str, *, ask: bool
) -> Report:
    """Scan all ports at once, and Bluetooth beside them."""

    def say(text: str) -> None:
        click.echo(text, err=True)

    hearing = asyncio.ensure_future(_hear(hear_s, adapter))
    outcomes = await asyncio.gather(*(serial_scan.scan(each, timeout_s, ask=ask, say=say) for each in chosen))
    heard, problem = await hearing
    return Report(tuple(outcomes), tuple(heard), problem)


async def _hear(seconds: float, adapter: str) -> tuple[list[Heard], str]:
    if not seconds:
        return [], ""
    try:
        return await bluetooth.scan(seconds, adapter), ""
    except AgentError as error:
        return [], str(error)


def _text(report: Report) -> str:
    lines = ["Serial ports", *(line for outcome in report.serial for line in _port(outcome))]
    if not report.serial:
        lines.append("  none. Is the adapter plugged in? lsusb shows it; a driver may be missing")
    if report.bluetooth or report.bluetooth_problem:
        lines += ["", "Bluetooth devices", *([f"  {report.bluetooth_problem}"] if report.bluetooth_problem else [])]
        lines += map(_device, report.bluetooth)
    return "\n".join([*lines, *_snippet(report)])


def _port(outcome: Outcome) -> list[str]:
    port = outcome.port
    usb = [port.usb and f"USB {port.usb}", port.manufacturer, port.product or port.description]
    about = ", ".join(filter(None, (*usb, port.serial and f"serial {port.serial}")))
    return [
        f"  {port.device}{f'  ({about})' if about else ''}",
        *([f"    {port.path}"] if port.path != port.device else []),
        f"    {outcome.state.value}{f': {outcome.detail}' if outcome.detail else ''}",
        *(f"    {_match(match)}" for match in outcome.matches),
        *_unrecognised(outcome),
    ]


def _match(match: serial_scan.Match) -> str:
    family = FAMILIES[match.family]
    how = "answered" if match.asked else "talks"
    proof = f"{match.frames} good frames, check: {family.check.name}"
    return (
        f"{match.family} ({family.title}) {how} at {match.line}; {proof}{'' if family.official else '; NOT OFFICIAL'}"
    )


def _unrecognised(outcome: Outcome) -> Iterable[str]:
    if outcome.state is State.NOT_UNDERSTOOD:
        yield "    heard: " + ", ".join(f"{count} bytes at {line}" for line, count in outcome.heard.items())
        yield f"    to send us what it says: edge-agent record {outcome.port.path} --unknown --line BAUD,8N1 --out FILE"
    elif outcome.state is State.SILENT:
        yield "    a device may have to be switched to its data output, or measure first (Nonin: put a finger in)"


def _device(heard: Heard) -> str:
    families = " or ".join(heard.families) or "no family of ours"
    return f"  {heard.address}  {heard.rssi} dBm  {heard.name or '(no name)'}: {families}"


def _snippet(report: Report) -> list[str]:
    """Return the lines for a configuration; what is ambiguous stands there as a comment."""
    entries: list[str] = []
    for outcome in report.serial:
        speed = {match.family: _speed(match) for match in outcome.matches}
        entries += _entries([match.family for match in outcome.matches], f"port: {outcome.port.path}", speed)
    for heard in report.bluetooth:
        entries += _entries(heard.families, f"address: {heard.address}", {})
    return ["", "For the configuration (put in the bed of each):", "  devices:", *entries] if entries else []


def _entries(families: Sequence[str], place: str, speed: dict[str, str]) -> Iterable[str]:
    for family in families:
        comment = "# or " if len(families) > 1 and family != families[0] else ""
        tail = place.rpartition("/")[2][-4:].replace(":", "")
        name = f"{family.split('_')[0]}-{''.join(filter(str.isalnum, tail)) or 'x'}"
        yield f"    {comment}- {{id: {name}, bed: BED, family: {family}, {place}{speed.get(family, '')}}}"


def _speed(match: serial_scan.Match) -> str:
    link = FAMILIES[match.family].link
    return "" if getattr(link, "baudrate", match.baudrate) == match.baudrate else f", baudrate: {match.baudrate}"
