"""A serial device made of a pty: it can be plugged in, pulled out and plugged in again under the same path.

The host sees what a USB serial adapter shows: a path that comes and goes, and a hang-up when it is pulled while open.
Break conditions, parity errors and modem lines are not there.
"""

from __future__ import annotations

import os
import select
import time
import tty
from pathlib import Path
from types import TracebackType
from typing import final


@final
class PtyDevice:
    """The device's end of a serial line. `path` is the host's end, a symlink like udev's under /dev/serial/by-id."""

    def __init__(self, path: Path) -> None:
        """Take the host's path; nothing is there before `plug`."""
        self.path = path
        self._master: int | None = None
        self._slave: int | None = None

    def __enter__(self) -> PtyDevice:
        """Plug the device in."""
        self.plug()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Pull it out."""
        self.unplug()

    def plug(self) -> None:
        """Appear at `path`, on a new pty as a new USB device would. Already there: nothing happens."""
        if self._master is not None:
            return
        # The host's end stays open here too: otherwise what the device sends before the host opens would fail with EIO.
        self._master, self._slave = os.openpty()
        tty.setraw(self._slave)
        self.path.symlink_to(os.ttyname(self._slave))

    def unplug(self) -> None:
        """Hang up and vanish from `path`. Not there: nothing happens."""
        if self._master is None or self._slave is None:
            return
        self.path.unlink()
        os.close(self._master)
        os.close(self._slave)
        self._master = self._slave = None

    def write(self, data: bytes) -> None:
        """Send `data` to the host; blocks while the host reads nothing and the line is full (some KiB)."""
        rest = memoryview(data)
        while rest:
            rest = rest[os.write(self._end(), rest) :]

    def read(self, count: int, timeout_s: float = 10.0) -> bytes:
        """Return exactly `count` bytes that the host sent; TimeoutError when they do not come."""
        data = b""
        deadline = time.monotonic() + timeout_s
        while len(data) < count:
            if not select.select([self._end()], [], [], max(0.0, deadline - time.monotonic()))[0]:
                raise TimeoutError(f"the host sent {data.hex()!r}, {count - len(data)} bytes less than expected")
            data += os.read(self._end(), count - len(data))
        return data

    def _end(self) -> int:
        if self._master is None:
            raise OSError(f"{self.path} is not plugged in")
        return self._master
