"""What systemd is told, and that telling it never waits."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from edge_agent.gateway.systemd import Notifier


@pytest.fixture
def manager(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[socket.socket]:
    """Stand a socket in the place of systemd's."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        listening.bind(str(tmp_path / "notify"))
        monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
        yield listening


def test_readiness_the_beat_and_the_end_are_told(manager: socket.socket) -> None:
    notifier = Notifier()
    notifier.ready("8 beds")
    notifier.alive("8 beds, 1 alert")
    notifier.stopping()
    told = [manager.recv(1000) for _ in range(3)]
    assert told == [b"READY=1\nSTATUS=8 beds", b"WATCHDOG=1\nSTATUS=8 beds, 1 alert", b"STOPPING=1"]


def test_a_manager_that_does_not_read_holds_nothing_up(manager: socket.socket) -> None:
    notifier = Notifier()
    while _room(manager):
        notifier.alive("")
    notifier.alive("one too many")
    read = [manager.recv(1000)]
    while _waiting(manager):
        read.append(manager.recv(1000))
    assert b"one too many" not in b"".join(read)
    notifier.alive("there is room again")
    assert manager.recv(1000) == b"WATCHDOG=1\nSTATUS=there is room again"


def test_a_manager_that_is_gone_ends_nothing(manager: socket.socket) -> None:
    Path(manager.getsockname()).unlink()
    Notifier().alive("")


def _room(manager: socket.socket) -> bool:
    """Tell whether one more datagram would be taken."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK) as probe:
        try:
            probe.sendto(b"?", manager.getsockname())
        except BlockingIOError:
            return False
    return True


def _waiting(manager: socket.socket) -> bool:
    try:
        manager.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT)
    except BlockingIOError:
        return False
    return True
