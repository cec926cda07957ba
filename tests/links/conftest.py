"""A D-Bus of our own for the tests that need one, and short waiting times."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from edge_agent.gateway import ble_adapter, ble_link, links, serial_link, tcp_link
from tests.links.bluez import private_bus


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Shrink the waiting times; which of them end, and in what, is what is tested."""
    for module, first in ((serial_link, 0.005), (tcp_link, 0.005), (ble_adapter, 0.005), (ble_link, 0.1)):
        monkeypatch.setattr(module, "FIRST_DELAY_S", first)
        monkeypatch.setattr(module, "LONGEST_DELAY_S", 0.2)
    monkeypatch.setattr(ble_adapter, "LISTEN_S", 0.3)
    monkeypatch.setattr(links, "RESTART_S", 0.01)


@pytest.fixture
def bus(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Run a private dbus-daemon as the system bus of this process; its address."""
    if shutil.which("dbus-daemon") is None:
        pytest.skip("dbus-daemon is not installed")
    with private_bus(tmp_path) as address:
        monkeypatch.setenv("DBUS_SYSTEM_BUS_ADDRESS", address)
        yield address
