"""Opens and closes a serial port without holding up the loop, and says in words why it would not open.

Both ask the driver to act and may hang with it (a wedged USB adapter does not answer for seconds, or never), so each
has a thread of its own: a daemon, because the program must be able to end while a driver does not answer.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import termios
from collections.abc import Callable
from threading import Thread
from typing import NamedTuple, TypeVar

from serial import Serial

from edge_agent.domain.inputs import Attached
from edge_agent.gateway.tty_identity import attached
from firmware_bridges.bridge import SerialSettings

Result = TypeVar("Result")

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


class Opened(NamedTuple):
    """An open port, and what the host knows of the device there."""

    port: Serial
    attached: Attached


def opening(path: str, baudrate: int, settings: SerialSettings) -> asyncio.Future[Opened]:
    """Open a port. If nobody wants the result any more, `abandon` it."""

    def work() -> Opened:
        port = open_port(path, baudrate, settings)
        return Opened(port, attached(port.fileno()))

    return _apart(f"open {path}", work, unwanted=lambda opened: closing(opened.port))


def closing(port: Serial) -> asyncio.Future[None]:
    """Close a port; done when the line is free for another."""
    return _apart(f"close {port.port}", lambda: close_port(port))


def abandon(future: asyncio.Future[Opened]) -> None:
    """Let an attempt go: a port that is open, or opens later, is closed."""
    if not future.cancel() and not future.cancelled() and future.exception() is None:
        closing(future.result().port)


def _apart(
    name: str, work: Callable[[], Result], unwanted: Callable[[Result], object] | None = None
) -> asyncio.Future[Result]:
    """Do `work` in a thread of its own. A result that comes after the future was cancelled goes to `unwanted`."""
    loop = asyncio.get_running_loop()
    future: asyncio.Future[Result] = loop.create_future()

    def succeed(result: Result) -> None:
        if not future.cancelled():
            future.set_result(result)
        elif unwanted is not None:
            unwanted(result)

    def fail(error: Exception) -> None:
        if not future.cancelled():
            future.set_exception(error)

    def run() -> None:
        # When the loop has ended meanwhile, so has the program, and the kernel closes what is open.
        with contextlib.suppress(RuntimeError):
            try:
                result = work()
            except Exception as error:  # noqa: BLE001 - it is raised where the future is awaited
                loop.call_soon_threadsafe(fail, error)
            else:
                loop.call_soon_threadsafe(succeed, result)

    Thread(target=run, name=name, daemon=True).start()
    return future


def why(error: Exception) -> str:
    """Return why a port would not open, read or write, in words."""
    # pyserial turns termios errors into an OSError without number.
    cause = error.__context__ if isinstance(error.__context__, termios.error) else error
    number = cause.args[0] if cause.args and isinstance(cause.args[0], int) else None
    return _WORDS.get(number or 0) or str(error)
