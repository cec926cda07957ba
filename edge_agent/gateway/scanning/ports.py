"""The serial ports of this machine: what the USB system knows of each, and who holds it."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

import msgspec
from serial.tools import list_ports
from serial.tools.list_ports_common import ListPortInfo

BY_ID = Path("/dev/serial/by-id")
"""Links that udev names by the adapter's make and serial number: they survive another socket and a reboot."""


class Identity(msgspec.Struct, frozen=True, kw_only=True):
    """One port. `path` is what belongs into a configuration: the link by id, if there is one. `usb`: vendor:product."""

    path: str
    device: str
    usb: str = ""
    manufacturer: str = ""
    product: str = ""
    serial: str = ""
    description: str = ""


def found() -> list[Identity]:
    """Return every serial port that belongs to hardware, by its device's name."""
    return sorted((_identity(port) for port in list_ports.comports()), key=lambda port: port.device)


def named(path: str) -> Identity:
    """Return the port a person named, with what the system knows of it."""
    device = os.path.realpath(path)
    known = next((port for port in found() if port.device == device), None)
    return Identity(path=path, device=device) if known is None else msgspec.structs.replace(known, path=path)


def holder(device: str) -> str:
    """Return which program has `device` open, such as "edge-agent (pid 812)"; "" for none that we may see.

    Whoever made a pseudo-terminal has it open as well: of one of those, only its lock tells.
    """
    if device.startswith("/dev/pts/"):
        return ""
    for entry in Path("/proc").glob("[0-9]*/fd/*"):
        # Processes end while we look, and those of others may not be looked at.
        with contextlib.suppress(OSError):
            if str(entry.readlink()) == device and entry.parts[2] != str(os.getpid()):
                return f"{Path('/proc', entry.parts[2], 'comm').read_text().strip()} (pid {entry.parts[2]})"
    return ""


def _identity(port: ListPortInfo) -> Identity:
    return Identity(
        path=_by_id(port.device),
        device=port.device,
        usb="" if port.vid is None else f"{port.vid:04x}:{port.pid:04x}",
        manufacturer=port.manufacturer or "",
        product=port.product or "",
        serial=port.serial_number or "",
        description="" if port.description in (None, "n/a") else port.description,
    )


def _by_id(device: str) -> str:
    links = sorted(BY_ID.glob("*")) if BY_ID.is_dir() else []
    return next((str(link) for link in links if os.path.realpath(link) == device), device)
