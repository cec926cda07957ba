"""Finds out which family is at a serial port. One that sends something recognised is not sent anything."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from enum import Enum

import msgspec
from serial import Serial

from edge_agent.domain.inputs import LinkData, LinkOpened
from edge_agent.gateway.clock import boottime
from edge_agent.gateway.listener import Listener
from edge_agent.gateway.scanning.evidence import Evidence
from edge_agent.gateway.scanning.plan import Probe, asking, listening
from edge_agent.gateway.scanning.ports import Identity, holder
from edge_agent.gateway.serial_line import Line
from edge_agent.gateway.serial_port import DENIED, abandon, opening, why
from firmware_bridges.bridge import SERIAL, SerialSettings

OPEN_S = 5.0
"""For opening a port."""

PERMISSION = "no permission. Run with sudo, or: sudo usermod -aG dialout $USER, and log in again"


class State(str, Enum):
    """What came of one port."""

    RECOGNISED = "recognised"
    AMBIGUOUS = "ambiguous"
    NOT_UNDERSTOOD = "not understood"
    SILENT = "silent"
    IN_USE = "in use"
    FAILED = "failed"
    UNFINISHED = "not finished in time"


class Match(msgspec.Struct, frozen=True):
    """A family that was proven: at which speed, by how many frames, and whether it had to be asked."""

    family: str
    baudrate: int
    line: str
    frames: int
    asked: bool


class Outcome(msgspec.Struct, frozen=True):
    """One port and what is at it. `detail` in words; `heard`: bytes by line setting, such as "9600 8N1"."""

    port: Identity
    state: State
    detail: str = ""
    matches: tuple[Match, ...] = ()
    heard: dict[str, int] = {}


Say = Callable[[str], None]
"""Takes one line of progress."""


async def scan(port: Identity, timeout_s: float, *, ask: bool, say: Say) -> Outcome:
    """Return what is at a port. It never raises for what a port or a device does."""
    if held := holder(port.device):
        return Outcome(port, State.IN_USE, f"in use by {held}; it was left alone")
    scanner = _Scanner(port, say)
    try:
        return await asyncio.wait_for(scanner.run(ask=ask), timeout_s)
    except asyncio.TimeoutError:
        return Outcome(port, State.UNFINISHED, f"nothing was recognised within {timeout_s:.0f} s", heard=scanner.heard)
    except (OSError, ValueError) as error:
        reason = why(error)
        state = State.IN_USE if "busy" in reason else State.FAILED
        return Outcome(port, state, PERMISSION if reason == DENIED else reason, heard=scanner.heard)


class _Wire:
    """A `Link` that is one open line."""

    def __init__(self, line: Line) -> None:
        self._line = line

    async def run(self) -> None:
        """Read until the line is gone: OSError."""
        raise OSError(await self._line.until_lost())

    def send(self, channel: str, data: bytes) -> bool:
        """Write to the line."""
        return self._line.send(data)

    def hang_up(self, reason: str) -> None:
        """End the line."""
        self._line.end(reason)


class _Scanner:
    def __init__(self, port: Identity, say: Say) -> None:
        self.heard: dict[str, int] = {}
        self._port = port
        self._say = say

    async def run(self, *, ask: bool) -> Outcome:
        for probe in listening():
            if outcome := self._outcome(await self._try(probe, asked=False), probe, asked=False):
                return outcome
            if not any(self.heard.values()):
                break  # a line that is silent at one speed is silent at every other
        if any(self.heard.values()):
            detail = "it talks by itself, and no family understands it; nothing was sent to it"
            return Outcome(self._port, State.NOT_UNDERSTOOD, detail, heard=self.heard)
        for probe in asking() if ask else ():
            if outcome := self._outcome(await self._try(probe, asked=True), probe, asked=True):
                return outcome
        detail = "answered no family that may be asked" if ask else "said nothing by itself"
        return Outcome(self._port, State.SILENT, detail, heard=self.heard)

    def _outcome(self, proven: list[Evidence], probe: Probe, *, asked: bool) -> Outcome | None:
        settings = probe.settings
        matches = tuple(
            Match(each.family.name, settings.baudrate, in_words(settings), each.frames, asked) for each in proven
        )
        if not matches:
            return None
        state = State.RECOGNISED if len(matches) == 1 else State.AMBIGUOUS
        return Outcome(self._port, state, "", matches, self.heard)

    async def _try(self, probe: Probe, *, asked: bool) -> list[Evidence]:
        """Open the line as `probe` says and return the families that are proven."""
        line_words = in_words(probe.settings)
        self._say(f"{self._port.device}: {'asking ' + probe.families[0].name if asked else 'listening'}, {line_words}")
        evidence = [Evidence(family) for family in probe.families]
        came = asyncio.Event()
        listeners = [Listener(each.family.bridge(), each) for each in evidence]

        def take(data: bytes) -> None:
            self.heard[line_words] = self.heard.get(line_words, 0) + len(data)
            for listener in listeners:
                listener(LinkData("scan", SERIAL, data, boottime()))
            came.set()

        line = Line(await _open(self._port.device, probe.settings), take)
        wire = _Wire(line)
        for listener in listeners:
            listener.link = wire if asked else None
            listener(LinkOpened("scan", boottime()))
        try:
            await _until(evidence, wire, came, probe)
        finally:
            for listener in listeners:
                listener.rest()
            await line.close()
        return [each for each in evidence if each.proven]


async def _open(device: str, settings: SerialSettings) -> Serial:
    attempt = opening(device, settings.baudrate, settings)
    try:
        return (await asyncio.wait_for(asyncio.shield(attempt), OPEN_S)).port
    except (asyncio.TimeoutError, asyncio.CancelledError):
        abandon(attempt)
        raise


async def _until(evidence: list[Evidence], wire: _Wire, came: asyncio.Event, probe: Probe) -> None:
    """Wait for proof, or until the probe's time is over; OSError if the line is gone."""

    async def proof() -> None:
        await asyncio.wait_for(came.wait(), probe.quiet_s)
        while not any(each.proven for each in evidence) and not all(each.hopeless for each in evidence):
            came.clear()
            await came.wait()

    lost, proven = asyncio.ensure_future(wire.run()), asyncio.ensure_future(proof())
    try:
        await asyncio.wait({lost, proven}, timeout=probe.longest_s, return_when=asyncio.FIRST_COMPLETED)
        if lost.done():
            lost.result()
    finally:
        for task in (lost, proven):
            task.cancel()
        with contextlib.suppress(asyncio.CancelledError, asyncio.TimeoutError):
            await asyncio.gather(lost, proven, return_exceptions=True)


def in_words(settings: SerialSettings) -> str:
    """Return line settings as a person writes them, such as 19200 8E1."""
    return f"{settings.baudrate} {settings.bytesize}{settings.parity}{settings.stopbits}"
