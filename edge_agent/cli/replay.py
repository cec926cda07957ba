"""`edge-agent replay FILE`: what happened, again."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from edge_agent import __version__
from edge_agent.domain.errors import AgentError
from edge_agent.gateway.replay import header, replay


@click.command()
@click.argument("recording", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--quiet", is_flag=True, help="Print the verdict alone.")
def command(recording: Path, *, quiet: bool) -> None:
    """Replay a flight RECORDING and print every effect as a JSON line.

    The effects must be those the agent had, byte for byte; the verdict on standard error says so. Exit status 1
    when they are not, or when the recording breaks off.
    """
    try:
        made = header(recording)
    except AgentError as error:
        raise click.ClickException(str(error)) from error
    inputs = differing = 0
    broken = ""
    try:
        for step in replay(recording):
            inputs += 1
            differing += not step.same
            if not quiet:
                sys.stdout.buffer.write(step.effects)
    except AgentError as error:
        broken = str(error)
    sys.stdout.flush()
    versions = f"recorded by agent {made.agent}, replayed by {__version__}"
    verdict = "identical" if not differing else f"{differing} inputs had other effects"
    click.echo(f"{inputs} inputs: {verdict} ({versions}; alert {made.event_id or 'none'})", err=True)
    if broken:
        raise click.ClickException(broken)
    if differing:
        raise SystemExit(1)
