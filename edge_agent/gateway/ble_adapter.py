"""One Bluetooth adapter, shared by its devices: it listens for those that are wanted and connects them one at a time.

A device is connected when it is heard, not before: one that is absent costs nothing, and one that is heard but never
connects costs `ATTEMPT_S` now and then, while the others take their turns. Listening rests meanwhile: many adapters
cannot listen and connect at once. A device that is only listened to is heard whenever the adapter listens.

bleak has no event for an adapter that vanishes or is switched off; it shows when listening cannot start. That is tried
as soon as a device is disconnected, and every `LISTEN_S` while one is absent, which also frees a scan that BlueZ lost.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Coroutine, Iterator
from typing import Any, NamedTuple, Protocol

import structlog
from bleak import BleakClient, BleakScanner
from bleak.args.bluez import BlueZScannerArgs
from bleak.backends.client import BaseBleakClient
from bleak.backends.device import BLEDevice
from bleak.backends.scanner import AdvertisementData, BaseBleakScanner
from bleak_retry_connector import establish_connection, get_device, get_device_by_adapter

from edge_agent.gateway.backoff import Backoff
from edge_agent.gateway.ble_errors import BLE_ERRORS, NotConnected, in_words
from edge_agent.gateway.ble_power import power_cycle
from edge_agent.gateway.ble_recovery import DEAF, ITSELF, Recovery, Step
from edge_agent.gateway.bounded import bounded
from edge_agent.gateway.clock import boottime

LISTEN_S = 10.0
"""One round of listening, and the time after which a device that is not heard is reported."""

ATTEMPT_S = 20.0
"""The longest that one device may hold the adapter, services included. BlueZ itself gives up after about as long."""

COMMAND_S = 10.0
"""For starting and stopping to listen, and for disconnecting."""

FIRST_DELAY_S, LONGEST_DELAY_S = 0.2, 2.0
"""Between attempts to listen on an adapter that cannot."""

REFUSALS = 2
"""In a row, before an adapter counts as lost: a single one may be BlueZ still busy with the last scan."""

OnAdapter = Callable[[str, bool, str], None]
"""Takes the adapter's name, whether it is present, and why not. Called first when it is known, then on each change."""


OnStuck = Callable[[str], None]
"""Takes, in words, why only a restart of the program is left to try."""


OnAdvert = Callable[[BLEDevice, AdvertisementData], None]
"""Takes what a device advertises. What it raises is swallowed by bleak: it must raise nothing."""


log = structlog.get_logger(__name__)


class Backend(NamedTuple):
    """A Bluetooth stack for bleak in place of the platform's own."""

    scanner: type[BaseBleakScanner]
    client: type[BaseBleakClient]
    power_cycle: Callable[[str], Coroutine[Any, Any, None]]


class Wish(Protocol):
    """A device that somebody wants connected, and whom to tell how it goes."""

    address: str

    def attempting(self) -> None:
        """Hear that the device was heard and is being connected."""

    def delayed(self, reason: str) -> None:
        """Hear that it takes longer, and why."""

    def lost(self) -> None:
        """Hear that the connection ended. May also come from an attempt that fails."""


def nobody_can_help(_why: str) -> None:
    """Go on trying: nobody restarts this program."""


class Adapter:
    """The adapter `name` (such as hci0; "" is the system's first). Idle until `run`."""

    def __init__(
        self, name: str, on_adapter: OnAdapter, backend: Backend | None = None, on_stuck: OnStuck = nobody_can_help
    ) -> None:
        self._name = name
        self._on_adapter = on_adapter
        self._on_stuck = on_stuck
        self._power_cycle = backend.power_cycle if backend else power_cycle
        self._recovery = Recovery()
        self._step = ""
        self._told: set[str] = set()
        self._scanner_arguments: dict[str, Any] = {"backend": backend.scanner} if backend else {}
        self._client_arguments: dict[str, Any] = {"backend": backend.client} if backend else {}
        self._wishes: dict[str, _Waiting] = {}
        self._hearers: dict[str, OnAdvert] = {}
        self._adopted: set[str] = set()
        self._wished = asyncio.Event()
        self._backoff = Backoff(FIRST_DELAY_S, LONGEST_DELAY_S)
        self._refusals = 0
        self._present: bool | None = None

    async def connect(self, wish: Wish) -> BleakClient:
        """Wait for the device, however long, and return its connection: the caller's, who disconnects it.

        NotConnected when it was heard and the attempt failed: ask again after a while.
        """
        waiting = _Waiting(wish, asyncio.get_running_loop())
        self._wishes[wish.address.upper()] = waiting
        self._tell_step(wish)
        self._wished.set()
        return await waiting.client

    def worked(self) -> None:
        """Hear from a link that its device does what it should."""
        self._recovery.worked()
        self._step = ""

    def failed(self, who: str) -> None:
        """Hear from a link that a connection to its device came to nothing."""
        self._recovery.failed(who, boottime())

    @contextlib.contextmanager
    def heard(self, address: str, hearer: OnAdvert) -> Iterator[None]:
        """Hand every advert of `address` to `hearer` for the time of the context."""
        self._hearers[address.upper()] = hearer
        self._wished.set()
        try:
            yield
        finally:
            del self._hearers[address.upper()]

    async def run(self) -> None:
        """Listen and connect for those who wait, until cancelled."""
        while True:
            await self._wished.wait()
            await self._recover()
            try:
                device = await self._listen()
            except BLE_ERRORS as error:
                self._refused(in_words(error))
                await asyncio.sleep(self._backoff.next())
            else:
                if device is not None:
                    await self._connect(device)
            self._forget()

    async def _recover(self) -> None:
        """Take the next step against an adapter that does nothing right, if one is due."""
        step = self._recovery.step(boottime())
        if step is Step.RESTART:
            self._say(f"{self._title}: nothing works though it was switched off and on")
            self._on_stuck(self._step)
        elif step is Step.POWER_CYCLE:
            try:
                await bounded(self._power_cycle(self._name), COMMAND_S)
            except BLE_ERRORS as error:
                self._say(f"{self._title}: cannot be switched off and on: {in_words(error)}")
            else:
                self._recovery.switched()
                self._say(f"{self._title}: nothing worked, switched off and on")

    def _say(self, step: str) -> None:
        """Log a step once, and tell every device that waits or comes to wait."""
        if step != self._step:
            log.warning("recovery", adapter=self._title, step=step)
            self._step, self._told = step, set()
        for waiting in self._wishes.values():
            self._tell_step(waiting.wish)

    def _tell_step(self, wish: Wish) -> None:
        if self._step and wish.address not in self._told:
            self._told.add(wish.address)
            wish.delayed(self._step)

    async def _listen(self) -> BLEDevice | None:
        """Return the first wished device that is heard, or that BlueZ still holds connected from an earlier run."""
        heard: asyncio.Future[BLEDevice] = asyncio.get_running_loop().create_future()

        anybody = False

        def on_advertisement(device: BLEDevice, advertisement: AdvertisementData) -> None:
            nonlocal anybody
            anybody = True
            hearer = self._hearers.get(device.address.upper())
            if hearer is not None:
                hearer(device, advertisement)
            if device.address.upper() in self._wishes and not heard.done():
                heard.set_result(device)

        bluez = BlueZScannerArgs(adapter=self._name) if self._name else BlueZScannerArgs()
        scanner = BleakScanner(on_advertisement, bluez=bluez, **self._scanner_arguments)
        await bounded(scanner.start(), COMMAND_S)
        try:
            self._accepted()
            held = await self._held()
            if held is None and not (await asyncio.wait({heard}, timeout=LISTEN_S))[0]:
                self._adopted.clear()
                if self._wishes and not anybody:  # what is only listened to may be silent for days
                    self._recovery.failed(DEAF, boottime())
        finally:
            with contextlib.suppress(
                *BLE_ERRORS
            ):  # what is wrong shows at the next start, and must not mask a cancellation
                await bounded(scanner.stop(), COMMAND_S)
        return held or (heard.result() if heard.done() else None)

    async def _held(self) -> BLEDevice | None:
        """Return a wished device that is said to be connected, each once until a whole round heard nothing.

        Such a device does not advertise. But after a crash of BlueZ bleak goes on saying so of devices that do.
        """
        for address in self._wishes.keys() - self._adopted:
            device = await (get_device_by_adapter(address, self._name) if self._name else get_device(address))
            if device is not None and device.details["props"].get("Connected"):
                self._adopted.add(address)
                return device
        return None

    async def _connect(self, device: BLEDevice) -> None:
        waiting = self._wishes.pop(device.address.upper(), None)
        if waiting is None or waiting.client.done():
            return
        try:
            waiting.wish.attempting()
            client = await bounded(self._attempt(device, waiting.wish), ATTEMPT_S, unwanted=waiting.client)
        except Exception as error:  # noqa: BLE001 - it is raised where the connection is awaited
            if not waiting.client.done():
                known = isinstance(error, BLE_ERRORS)
                waiting.client.set_exception(NotConnected(f"not connected: {in_words(error)}") if known else error)
            return
        if waiting.client.done():
            await disconnect(client)
        else:
            waiting.client.set_result(client)

    async def _attempt(self, device: BLEDevice, wish: Wish) -> BleakClient:
        return await establish_connection(
            BleakClient,
            device,
            device.address,
            disconnected_callback=lambda _client: wish.lost(),
            max_attempts=1,
            **self._client_arguments,
        )

    def _forget(self) -> None:
        """Drop the wishes nobody has any more, and tell those who wait for a device that is not heard."""
        for address, waiting in tuple(self._wishes.items()):
            if waiting.client.done():
                del self._wishes[address]
            elif waiting.for_s() >= LISTEN_S:
                waiting.wish.delayed(f"not heard by {self._title}")
        if not self._wishes and not self._hearers:
            self._wished.clear()

    def _accepted(self) -> None:
        self._refusals = 0
        self._backoff.reset()
        self._tell(present=True, detail="")

    def _refused(self, reason: str) -> None:
        self._refusals += 1
        self._recovery.failed(ITSELF, boottime())
        if self._refusals >= REFUSALS:
            self._tell(present=False, detail=reason)
            for waiting in self._wishes.values():
                if not waiting.client.done():
                    waiting.wish.delayed(f"{self._title}: {reason}")

    def _tell(self, *, present: bool, detail: str) -> None:
        if present is not self._present:
            self._present = present
            self._on_adapter(self._name, present, detail)

    @property
    def _title(self) -> str:
        return self._name or "the Bluetooth adapter"


class _Waiting:
    """A wish with its outcome. Cancelled by whoever wished, it is dropped at the next opportunity."""

    def __init__(self, wish: Wish, loop: asyncio.AbstractEventLoop) -> None:
        self.wish = wish
        self.client: asyncio.Future[BleakClient] = loop.create_future()
        self._loop = loop
        self._since = loop.time()

    def for_s(self) -> float:
        """Return how long it has been waiting, in seconds."""
        return self._loop.time() - self._since


async def disconnect(client: BleakClient) -> None:
    """End a connection; a stack that does not answer is left alone after `COMMAND_S`."""
    try:
        await bounded(client.disconnect(), COMMAND_S)
    except BLE_ERRORS:
        return  # it is gone, which is what was wanted
