"""Switches a Bluetooth adapter off and on through BlueZ: what a person would do with bluetoothctl.

Who may scan and connect may do this, too: D-Bus policy lets a program speak to BlueZ or not. What the adapter had
begun ends.
"""

from __future__ import annotations

from typing import Any

from dbus_fast import BusType, Message, MessageType, Variant
from dbus_fast.aio import MessageBus

BLUEZ, ADAPTER = "org.bluez", "org.bluez.Adapter1"


async def power_cycle(name: str) -> None:
    """Switch the adapter `name` ("": the first) off and on. OSError with the reason when BlueZ will not or is not."""
    bus = await MessageBus(bus_type=BusType.SYSTEM).connect()
    try:
        path = f"/org/bluez/{name}" if name else await _first(bus)
        for powered in (False, True):
            await _ask(bus, path, "org.freedesktop.DBus.Properties", "Set", ADAPTER, "Powered", Variant("b", powered))
    finally:
        bus.disconnect()


async def _first(bus: MessageBus) -> str:
    (objects,) = await _ask(bus, "/", "org.freedesktop.DBus.ObjectManager", "GetManagedObjects")
    paths = sorted(path for path, interfaces in objects.items() if ADAPTER in interfaces)
    if not paths:
        raise OSError("there is no adapter")
    return str(paths[0])


async def _ask(bus: MessageBus, path: str, interface: str, member: str, *body: object) -> list[Any]:
    signature = "ssv" if body else ""
    reply = await bus.call(
        Message(destination=BLUEZ, path=path, interface=interface, member=member, signature=signature, body=list(body))
    )
    if reply.message_type is MessageType.ERROR:
        raise OSError(str(reply.body[0]) if reply.body else reply.error_name)
    return list(reply.body)
