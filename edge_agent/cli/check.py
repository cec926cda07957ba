"""`edge-agent check`: every problem of a configuration at once, or what it comes to."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import click
import msgspec

from edge_agent.domain.errors import ConfigError
from edge_agent.gateway.config.credentials import service_credentials
from edge_agent.gateway.config.load import DEFAULT_FILE, load_file
from edge_agent.gateway.config.summary import as_json, as_text


@click.command()
@click.argument("config", type=click.Path(path_type=Path), default=DEFAULT_FILE)
@click.option("--json", "as_data", is_flag=True, help="Print one JSON object instead.")
def command(config: Path, *, as_data: bool) -> None:
    """Check CONFIG (/etc/edge-agent/config.yaml if not given) and print every problem with its remedy.

    Without a problem it prints the effective settings, defaults included, and where each limit comes from. Nothing is
    started and no device or broker is spoken to. Credential files are looked at only where systemd provides them.
    The exit code is 0 for a configuration that can run, 1 for one that cannot.
    """
    credentials = service_credentials(os.environ)
    try:
        loaded = load_file(config, credentials if credentials.directory else None)
    except ConfigError as error:
        _refused(error, config, as_data=as_data)
    else:
        text = _json({"file": str(config), "problems": [], **as_json(loaded)}) if as_data else as_text(loaded)
        click.echo(text if as_data else f"{config} is fine.\n\n{text}")


def _refused(error: ConfigError, config: Path, *, as_data: bool) -> None:
    if as_data:
        click.echo(_json({"file": str(config), "problems": error.problems}))
        sys.exit(1)
    for problem in error.problems:
        click.echo(f"{problem.where}: {problem.path}: found {problem.found}; allowed: {problem.allowed}")
        click.echo(f"    {problem.remedy}")
    count = len(error.problems)
    click.echo(f"\n{count} problem{'' if count == 1 else 's'}: {config} is refused.", err=True)
    sys.exit(1)


def _json(content: dict[str, object]) -> str:
    return msgspec.json.format(msgspec.json.encode(content), indent=2).decode()
