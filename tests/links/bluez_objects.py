"""A small org.bluez: one adapter, its devices, one heart rate service each, and the ways in which BlueZ refuses.

As the real one it connects one device at a time and answers InProgress to a second. dbus-fast reads D-Bus signatures
from annotations and takes a postponed `None` for one, hence no `from __future__ import annotations` here.
"""

import asyncio
from typing import Annotated, Any

from dbus_fast import DBusError
from dbus_fast.aio import MessageBus
from dbus_fast.annotations import DBusBool, DBusBytes, DBusInt16, DBusObjectPath, DBusSignature, DBusStr, DBusUInt16
from dbus_fast.constants import PropertyAccess
from dbus_fast.service import ServiceInterface, dbus_method, dbus_property

from firmware_bridges.gatt import uuid

RATE_SERVICE, RATE, CONTROL, COMMAND = (uuid(number) for number in (0x180D, 0x2A37, 0x2A39, 0xFF01))
ADVERTISES_S = 0.02
_READ = PropertyAccess.READ
_Options = Annotated[dict[str, Any], DBusSignature("a{sv}")]
_Texts = Annotated[list[str], DBusSignature("as")]


def _failed(name: str, text: str) -> DBusError:
    return DBusError(f"org.bluez.Error.{name}", text)


class Bluez:
    """The service with its adapter hci0 and devices. `overlaps` counts connects that came during another.

    `wedged_until`: listening is refused until it was `switched` on from outside that often.
    """

    path = "/org/bluez/hci0"

    def __init__(self, bus: MessageBus) -> None:
        self.bus = bus
        self.adapter = _Adapter(self)
        self.devices: list[FakeDevice] = []
        self.connecting = 0
        self.overlaps = 0
        self.switched = self.wedged_until = 0

    def plug(self) -> None:
        """Let the adapter appear, switched on."""
        self.adapter.powered = True
        self.bus.export(self.path, self.adapter)

    def unplug(self) -> None:
        """Pull the adapter out: its devices are disconnected and forgotten."""
        self.power(on=False)
        for device in self.devices:
            device.forget()
        self.bus.unexport(self.path, self.adapter)

    def power(self, *, on: bool) -> None:
        """Switch the adapter on or off."""
        self.adapter.powered, self.adapter.discovering = on, False
        for device in self.devices:
            device.drop()
        self.adapter.emit_properties_changed({"Powered": on, "Discovering": False})

    def device(self, address: str) -> "FakeDevice":
        """Return a new device, not yet in reach."""
        device = FakeDevice(self, address)
        self.devices.append(device)
        return device


class _Adapter(ServiceInterface):
    def __init__(self, bluez: Bluez) -> None:
        super().__init__("org.bluez.Adapter1")
        self._bluez = bluez
        self.powered, self.discovering = True, False

    @dbus_property(_READ, name="Address")
    def address(self) -> DBusStr:
        return "E0:E1:E2:E3:E4:E5"

    @dbus_property(name="Powered")
    def powered_now(self) -> DBusBool:
        return self.powered

    @powered_now.setter
    def switch(self, on: DBusBool) -> None:
        self._bluez.switched += on
        self._bluez.power(on=on)

    @dbus_property(_READ, name="Discovering")
    def discovering_now(self) -> DBusBool:
        return self.discovering

    @dbus_property(_READ, name="Roles")
    def roles(self) -> _Texts:
        return ["central"]

    @dbus_method(name="SetDiscoveryFilter")
    def set_discovery_filter(self, _filter: _Options) -> None:
        pass

    @dbus_method(name="StartDiscovery")
    def start_discovery(self) -> None:
        if not self.powered:
            raise _failed("NotReady", "Resource Not Ready")
        if self._bluez.switched < self._bluez.wedged_until:
            raise _failed("InProgress", "Operation already in progress")
        self.discovering = True
        for device in self._bluez.devices:
            # No device is heard at once: it advertises when it does.
            asyncio.get_running_loop().call_later(ADVERTISES_S, device.advertise)

    @dbus_method(name="StopDiscovery")
    def stop_discovery(self) -> None:
        if not self.powered:
            raise _failed("NotReady", "Resource Not Ready")
        self.discovering = False

    @dbus_method(name="RemoveDevice")
    def remove_device(self, _device: DBusObjectPath) -> None:
        pass


class FakeDevice(ServiceInterface):
    """A heart rate sensor as BlueZ shows it. `answers` False: it is heard, and every attempt to connect hangs."""

    def __init__(self, bluez: Bluez, address: str) -> None:
        super().__init__("org.bluez.Device1")
        self.mac = address
        self.path = f"{bluez.path}/dev_{address.replace(':', '_')}"
        self.answers = True
        self.attempts = 0
        self.is_connected = False
        self.service = f"{self.path}/service0001"
        self.rate = _Characteristic(RATE, self.service, 0x10, "notify")
        self.control = _Characteristic(CONTROL, self.service, 0x20, "write")
        self.command = _Characteristic(COMMAND, self.service, 0x30, "write-without-response")
        self._bluez = bluez
        self._in_reach = self._known = self._explored = False
        self._rssi = -50
        self._given_up = asyncio.Event()

    def switch_on(self) -> None:
        """Come into reach and advertise whenever somebody listens."""
        self._in_reach = True
        self.advertise()

    def held(self) -> None:
        """Be connected already, for a client that has died without saying so: such a device does not advertise."""
        self._know()
        self._connected()

    def advertise(self) -> None:
        """Be heard, if somebody listens: BlueZ shows it as a new object, or as a change of the signal strength."""
        if not self._in_reach or self.is_connected or not self._bluez.adapter.discovering:
            return
        if not self._know():
            self._rssi = -51 if self._rssi == -50 else -50
            self.emit_properties_changed({"RSSI": self._rssi})

    def drop(self) -> None:
        """Lose the connection."""
        if self.is_connected:
            self.is_connected = False
            self.emit_properties_changed({"ServicesResolved": False, "Connected": False})
            self.advertise()

    def forget(self) -> None:
        """Vanish from the bus with everything below."""
        if self._explored:
            for path in (self.rate.path, self.control.path, self.command.path, self.service):
                self._bluez.bus.unexport(path)
        if self._known:
            self._bluez.bus.unexport(self.path)
        self._known = self._explored = False

    def _know(self) -> bool:
        if self._known:
            return False
        self._known = True
        self._bluez.bus.export(self.path, self)
        return True

    def _connected(self) -> None:
        self.is_connected = True
        self.emit_properties_changed({"Connected": True})
        if not self._explored:
            self._explored = True
            self._bluez.bus.export(self.service, _Service(self.path))
            for characteristic in (self.rate, self.control, self.command):
                self._bluez.bus.export(characteristic.path, characteristic)
        self.emit_properties_changed({"ServicesResolved": True})

    @dbus_method(name="Connect")
    async def connect(self) -> None:
        self.attempts += 1
        self._bluez.overlaps += self._bluez.connecting
        if self._bluez.connecting:
            raise _failed("InProgress", "Operation already in progress")
        self._bluez.connecting += 1
        try:
            await asyncio.sleep(0)
            if not self.answers:
                self._given_up.clear()
                await self._given_up.wait()
                raise _failed("Failed", "Software caused connection abort")
            self._connected()
        finally:
            self._bluez.connecting -= 1

    @dbus_method(name="Disconnect")
    def disconnect(self) -> None:
        self._given_up.set()
        self.drop()

    @dbus_property(_READ, name="Address")
    def address(self) -> DBusStr:
        return self.mac

    @dbus_property(_READ, name="Alias")
    def alias(self) -> DBusStr:
        return "sensor"

    @dbus_property(_READ, name="RSSI")
    def rssi(self) -> DBusInt16:
        return self._rssi

    @dbus_property(_READ, name="Adapter")
    def adapter(self) -> DBusObjectPath:
        return self._bluez.path

    @dbus_property(_READ, name="UUIDs")
    def uuids(self) -> _Texts:
        return [RATE_SERVICE]

    @dbus_property(_READ, name="Connected")
    def connected(self) -> DBusBool:
        return self.is_connected

    @dbus_property(_READ, name="Paired")
    def paired(self) -> DBusBool:
        return False

    @dbus_property(_READ, name="ServicesResolved")
    def services_resolved(self) -> DBusBool:
        return self.is_connected


class _Service(ServiceInterface):
    def __init__(self, device: str) -> None:
        super().__init__("org.bluez.GattService1")
        self._device = device

    @dbus_property(_READ, name="UUID")
    def uuid(self) -> DBusStr:
        return RATE_SERVICE

    @dbus_property(_READ, name="Device")
    def device(self) -> DBusObjectPath:
        return self._device

    @dbus_property(_READ, name="Primary")
    def primary(self) -> DBusBool:
        return True


class _Characteristic(ServiceInterface):
    """One characteristic. `wanted` is set once somebody subscribed; `written` holds (kind of write, bytes)."""

    def __init__(self, channel: str, service: str, handle: int, flag: str) -> None:
        super().__init__("org.bluez.GattCharacteristic1")
        self.path = f"{service}/char{handle:04x}"
        self.wanted = asyncio.Event()
        self.written: asyncio.Queue[tuple[str, bytes]] = asyncio.Queue()
        self._channel, self._service, self._flag = channel, service, flag
        self._value = b""

    def notify(self, value: bytes) -> None:
        """Send a notification."""
        self._value = value
        self.emit_properties_changed({"Value": value})

    @dbus_method(name="StartNotify")
    def start_notify(self) -> None:
        if self._flag != "notify":
            raise _failed("NotSupported", "Operation is not supported")
        self.wanted.set()

    @dbus_method(name="StopNotify")
    def stop_notify(self) -> None:
        self.wanted.clear()

    @dbus_method(name="WriteValue")
    def write_value(self, value: DBusBytes, options: _Options) -> None:
        kind = options["type"].value
        if {"request": "write", "command": "write-without-response"}[kind] != self._flag:
            raise _failed("NotSupported", "Operation is not supported")
        self.written.put_nowait((kind, bytes(value)))

    @dbus_property(_READ, name="UUID")
    def uuid(self) -> DBusStr:
        return self._channel

    @dbus_property(_READ, name="Service")
    def service_path(self) -> DBusObjectPath:
        return self._service

    @dbus_property(_READ, name="Value")
    def value(self) -> DBusBytes:
        return self._value

    @dbus_property(_READ, name="Flags")
    def flags(self) -> _Texts:
        return [self._flag]

    @dbus_property(_READ, name="MTU")
    def mtu(self) -> DBusUInt16:
        return 247
