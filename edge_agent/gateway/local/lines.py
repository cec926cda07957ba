"""The one door to libgpiod (the extra `gpio`), which speaks to the kernel's GPIO character device.

The lines it requests are freed by the kernel when the process ends. Unlike the program gpioset, its interface is the
same on Debian 12 (libgpiod 1.6) and 13 (2.2): the wheel brings the library.
"""

from __future__ import annotations

from datetime import timedelta
from importlib import import_module
from pathlib import Path
from typing import Any

from edge_agent.domain.local_output import GpioButton, GpioLine
from edge_agent.gateway.local.contract import LocalError

CONSUMER = "edge-agent"
"""As gpioinfo shows who holds a line."""

DEBOUNCE = timedelta(milliseconds=20)
"""A press shorter than this is the bouncing of a contact."""


class OutputLine:
    """A line that is held as output, inactive at first. Every method may raise OSError."""

    def __init__(self, wanted: GpioLine) -> None:
        """Request it. LocalError without the library."""
        gpiod = _library()
        self._values = gpiod.line.Value
        self._line = wanted.line
        settings = gpiod.LineSettings(
            direction=gpiod.line.Direction.OUTPUT,
            active_low=wanted.active_low,
            output_value=gpiod.line.Value.INACTIVE,
        )
        self._request = gpiod.request_lines(_path(wanted), {wanted.line: settings}, CONSUMER)

    def set(self, *, active: bool) -> None:
        """Make it active or not."""
        self._request.set_value(self._line, self._values.ACTIVE if active else self._values.INACTIVE)

    def release(self) -> None:
        """Let go of it."""
        self._request.release()


class ButtonLine:
    """A line on which presses are waited for. Every method may raise OSError."""

    def __init__(self, wanted: GpioButton) -> None:
        """Request it, pulled to its resting level. LocalError without the library."""
        gpiod = _library()
        bias = gpiod.line.Bias
        settings = gpiod.LineSettings(
            direction=gpiod.line.Direction.INPUT,
            edge_detection=gpiod.line.Edge.RISING,  # of the logical value: active_low is taken into account
            bias=bias.PULL_UP if wanted.active_low else bias.PULL_DOWN,
            active_low=wanted.active_low,
            debounce_period=DEBOUNCE,
        )
        self._request = gpiod.request_lines(_path(wanted), {wanted.line: settings}, CONSUMER)

    def fileno(self) -> int:
        """Return what becomes readable with a press."""
        return int(self._request.fd)

    def presses(self) -> int:
        """Return how many presses there were; waits if there was none."""
        return len(self._request.read_edge_events())

    def release(self) -> None:
        """Let go of it."""
        self._request.release()


def refused(wanted: GpioLine | GpioButton, error: OSError) -> LocalError:
    """Say in words why a line cannot be had or used."""
    remedy = {
        FileNotFoundError: "see `ls /dev/gpiochip*`",
        PermissionError: "let the service use it: deploy/systemd/install.sh --gpio",
    }.get(type(error), "see `gpioinfo`")
    return LocalError(f"line {wanted.line} of {_path(wanted)}: {error.strerror}; {remedy}")


def _path(wanted: GpioLine | GpioButton) -> str:
    """Return the path of the chip, whether it was given or its name."""
    return str(Path("/dev", wanted.chip))


def _library() -> Any:  # noqa: ANN401 - a module that may be missing
    try:
        return import_module("gpiod")
    except ImportError as error:
        raise LocalError("a GPIO line needs the extra `gpio`: pip install 'bedside-edge-agent[gpio]'") from error
