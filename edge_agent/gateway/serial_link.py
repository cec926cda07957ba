"""The link to a serial device: opens its line, reports what comes, and opens it again whenever it is gone."""

from __future__ import annotations

import asyncio

from edge_agent.domain.settings import Device
from edge_agent.gateway.backoff import Backoff
from edge_agent.gateway.link_facts import LinkFacts, Sink
from edge_agent.gateway.serial_line import Line
from edge_agent.gateway.serial_port import ABSENT, DENIED, UNPLUGGED, Opened, abandon, opening, why
from edge_agent.gateway.silence import Silence
from firmware_bridges.bridge import SERIAL, SerialSettings

OPEN_S = 5.0
"""An attempt that takes longer is reported. It goes on: a second one would hang as well."""

FIRST_DELAY_S, LONGEST_DELAY_S = 0.2, 2.0
"""Between attempts, so that data are back within 3 s of a device's return."""

DENIED_DELAY_S, DENIED_TRIES = 0.1, 10
"""Between the first attempts without permission: udev sets the group about 100 ms after a hot-plug."""


REFUSED_S = 10.0
"""Before a port at which the wrong device was is looked at again."""


class SerialLink:
    """The link to one serial device. Reports to `sink`, on the loop, what `LinkFacts` can say; decodes nothing.

    `continuous`: the device measures all the time, so that a silent line is opened afresh.
    """

    def __init__(self, device: Device, settings: SerialSettings, sink: Sink, *, continuous: bool) -> None:
        self._path = device.port
        self._baudrate = device.baudrate or settings.baudrate
        self._settings = settings
        self._facts = LinkFacts(device.id, device.port, sink)
        self._silence = Silence(self._facts) if continuous else None
        self._backoff = Backoff(FIRST_DELAY_S, LONGEST_DELAY_S)
        self._line: Line | None = None
        self._was_open = self._refused = False

    async def run(self) -> None:
        """Keep the line open until cancelled."""
        with self._facts.run():
            while True:
                opened = await self._open()
                self._refused = False
                self._closed(await self._stream(opened))
                await asyncio.sleep(REFUSED_S if self._refused else self._backoff.next())

    def send(self, channel: str, data: bytes) -> bool:
        """Write `data` to the line, which has one channel. False: dropped, the line is closed or takes nothing."""
        return self._line is not None and self._line.send(data)

    def hang_up(self, reason: str) -> None:
        """Close the line, because its device is the wrong one, and look again after `REFUSED_S`."""
        if self._line is not None:
            self._refused = True
            self._line.end(reason)

    async def _open(self) -> Opened:
        denied = 0
        while True:
            try:
                return await self._attempt()
            except (OSError, ValueError) as error:
                reason = why(error)
            self._closed(reason)
            denied = denied + 1 if reason == DENIED else 0
            await asyncio.sleep(DENIED_DELAY_S if 0 < denied <= DENIED_TRIES else self._backoff.next())

    async def _attempt(self) -> Opened:
        attempt = opening(self._path, self._baudrate, self._settings)
        try:
            await asyncio.wait({attempt}, timeout=OPEN_S)
            if not attempt.done():
                self._closed(f"its driver does not answer for {OPEN_S:.0f} s")
            return await attempt
        except asyncio.CancelledError:
            abandon(attempt)
            raise

    async def _stream(self, opened: Opened) -> str:
        self._line = Line(opened.port, self._data)
        try:
            self._facts.opened(opened.attached)
            self._was_open = True
            return await self._until_ended(self._line)
        finally:
            line, self._line = self._line, None
            await line.close()

    async def _until_ended(self, line: Line) -> str:
        """Read until the line is gone or has been silent for too long; return why."""
        if self._silence is None:
            return await line.until_lost()
        watch = asyncio.ensure_future(self._silence.over_long())
        watch.add_done_callback(lambda done: None if done.cancelled() else line.end(done.result()))
        try:
            return await line.until_lost()
        finally:
            watch.cancel()

    def _data(self, data: bytes) -> None:
        self._backoff.reset()
        self._facts.data(SERIAL, data)

    def _closed(self, reason: str) -> None:
        self._facts.closed(UNPLUGGED if reason == ABSENT and self._was_open else reason)
