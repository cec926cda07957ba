"""The link to a Bluetooth device that is only listened to: what it advertises, read by the libraries of `adverts`.

It is open for as long as it listens: such a device speaks when it has something to say, and its silence means nothing.
It repeats itself several times a second; what is the same as before is passed over.
"""

from __future__ import annotations

import asyncio

import msgspec
import structlog
from bleak.backends.device import BLEDevice
from bleak.backends.scanner import AdvertisementData

from edge_agent.domain.errors import AgentError
from edge_agent.domain.inputs import Attached
from edge_agent.domain.settings import Device
from edge_agent.gateway import adverts
from edge_agent.gateway.ble_adapter import Adapter
from edge_agent.gateway.link_facts import LinkFacts, Sink
from firmware_bridges.advert import ADVERT

log = structlog.get_logger()


class AdvertLink:
    """The link to one such device. Reports to `sink`, on the loop; `key` opens what the device encrypts."""

    def __init__(self, device: Device, sink: Sink, adapter: Adapter, key: bytes | None) -> None:
        self._address = device.address
        self._adapter = adapter
        self._key = key
        self._facts = LinkFacts(device.id, device.address, sink)
        self._last = ""

    async def run(self) -> None:
        """Listen until cancelled. AgentError if the libraries are not installed."""
        with self._facts.run():
            if missing := adverts.missing():
                raise AgentError(f"adverts need the extra `adverts`, here without {', '.join(missing)}")
            await asyncio.to_thread(adverts.load)
            ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()

            def heard(device: BLEDevice, advertisement: AdvertisementData) -> None:
                try:
                    self._take(device, advertisement)
                except Exception as error:  # noqa: BLE001 - bleak would swallow it here: it is raised where it is awaited
                    if not ended.done():
                        ended.set_exception(error)

            with self._adapter.heard(self._address, heard):
                self._facts.opened(Attached(address=self._address))
                await ended

    def send(self, channel: str, data: bytes) -> bool:
        """Nothing can be sent to a device that is only listened to."""
        return False

    def hang_up(self, reason: str) -> None:
        """There is no connection to end: what the wrong device says is refused as long as it says it."""

    def _take(self, device: BLEDevice, advertisement: AdvertisementData) -> None:
        advert = adverts.Advert(
            address=device.address,
            name=advertisement.local_name or "",
            service_data=advertisement.service_data,
            manufacturer_data=advertisement.manufacturer_data,
            service_uuids=tuple(advertisement.service_uuids),
        )
        before, self._last = self._last, adverts.identify(advert)
        if self._last == before:
            return
        message = adverts.message(advert, self._key)
        if message is None:
            log.debug("an advert that no library knows", address=self._address)
            return
        self._adapter.worked()
        self._facts.data(ADVERT, msgspec.json.encode(message))
