"""`edge-agent decode`: what a device's bytes mean, one JSON line per reading or other event."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import suppress
from io import BufferedReader
from pathlib import Path
from typing import Any

import click
import msgspec

from edge_agent.domain.errors import AgentError
from edge_agent.gateway.capture import MARK, read, replayed
from firmware_bridges.bridge import STREAMS, Family
from firmware_bridges.decoding import channels
from firmware_bridges.families import FAMILIES
from firmware_bridges.vitals import VITALS, Event, Malformed, Reading, Send, Validity

BLOCK = 4096
"""Bytes read at once, and looked at to tell hex from raw."""

_JSON = msgspec.json.Encoder(decimal_format="number")


@click.command(epilog=f"Families: {', '.join(sorted(FAMILIES))}.")
@click.argument("what", metavar="FAMILY|CAPTURE")
@click.argument("file", type=click.File("rb"), default="-")
@click.option("--hex/--raw", "as_hex", default=None, help="What FILE holds; without this it is found out.")
@click.option("--channel", default="", help="Characteristic of a Bluetooth FAMILY (2a37 or its UUID); else its first.")
def command(*, what: str, file: BufferedReader, as_hex: bool | None, channel: str) -> None:
    """Decode the bytes a device of FAMILY sent, from FILE or standard input, to JSON lines.

    Of a CAPTURE (edge-agent record) the file says the family, and what comes out is what came of it live; one of an
    unknown device can be tried with a FAMILY.

    Any other FILE holds the bytes themselves or hex text. Of a Bluetooth device each line of hex is one notification,
    and raw bytes are one. A line can be watched once stty has set it up: edge-agent decode FAMILY < /dev/ttyUSB0

    Values are in the vital's unit (UCUM). What the decoder would send to the device is left out. Families without a
    strong check keep their first frames back, as on a real line.
    """
    counts = dict.fromkeys(("readings", "valid", "malformed", "dropped"), 0)
    try:
        with suppress(KeyboardInterrupt):  # how one ends watching a line
            for event in _events(what, file, as_hex=as_hex, channel=channel):
                _count(event, counts)
                click.echo(_JSON.encode(_record(event)))
    except AgentError as error:
        raise click.ClickException(str(error)) from error
    summary = "{readings} readings, {valid} of them valid; {malformed} malformed, {dropped} bytes dropped"
    click.echo(summary.format(**counts), err=True)


def _events(what: str, file: BufferedReader, *, as_hex: bool | None, channel: str) -> Iterator[Event]:
    """Yield the events of a capture, by its own family or the one that was named, or of raw bytes."""
    if what in FAMILIES:
        family = FAMILIES[what]
        if file.peek(len(MARK)).startswith(MARK):
            return replayed(family.bridge(), read(file, file.name)[1])
        return _decoded(family, _channel(family, channel), _chunks(family, file, as_hex=as_hex))
    path = Path(what)
    if not path.is_file():
        raise click.BadParameter(f"{what!r} is neither a capture nor one of {', '.join(sorted(FAMILIES))}")
    began, happenings = read(click.get_current_context().with_resource(path.open("rb")), what)
    if not began.family:
        raise AgentError(f"{what} is of an unknown device; try it with: edge-agent decode FAMILY {what}")
    if began.family not in FAMILIES:
        raise AgentError(f"{what} is of family {began.family}, which this version does not know")
    return replayed(FAMILIES[began.family].bridge(), happenings)


def _channel(family: Family, asked: str) -> str:
    """Return the channel that `asked` names: in full, by its four digits, or by nothing the first."""
    for channel in channels(family):
        if asked.lower() in ("", channel, channel[4:8]):
            return channel
    raise click.BadParameter(f"{family.name} has {', '.join(channels(family))}", param_hint="--channel")


def _chunks(family: Family, file: BufferedReader, *, as_hex: bool | None) -> Iterator[bytes]:
    if as_hex is None:
        as_hex = not file.peek(BLOCK)[:BLOCK].translate(None, b"0123456789abcdefABCDEF \t\r\n")
    if as_hex:
        yield from _unhex(file)
    elif isinstance(family.link, STREAMS):
        with suppress(OSError):  # a line that is pulled has ended
            yield from iter(lambda: file.read1(BLOCK), b"")
    else:
        yield file.read()


def _unhex(lines: Iterable[bytes]) -> Iterator[bytes]:
    for number, line in enumerate(lines, start=1):
        try:
            data = bytes.fromhex(line.decode())
        except ValueError as error:
            raise click.ClickException(f"line {number} is not hex: {line[:40]!r}") from error
        if data:
            yield data


def _decoded(family: Family, channel: str, chunks: Iterable[bytes]) -> Iterator[Event]:
    bridge = family.bridge()
    bridge.opened(0)
    for chunk in chunks:
        yield from (event for event in bridge.receive(channel, chunk, 0) if not isinstance(event, Send))
    yield from bridge.closed(0)


def _record(event: Event) -> dict[str, Any]:
    """Return an event as the dictionary to print: what it is, then what it says, without what it does not say."""
    fields: dict[str, Any] = msgspec.to_builtins(event)
    head = {"event": fields.pop("type")}
    if isinstance(event, Reading):
        vital = VITALS[event.vital]
        value = None if event.value is None else vital.decimal(event.value)
        head |= {"vital": vital.code, "value": value, "unit": vital.ucum}
    del fields["at"]
    said = {name: value for name, value in fields.items() if value is not None and value is not False and value != ""}
    return head | {name: value for name, value in said.items() if name not in head}


def _count(event: Event, counts: dict[str, int]) -> None:
    if isinstance(event, Reading):
        counts["readings"] += 1
        counts["valid"] += event.validity is Validity.VALID
    elif isinstance(event, Malformed):
        counts["malformed"] += 1
        counts["dropped"] += event.dropped
