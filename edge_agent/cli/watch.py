"""`edge-agent watch`: a ward in a terminal, for a nurse or an engineer, against any broker."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
from pathlib import Path

import click

from edge_agent.gateway.mqtt import Endpoint
from edge_agent.wire.inbound import is_name
from edge_agent.wire.topics import is_id


def _address(_ctx: click.Context, _param: click.Parameter, value: str) -> tuple[str, int]:
    """Return HOST or HOST:PORT as (host, port), 0 for the usual one."""
    host, colon, port = value.partition(":")
    if not host or (colon and not port.isdecimal()):
        raise click.BadParameter(f"{value!r} is no HOST or HOST:PORT")
    return host, int(port or 0)


def _id(_ctx: click.Context, _param: click.Parameter, value: str) -> str:
    if value and not is_id(value):
        raise click.BadParameter(f"{value!r}: letters, digits, _ and -, at most 64")
    return value


def _staff(_ctx: click.Context, _param: click.Parameter, value: str) -> str:
    if value and not is_name(value):
        raise click.BadParameter(f"{value!r} is no staff id: letters, digits, _ . @ and -, at most 64")
    return value


READABLE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command()
@click.argument("broker", metavar="HOST[:PORT]", callback=_address)
@click.option("--site", required=True, callback=_id, help="As in the gateways' configuration.")
@click.option(
    "--ward", required=True, callback=_id, help="As in the gateways' configuration; all its gateways are shown."
)
@click.option(
    "--consumer",
    default="",
    callback=_id,
    help="The id of this screen among the ward's consumers; without, it only looks.",
)
@click.option(
    "--person", default="", callback=_staff, help="Your staff id; without, the first key that acts asks for it."
)
@click.option("--username", default="", help="For the broker; its password is read from EDGE_AGENT_PASSWORD.")
@click.option("--ca", type=READABLE, help="The broker's certificate authority: turns TLS on.")
@click.option("--certificate", type=READABLE, help="Our certificate, where the broker asks for one.")
@click.option("--key", type=READABLE, help="Its key.")
@click.option("--mqtt", type=click.Choice(["5", "3.1.1"]), default="5", show_default=True, help="Version of MQTT.")
def command(  # noqa: PLR0913 - click passes one argument per option
    *,
    broker: tuple[str, int],
    site: str,
    ward: str,
    consumer: str,
    person: str,
    username: str,
    ca: Path | None,
    certificate: Path | None,
    key: Path | None,
    mqtt: str,
) -> None:
    """Watch a ward: its beds, values with their age, scores, alerts with their reasons, and who listens.

    With --consumer, the gateways are told that alerts arrive here, and keys accept or pause them under your name. In a
    terminal it is a living page; elsewhere it prints a line for all that happens.
    """
    try:
        from edge_agent.cli.watching.screen import Plan, watch  # noqa: PLC0415 - needs the extra
    except ModuleNotFoundError as error:
        raise click.ClickException(f"{error}: install bedside-edge-agent[watch]") from error
    host, port = broker
    endpoint = Endpoint(
        host=host,
        port=port or (8883 if ca else 1883),
        client_id=f"watch-{consumer or 'guest'}-{os.urandom(4).hex()}",
        version_5=mqtt == "5",
        lasting=False,
        username=username,
        password=os.environ.get("EDGE_AGENT_PASSWORD", ""),
        ca=str(ca or ""),
        certificate=str(certificate or ""),
        key=str(key or ""),
    )
    living = sys.stdin.isatty() and sys.stdout.isatty()
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(watch(Plan(endpoint, site, ward, consumer, person), living=living))
