"""The gateway's own file, and the copy of it that last was sound: a slip in an editor does not darken a ward.

An agent that starts on a file with a fault runs on the copy, and says so by the alert `config-fallback`. Without a
copy, or where the copy does not suit any more (a credential is gone), the file's own problems are what is reported.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from edge_agent.domain.errors import ConfigError
from edge_agent.domain.settings import Settings
from edge_agent.gateway.config.credentials import Credentials
from edge_agent.gateway.config.durable import replace_file
from edge_agent.gateway.config.load import load_file, parse_file, read_file

NAME = "last-good-config.yaml"
"""The copy, in the state directory."""


class OwnFile(NamedTuple):
    """The settings to start with; `trouble` in words where they are not those of the file, else empty."""

    settings: Settings
    trouble: str


def load(path: Path, state: Path, credentials: Credentials) -> OwnFile:
    """Return the settings of `path`, else those of the copy in `state`. Raises ConfigError with the file's problems."""
    try:
        return OwnFile(load_file(path, credentials).settings, "")
    except ConfigError as error:
        return OwnFile(_copied(state / NAME, credentials, error), f"{path} is refused: {error.summary}; its copy runs")


def keep(path: Path, state: Path) -> None:
    """Make the file `path`, found sound, the copy in `state`; nothing is written where it is that already.

    Raises OSError or ConfigError; a file that has changed since, into one with a fault, is not kept.
    """
    data = read_file(path)
    copy = state / NAME
    if copy.exists() and copy.read_bytes() == data:
        return
    parse_file(data, str(path))
    replace_file(copy, data)


def _copied(copy: Path, credentials: Credentials, error: ConfigError) -> Settings:
    try:
        return load_file(copy, credentials).settings
    except ConfigError:
        raise error from None
