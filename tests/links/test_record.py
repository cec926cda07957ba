"""`edge-agent record`, and `decode` of what it wrote: the same comes out as on the live link, and nobody's name."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner, Result
from hypothesis import given, settings
from hypothesis import strategies as st

from edge_agent.cli.main import main
from edge_agent.domain.settings import Device
from edge_agent.gateway import capturing
from edge_agent.gateway.capture import (
    FORMAT,
    Began,
    Closed,
    Data,
    Happening,
    Opened,
    Sent,
    Woken,
    Writer,
    read,
    replayed,
)
from edge_agent.gateway.capturing import Target
from edge_agent.gateway.clock import boottime
from edge_agent.simulator.devices import VirtualDevice
from edge_agent.simulator.patients import VirtualPatient
from edge_agent.simulator.playing import play
from edge_agent.simulator.ports import Port
from firmware_bridges.bridge import Family, SerialSettings
from firmware_bridges.families import FAMILIES
from firmware_bridges.vitals import Event, Reading, Send, Validity
from tests.links.pty import PtyDevice
from tests.links.recorder import running

LINE = b"07/04/26 12:00:00 SN=0000000001 SPO2=097% BPM=072 PI=04.46% ALARM=0000 EXC=000800\r\n"
HAPPENINGS = st.one_of(
    st.builds(Opened, st.integers(0, 2**60)),
    st.builds(Data, st.integers(0, 2**60), st.text(max_size=8), st.binary(max_size=20).map(bytes.hex)),
    st.builds(Woken, st.integers(0, 2**60)),
    st.builds(Sent, st.integers(0, 2**60), st.text(max_size=8), st.binary(max_size=20).map(bytes.hex)),
    st.builds(Closed, st.integers(0, 2**60), st.text(max_size=8)),
)
BEGAN = Began(format=FORMAT, agent="0", python="3", family="masimo_ascii1", link={}, identity="")


class SerialNumberMasker:
    """Overwrites every digit after `SN=`, also when the line comes in pieces of one byte."""

    def __init__(self) -> None:
        self._before = b""

    def mask(self, channel: str, data: bytes) -> bytes:
        masked = b""
        for byte in data:
            digit = bytes((byte,))
            self._before = (self._before + digit)[-16:]
            field = self._before.rpartition(b"SN=")
            masked += b"0" if field[1] and digit.isdigit() and field[2].isdigit() else digit
        return masked


def lines_of(path: Path) -> list[Happening]:
    with path.open("rb") as file:
        return list(read(file, "the file")[1])


def invoke(*arguments: object) -> Result:
    return CliRunner().invoke(main, list(map(str, arguments)))


async def until(happened: Callable[[], bool]) -> None:
    """Wait, in bounded time, for something another task does."""

    async def wait() -> None:
        while not happened():  # noqa: ASYNC110 - a file that another process writes has no event
            await asyncio.sleep(0.02)

    await asyncio.wait_for(wait(), 20)


@pytest.mark.parametrize("name", ["contec_cms50_9byte", "nonin_df2", "drager_medibus", "philips_intellivue"])
def test_what_was_recorded_decodes_to_what_came_of_it_live(name: str, tmp_path: Path) -> None:
    family, out, live = FAMILIES[name], tmp_path / "capture", list[Event]()
    port = Port(tmp_path / "port")
    device = VirtualDevice(family, VirtualPatient(1), seed=1)
    target = Target(Device(id="device", bed="", family=name, port=str(port.link)), family.link, family)

    def enough() -> bool:
        return sum(isinstance(event, Reading) and event.validity is Validity.VALID for event in live) > 8

    async def scenario() -> None:
        tell = capturing.run(target, out, lambda _, events: live.extend(events))
        async with running(tell):
            async with running(play(device, port, boottime, lambda: 0)):
                await until(enough)
            port.unplug()
            await until(lambda: any(isinstance(line, Closed) for line in lines_of(out)))

    port.plug()
    asyncio.run(scenario())
    again = replayed(family.bridge(), lines_of(out))
    assert list(again) == [event for event in live if not isinstance(event, Send)]
    kinds = {type(line) for line in lines_of(out)}
    assert {Opened, Data, Closed} <= kinds
    assert ({Sent, Woken} & kinds != set()) == (name != "masimo_ascii1")
    result = invoke("decode", out)
    assert result.exit_code == 0
    values = [json.loads(line) for line in result.stdout.splitlines()]
    assert sum(each.get("validity") == "valid" for each in values) > 8


def test_what_bears_identity_is_overwritten_before_it_touches_the_disk(tmp_path: Path) -> None:
    family = msgspec.structs.replace(FAMILIES["masimo_ascii1"], masker=SerialNumberMasker)
    secret = LINE.replace(b"0000000001", b"0123456789")
    for masked in (True, False):
        out = tmp_path / f"capture-{masked}"
        recorded = _capture(family, out, secret, masked=masked)
        assert (b"0123456789" in recorded) is not masked
        assert len(recorded) == len(secret)
        with out.open("rb") as file:
            assert read(file, "")[0].identity == (capturing.MASKED if masked else capturing.KEPT)


def _capture(family: Family, out: Path, sent: bytes, *, masked: bool) -> bytes:
    """Return the bytes of a capture of a device that sends `sent` in two pieces."""

    async def scenario(device: PtyDevice) -> None:
        place = Device(id="device", bed="", family=family.name, port=str(device.path))
        capture = capturing.run(Target(place, family.link, family, masked), out, lambda *_: None)
        async with running(capture):
            await until(lambda: out.exists() and any(isinstance(line, Opened) for line in lines_of(out)))
            device.write(sent[:25])
            await until(lambda: len(_data(out)) == 25)
            device.write(sent[25:])
            await until(lambda: len(_data(out)) == len(sent))

    with PtyDevice(out.with_suffix(".tty")) as device:
        asyncio.run(scenario(device))
    return _data(out)


def _data(out: Path) -> bytes:
    return b"".join(bytes.fromhex(line.hex) for line in lines_of(out) if isinstance(line, Data))


@settings(max_examples=25)
@given(st.lists(HAPPENINGS, max_size=6), st.integers(0, 400))
def test_a_file_that_was_cut_off_is_good_up_to_its_last_whole_line(
    tmp_path_factory: pytest.TempPathFactory, happenings: list[Happening], cut: int
) -> None:
    path = tmp_path_factory.mktemp("capture") / "file"
    writer = Writer(path, BEGAN)
    whole = path.stat().st_size
    ends = []
    for happening in happenings:
        writer.add(happening)
        ends.append(path.stat().st_size)
    writer.close()
    assert lines_of(path) == happenings
    length = max(whole, path.stat().st_size - cut)
    os.truncate(path, length)
    assert lines_of(path) == [happening for happening, end in zip(happenings, ends, strict=True) if end <= length]


def test_the_file_is_its_owners_and_nothing_is_overwritten(tmp_path: Path) -> None:
    Writer(tmp_path / "file", BEGAN).close()
    assert stat.S_IMODE((tmp_path / "file").stat().st_mode) == 0o600
    result = invoke("record", tmp_path / "tty", "--family", "nonin_df8", "--out", tmp_path / "file")
    assert result.exit_code == 1
    assert "exists; nothing was recorded" in result.output


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "no capture"),
        (b'{"type":"capture"}\n', "no capture"),
        (msgspec.json.encode(msgspec.structs.replace(BEGAN, format=99)) + b"\n", "format 99"),
        (msgspec.json.encode(BEGAN) + b'\n{"type":"data","t":1,"channel":"","hex":"0g"}\n', "line 2"),
        (msgspec.json.encode(BEGAN) + b'\n{"type":"opened","t":1}\nxyz\n', "line 3"),
        (msgspec.json.encode(msgspec.structs.replace(BEGAN, family="")) + b"\n", "unknown device; try it with"),
        (msgspec.json.encode(msgspec.structs.replace(BEGAN, family="abacus")) + b"\n", "does not know"),
    ],
)
def test_a_file_that_is_no_capture_of_ours_is_refused_with_the_line(tmp_path: Path, content: bytes, said: str) -> None:
    (tmp_path / "file").write_bytes(content)
    result = invoke("decode", tmp_path / "file")
    assert result.exit_code == 1
    assert said in result.output


def test_an_unknown_device_is_listened_to_with_a_warning_and_sent_nothing(tmp_path: Path) -> None:
    out = tmp_path / "capture"
    command = [str(Path(sys.executable).with_name("edge-agent")), "record", str(tmp_path / "tty"), "--unknown"]
    command += ["--line", "9600,8N1", "--out", str(out)]
    with (
        PtyDevice(tmp_path / "tty") as device,
        subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as program,
    ):
        assert program.stderr is not None
        said = [program.stderr.readline() for _ in range(3)]
        assert "ANY BYTE OF THE FILE MAY NAME A PATIENT" in said[0]
        assert said[2] == "connected, recording; Ctrl-C ends it\n"
        device.write(LINE * 3)
        asyncio.run(until(lambda: _data(out) == LINE * 3))
        program.send_signal(signal.SIGINT)
        rest = program.stderr.read()
        assert program.wait(20) == 0
    assert f"{out}: {3 * len(LINE)} bytes in " in rest
    assert isinstance(lines_of(out)[-1], Closed)
    assert "abacus" not in out.read_text()
    tried = invoke("decode", "masimo_ascii1", out)
    assert [json.loads(line)["value"] for line in tried.stdout.splitlines() if '"spo2"' in line] == [97, 97]
    with out.open("rb") as file:
        began, _ = read(file, "")
    assert began.identity == capturing.UNKNOWN
    assert began.link == {"kind": "SerialSettings"} | msgspec.json.decode(msgspec.json.encode(SerialSettings(9600)))


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "give either --family FAMILY or --unknown"),
        (("--family", "nonin_df8", "--unknown"), "give either"),
        (("--unknown",), "needs --line"),
        (("--unknown", "--line", "fast"), "no line such as"),
        (("--family", "bluetooth_heart_rate"), "is at a Bluetooth address, not at"),
    ],
)
def test_what_cannot_be_recorded_is_refused(tmp_path: Path, arguments: tuple[str, ...], said: str) -> None:
    result = invoke("record", tmp_path / "tty", "--out", tmp_path / "out", *arguments)
    assert result.exit_code == 2
    assert said in result.output
    assert not (tmp_path / "out").exists()
