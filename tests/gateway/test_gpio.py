"""A GPIO line as output and as button. Not every kernel has GPIO, nor gpio-sim, so the lines are stand-ins.

What is asked of the kernel is asked through the real library, as far as it can be without one.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import gpiod
import pytest

from edge_agent.domain.alerts import Priority
from edge_agent.domain.local_output import GpioButton, GpioLine
from edge_agent.gateway.local import gpio, lines
from edge_agent.gateway.local.bursts import BURSTS
from edge_agent.gateway.local.contract import LocalError
from edge_agent.gateway.local.gpio import GpioOutput, GpioPress
from tests.delivery.parts import until

PULSES = {Priority.HIGH: 10, Priority.MEDIUM: 3, Priority.LOW: 2}
PRESSES = 2


class StandInRequest:
    """Stands in for lines that libgpiod requests of a kernel: notes what they are set to, and is pressed by a pipe."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, Any, str]] = []
        self.values: list[gpiod.line.Value] = []
        self.released = 0
        self.unplugged = False
        self.fd, self._press = os.pipe()

    def request(self, path: str, config: dict[int, gpiod.LineSettings], consumer: str) -> StandInRequest:
        """Take the place of gpiod.request_lines."""
        if self.unplugged:
            raise FileNotFoundError(2, "No such file or directory")
        self.asked.append((path, config, consumer))
        return self

    def set_value(self, _: int, value: gpiod.line.Value) -> None:
        """Set the line, unless the chip is gone."""
        if self.unplugged:
            raise OSError(19, "No such device")
        self.values.append(value)

    def read_edge_events(self) -> list[object]:
        """Return an event for each press."""
        if self.unplugged:
            raise OSError(19, "No such device")
        return list(os.read(self.fd, 16))

    def release(self) -> None:
        """Let go."""
        self.released += 1

    def press(self, times: int) -> None:
        """Press the button."""
        os.write(self._press, bytes(times))

    def close(self) -> None:
        """Close the pipe."""
        os.close(self.fd)
        os.close(self._press)


@pytest.fixture
def line(monkeypatch: pytest.MonkeyPatch) -> Any:  # noqa: ANN401 - yields a stand-in
    """Yield a stand-in that is requested in the place of a kernel's line."""
    stand_in = StandInRequest()
    monkeypatch.setattr(gpiod, "request_lines", stand_in.request)
    yield stand_in
    stand_in.close()


class Beats:
    """Notes the waits between switchings, and stops after so many: no time passes."""

    def __init__(self, count: int) -> None:
        self.waits: list[float] = []
        self._count = count

    def __call__(self, seconds: float) -> bool:
        """Wait, so to speak."""
        self.waits.append(seconds)
        return len(self.waits) >= self._count


@pytest.mark.parametrize("priority", BURSTS)
def test_each_priority_has_its_rhythm(priority: Priority, line: StandInRequest) -> None:
    burst, beats = BURSTS[priority], Beats(2 * PULSES[priority] * 2)
    gpio.repeat(burst, lines.OutputLine(GpioLine(line=17)), beats)
    on, off = gpiod.line.Value.ACTIVE, gpiod.line.Value.INACTIVE
    assert line.values == [on, off] * PULSES[priority] * 2 + [off]
    assert sum(beats.waits) == pytest.approx(2 * burst.period)
    assert set(beats.waits[::2]) == {burst.pulse}


def test_the_line_is_asked_for_as_it_is_configured(line: StandInRequest) -> None:
    lines.OutputLine(GpioLine(line=17, chip="gpiochip4", active_low=True))
    lines.ButtonLine(GpioButton(line=27))
    (path, config, consumer), (_, button, _) = line.asked
    assert (path, consumer) == ("/dev/gpiochip4", "edge-agent")
    held = config[17]
    assert (held.direction, held.active_low) == (gpiod.line.Direction.OUTPUT, True)
    assert held.output_value is gpiod.line.Value.INACTIVE
    pulled = button[27]
    assert (pulled.direction, pulled.bias) == (gpiod.line.Direction.INPUT, gpiod.line.Bias.PULL_UP)
    assert (pulled.edge_detection, pulled.active_low) == (gpiod.line.Edge.RISING, True)


def test_it_beats_until_it_is_cancelled_and_the_line_rests_then(line: StandInRequest) -> None:
    async def work() -> None:
        output = GpioOutput(GpioLine(line=17))
        await output.try_out()
        assert (len(line.asked), line.values) == (1, [])
        for _ in range(2):
            heard = len(line.values)
            task = asyncio.ensure_future(output.play(Priority.HIGH))
            await until(lambda heard=heard: len(line.values) > heard + 1)  # type: ignore[misc] # bound at once
            task.cancel()
            await asyncio.wait([task])
        await output.try_out()
        assert len(line.asked) == 1

    asyncio.run(work())
    assert line.values[-1] is gpiod.line.Value.INACTIVE


def test_a_chip_that_goes_away_is_said_and_asked_for_again_when_it_is_back(line: StandInRequest) -> None:
    async def work() -> None:
        output = GpioOutput(GpioLine(line=17))
        await output.try_out()
        line.unplugged = True
        with pytest.raises(LocalError, match="line 17 of /dev/gpiochip0: No such device; see `gpioinfo`"):
            await output.play(Priority.HIGH)
        assert line.released == 1
        with pytest.raises(LocalError, match="No such file or directory; see `ls /dev/gpiochip"):
            await output.play(Priority.HIGH)
        line.unplugged = False
        await output.try_out()
        assert len(line.asked) == 1 + 1

    asyncio.run(work())


def test_each_press_counts_and_a_chip_that_goes_away_is_an_error(line: StandInRequest) -> None:
    pressed: list[None] = []

    async def work() -> None:
        task = asyncio.ensure_future(GpioPress(GpioButton(line=27)).listen(lambda: pressed.append(None)))
        await asyncio.sleep(0)
        line.press(PRESSES)
        await until(lambda: len(pressed) == PRESSES)
        line.unplugged = True
        line.press(1)
        with pytest.raises(LocalError, match="line 27"):
            await task

    asyncio.run(work())
    assert line.released == 1


@pytest.mark.parametrize(
    ("make", "wanted"), [(lines.OutputLine, GpioLine(line=17)), (lines.ButtonLine, GpioButton(line=27))]
)
def test_the_real_library_refuses_what_is_no_chip_and_we_say_what_to_do(
    make: Callable[[Any], object], wanted: GpioLine | GpioButton, tmp_path: Path
) -> None:
    """The true gpiod on a path that is no GPIO chip: its errors are the ones that are put into words."""
    (tmp_path / "chip").touch()
    for name, remedy in (("chip", "see `gpioinfo`"), ("absent", "ls /dev/gpiochip")):
        path = type(wanted)(line=3, chip=str(tmp_path / name))
        with pytest.raises(OSError, match=r"No such file|Inappropriate ioctl") as failed:
            make(path)
        assert remedy in str(lines.refused(wanted, failed.value))


def test_without_the_library_the_error_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    def absent(name: str) -> object:
        raise ModuleNotFoundError(name)

    monkeypatch.setattr(lines, "import_module", absent)
    with pytest.raises(LocalError, match=r"extra `gpio`: pip install 'bedside-edge-agent\[gpio\]'"):
        asyncio.run(GpioOutput(GpioLine(line=17)).try_out())


def test_no_permission_names_the_way_to_it() -> None:
    assert "install.sh --gpio" in str(lines.refused(GpioLine(line=17), PermissionError(13, "Permission denied")))
