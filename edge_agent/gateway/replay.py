"""Replay: a recording's inputs through a fresh ward, to the same effects, byte for byte."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import msgspec

from edge_agent.bedside.ward import Ward
from edge_agent.domain.errors import AgentError
from edge_agent.gateway.recorder import BROKEN, FORMAT, Checkpoint, Header, Noted, Record, checksum, effects_json, read


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
    except BROKEN as error:
        raise AgentError(f"{path}: cannot be read as a recording ({error})") from error
    if not isinstance(first, Header) or first.format != FORMAT:
        raise AgentError(f"{path}: not a recording of format {FORMAT}; give a .rec file from the recordings folder")
    return first


def replay(path: Path) -> Iterator[Step]:
    """Yield every input of the recording after its first checkpoint, replayed.

    AgentError where it breaks off, and when another version of the agent has made it.
    """
    ward: Ward | None = None
    for record in _whole(path):
        if isinstance(record, Checkpoint) and ward is None:
            ward = _resumed(path, record)
        elif isinstance(record, Noted) and ward is not None:
            entry = record.entry
            effects = ward.handle(entry.input, entry.now)
            same = checksum(effects) == record.effects
            yield Step(entry.ordinal, entry.now, effects_json(effects), same)


def _whole(path: Path) -> Iterator[Record]:
    try:
        yield from read(path)
    except BROKEN as error:
        raise AgentError(f"{path}: breaks off here ({error}); what came before was replayed") from error


def _resumed(path: Path, checkpoint: Checkpoint) -> Ward:
    ward = Ward()
    try:
        ward.restore(checkpoint.ward)
    except msgspec.DecodeError as error:
        raise AgentError(f"{path}: made by another version of the agent ({error})") from error
    return ward
