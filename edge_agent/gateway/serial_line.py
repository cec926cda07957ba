"""An open serial line on the loop: bytes are read as they arrive and written as the device takes them.

One block per turn of the loop: no thread per port, no polling, and a device that floods cannot starve the others.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable

from serial import Serial

from edge_agent.gateway.serial_port import UNPLUGGED, closing, why

BLOCK = 4096
"""Bytes read at once: more than a device sends between two turns of the loop."""

CLOSE_S = 6.0
"""Longer than USB serial drivers wait for an answer to their last request (5 s in Linux)."""

PENDING = 4096
"""Bytes that may wait for a device that does not take them."""


class Line:
    """An open port, its own from here on. `take` gets every block of bytes; `until_lost` raises what it raises."""

    def __init__(self, port: Serial, take: Callable[[bytes], None]) -> None:
        self._port = port
        self._fd = port.fileno()
        self._take = take
        self._loop = asyncio.get_running_loop()
        self._ended: asyncio.Future[str] = self._loop.create_future()
        self._pending = bytearray()

    async def until_lost(self) -> str:
        """Read until the line is gone and return why."""
        self._loop.add_reader(self._fd, self._read)
        return await self._ended

    def send(self, data: bytes) -> bool:
        """Write `data` now or as soon as the device takes it. False: dropped, too much is waiting already."""
        if len(self._pending) + len(data) > PENDING:
            return False
        self._pending += data
        self._write()
        return True

    def end(self, reason: str) -> None:
        """Let `until_lost` return `reason`, unless the line is gone already."""
        self._end(reason)

    async def close(self) -> None:
        """Stop reading and close the port; a driver that does not let go is left to itself after `CLOSE_S`."""
        self._loop.remove_reader(self._fd)
        self._loop.remove_writer(self._fd)
        await asyncio.wait({closing(self._port)}, timeout=CLOSE_S)

    def _read(self) -> None:
        try:
            data = os.read(self._fd, BLOCK)
        except BlockingIOError:
            return
        except OSError as error:
            self._end(why(error))
            return
        if not data:
            self._end(UNPLUGGED)
            return
        try:
            self._take(data)
        except Exception as error:  # noqa: BLE001 - it is raised where the line is awaited
            self._end(error)

    def _write(self) -> None:
        try:
            del self._pending[: os.write(self._fd, self._pending)]
        except BlockingIOError:
            pass
        except OSError as error:
            self._end(why(error))
            return
        if self._pending:
            self._loop.add_writer(self._fd, self._write)
        else:
            self._loop.remove_writer(self._fd)

    def _end(self, outcome: str | Exception) -> None:
        self._loop.remove_reader(self._fd)
        self._loop.remove_writer(self._fd)
        if self._ended.done():
            return
        if isinstance(outcome, Exception):
            self._ended.set_exception(outcome)
        else:
            self._ended.set_result(outcome)
