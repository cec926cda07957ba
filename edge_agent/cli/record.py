"""`edge-agent record`: what a device sends, to a file that can be decoded, replayed and sent to us."""

from __future__ import annotations

import asyncio
import contextlib
import re
import signal
from pathlib import Path

import click
import msgspec

from edge_agent.domain.errors import AgentError
from edge_agent.domain.settings import Device
from edge_agent.gateway import capturing
from edge_agent.gateway.ble_services import services, speaking
from edge_agent.gateway.capture import Closed, Data, Happening, Opened
from edge_agent.gateway.capturing import Target
from firmware_bridges.bridge import BleSettings, SerialSettings, TcpSettings
from firmware_bridges.families import FAMILIES
from firmware_bridges.vitals import Event, Reading, Validity

_ADDRESS = re.compile(r"([0-9A-Fa-f]{2}:){5}[0-9A-Fa-f]{2}")
_LINE = re.compile(r"(\d{3,7}),([5-8])([NEO])([12])")

UNKNOWN = """\
This family is unknown to us: nothing can be masked. ANY BYTE OF THE FILE MAY NAME A PATIENT (name, number, birth).
Record a simulator or a volunteer if you can; look through the file before it leaves the hospital (docs/captures.md)."""
KEPT = "Identity is NOT masked: the file may name a patient. It must not leave the hospital."
BUSY = "If that is the agent: sudo systemctl stop edge-agent, and start it again afterwards."


def _line(_ctx: click.Context, _param: click.Parameter, value: str | None) -> SerialSettings | None:
    """Return BAUD,8N1 as settings."""
    if value is None:
        return None
    found = _LINE.fullmatch(value)
    if found is None:
        raise click.BadParameter(f"{value!r} is no line such as 9600,8N1 or 19200,8E1")
    baudrate, bits, parity, stop = found.groups()
    return SerialSettings(int(baudrate), int(bits), parity, int(stop))


@click.command()
@click.argument("place", metavar="PORT|ADDRESS")
@click.option("--family", type=click.Choice(sorted(FAMILIES)), metavar="FAMILY", help="What the device speaks.")
@click.option("--unknown", is_flag=True, help="Nobody knows what it speaks: it is listened to, and sent nothing.")
@click.option("--line", callback=_line, metavar="BAUD,8N1", help="Line settings, if not the family's own.")
@click.option("--adapter", default="", metavar="hciN", help="Bluetooth adapter; the first without this.")
@click.option("--out", required=True, type=click.Path(path_type=Path), help="The file; it must not exist yet.")
@click.option("--duration", type=click.FloatRange(0), help="Seconds; without it until Ctrl-C.")
@click.option("--keep-identity", is_flag=True, help="Mask nothing. For a device that only you will look at.")
def command(  # noqa: PLR0913 - click passes one argument per option
    *,
    place: str,
    family: str | None,
    unknown: bool,
    line: SerialSettings | None,
    adapter: str,
    out: Path,
    duration: float | None,
    keep_identity: bool,
) -> None:
    """Record what the device at PORT (/dev/ttyUSB0) or ADDRESS (C0:26:DA:00:12:34) sends.

    A device of a known family is talked to as the agent would, and what names a patient is overwritten before it
    touches the disk. The agent must not hold the port meanwhile. Read the file with: edge-agent decode FILE
    """
    if bool(family) == unknown:
        raise click.UsageError("give either --family FAMILY or --unknown")
    try:
        target = _target(place, family, line, adapter, masked=not keep_identity)
        notice = UNKNOWN if unknown else KEPT if capturing.identity(target) == capturing.KEPT else ""
        if notice:
            click.secho(notice, err=True, bold=True)
        counts = asyncio.run(_record(target, out, duration))
    except AgentError as error:
        raise click.ClickException(str(error)) from error
    except FileExistsError as error:
        raise click.ClickException(f"{out} exists; nothing was recorded") from error
    except OSError as error:
        raise click.ClickException(f"{out}: {error.strerror}") from error
    click.echo(counts.summary(out), err=True)


class _Counts:
    """What was recorded so far; says on the terminal what happens to the link."""

    def __init__(self) -> None:
        self.bytes = self.pieces = self.readings = self.valid = 0

    def __call__(self, happening: Happening, events: list[Event]) -> None:
        readings = [event for event in events if isinstance(event, Reading)]
        self.readings += len(readings)
        self.valid += sum(reading.validity is Validity.VALID for reading in readings)
        if isinstance(happening, Data):
            self.bytes += len(happening.hex) // 2
            self.pieces += 1
        elif isinstance(happening, Opened):
            click.echo("connected, recording; Ctrl-C ends it", err=True)
        elif isinstance(happening, Closed):
            click.echo(f"{happening.reason}. {BUSY}" if "busy" in happening.reason else happening.reason, err=True)

    def summary(self, out: Path) -> str:
        """Return the last line."""
        understood = f"{self.readings} readings, {self.valid} of them valid"
        return f"{out}: {self.bytes} bytes in {self.pieces} pieces; {understood}"


def _target(place: str, family: str | None, line: SerialSettings | None, adapter: str, *, masked: bool) -> Target:
    bluetooth = _ADDRESS.fullmatch(place) is not None
    device = Device(id="device", bed="", family=family or "", port="" if bluetooth else place)
    device = msgspec.structs.replace(device, address=place if bluetooth else "", adapter=adapter)
    if family is None:
        if not bluetooth and line is None:
            raise click.UsageError(
                "an unknown serial device needs --line, such as 9600,8N1; edge-agent scan tries them"
            )
        return Target(device, BleSettings("", ()) if bluetooth or line is None else line)
    chosen = FAMILIES[family]
    if isinstance(chosen.link, TcpSettings):
        raise click.UsageError(f"{family} calls the gateway: what it says is in the recordings of the agent alone")
    if isinstance(chosen.link, SerialSettings) == bluetooth:
        raise click.UsageError(f"{family} is at {'a Bluetooth address' if not bluetooth else 'a port'}, not at {place}")
    return Target(device, line or chosen.link, chosen, masked)


async def _record(target: Target, out: Path, duration: float | None) -> _Counts:
    """Record until the time is over or somebody ends it; both are an orderly end."""
    counts = _Counts()
    if isinstance(target.settings, BleSettings) and target.family is None:
        offered = await services(target.device.address, target.device.adapter)
        target = msgspec.structs.replace(target, settings=BleSettings("", speaking(offered)))
    recording = asyncio.ensure_future(capturing.run(target, out, counts))
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, recording.cancel)
    with contextlib.suppress(asyncio.CancelledError, asyncio.TimeoutError):
        await asyncio.wait_for(recording, duration)
    return counts
