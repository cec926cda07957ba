"""Opens a serial port without holding up the loop, and says in words why it would not open.

Opening asks the driver to act and may hang with it (a wedged USB adapter), so each attempt has a thread of its own: a
daemon, because the program must be able to end while a driver does not answer.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import termios
from threading import Thread

from serial import Serial

from firmware_bridges.bridge import SerialSettings

ABSENT = "no such device"
UNPLUGGED = "unplugged"
DENIED = "permission denied (will retry; is the service in group dialout?)"
"""After a hot-plug this is normal for about 100 ms, until udev has set the group."""

_WORDS = {
    errno.ENOENT: ABSENT,
    errno.ENODEV: ABSENT,
    errno.ENXIO: ABSENT,
    errno.EACCES: DENIED,
    errno.EPERM: "not permitted (will retry; was its kernel module loaded before the service started?)",
    errno.EBUSY: "busy (another program has it open)",
    errno.EAGAIN: "busy (another program has it open)",
    errno.EISDIR: "not a serial line",
    errno.ENOTTY: "not a serial line",
    errno.EIO: UNPLUGGED,
}


def open_port(path: str, baudrate: int, settings: SerialSettings) -> Serial:
    """Open and configure a port for this program alone; OSError or ValueError (impossible settings) if that fails."""
    port = Serial(
        baudrate=baudrate,
        bytesize=settings.bytesize,
        parity=settings.parity,
        stopbits=settings.stopbits,
        rtscts=settings.rtscts,
        timeout=0,
        # Sets VMIN to 1. With pyserial's usual 0 an empty line reads like one that has hung up: no bytes, no error.
        inter_byte_timeout=0,
        exclusive=True,
    )
    port.port = path
    port.open()
    return port


def close_port(port: Serial) -> None:
    """Close at once: a driver may otherwise wait 30 s for a device that no longer takes its bytes."""
    with contextlib.suppress(termios.error):
        port.reset_output_buffer()
    with contextlib.suppress(OSError):  # Linux has closed it even so
        port.close()


def opening(path: str, baudrate: int, settings: SerialSettings) -> asyncio.Future[Serial]:
    """Open a port in a thread of its own. The result is the open port; if nobody wants it any more, `abandon` it."""
    loop = asyncio.get_running_loop()
    future: asyncio.Future[Serial] = loop.create_future()

    def settle(outcome: Serial | Exception) -> None:
        if isinstance(outcome, Exception):
            if not future.cancelled():
                future.set_exception(outcome)
        elif future.cancelled():
            close_port(outcome)
        else:
            future.set_result(outcome)

    def work() -> None:
        outcome: Serial | Exception
        try:
            outcome = open_port(path, baudrate, settings)
        except Exception as error:  # noqa: BLE001 - it is raised where the future is awaited
            outcome = error
        try:
            loop.call_soon_threadsafe(settle, outcome)
        except RuntimeError:  # the loop has ended meanwhile
            if isinstance(outcome, Serial):
                close_port(outcome)

    Thread(target=work, name=f"open {path}", daemon=True).start()
    return future


def abandon(future: asyncio.Future[Serial]) -> None:
    """Let an attempt go: a port that is open, or opens later, is closed."""
    if not future.cancel() and not future.cancelled() and future.exception() is None:
        close_port(future.result())


def why(error: Exception) -> str:
    """Return why a port would not open, read or write, in words."""
    # pyserial turns termios errors into an OSError without number.
    cause = error.__context__ if isinstance(error.__context__, termios.error) else error
    number = cause.args[0] if cause.args and isinstance(cause.args[0], int) else None
    return _WORDS.get(number or 0) or str(error)
