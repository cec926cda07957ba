"""What the host knows of the device at an open serial port: its USB adapter's serial number, and udev's names for it.

The open port itself is asked, not its path: a link such as /dev/ttyUSB0 may point to another device a moment later.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

from serial.tools.list_ports_linux import SysFS

from edge_agent.domain.inputs import Attached

BY_ID = Path("/dev/serial/by-id")


def attached(fd: int) -> Attached:
    """Return who is at the port open as `fd`; nothing for a port that is not on USB or has just gone."""
    try:
        name, number = os.ttyname(fd), os.fstat(fd).st_rdev
        serial = SysFS(name).serial_number
    except (OSError, TypeError):  # the second is pyserial's own, of a device that goes while it looks
        return Attached()
    return Attached(usb_serial=serial or "", by_id=tuple(sorted(_names(number))))


def _names(number: int) -> Iterator[str]:
    for link in BY_ID.iterdir() if BY_ID.is_dir() else ():
        with contextlib.suppress(OSError):  # a name whose device is gone
            if link.stat().st_rdev == number:
                yield link.name
