"""The agent as a process of its own: started, stopped and killed as a service manager would."""

from __future__ import annotations

import asyncio
import signal
import sys
from pathlib import Path

STOP_S = 10
"""How long a told agent may take to stop."""


class AgentProcess:
    """`edge-agent run` with its log in a file."""

    def __init__(self, config: Path, state: Path, log: Path, extra: tuple[str, ...] = ()) -> None:
        """Take its configuration, its state directory, where its log goes, and further options."""
        self._arguments = ("run", "--config", str(config), "--state", str(state), *extra)
        self._log = log
        self._process: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        """Start it."""
        with self._log.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "edge_agent.cli.main", *self._arguments),
                stdout=log,
                stderr=log,
                start_new_session=True,  # Ctrl-C is for the demonstration, which then stops the agent in order
            )

    async def ended(self) -> int:
        """Wait until it ends; return its exit code."""
        if self._process is None:
            raise ProcessLookupError("the agent was never started")
        return await self._process.wait()

    async def stop(self) -> int | None:
        """Tell it to stop, and kill it if it does not; return its exit code, None if it never ran."""
        process = self._process
        if process is None:
            return None
        if process.returncode is None:
            process.send_signal(signal.SIGTERM)
        try:
            return await asyncio.wait_for(process.wait(), STOP_S)
        except asyncio.TimeoutError:
            process.kill()
            return await process.wait()

    def tail(self, lines: int = 12) -> str:
        """Return the end of its log."""
        if not self._log.exists():
            return ""
        return "\n".join(self._log.read_text(errors="replace").splitlines()[-lines:])
