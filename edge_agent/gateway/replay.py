"""Replay: a recording's inputs through a fresh ward, to the same effects, byte for byte."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import msgspec

from edge_agent.bedside.ward import Ward
from edge_agent.domain.errors import AgentError
from edge_agent.gateway.recorder import FORMAT, Checkpoint, Header, Noted, checksum, effects_json, read


class Step(NamedTuple):
    """One replayed input: what it had as effects now, as JSON lines, and whether they are those of the recording."""

    ordinal: int
    now: int
    effects: bytes
    same: bool


def header(path: Path) -> Header:
    """Return the recording's header; AgentError when the file is no recording or of another format."""
    try:
        first = next(read(path), None)
    except (OSError, EOFError, msgspec.DecodeError) as error:
        raise AgentError(f"{path}: cannot be read as a recording ({error})") from error
    if not isinstance(first, Header) or first.format != FORMAT:
        raise AgentError(f"{path}: not a recording of format {FORMAT}; give a .rec file from the recordings folder")
    return first


def replay(path: Path) -> Iterator[Step]:
    """Yield every input of the recording after its first checkpoint, replayed."""
    ward: Ward | None = None
    for record in read(path):
        if isinstance(record, Checkpoint) and ward is None:
            ward = Ward()
            ward.restore(record.ward)
        elif isinstance(record, Noted) and ward is not None:
            entry = record.entry
            effects = ward.handle(entry.input, entry.now)
            same = checksum(effects) == record.effects
            yield Step(entry.ordinal, entry.now, effects_json(effects), same)
