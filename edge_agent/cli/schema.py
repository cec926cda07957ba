"""`edge-agent schema`: the JSON Schemas of all payloads, for whoever reads or writes them."""

from __future__ import annotations

import click
import msgspec

from edge_agent.wire.schemas import schemas


@click.command()
@click.argument("name", required=False)
def command(name: str | None) -> None:
    """Print the JSON Schema of payload NAME, or of all payloads as one object by schema id.

    NAME is a schema id such as bedside/alert/1, or its middle: alert.
    """
    known = schemas()
    wanted = next((each for each in known if name in (each, each.split("/")[1])), None)
    if name is not None and wanted is None:
        raise click.BadParameter(f"{name!r} is none of: {', '.join(known)}", param_hint="NAME")
    printed = known if wanted is None else known[wanted]
    click.echo(msgspec.json.format(msgspec.json.encode(printed), indent=2))
