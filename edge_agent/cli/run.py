"""`edge-agent run`: the service."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import click
import structlog

from edge_agent.domain.errors import AgentError
from edge_agent.gateway import logs
from edge_agent.gateway.agent import Agent
from edge_agent.gateway.config import last_good
from edge_agent.gateway.config.credentials import service_credentials
from edge_agent.gateway.config.load import DEFAULT_FILE

log = structlog.get_logger(__name__)


@click.command()
@click.option(
    "--config",
    "config",
    default=DEFAULT_FILE,
    show_default=True,
    type=click.Path(dir_okay=False, path_type=Path),
    help="The gateway's own file.",
)
@click.option(
    "--state",
    "state",
    envvar="STATE_DIRECTORY",
    default="/var/lib/edge-agent",
    show_default=True,
    type=click.Path(file_okay=False, path_type=Path),
    help="Where the outbox, the memory, pushed configurations and recordings are kept.",
)
@click.option("--verbose", is_flag=True, help="Log every step.")
def command(config: Path, state: Path, *, verbose: bool) -> None:
    """Run the agent until it is told to stop: read devices, decide alerts, publish.

    Under systemd it reports readiness and feeds the watchdog; secrets come from the credentials directory.
    """
    logs.setup(verbose=verbose)
    credentials = service_credentials(os.environ)
    try:
        own = last_good.load(config, state, credentials)
        state.mkdir(mode=0o750, parents=True, exist_ok=True)
        _keep(own, config, state)
        asyncio.run(Agent(own, state, credentials).run())
    except AgentError as error:
        raise click.ClickException(str(error)) from error
    except OSError as error:
        raise click.ClickException(f"{error.filename or state}: {error.strerror}") from error


def _keep(own: last_good.OwnFile, config: Path, state: Path) -> None:
    """Keep a copy of a sound file, or say that a copy runs; a disk that takes none stops nothing."""
    if own.trouble:
        log.error("not the wanted configuration", why=own.trouble)
        return
    try:
        last_good.keep(config, state)
    except (AgentError, OSError) as error:
        log.warning("no copy of the configuration was kept", why=str(error))
