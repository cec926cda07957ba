"""The link to a device that calls the gateway over TCP: listens, takes one caller at a time, reports what comes.

Only addresses that the configuration names are let in; anybody else is hung up on. A caller from the address of the
present one takes its place, because a monitor that was switched off leaves its old line open. Many senders hang up
after each message: between two calls the link counts as up for a while, and only then as lost.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import socket
from asyncio import StreamReader, StreamWriter
from ipaddress import IPv6Address, ip_address

from edge_agent.domain.inputs import Attached
from edge_agent.domain.settings import Device
from edge_agent.gateway.backoff import Backoff
from edge_agent.gateway.link_facts import LinkFacts, Sink
from edge_agent.gateway.listening import split_listen
from firmware_bridges.bridge import SERIAL

FIRST_DELAY_S, LONGEST_DELAY_S = 0.2, 2.0
"""Between attempts to listen: the address may come with the network, and the port be another's for a while."""

BLOCK = 4096
"""Bytes taken at once; the stream holds at most four blocks, then the caller waits."""

PENDING = 65_536
"""Bytes of answers that may wait for a caller that does not take them."""

SILENT_S = 300.0
"""A caller that says nothing for so long is hung up on: it calls again, or was no longer there."""

BETWEEN_CALLS_S = 60.0
"""So long after a caller hung up in good order the link is not reported as lost."""

REFUSED_S = 10.0
"""Before anybody is let in again after the wrong device had called."""

_IDLE_S, _PROBE_S, _PROBES = 10, 5, 3
"""TCP keep-alive: a caller that is gone without a word is noticed after 25 s."""

_WORDS = {
    errno.EADDRINUSE: "another program listens there",
    errno.EADDRNOTAVAIL: "this gateway does not have that address (will retry)",
    errno.EACCES: "permission denied (ports below 1024 are not for this service)",
    errno.ECONNRESET: "the caller hung up at once",
    errno.ETIMEDOUT: "the caller is gone without a word",
}
HUNG_UP = "the caller hung up"
WAITING = "waiting to be called"

Call = tuple[StreamReader, StreamWriter]
"""One caller's line."""


class TcpLink:
    """The link to one device that calls. Reports to `sink`, on the loop, what `LinkFacts` can say; decodes nothing."""

    def __init__(self, device: Device, sink: Sink) -> None:
        self._host, self._port = split_listen(device.listen)
        self._peers = frozenset(map(ip_address, device.peers))
        self._facts = LinkFacts(device.id, device.listen, sink)
        self._backoff = Backoff(FIRST_DELAY_S, LONGEST_DELAY_S)
        self._calls: asyncio.Queue[Call] = asyncio.Queue()
        self._present: StreamWriter | None = None
        self._between: asyncio.TimerHandle | None = None
        self._up = False
        self._refusal = ""
        self._deaf_until = 0.0

    async def run(self) -> None:
        """Listen until cancelled."""
        self._loop = asyncio.get_running_loop()
        with self._facts.run():
            while True:
                server = await self._listen()
                self._backoff.reset()
                self._facts.closed(WAITING)
                try:
                    await self._serve()
                finally:
                    server.close()
                    self._hang_up()

    def send(self, channel: str, data: bytes) -> bool:
        """Write `data` to the caller. False: dropped, nobody is there or does not take what he was sent before."""
        writer = self._present
        if writer is None or writer.is_closing() or writer.transport.get_write_buffer_size() + len(data) > PENDING:
            return False
        writer.write(data)
        return True

    def hang_up(self, reason: str) -> None:
        """Hang up on the caller, because he is the wrong one, and let nobody in for `REFUSED_S`."""
        if self._present is not None:
            self._refusal, self._deaf_until = reason, self._loop.time() + REFUSED_S
            self._present.transport.abort()

    async def _listen(self) -> asyncio.Server:
        while True:
            try:
                return await asyncio.start_server(self._called, self._host, self._port, limit=2 * BLOCK)
            except OSError as error:
                reason = _why(error)
            self._facts.closed(reason)
            await asyncio.sleep(self._backoff.next())

    def _called(self, reader: StreamReader, writer: StreamWriter) -> None:
        """Let a caller in, or hang up on him."""
        peer = address_of(writer)
        if peer not in self._peers:
            if not self._up:
                self._facts.closed(f"hung up on {peer}, which is not among its peers")
            writer.transport.abort()
        elif self._loop.time() < self._deaf_until or (self._present and peer != address_of(self._present)):
            writer.transport.abort()
        else:
            if self._present is not None:
                self._present.transport.abort()
            self._present = writer
            self._calls.put_nowait((reader, writer))

    async def _serve(self) -> None:
        while True:
            reader, writer = await self._calls.get()
            self._stop_waiting()
            reason = await self._talk(reader, writer)
            reason, self._refusal = self._refusal or reason, ""
            if reason == HUNG_UP:
                self._between = self._loop.call_later(BETWEEN_CALLS_S, self._lost, reason)
            else:
                self._lost(reason)

    async def _talk(self, reader: StreamReader, writer: StreamWriter) -> str:
        """Report what a caller says until he is gone; return why."""
        _keep_alive(writer)
        self._up = True
        self._facts.opened(Attached())
        silence = self._loop.call_later(SILENT_S, writer.transport.abort)
        try:
            while data := await reader.read(BLOCK):
                silence.cancel()
                silence = self._loop.call_later(SILENT_S, writer.transport.abort)
                self._facts.data(SERIAL, data)
        except OSError as error:
            return _why(error)
        finally:
            silence.cancel()
            writer.transport.abort()
            if self._present is writer:
                self._present = None
        return HUNG_UP if silence.when() > self._loop.time() else f"the caller was silent for {SILENT_S:.0f} s"

    def _lost(self, reason: str) -> None:
        self._up = False
        self._facts.closed(reason)

    def _stop_waiting(self) -> None:
        if self._between is not None:
            self._between.cancel()
            self._between = None

    def _hang_up(self) -> None:
        self._stop_waiting()
        self._up = False
        if self._present is not None:
            self._present.transport.abort()
            self._present = None
        while not self._calls.empty():
            self._calls.get_nowait()[1].transport.abort()


def address_of(writer: StreamWriter) -> object:
    """Return the caller's address; of an IPv4 caller on an IPv6 socket, the IPv4 one. None if he is gone already."""
    name = writer.get_extra_info("peername")
    if not name:
        return None
    address = ip_address(name[0].partition("%")[0])
    return address.ipv4_mapped or address if isinstance(address, IPv6Address) else address


def _keep_alive(writer: StreamWriter) -> None:
    line: socket.socket = writer.get_extra_info("socket")
    with contextlib.suppress(OSError):  # gone already: the next read says so
        line.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        line.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, _IDLE_S)
        line.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, _PROBE_S)
        line.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPCNT, _PROBES)
        line.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, 1000 * (_IDLE_S + _PROBE_S * _PROBES))


def _why(error: OSError) -> str:
    return _WORDS.get(error.errno or 0) or str(error)
