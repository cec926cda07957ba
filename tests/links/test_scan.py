"""`edge-agent scan`: a family is told by evidence, a device that talks is sent nothing, a port in use is left alone."""

from __future__ import annotations

import asyncio
import fcntl
import json
import os
import subprocess
from pathlib import Path
from random import Random

import pytest
import yaml
from click.testing import CliRunner, Result

from edge_agent.cli.main import main
from edge_agent.domain.errors import AgentError
from edge_agent.gateway.capture import Data, Opened, step
from edge_agent.gateway.clock import boottime
from edge_agent.gateway.scanning import bluetooth, plan, serial_scan
from edge_agent.gateway.scanning.evidence import Evidence
from edge_agent.gateway.scanning.ports import Identity, named
from edge_agent.gateway.scanning.serial_scan import Outcome, State
from edge_agent.simulator.conversations import begin
from edge_agent.simulator.devices import VirtualDevice
from edge_agent.simulator.patients import VirtualPatient
from edge_agent.simulator.playing import play
from edge_agent.simulator.ports import Port
from firmware_bridges.bridge import SERIAL, Family, Sample, SerialSettings
from firmware_bridges.families import FAMILIES
from firmware_bridges.gatt import uuid
from firmware_bridges.vitals import Send
from tests.links.bluez import bleak_closed, bluez_on
from tests.links.pty import PtyDevice
from tests.links.recorder import running

SECOND = 1_000_000_000
STREAMS = {name: family for name, family in FAMILIES.items() if isinstance(family.link, SerialSettings)}
WELL = {"spo2": 97, "pulse_rate": 72, "respiratory_rate": 15, "systolic": 124, "temperature": 366, "heart_rate": 72}
MASIMO = b"07/04/26 12:00:0%d SN=0000000001 SPO2=097%% BPM=072 PI=04.46%% ALARM=0000 EXC=000800\r\n"


def conversation(family: Family, seconds: int) -> list[bytes]:
    """Return what a device of `family` says to its own bridge."""
    device, bridge, said = begin(family, lambda _: Sample(WELL)), family.bridge(), list[bytes]()
    events = bridge.opened(0)
    for now in range(0, seconds * SECOND, SECOND // 10):
        for event in events:
            if isinstance(event, Send):
                device.hear(event.channel, event.data, now)
        pieces = [data for _, data in device.say(now)]
        said += pieces
        events = [event for data in pieces for event in bridge.receive(SERIAL, data, now)]
        due = bridge.next_deadline()
        events += bridge.wake(now) if due is not None and due <= now else []
    return said


def evidence(family: Family, pieces: list[bytes]) -> Evidence:
    """Return what `pieces` prove of `family`."""
    found, bridge = Evidence(family), family.bridge()
    step(bridge, Opened(0))
    for number, data in enumerate(pieces):
        data_came = Data(number, SERIAL, data.hex())
        found(data_came, step(bridge, data_came))
    return found


@pytest.mark.parametrize("name", STREAMS)
def test_a_family_s_bytes_prove_that_family_and_no_other(name: str) -> None:
    pieces = conversation(STREAMS[name], 30)
    assert [other for other, family in STREAMS.items() if evidence(family, pieces).proven] == [name]


@pytest.mark.parametrize("name", STREAMS)
@pytest.mark.parametrize("seed", range(5))
def test_noise_proves_nothing(name: str, seed: int) -> None:
    noise = evidence(STREAMS[name], [Random(seed).randbytes(40) for _ in range(100)])
    assert not noise.proven


@pytest.mark.parametrize("name", STREAMS)
def test_one_frame_proves_nothing(name: str) -> None:
    encoder = STREAMS[name].encoder()
    encoder.encode(Sample(WELL))  # who the device is comes first, once
    assert not evidence(STREAMS[name], [encoder.encode(Sample(WELL))[-1][1]]).proven


def test_frames_amidst_much_else_prove_nothing() -> None:
    lines = [MASIMO % second for second in range(10)]
    assert evidence(STREAMS["masimo_ascii1"], lines).proven
    assert not evidence(STREAMS["masimo_ascii1"], [*lines, bytes(2000)]).proven


def test_every_line_setting_of_a_family_is_listened_with_once() -> None:
    probes = plan.listening()
    assert {family.name for probe in probes for family in probe.families} == set(STREAMS)
    assert len({probe.settings for probe in probes}) == len(probes)


def test_only_polite_families_ask() -> None:
    asked = {family.name for probe in plan.asking() for family in probe.families}
    assert asked == {name for name, family in STREAMS.items() if family.polite}
    assert not {name for name in asked if name.startswith("nonin")}, "they set the device's format"


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Shrink the waiting times; what is done after them is what is tested."""
    monkeypatch.setattr(plan, "LISTEN_S", 0.2)
    monkeypatch.setattr(plan, "UNDERSTAND_S", 1.0)
    monkeypatch.setattr(plan, "GREETING_S", 0.3)
    monkeypatch.setattr(plan, "PERIODS", 0)


def scan(path: Path, timeout_s: float = 50, *, ask: bool = True) -> Outcome:
    return asyncio.run(serial_scan.scan(named(str(path)), timeout_s, ask=ask, say=lambda _: None))


def sent_to(device: PtyDevice) -> bytes:
    """Return what the host has written so far."""
    assert device._master is not None
    os.set_blocking(device._master, False)
    try:
        return os.read(device._master, 4096)
    except BlockingIOError:
        return b""


async def beside(path: Path, device: PtyDevice, said: list[bytes]) -> Outcome:
    """Scan while a device says `said`, a piece every 20 ms, again and again."""

    async def talk() -> None:
        while True:
            for piece in said:
                device.write(piece)
                await asyncio.sleep(0.02)

    async with running(talk()):
        return await serial_scan.scan(named(str(path)), 50, ask=True, say=lambda _: None)


@pytest.mark.usefixtures("quick")
def test_a_device_that_talks_is_recognised_and_sent_nothing(tmp_path: Path) -> None:
    with PtyDevice(tmp_path / "tty") as device:
        outcome = asyncio.run(beside(device.path, device, [MASIMO % second for second in range(10)]))
        assert sent_to(device) == b""
    assert outcome.state is State.RECOGNISED
    [match] = outcome.matches
    assert (match.family, match.baudrate, match.line, match.asked) == ("masimo_ascii1", 9600, "9600 8N1", False)
    assert match.frames >= 5


@pytest.mark.usefixtures("quick")
def test_a_device_that_talks_in_no_known_tongue_is_sent_nothing(tmp_path: Path) -> None:
    with PtyDevice(tmp_path / "tty") as device:
        outcome = asyncio.run(beside(device.path, device, [Random(1).randbytes(300)]))
        assert sent_to(device) == b""
    assert (outcome.state, outcome.matches) == (State.NOT_UNDERSTOOD, ())
    assert outcome.heard.keys() == {serial_scan.in_words(probe.settings) for probe in plan.listening()}


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize("ask", [True, False])
def test_a_silent_device_is_asked_only_if_that_is_allowed(
    tmp_path: Path,
    ask: bool,  # noqa: FBT001 - one of the two
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(serial_scan, "asking", lambda: plan.asking()[:2])
    with PtyDevice(tmp_path / "tty") as device:
        outcome = scan(device.path, ask=ask)
        assert (sent_to(device) != b"") is ask
    assert outcome.state is State.SILENT


@pytest.mark.parametrize("name", ["contec_cms50_9byte", "philips_intellivue"])
def test_a_device_that_must_be_asked_is_found(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plan, "LISTEN_S", 0.2)
    monkeypatch.setattr(plan, "GREETING_S", 1.0)
    monkeypatch.setattr(plan, "PERIODS", 0)
    port = Port(tmp_path / "tty")
    port.plug()
    device = VirtualDevice(FAMILIES[name], VirtualPatient(1), seed=1)

    async def scenario() -> Outcome:
        async with running(play(device, port, boottime, lambda: 0)):
            return await serial_scan.scan(named(str(port.link)), 50, ask=True, say=lambda _: None)

    outcome = asyncio.run(scenario())
    port.unplug()
    assert outcome.state is State.RECOGNISED
    assert [(match.family, match.asked) for match in outcome.matches] == [(name, True)]


def test_a_port_that_somebody_holds_is_left_alone(tmp_path: Path) -> None:
    with PtyDevice(tmp_path / "tty") as device, device.path.open("rb", buffering=0) as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        outcome = scan(device.path)
        assert sent_to(device) == b""
    assert (outcome.state, outcome.heard) == (State.IN_USE, {})
    assert "another program has it open" in outcome.detail


def test_who_has_a_device_open_is_named(tmp_path: Path) -> None:
    file = tmp_path / "tty"
    file.touch()
    with file.open("rb") as held, subprocess.Popen(["sleep", "60"], stdin=held) as program:
        outcome = scan(file)
        program.kill()
    assert outcome.state is State.IN_USE
    assert outcome.detail == f"in use by sleep (pid {program.pid}); it was left alone"


def test_a_port_that_is_not_there_and_one_that_never_ends(tmp_path: Path) -> None:
    assert (scan(tmp_path / "tty").state, scan(tmp_path / "tty").detail) == (State.FAILED, "no such device")
    with PtyDevice(tmp_path / "tty") as device:
        assert scan(device.path, 0.3).state is State.UNFINISHED


def invoke(*arguments: object) -> Result:
    return CliRunner().invoke(main, ["scan", *map(str, arguments)])


def test_the_report_ends_with_what_belongs_into_the_configuration(monkeypatch: pytest.MonkeyPatch) -> None:
    matches = (
        serial_scan.Match("drager_medibus", 9600, "9600 8E1", 4, asked=True),
        serial_scan.Match("ge_s5_dri", 19200, "19200 8E1", 3, asked=True),
    )
    port = Identity(path="/dev/serial/by-id/usb-FTDI_1234", device="/dev/ttyUSB0", usb="0403:6001", serial="1234")
    outcomes = {
        "one": Outcome(port, State.RECOGNISED, matches=matches[:1]),
        "two": Outcome(port, State.AMBIGUOUS, matches=matches),
    }

    async def found(identity: Identity, _timeout_s: float, **_: object) -> Outcome:
        return outcomes[identity.path]

    monkeypatch.setattr(serial_scan, "scan", found)
    one, two = invoke("one"), invoke("two")
    assert "/dev/ttyUSB0  (USB 0403:6001, serial 1234)" in one.stdout
    device = {"id": "drager-1234", "bed": "BED", "family": "drager_medibus", "port": port.path, "baudrate": 9600}
    for result in (one, two):
        assert yaml.safe_load(result.stdout[result.stdout.index("  devices:") :]) == {"devices": [device]}
    assert "ambiguous" in two.stdout
    assert "# or - {id: ge-1234" in two.stdout
    [told] = json.loads(invoke("two", "--json").stdout)["serial"]
    assert [match["family"] for match in told["matches"]] == ["drager_medibus", "ge_s5_dri"]


def test_bluetooth_devices_are_told_by_the_services_they_advertise(bus: str) -> None:
    async def scenario() -> list[bluetooth.Heard]:
        async with bluez_on(bus) as bluez, bleak_closed():
            bluez.device("F0:F1:F2:F3:F4:01").switch_on()
            return await bluetooth.scan(0.5)

    [heard] = asyncio.run(scenario())
    assert (heard.address, heard.name, heard.families) == ("F0:F1:F2:F3:F4:01", "sensor", ("bluetooth_heart_rate",))


def test_a_service_that_serves_two_kinds_is_ambiguous() -> None:
    found = bluetooth.families_of([uuid(0x1822).upper()])
    assert found == ("bluetooth_pulse_oximeter", "bluetooth_pulse_oximeter_spot")


def test_without_bluez_the_remedy_is_told(bus: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def scenario() -> None:
        async with bleak_closed():
            await bluetooth.scan(0.1)

    assert bus
    with pytest.raises(AgentError, match="BlueZ does not run; install and start it: sudo apt install bluez"):
        asyncio.run(scenario())
    monkeypatch.setenv("DBUS_SYSTEM_BUS_ADDRESS", f"unix:path={tmp_path / 'nothing'}")
    with pytest.raises(AgentError, match="D-Bus does not run; start it"):
        asyncio.run(scenario())
