"""The link to a Bluetooth device: asks its adapter for a connection, subscribes, reports what comes, and asks again."""

from __future__ import annotations

import asyncio

import structlog
from bleak import BleakClient
from bleak.backends.characteristic import BleakGATTCharacteristic
from bleak.exc import BleakGATTProtocolError

from edge_agent.domain.inputs import Attached
from edge_agent.domain.settings import Device
from edge_agent.gateway.backoff import Backoff
from edge_agent.gateway.ble_adapter import Adapter, disconnect
from edge_agent.gateway.ble_errors import BLE_ERRORS, NotConnected, in_words
from edge_agent.gateway.bounded import bounded
from edge_agent.gateway.link_facts import LinkFacts, Sink
from edge_agent.gateway.silence import Silence
from firmware_bridges.bridge import BleSettings

SETUP_S = 15.0
"""For reading and subscribing, all characteristics together."""

WRITE_S = 10.0
"""For one write. ATT itself gives up a request after 30 s."""

PENDING = 16
"""Writes that may wait for a slow device."""

FIRST_DELAY_S, LONGEST_DELAY_S = 3.0, 30.0
"""Before another attempt at a device that was heard and did not connect or notify: the others are heard meanwhile.

One that did is connected again as soon as it is heard.
"""

REFUSED_S = 10.0
"""Before a device that was the wrong one is connected again."""

log = structlog.get_logger()


class BleLink:
    """The link to one Bluetooth device. Reports to `sink`, on the loop, what `LinkFacts` can say; decodes nothing.

    `continuous`: the device measures all the time, so that silence means a dead connection.
    """

    def __init__(
        self, device: Device, settings: BleSettings, sink: Sink, adapter: Adapter, *, continuous: bool
    ) -> None:
        self.address = device.address
        self._settings = settings
        self._adapter = adapter
        self._facts = LinkFacts(device.id, device.address, sink)
        self._silence = Silence(self._facts) if continuous else None
        self._backoff = Backoff(FIRST_DELAY_S, LONGEST_DELAY_S)
        self._ended: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self._writes: asyncio.Queue[tuple[str, bytes]] | None = None
        self._spoke = self._worked = self._refused = False

    async def run(self) -> None:
        """Keep the device connected until cancelled."""
        with self._facts.run():
            while True:
                self._spoke = self._worked = self._refused = False
                self._facts.closed(await self._connection())
                if self._refused:
                    await asyncio.sleep(REFUSED_S)
                    continue
                if not self._worked:
                    self._adapter.failed(self.address)
                if not self._spoke:
                    await asyncio.sleep(self._backoff.next())

    def send(self, channel: str, data: bytes) -> bool:
        """Write `data` to the characteristic `channel`, in order. False: dropped, not connected or too much waiting."""
        if self._writes is None or self._writes.full():
            return False
        self._writes.put_nowait((channel, data))
        return True

    def hang_up(self, reason: str) -> None:
        """Disconnect, because the device is the wrong one, and look again after `REFUSED_S`."""
        if self._writes is not None and not self._ended.done():
            self._refused = True
            self._ended.set_result(reason)

    def attempting(self) -> None:
        """Hear from the adapter that a connection is being made."""
        self._facts.connecting()

    def delayed(self, reason: str) -> None:
        """Hear from the adapter that it takes longer."""
        self._facts.closed(reason)

    def lost(self) -> None:
        """Hear from bleak that the device is disconnected."""
        if not self._ended.done():
            self._ended.set_result("disconnected")

    async def _connection(self) -> str:
        """Make one connection and stay with it; return why it ended."""
        self._ended = asyncio.get_running_loop().create_future()
        try:
            client = await self._adapter.connect(self)
        except NotConnected as error:
            return str(error)
        try:
            if client.is_connected and self._ended.done():  # an attempt before the one that succeeded
                self._ended = asyncio.get_running_loop().create_future()
            return await self._session(client)
        finally:
            await disconnect(client)

    async def _session(self, client: BleakClient) -> str:
        self._writes = asyncio.Queue(PENDING)
        self._facts.opened(Attached(address=client.address))
        parts = {asyncio.create_task(self._serve(client, self._writes))}
        if self._silence is not None:
            parts.add(asyncio.create_task(self._silence.over_long()))
        try:
            done, _ = await asyncio.wait({self._ended, *parts}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self._writes = None
            for part in parts:
                part.cancel()
            await asyncio.wait(parts)
        return (self._ended if self._ended in done else done.pop()).result()

    async def _serve(self, client: BleakClient, writes: asyncio.Queue[tuple[str, bytes]]) -> str:
        """Set the device up and write what is sent; return why that cannot go on."""
        try:
            await bounded(self._set_up(client), SETUP_S)
            if self._silence is None:  # that it says nothing is no fault
                self._works()
            while True:
                await self._write(client, *await writes.get())
        except NotConnected as error:
            return str(error)
        except BLE_ERRORS as error:
            return in_words(error)

    async def _set_up(self, client: BleakClient) -> None:
        # Read before subscribing: BlueZ would report the answer as a notification, too.
        for characteristic in _present(client, self._settings.read):
            await self._read(client, characteristic)
        sources = [each for each in _present(client, self._settings.subscribe) if _SPEAKS & set(each.properties)]
        if not sources:
            raise NotConnected("has none of its family's characteristics: is it another kind of device?")
        for characteristic in sources:
            await client.start_notify(characteristic, self._notified)

    async def _read(self, client: BleakClient, characteristic: BleakGATTCharacteristic) -> None:
        try:
            self._take(characteristic, await client.read_gatt_char(characteristic))
        except BleakGATTProtocolError as error:
            log.info("device refuses a read", address=self.address, channel=characteristic.uuid, why=str(error))

    async def _write(self, client: BleakClient, channel: str, data: bytes) -> None:
        for characteristic in _present(client, (channel,))[:1]:
            answered = "write" in characteristic.properties
            try:
                await bounded(client.write_gatt_char(characteristic, data, response=answered), WRITE_S)
            except BleakGATTProtocolError as error:
                log.warning("device refuses a write", address=self.address, channel=channel, why=str(error))

    def _works(self) -> None:
        self._worked = True
        self._adapter.worked()

    def _notified(self, characteristic: BleakGATTCharacteristic, data: bytearray) -> None:
        self._spoke = True
        self._works()
        self._backoff.reset()
        self._take(characteristic, data)

    def _take(self, characteristic: BleakGATTCharacteristic, data: bytearray) -> None:
        try:
            self._facts.data(characteristic.uuid, bytes(data))
        except Exception as error:  # noqa: BLE001 - bleak would swallow it here: it is raised where the session is awaited
            if not self._ended.done():
                self._ended.set_exception(error)


_SPEAKS = {"notify", "indicate"}


def _present(client: BleakClient, channels: tuple[str, ...]) -> list[BleakGATTCharacteristic]:
    """Return those of `channels` that the device has, in the order of `channels`."""
    found = [characteristic for service in client.services for characteristic in service.characteristics]
    return [characteristic for channel in channels for characteristic in found if characteristic.uuid == channel]
