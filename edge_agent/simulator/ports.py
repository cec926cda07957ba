"""The simulator's ports: pseudo-terminals and TCP calls, with a plug to pull. No other file opens one."""

from __future__ import annotations

import contextlib
import os
import socket
import tty
from pathlib import Path
from typing import Protocol

from edge_agent.simulator.conversations.conversation import Frames
from firmware_bridges.bridge import SERIAL

CHUNK = 4096
"""Bytes taken from the host at a time: what a pty buffers."""


CALL_S = 1.0
"""How long a device waits for the gateway to answer its call."""


class Medium(Protocol):
    """What is between a device and its host, with a plug to pull."""

    @property
    def plugged(self) -> bool:
        """Tell whether a host can be there."""

    def plug(self) -> None:
        """Let the device appear. OSError where it cannot."""

    def unplug(self) -> None:
        """Take it away at once."""

    def heard(self) -> Frames:
        """Return what the host has sent since."""

    def say(self, frames: Frames) -> None:
        """Send to the host; what nobody takes is lost."""


class Port:
    """One serial port as a host sees it: `link` is its name, a symbolic link that comes and goes with the plug."""

    def __init__(self, link: Path) -> None:
        """Take the name; the port is not there before `plug`."""
        self.link = link
        self._device: int | None = None
        self._host: int | None = None

    @property
    def plugged(self) -> bool:
        """Tell whether the port is there."""
        return self._device is not None

    def plug(self) -> None:
        """Make the port appear. FileExistsError where the name belongs to something that is no link."""
        if self.plugged:
            return
        if self.link.exists() and not self.link.is_symlink():
            raise FileExistsError(f"{self.link} exists and is no port of ours")
        # The host's side stays open here: a terminal forgets that it is raw when its last user closes it.
        self._device, self._host = os.openpty()
        tty.setraw(self._host)
        os.set_blocking(self._device, False)
        fresh = self.link.with_name(f".{self.link.name}.new")
        fresh.unlink(missing_ok=True)
        fresh.symlink_to(os.ttyname(self._host))
        fresh.replace(self.link)

    def unplug(self) -> None:
        """Pull the cable: the name goes, and whoever has it open reads the end of it."""
        if self._device is None or self._host is None:
            return
        self.link.unlink(missing_ok=True)
        os.close(self._host)
        os.close(self._device)
        self._device = self._host = None

    def write(self, data: bytes) -> int:
        """Send to the host; return how many bytes it had room for: the rest is lost, as on a real line nobody reads."""
        if self._device is None:
            return 0
        try:
            return os.write(self._device, data)
        except BlockingIOError:
            return 0

    def read(self) -> bytes:
        """Return what the host has sent since, at most `CHUNK` bytes; b"" for nothing."""
        if self._device is None:
            return b""
        try:
            return os.read(self._device, CHUNK)
        except BlockingIOError:
            return b""

    def heard(self) -> Frames:
        """Return what the host has sent since, on the line's one channel."""
        data = self.read()
        return [(SERIAL, data)] if data else []

    def say(self, frames: Frames) -> None:
        """Send frames one after another, as far as there is room."""
        self.write(b"".join(data for _, data in frames))


class Caller:
    """A device that calls a gateway over TCP, and calls again while nobody answers or after the gateway hung up."""

    def __init__(self, host: str, port: int) -> None:
        """Take where to call; nothing is called before `plug`."""
        self._place = host, port
        self._line: socket.socket | None = None
        self._plugged = False

    @property
    def plugged(self) -> bool:
        """Tell whether the gateway has answered; calls it if the cable is in and the line is not up."""
        if self._plugged and self._line is None:
            with contextlib.suppress(OSError):
                self._line = socket.create_connection(self._place, CALL_S)
                self._line.setblocking(False)  # noqa: FBT003 - the socket's own interface
        return self._line is not None

    def plug(self) -> None:
        """Put the network cable in."""
        self._plugged = True

    def unplug(self) -> None:
        """Pull the network cable: the line is gone."""
        self._plugged = False
        self._hang_up()

    def heard(self) -> Frames:
        """Return what the gateway has sent since, at most `CHUNK` bytes."""
        try:
            data = self._line.recv(CHUNK) if self._line else b""
        except BlockingIOError:
            return []
        except OSError:
            data = b""
        if not data:
            self._hang_up()
        return [(SERIAL, data)] if data else []

    def say(self, frames: Frames) -> None:
        """Send to the gateway; what it does not take is lost."""
        try:
            if self._line is not None and frames:
                self._line.send(b"".join(data for _, data in frames))
        except BlockingIOError:
            return
        except OSError:
            self._hang_up()

    def _hang_up(self) -> None:
        if self._line is not None:
            self._line.close()
            self._line = None
