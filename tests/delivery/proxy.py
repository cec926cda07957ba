"""A TCP proxy that can become a black hole: connections stay open, and nothing comes through any more."""

from __future__ import annotations

import asyncio
from contextlib import suppress


class Proxy:
    """Forwards a free loopback port to `upstream`, on the loop of the test. While `refusing`, to nowhere."""

    def __init__(self, upstream: int) -> None:
        self.port = 0
        self.refusing = False
        self._upstream = upstream
        self._open = asyncio.Event()
        self._open.set()
        self._writers: list[asyncio.StreamWriter] = []
        self._server: asyncio.Server

    async def __aenter__(self) -> Proxy:  # noqa: PYI034 - nobody derives from it
        """Listen."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        """Close everything."""
        self._server.close()
        self.heal()
        self.cut()
        await self._server.wait_closed()

    def swallow(self) -> None:
        """Pass nothing on from now, and close nothing."""
        self._open.clear()

    def heal(self) -> None:
        """Pass everything on again."""
        self._open.set()

    def refuse(self) -> None:
        """Close every connection, and every new one: the broker is down, and its other clients do not know."""
        self.refusing = True
        self.cut()

    def cut(self) -> None:
        """Close every connection."""
        for writer in self._writers:
            writer.close()
        self._writers.clear()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.append(writer)
        await self._open.wait()
        if self.refusing:
            writer.close()
            return
        try:
            upstream, downstream = await asyncio.open_connection("127.0.0.1", self._upstream)
        except OSError:
            writer.close()
            return
        self._writers.append(downstream)
        await asyncio.gather(self._pass(reader, downstream), self._pass(upstream, writer))

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError):
            while data := await reader.read(65536):
                await self._open.wait()
                writer.write(data)
        writer.close()
