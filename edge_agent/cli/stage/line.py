"""The line between gateway and broker: a TCP forwarder that can be cut, and mended when the audience is back."""

from __future__ import annotations

import asyncio
import contextlib

from edge_agent.cli.stage.broker import LOOPBACK

CHUNK = 1 << 16


class Line:
    """Listens on one port of the loopback for as long as it is whole, and forwards to `far`, the broker's address."""

    def __init__(self, far: tuple[str, int]) -> None:
        """Take the far end; `port` is known after the first `mend`."""
        self.far = far
        self.port = 0
        self._server: asyncio.Server | None = None
        self._calls: set[asyncio.Task[None]] = set()
        self._flows = asyncio.Event()

    async def mend(self) -> None:
        """Listen, on the same port as before."""
        self._flows.set()
        self._server = await asyncio.start_server(self._call, LOOPBACK, self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    def hold(self) -> None:
        """Pass nothing on, and let nobody notice yet."""
        self._flows.clear()

    async def cut(self) -> None:
        """Stop listening and drop every call in mid-word."""
        server, self._server = self._server, None
        if server is None:
            return
        server.close()
        for call in self._calls:
            call.cancel()
        await asyncio.gather(*self._calls, return_exceptions=True)
        await server.wait_closed()

    def _call(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        call = asyncio.ensure_future(self._carry(reader, writer))
        self._calls.add(call)
        call.add_done_callback(self._calls.discard)

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Forward both ways until one end hangs up; a far end that is not there hangs up at once."""
        ends = [writer]
        try:
            far_reader, far_writer = await asyncio.open_connection(*self.far)
            ends.append(far_writer)
            await self._forward((reader, far_writer), (far_reader, writer))
        except OSError:
            return
        finally:
            for end in ends:
                end.transport.abort()

    async def _forward(self, *ways: tuple[asyncio.StreamReader, asyncio.StreamWriter]) -> None:
        passing = [asyncio.ensure_future(self._pass(*way)) for way in ways]
        try:
            await asyncio.wait(passing, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for way in passing:
                way.cancel()
            await asyncio.gather(*passing, return_exceptions=True)

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while data := await reader.read(CHUNK):
                await self._flows.wait()
                writer.write(data)
                await writer.drain()
