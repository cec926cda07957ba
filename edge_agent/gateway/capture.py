"""A capture: what went over one device's link, as JSON lines that a person can read and `edge-agent decode` reads.

The first line says with what it was made; then one line per thing that happened, in order. Times are ns since the
capture began, bytes are hex. Only whole lines count: a file that was cut off is good up to its last line. Replaying a
capture makes the same calls upon the family's bridge as the live link did, so the same events come of it.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import msgspec

from edge_agent.domain.errors import AgentError
from firmware_bridges.bridge import Bridge
from firmware_bridges.vitals import Event, Send

FORMAT = 1
"""The version of this layout; others are refused."""

MARK = b'{"type":"capture"'
"""How every capture begins."""


class Began(msgspec.Struct, frozen=True, tag="capture", kw_only=True):
    """The first line: versions, family ("" if unknown), link settings, and what was done about identity, in words."""

    format: int
    agent: str
    python: str
    family: str
    link: dict[str, Any]
    identity: str


class Opened(msgspec.Struct, frozen=True, tag="opened"):
    """The link is up."""

    t: int


class Data(msgspec.Struct, frozen=True, tag="data"):
    """Bytes from the device, hex, on one channel: a serial line has one, Bluetooth a characteristic's UUID."""

    t: int
    channel: str
    hex: str


class Woken(msgspec.Struct, frozen=True, tag="woken"):
    """A deadline of the bridge was due."""

    t: int


class Sent(msgspec.Struct, frozen=True, tag="sent"):
    """Bytes to the device."""

    t: int
    channel: str
    hex: str


class Closed(msgspec.Struct, frozen=True, tag="closed"):
    """The link is gone, or did not open, for `reason`."""

    t: int
    reason: str


Happening = Opened | Data | Woken | Sent | Closed
"""One line after the first."""

_ENCODER = msgspec.json.Encoder()
_BEGAN = msgspec.json.Decoder(Began)
_HAPPENING = msgspec.json.Decoder(Happening)


def step(bridge: Bridge, happening: Happening) -> list[Event]:
    """Let `bridge` know what happened; return what it says."""
    if isinstance(happening, Opened):
        return bridge.opened(happening.t)
    if isinstance(happening, Data):
        return bridge.receive(happening.channel, bytes.fromhex(happening.hex), happening.t)
    if isinstance(happening, Woken):
        return bridge.wake(happening.t)
    if isinstance(happening, Closed):
        return bridge.closed(happening.t)
    return []


def replayed(bridge: Bridge, happenings: Iterable[Happening]) -> Iterator[Event]:
    """Yield what the bridge said of the device; commands to it are left out, they stand in the capture."""
    for happening in happenings:
        yield from (event for event in step(bridge, happening) if not isinstance(event, Send))


class Writer:
    """A new capture at `path`, readable by its owner alone. FileExistsError: nothing is overwritten.

    Every line is handed to the system as it comes, so that a crash of the program costs none.
    """

    def __init__(self, path: Path, began: Began) -> None:
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND | os.O_CLOEXEC, 0o600)
        self.lines = 0
        self._write(began)

    def add(self, happening: Happening) -> None:
        """Append what happened; OSError when the disk takes no more."""
        self._write(happening)
        self.lines += 1

    def close(self) -> None:
        """Bring everything to the disk."""
        try:
            os.fsync(self._file)
        finally:
            os.close(self._file)

    def _write(self, line: Began | Happening) -> None:
        rest = memoryview(_ENCODER.encode(line) + b"\n")
        while rest:
            rest = rest[os.write(self._file, rest) :]


def read(file: Iterable[bytes], name: str) -> tuple[Began, Iterator[Happening]]:
    """Return a capture's first line and what happened then. AgentError says which line is wrong, perhaps later."""
    lines = (line for line in file if line.endswith(b"\n"))
    try:
        began = _BEGAN.decode(next(lines, b""))
    except msgspec.MsgspecError as error:
        raise AgentError(f"{name} is no capture: {error}") from error
    if began.format != FORMAT:
        raise AgentError(f"{name} has format {began.format}, this program reads {FORMAT}")
    return began, _happenings(lines, name)


def _happenings(lines: Iterator[bytes], name: str) -> Iterator[Happening]:
    for number, line in enumerate(lines, start=2):
        try:
            happening = _HAPPENING.decode(line)
            if isinstance(happening, (Data, Sent)):
                bytes.fromhex(happening.hex)
        except (msgspec.MsgspecError, ValueError) as error:
            raise AgentError(f"{name}: line {number}: {error}") from error
        yield happening
