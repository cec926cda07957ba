"""The small org.bluez of `bluez_objects` on a private D-Bus: bleak's BlueZ backend runs without a radio."""

from __future__ import annotations

import asyncio
import contextlib
import subprocess
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

from bleak.backends.bluezdbus import manager as bleak_manager
from dbus_fast.aio import MessageBus

from tests.links.bluez_objects import Bluez

_CONFIG = """<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-BUS Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig><listen>unix:path={path}</listen><auth>EXTERNAL</auth>
<policy context="default">
<allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/><allow own="*"/></policy>
</busconfig>"""


@contextlib.contextmanager
def private_bus(folder: Path) -> Iterator[str]:
    """Run a dbus-daemon of our own and yield its address."""
    config = folder / "bus.conf"
    config.write_text(_CONFIG.format(path=folder / "bus"))
    command = ["dbus-daemon", "--nofork", "--print-address", f"--config-file={config}"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as daemon:
        assert daemon.stdout is not None
        address = daemon.stdout.readline().strip()
        try:
            yield address
        finally:
            daemon.terminate()


@contextlib.asynccontextmanager
async def bluez_on(address: str) -> AsyncIterator[Bluez]:
    """Run the service on the bus at `address`, its adapter plugged in. At the end it is gone, as after a crash."""
    bus = await MessageBus(bus_address=address).connect()
    try:
        bluez = Bluez(bus)
        bluez.plug()
        await bus.request_name("org.bluez")
        yield bluez
    finally:
        bus.disconnect()
        await bus.wait_for_disconnect()  # type: ignore[no-untyped-call]  # dbus-fast types most, not this


@contextlib.asynccontextmanager
async def bleak_closed() -> AsyncIterator[None]:
    """Close, at the end, the bus that bleak keeps per loop for the life of a program: a test's loop ends earlier."""
    try:
        yield
    finally:
        await _close_bleak()


async def _close_bleak() -> None:
    manager = bleak_manager._global_instances.pop(asyncio.get_running_loop(), None)
    if manager is not None and manager._bus is not None:
        manager._bus.disconnect()
        if manager._bus_watcher_task is not None:
            await manager._bus_watcher_task
