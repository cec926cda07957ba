"""The ESP32 example, compiled for the host and run on a simulated MAX30102: what the gateway is told, and when."""

from __future__ import annotations

import asyncio
import subprocess
from pathlib import Path

import pytest

from edge_agent.domain.inputs import LinkOpened
from edge_agent.domain.settings import Device
from edge_agent.gateway.serial_link import SerialLink
from firmware_bridges.bridge import SERIAL, SerialSettings
from firmware_bridges.families.sensor_link import FAMILY
from firmware_bridges.vitals import DeviceStatus, Event, Identity, Malformed, Reading, Reason, Validity
from tests.firmware.compiler import CPP11, HOST, build, sanitizers
from tests.links.pty import PtyDevice
from tests.links.recorder import Recorder, running

STARTED_S = 8
"""By then a finger that was there from the start has a rate."""


@pytest.fixture(scope="module")
def board(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("board")
    return build(HOST / "board.cpp", folder / "board", *CPP11, *sanitizers(folder))


def bytes_of(board: Path, seconds: float, *events: object, rate: int = 72, ratio: float = 0.52) -> bytes:
    """Return what the board sends within `seconds` to a gateway that was there before it; `events` are (at, what)."""
    words = [seconds, rate, ratio, 1.5, *events]
    return subprocess.run([board, *map(str, words)], capture_output=True, check=True, timeout=30).stdout


def said(data: bytes) -> list[Event]:
    bridge = FAMILY.bridge()
    return [*bridge.opened(0), *bridge.receive(SERIAL, data, 0)]


def told(data: bytes, vital: str) -> dict[int, tuple[int | None, Validity, Reason]]:
    """Return what is said of a vital, by the device's whole seconds."""
    return {
        int(float(each.device_time[2:-1])): (each.value, each.validity, each.reason)
        for each in said(data)
        if isinstance(each, Reading) and each.vital == vital
    }


def none(reason: Reason) -> tuple[None, Validity, Reason]:
    return (None, Validity.INVALID, reason)


def test_every_frame_is_right_and_none_is_missing(board: Path) -> None:
    events = said(bytes_of(board, 130))
    boot_loader = len(b"rst:0x1 (POWERON_RESET)\r\n\0")
    assert [event for event in events if isinstance(event, Malformed)] == [Malformed(0, "cobs", boot_loader)]
    assert events[1] == Identity(0, model="esp32-max30102", serial="0001", firmware="1.0.0")


@pytest.mark.parametrize("rate", [30, 45, 72, 120, 180])
def test_a_quiet_finger_has_a_rate(board: Path, rate: int) -> None:
    value, *quality = told(bytes_of(board, 25, rate=rate), "pulse_rate")[24]
    assert value is not None
    assert abs(value - rate) <= 2
    assert quality == [Validity.VALID, Reason.OK]


@pytest.mark.parametrize(("ratio", "spo2"), [(0.2, 100), (0.4, 100), (0.52, 97), (0.8, 90), (1.2, 80)])
def test_spo2_is_only_ever_an_estimate(board: Path, ratio: float, spo2: int) -> None:
    for value, validity, reason in told(bytes_of(board, 25, ratio=ratio), "spo2").values():
        assert value is None or abs(value - spo2) <= 1
        assert validity is not Validity.VALID
        assert reason in {Reason.SEARCHING, Reason.QUESTIONED_BY_DEVICE}


def test_it_searches_until_it_has_seen_beats(board: Path) -> None:
    rates = told(bytes_of(board, STARTED_S), "pulse_rate")
    assert rates[1] == rates[4] == none(Reason.SEARCHING)
    assert rates[STARTED_S - 1][1] is Validity.VALID


@pytest.mark.parametrize("vital", ["pulse_rate", "spo2", "perfusion_index"])
@pytest.mark.parametrize(
    ("events", "reason"),
    [
        ((12, "off"), Reason.SENSOR_OFF),
        ((12, "unplug"), Reason.SENSOR_DISCONNECTED),
        ((12, "brownout"), Reason.SEARCHING),
        ((12, "foreign"), Reason.SENSOR_DISCONNECTED),
        ((12, "red"), Reason.NOT_AVAILABLE),  # sent as an artefact without a number
        ((12, "infrared"), Reason.NOT_AVAILABLE),
        ((12, "off", 13, "on"), Reason.SEARCHING),
        ((12, "stall"), Reason.SEARCHING),
    ],
)
def test_a_number_that_is_no_more_is_not_held(
    board: Path, vital: str, events: tuple[object, ...], reason: Reason
) -> None:
    numbers = told(bytes_of(board, 16.5, *events), vital)
    assert numbers[11][0] is not None
    assert [numbers[second] for second in (14, 15, 16)] == [none(reason)] * 3


@pytest.mark.parametrize("events", [(12, "off", 14, "on"), (12, "unplug", 14, "plug"), (12, "brownout")])
def test_it_comes_back_by_itself(board: Path, events: tuple[object, ...]) -> None:
    assert told(bytes_of(board, 26, *events), "pulse_rate")[25][1:] == (Validity.VALID, Reason.OK)


def test_a_restless_finger_is_doubted(board: Path) -> None:
    rates = told(bytes_of(board, 60, 12, "restless"), "pulse_rate")
    found = {rates[second][2] for second in range(16, 60)}
    assert found == {Reason.ARTEFACT, Reason.SEARCHING}


def test_a_skipping_pulse_is_doubted(board: Path) -> None:
    value, *quality = told(bytes_of(board, 40, 12, "skips"), "pulse_rate")[39]
    assert value is not None
    assert quality == [Validity.QUESTIONABLE, Reason.ARTEFACT]


def test_a_weak_pulse_is_doubted(board: Path) -> None:
    data = bytes_of(board, 30, 12, "weak")
    assert told(data, "pulse_rate")[29][1:] == (Validity.QUESTIONABLE, Reason.LOW_PERFUSION)
    assert told(data, "spo2")[29][1:] == (Validity.QUESTIONABLE, Reason.LOW_PERFUSION)


def test_status_comes_with_a_change_and_both_are_repeated(board: Path) -> None:
    data = bytes_of(board, 70, 20, "off")
    changes = [event.conditions for event in said(data) if isinstance(event, DeviceStatus)]
    assert changes == [(Reason.SEARCHING,), (), (Reason.SENSOR_OFF,)]
    late = said(data[len(bytes_of(board, 50, 20, "off")) :])
    assert sum(isinstance(event, Identity) for event in late) == 1
    assert sum(isinstance(event, DeviceStatus) for event in late) == 1


def test_a_real_serial_link_carries_it(board: Path, tmp_path: Path) -> None:
    data = bytes_of(board, 20)

    async def scenario(path: Path) -> bytes:
        seen = Recorder()
        device = Device(id="board", bed="1", family="sensor_link", port=str(path))
        with PtyDevice(path) as tty:
            async with running(SerialLink(device, SerialSettings(115200), seen, continuous=True).run()):
                await seen.until_count(LinkOpened, 1)
                tty.write(data)
                await seen.until_bytes(len(data))
        return seen.data

    assert said(asyncio.run(scenario(tmp_path / "tty"))) == said(data)
