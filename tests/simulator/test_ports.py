"""A port comes and goes under its own name, and a host sees what it would see of a real cable."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
import serial

from edge_agent.simulator.ports import Port


@pytest.fixture
def port(tmp_path: Path) -> Iterator[Port]:
    port = Port(tmp_path / "bed-3-oximeter")
    yield port
    port.unplug()


def test_bytes_go_both_ways_unchanged(port: Port) -> None:
    port.plug()
    every = bytes(range(256))
    with serial.Serial(str(port.link), 115200, timeout=5) as host:
        assert port.write(every) == 256
        assert host.read(256) == every
        host.write(every)
        host.flush()
        heard = b""
        while len(heard) < 256:
            heard += port.read()
        assert heard == every


def test_a_host_that_sets_up_nothing_still_gets_every_byte_as_it_is(port: Port) -> None:
    port.plug()
    awkward = b"\x03\x04\r\n\x11\x13\x7f"
    host = os.open(port.link, os.O_RDWR | os.O_NOCTTY)
    try:
        port.write(awkward)
        assert os.read(host, 64) == awkward
        assert port.read() == b"", "no echo"
    finally:
        os.close(host)


def test_a_pulled_cable_ends_the_line_and_takes_the_name_away(port: Port) -> None:
    port.plug()
    with serial.Serial(str(port.link), 115200, timeout=5) as host:
        port.unplug()
        assert not port.link.is_symlink()
        assert not port.plugged
        with pytest.raises((serial.SerialException, OSError)):
            host.read(1)
    assert port.write(b"lost") == 0
    assert port.read() == b""


def test_the_cable_comes_back_under_the_same_name(port: Port) -> None:
    port.plug()
    port.unplug()
    port.plug()
    with serial.Serial(str(port.link), 115200, timeout=5) as host:
        port.write(b"again")
        assert host.read(5) == b"again"


def test_plugging_and_pulling_twice_is_harmless(port: Port) -> None:
    port.plug()
    where = port.link.readlink()
    port.plug()
    assert port.link.readlink() == where
    port.unplug()
    port.unplug()


def test_a_line_nobody_reads_loses_bytes_and_never_blocks(port: Port) -> None:
    port.plug()
    sent = [port.write(bytes(512)) for _ in range(200)]
    assert sent[-1] == 0


def test_a_file_that_is_no_port_is_left_alone(tmp_path: Path) -> None:
    name = tmp_path / "precious"
    name.write_text("keep me")
    with pytest.raises(FileExistsError, match="precious"):
        Port(name).plug()
    assert name.read_text() == "keep me"
