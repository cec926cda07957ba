"""The demonstration's own broker: amqtt in this process, on a free port of the loopback, MQTT 3.1.1.

It keeps nothing: a stopped broker forgets sessions and retained messages, as a hospital's may after a power cut. The
sockets are ours and not the library's, so that stopping cuts every client off, whatever the library is doing.
"""

from __future__ import annotations

import asyncio
import logging

from amqtt.adapters import StreamReaderAdapter, StreamWriterAdapter
from amqtt.broker import Broker

LOOPBACK = "127.0.0.1"
LISTENER = "default"
ANYBODY = "amqtt.plugins.authentication.AnonymousAuthPlugin"


class EmbeddedBroker:
    """A broker that can be stopped and started again."""

    def __init__(self) -> None:
        """Silence the library: it logs every connection that ends, which here is the point."""
        for name in ("amqtt", "transitions"):
            logging.getLogger(name).setLevel(logging.CRITICAL + 1)
        self._broker: Broker | None = None
        self._server: asyncio.Server | None = None
        self._clients: dict[asyncio.Task[None], asyncio.StreamWriter] = {}

    async def start(self) -> tuple[str, int]:
        """Start it and return its address."""
        self._broker = Broker({"listeners": {LISTENER: {"type": "external"}}, "plugins": {ANYBODY: {}}})
        await self._broker.start()
        self._server = await asyncio.start_server(self._connected, LOOPBACK, 0)
        return LOOPBACK, int(self._server.sockets[0].getsockname()[1])

    async def stop(self) -> None:
        """Cut off every client and stop, if it runs."""
        broker, self._broker = self._broker, None
        server, self._server = self._server, None
        if broker is None or server is None:
            return
        server.close()
        for writer in self._clients.values():
            writer.transport.abort()
        await asyncio.gather(*self._clients, return_exceptions=True)
        await server.wait_closed()
        await broker.shutdown()

    def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        client = asyncio.ensure_future(self._serve(reader, writer))
        self._clients[client] = writer
        client.add_done_callback(self._clients.pop)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._broker is not None:
            await self._broker.external_connected(StreamReaderAdapter(reader), StreamWriterAdapter(writer), LISTENER)
