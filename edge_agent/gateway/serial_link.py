"""The link to a serial device: opens its line, reports what comes, and opens it again whenever it is gone."""

from __future__ import annotations

import asyncio

from serial import Serial

from edge_agent.domain.settings import Device
from edge_agent.gateway.backoff import Backoff
from edge_agent.gateway.link_facts import LinkFacts, Sink
from edge_agent.gateway.serial_line import Line
from edge_agent.gateway.serial_port import ABSENT, DENIED, UNPLUGGED, abandon, opening, why
from firmware_bridges.bridge import SERIAL, SerialSettings

OPEN_S = 5.0
"""An attempt that takes longer is reported. It goes on: a second one would hang as well."""

FIRST_DELAY_S, LONGEST_DELAY_S = 0.2, 2.0
"""Between attempts, so that data are back within 3 s of a device's return."""

DENIED_DELAY_S, DENIED_TRIES = 0.1, 10
"""Between the first attempts without permission: udev sets the group about 100 ms after a hot-plug."""


class SerialLink:
    """The link to one serial device. Reports to `sink`, on the loop, what `LinkFacts` can say; decodes nothing."""

    def __init__(self, device: Device, settings: SerialSettings, sink: Sink) -> None:
        self._path = device.port
        self._baudrate = device.baudrate or settings.baudrate
        self._settings = settings
        self._facts = LinkFacts(device.id, device.port, sink)
        self._backoff = Backoff(FIRST_DELAY_S, LONGEST_DELAY_S)
        self._line: Line | None = None
        self._was_open = False

    async def run(self) -> None:
        """Keep the line open until cancelled."""
        with self._facts.run():
            while True:
                port = await self._open()
                self._closed(await self._stream(port))
                await asyncio.sleep(self._backoff.next())

    def send(self, channel: str, data: bytes) -> bool:
        """Write `data` to the line, which has one channel. False: dropped, the line is closed or takes nothing."""
        return self._line is not None and self._line.send(data)

    async def _open(self) -> Serial:
        denied = 0
        while True:
            try:
                return await self._attempt()
            except (OSError, ValueError) as error:
                reason = why(error)
            self._closed(reason)
            denied = denied + 1 if reason == DENIED else 0
            await asyncio.sleep(DENIED_DELAY_S if 0 < denied <= DENIED_TRIES else self._backoff.next())

    async def _attempt(self) -> Serial:
        attempt = opening(self._path, self._baudrate, self._settings)
        try:
            await asyncio.wait({attempt}, timeout=OPEN_S)
            if not attempt.done():
                self._closed(f"its driver does not answer for {OPEN_S:.0f} s")
            return await attempt
        except asyncio.CancelledError:
            abandon(attempt)
            raise

    async def _stream(self, port: Serial) -> str:
        self._line = Line(port, self._data)
        try:
            self._facts.opened()
            self._was_open = True
            return await self._line.until_lost()
        finally:
            self._line.close()
            self._line = None

    def _data(self, data: bytes) -> None:
        self._backoff.reset()
        self._facts.data(SERIAL, data)

    def _closed(self, reason: str) -> None:
        self._facts.closed(UNPLUGGED if reason == ABSENT and self._was_open else reason)
