"""The gateway's own output and input with real commands: they run for as long as something sounds, and say when not."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from edge_agent.bedside.local import LONGEST_QUIET
from edge_agent.domain.alerts import Priority
from edge_agent.domain.effects import Cause, LocalSignal
from edge_agent.domain.inputs import QuietAsked
from edge_agent.gateway.local.command import CommandOutput, CommandPress
from edge_agent.gateway.local.output import LocalOutput
from edge_agent.gateway.local.pressing import listen
from tests.delivery.parts import until

HORN = "import sys, time; open(sys.argv[1], 'a').write(sys.argv[2] + '\\n'); time.sleep(float(sys.argv[3]))"


def signal(*priorities: Priority) -> LocalSignal:
    return LocalSignal(0, tuple(Cause("1", "e", "c", priority) for priority in priorities))


async def ended(task: asyncio.Future[None]) -> None:
    """Cancel a task and wait for its end, as the agent does."""
    task.cancel()
    await asyncio.wait([task])


def lines(file: Path) -> list[str]:
    return file.read_text().splitlines() if file.exists() else []


def horn(file: Path, seconds: float) -> list[str]:
    return [sys.executable, "-c", HORN, str(file), "{priority}", str(seconds)]


def running(file: Path) -> int:
    """Count the processes that have `file` among their arguments."""
    return sum(str(file).encode() in _arguments(entry) for entry in Path("/proc").glob("[0-9]*/cmdline"))


def _arguments(entry: Path) -> bytes:
    try:
        return entry.read_bytes()
    except OSError:
        return b""


def test_it_runs_while_something_sounds_louder_when_that_is_worse_and_is_ended_with_it(tmp_path: Path) -> None:
    said, troubles = tmp_path / "said", list[str]()

    async def work() -> None:
        output = LocalOutput(CommandOutput(horn(said, 600)), troubles.append)
        task = asyncio.ensure_future(output.run())
        output.sound(signal(Priority.MEDIUM))
        await until(lambda: lines(said) == ["medium"])
        output.sound(signal(Priority.HIGH, Priority.MEDIUM))
        await until(lambda: lines(said) == ["medium", "high"])
        assert running(said) == 1
        output.sound(signal())
        await until(lambda: running(said) == 0)
        await ended(task)

    asyncio.run(work())
    assert lines(said) == ["medium", "high"]
    assert set(troubles) <= {""}


def test_one_that_ends_by_itself_runs_again(tmp_path: Path) -> None:
    said = tmp_path / "said"

    async def work() -> None:
        output = LocalOutput(CommandOutput(horn(said, 0)), lambda _: None)
        task = asyncio.ensure_future(output.run())
        output.sound(signal(Priority.HIGH))
        await until(lambda: len(lines(said)) > 1)
        await ended(task)

    asyncio.run(work())


def test_one_that_cannot_sound_is_reported_and_so_is_its_return(tmp_path: Path) -> None:
    troubles: list[str] = []
    program = tmp_path / "horn"

    async def work() -> None:
        output = LocalOutput(CommandOutput([str(program)]), troubles.append)
        task = asyncio.ensure_future(output.run())
        output.sound(signal(Priority.HIGH))
        await until(lambda: bool(troubles) and "No such file" in troubles[-1])
        program.write_text("#!/bin/sh\nexit 3\n")
        program.chmod(0o755)
        await until(lambda: "exit status 3" in troubles[-1])
        program.write_text("#!/bin/sh\nexit 0\n")
        await until(lambda: troubles[-1] == "")
        await ended(task)

    asyncio.run(work())


def test_one_whose_program_is_missing_is_reported_before_it_is_needed() -> None:
    troubles: list[str] = []

    async def work() -> None:
        task = asyncio.ensure_future(LocalOutput(CommandOutput(["no-such-horn"]), troubles.append).run())
        await until(lambda: bool(troubles))
        await ended(task)

    asyncio.run(work())
    assert troubles == ["no-such-horn: no such program, or not to be run"]


class Broken:
    """An output with a defect that nobody foresaw, a stand-in."""

    async def try_out(self) -> None:
        """Work."""

    async def play(self, _: Priority) -> None:
        """Fail in a way that is none of an output's own errors."""
        raise ZeroDivisionError


def test_an_error_that_nobody_foresaw_is_a_trouble_like_any_other() -> None:
    troubles: list[str] = []

    async def work() -> None:
        output = LocalOutput(Broken(), troubles.append)
        task = asyncio.ensure_future(output.run())
        await until(lambda: troubles == [""])
        output.sound(signal(Priority.HIGH))
        await until(lambda: len(troubles) > 1)
        output.sound(signal())
        await until(lambda: troubles[-1] == "")
        await ended(task)

    asyncio.run(work())
    assert troubles == ["", "ZeroDivisionError()", ""]


def test_it_is_ended_with_the_agent(tmp_path: Path) -> None:
    said = tmp_path / "said"

    async def work() -> None:
        output = LocalOutput(CommandOutput(horn(said, 600)), lambda _: None)
        task = asyncio.ensure_future(output.run())
        output.sound(signal(Priority.HIGH))
        await until(lambda: bool(lines(said)))
        await ended(task)

    asyncio.run(work())
    assert running(said) == 0


def test_each_line_of_the_input_asks_for_two_minutes_of_quiet() -> None:
    asked: list[QuietAsked] = []

    async def work() -> None:
        task = asyncio.ensure_future(
            listen(CommandPress(["sh", "-c", "echo pressed; echo pressed; sleep 600"]), asked.append)
        )
        await until(lambda: len(asked) > 1)
        await ended(task)

    asyncio.run(work())
    assert all(each.until - each.received_at == LONGEST_QUIET and each.consumer == "" for each in asked)


def test_without_an_output_and_an_input_there_is_nothing_to_run() -> None:
    async def work() -> None:
        await asyncio.gather(LocalOutput(None, lambda _: None).run(), listen(None, lambda _: None))

    asyncio.run(work())
