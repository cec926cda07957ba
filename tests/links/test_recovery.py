"""An adapter that does nothing right is switched off and on; the last step is a fresh process."""

from __future__ import annotations

import asyncio
import itertools
import json
from pathlib import Path

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st

from edge_agent.domain.errors import RestartWantedError
from edge_agent.domain.inputs import LinkOpened
from edge_agent.domain.settings import SECOND, Device
from edge_agent.gateway import agent, ble_recovery
from edge_agent.gateway.agent import Agent
from edge_agent.gateway.ble_adapter import Adapter
from edge_agent.gateway.ble_link import BleLink
from edge_agent.gateway.ble_power import power_cycle
from edge_agent.gateway.ble_recovery import DEAF, FAILURES, ITSELF, SWITCHED, Recovery, Step
from edge_agent.gateway.config.credentials import Credentials
from edge_agent.gateway.config.last_good import OwnFile
from edge_agent.gateway.config.load import load_file
from firmware_bridges.bridge import BleSettings
from tests.broker import free_port
from tests.end_to_end.house import configuration
from tests.end_to_end.test_systemd import Manager
from tests.links.bluez import bleak_closed, bluez_on
from tests.links.bluez_objects import RATE, RATE_SERVICE
from tests.links.recorder import Recorder, running

HOUR = 3600
ONE, TWO = "F0:F1:F2:F3:F4:01", "F0:F1:F2:F3:F4:02"


def played(failing: list[str], seconds: int, works_at: frozenset[int] = frozenset()) -> list[tuple[int, Step]]:
    """Return the steps, with their second, of an adapter on which each of `failing` fails every ten seconds."""
    recovery, steps = Recovery(), []
    for second in range(0, seconds, 10):
        if second in works_at:
            recovery.worked()
        for who in failing:
            recovery.failed(who, second * SECOND)
        if step := recovery.step(second * SECOND):
            steps.append((second, step))
            if step is Step.POWER_CYCLE:
                recovery.switched()
    return steps


def test_steps_come_after_trouble_of_a_minute_and_ever_more_seldom() -> None:
    seconds = [second for second, _ in played([ONE], 6 * HOUR)]
    assert seconds[0] == 60
    gaps = [after - before for before, after in itertools.pairwise(seconds)]
    assert gaps[:6] == [130, 250, 490, 970, 1930, 3610]
    assert set(gaps[6:]) == {3610}


def test_only_an_adapter_that_refuses_or_several_devices_that_fail_lead_to_a_restart() -> None:
    def kinds(*failing: str) -> list[Step]:
        return [step for _, step in played(list(failing), 4 * HOUR)]

    assert set(kinds(ONE)) == set(kinds(DEAF)) == set(kinds(ONE, DEAF)) == {Step.POWER_CYCLE}
    for grave in (kinds(ONE, TWO), kinds(ITSELF)):
        assert grave[: SWITCHED + 2] == [*[Step.POWER_CYCLE] * SWITCHED, Step.RESTART, Step.POWER_CYCLE]


@given(st.frozensets(st.integers(0, 200).map(lambda number: number * 10), min_size=1))
def test_no_step_is_taken_within_a_minute_of_anything_that_worked(works_at: frozenset[int]) -> None:
    for second, _ in played([ONE, TWO], 2000, works_at):
        assert not any(0 <= second - worked < 60 for worked in works_at)


def test_a_few_failures_in_a_long_time_are_no_trouble() -> None:
    recovery = Recovery()
    for number in range(FAILURES - 1):
        recovery.failed(ONE, number * HOUR * SECOND)
    assert recovery.step(100 * HOUR * SECOND) is None


@pytest.mark.parametrize("name", ["hci0", ""])
def test_bluez_switches_an_adapter_off_and_on_or_says_why_not(bus: str, name: str) -> None:
    async def scenario() -> None:
        with pytest.raises(OSError, match=r"org\.bluez"):
            await power_cycle(name)
        async with bluez_on(bus) as bluez:
            await power_cycle(name)
            assert (bluez.switched, bluez.adapter.powered) == (1, True)
            bluez.unplug()
            with pytest.raises(OSError, match=r"no adapter|hci0"):
                await power_cycle(name)

    asyncio.run(scenario())


@pytest.mark.usefixtures("quick")
def test_a_wedged_adapter_is_switched_until_it_works_and_each_step_is_said_once(
    bus: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ble_recovery, "TROUBLE_S", 0.01)

    async def scenario() -> list[str]:
        seen, stuck = Recorder(), list[str]()
        async with bleak_closed(), bluez_on(bus) as bluez:
            bluez.wedged_until = 2
            device = bluez.device(ONE)
            device.switch_on()
            adapter = Adapter("hci0", lambda *_: None, on_stuck=stuck.append)
            settings = BleSettings(service=RATE_SERVICE, subscribe=(RATE,))
            described = Device(id="1", bed="1", family="any", address=ONE)
            link = BleLink(described, settings, seen, adapter, continuous=True)
            async with running(adapter.run()), running(link.run()):
                await seen.until_count(LinkOpened, 1)
            assert (bluez.switched, stuck) == (2, [])
        return [item.reason for item in seen.inputs if hasattr(item, "reason")]

    with structlog.testing.capture_logs() as logs:
        reasons = asyncio.run(scenario())
    step = "hci0: nothing worked, switched off and on"
    assert reasons.count(f"{ONE}: {step}") == 1
    assert [each["step"] for each in logs if each["event"] == "recovery"] == [step]


@pytest.mark.usefixtures("quick")
def test_an_adapter_that_stays_wedged_ends_the_service_so_that_it_is_started_afresh(
    bus: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, shorter in (("TROUBLE_S", 0.01), ("FAILURES", 2), ("SWITCHED", 2)):
        monkeypatch.setattr(ble_recovery, name, shorter)
    monkeypatch.setattr(agent, "RESTART_AFTER_S", 0.0)
    monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
    device = {"id": "hr", "bed": "3", "family": "bluetooth_heart_rate", "address": ONE}
    config = tmp_path / "config.yaml"
    config.write_text(
        json.dumps(configuration(free_port(), device, settings={"beds": [{"id": "3", "required": ["pulse"]}]}))
    )
    manager = Manager(tmp_path / "notify")

    async def scenario() -> None:
        async with bleak_closed(), bluez_on(bus) as bluez:
            bluez.wedged_until = 1000
            work = Agent(OwnFile(load_file(config).settings, ""), tmp_path / "state", Credentials(str(tmp_path)))
            with pytest.raises(RestartWantedError, match="nothing works though it was switched off and on"):
                await work.run()
            assert bluez.switched == 2

    with manager.socket:
        (tmp_path / "state").mkdir()
        asyncio.run(scenario())
        manager.hear("READY=1")
        manager.hear("STOPPING=1")
