"""What the service manager hears: ready, alive while the pipeline moves, stopping; and silence when the loop hangs."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
from pathlib import Path

import pytest

from tests.broker import free_port
from tests.end_to_end.house import AgentProcess, configuration

WITHIN_S = 20.0


class Manager:
    """The manager's end of the notification socket (sd_notify(3)); named a stand-in: systemd itself is not here."""

    def __init__(self, path: Path) -> None:
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(str(path))
        self.socket.settimeout(WITHIN_S)

    def hear(self, word: str) -> str:
        """Return the next message that says `word`; TimeoutError when none comes."""
        while True:
            message = self.socket.recv(4096).decode()
            if word in message:
                return message

    def forget(self) -> None:
        """Drop everything heard so far."""
        self.socket.settimeout(0)
        with contextlib.suppress(BlockingIOError):
            while self.socket.recv(4096):
                pass


def test_ready_alive_and_stopping(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    manager = Manager(tmp_path / "notify")
    monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
    link = {"id": "link3", "bed": "3", "family": "sensor_link", "port": str(tmp_path / "absent")}
    with manager.socket, AgentProcess(tmp_path, configuration(free_port(), link)) as agent:
        assert "0 of 1 devices streaming" in manager.hear("READY=1")
        assert "no broker" in manager.hear("WATCHDOG=1")
        manager.hear("WATCHDOG=1")
        os.kill(agent.pid, signal.SIGSTOP)
        manager.forget()
        manager.socket.settimeout(3)
        with pytest.raises(TimeoutError):
            manager.hear("WATCHDOG=1")
        os.kill(agent.pid, signal.SIGCONT)
        manager.socket.settimeout(WITHIN_S)
        manager.hear("WATCHDOG=1")
        assert agent.stop() == 0
        manager.hear("STOPPING=1")
