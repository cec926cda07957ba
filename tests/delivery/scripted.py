"""A scripted MQTT 5 server of our own, for answers that Mosquitto cannot be made to give. It routes nothing but echoes.

It knows CONNECT, SUBSCRIBE, PUBLISH (QoS 0 and 1), PINGREQ and DISCONNECT, as far as the agent uses them.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import NamedTuple

CONNECT, CONNACK, PUBLISH, PUBACK, SUBSCRIBE, SUBACK, PINGREQ, PINGRESP, DISCONNECT = 1, 2, 3, 4, 8, 9, 12, 13, 14


class Got(NamedTuple):
    """One PUBLISH as it came; `packet` is 0 for QoS 0."""

    connection: int
    topic: str
    payload: bytes
    packet: int


class Scripted:
    """The server. `answer(got)` gives the PUBACK's reason code, or None to owe it until `release`.

    `most_in_flight`: the greatest number of PUBLISH packets of one connection that waited for their PUBACK.
    """

    def __init__(
        self, answer: Callable[[Got], int | None], *, receive_maximum: int = 0, packet_size: int = 0, suback: int = 0
    ) -> None:
        self.answer = answer
        self.got: list[Got] = []
        self.connections = 0
        self.most_in_flight = 0
        self.port = 0
        self._properties = b""
        if receive_maximum:
            self._properties += b"\x21" + receive_maximum.to_bytes(2, "big")
        if packet_size:
            self._properties += b"\x27" + packet_size.to_bytes(4, "big")
        self._suback = bytes([suback])
        self._owed: list[Got] = []
        self._writer: asyncio.StreamWriter | None = None
        self._writers: list[asyncio.StreamWriter] = []
        self._server: asyncio.Server

    async def __aenter__(self) -> Scripted:  # noqa: PYI034 - nobody derives from it
        """Listen on a free port of the loopback interface."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        """Close everything."""
        self._server.close()
        for writer in self._writers:
            writer.close()
        await self._server.wait_closed()

    def texts(self, topic: str) -> list[bytes]:
        """Return the payloads that came on `topic`, in order."""
        return [got.payload for got in self.got if got.topic == topic]

    def release(self, code: int = 0, number: int = 1) -> None:
        """Send the oldest PUBACKs owed."""
        for got in self._owed[:number]:
            self._puback(got, code)
        del self._owed[:number]

    def end(self, code: int) -> None:
        """Send DISCONNECT with a reason code, and close."""
        self.write(DISCONNECT << 4, bytes([code, 0]))
        self.cut()

    def cut(self) -> None:
        """Close the connection without a word."""
        assert self._writer is not None
        self._writer.close()

    def write(self, first: int, rest: bytes) -> None:
        """Send any packet of less than 128 bytes."""
        assert self._writer is not None
        self._writer.write(bytes([first, len(rest)]) + rest)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self._writer = writer
        self._writers.append(writer)
        self._owed = []
        with suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                first = (await reader.readexactly(1))[0]
                self._handle(first, await reader.readexactly(await _length(reader)))
        writer.close()

    def _handle(self, first: int, rest: bytes) -> None:
        kind = first >> 4
        if kind == CONNECT:
            self.write(CONNACK << 4, bytes([0, 0, len(self._properties)]) + self._properties)
        elif kind == SUBSCRIBE:
            filters = _filters(rest)
            self.write(SUBACK << 4, rest[:2] + b"\x00" + self._suback * filters)
        elif kind == PUBLISH:
            self._publish(first, rest)
        elif kind == PINGREQ:
            self.write(PINGRESP << 4, b"")

    def _publish(self, first: int, rest: bytes) -> None:
        size = int.from_bytes(rest[:2], "big")
        topic, rest = rest[2 : 2 + size], rest[2 + size :]
        packet = 0
        if first & 0x06:
            packet, rest = int.from_bytes(rest[:2], "big"), rest[2:]
        got = Got(self.connections, topic.decode(), rest[1 + rest[0] :], packet)
        self.got.append(got)
        if not packet:
            if got.topic.endswith("heartbeat"):
                self.write(PUBLISH << 4, len(topic).to_bytes(2, "big") + topic + b"\x00" + b"echo")
            return
        self._owed.append(got)
        self.most_in_flight = max(self.most_in_flight, len(self._owed))
        code = self.answer(got)
        if code is not None and got in self._owed:
            self._owed.remove(got)
            self._puback(got, code)

    def _puback(self, got: Got, code: int) -> None:
        self.write(PUBACK << 4, got.packet.to_bytes(2, "big") + (bytes([code, 0]) if code else b""))


async def _length(reader: asyncio.StreamReader) -> int:
    """Read a variable byte integer (MQTT 5.0, 1.5.5)."""
    value = shift = 0
    while True:
        byte = (await reader.readexactly(1))[0]
        value |= (byte & 0x7F) << shift
        shift += 7
        if not byte & 0x80:
            return value


def _filters(rest: bytes) -> int:
    """Count the filters of a SUBSCRIBE without properties."""
    at, number = 3, 0
    while at < len(rest):
        at += 2 + int.from_bytes(rest[at : at + 2], "big") + 1
        number += 1
    return number
