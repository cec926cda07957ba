"""A simulated monitor calls the gateway's own link, and calls again when it was hung up on."""

from __future__ import annotations

import asyncio

from edge_agent.domain.inputs import LinkData, LinkOpened
from edge_agent.domain.settings import Device
from edge_agent.gateway.clock import boottime
from edge_agent.gateway.tcp_link import TcpLink
from edge_agent.simulator.devices import VirtualDevice
from edge_agent.simulator.patients import VirtualPatient
from edge_agent.simulator.playing import play
from edge_agent.simulator.ports import Caller
from firmware_bridges.bridge import SERIAL
from firmware_bridges.families.hl7_mllp_oru import FAMILY
from firmware_bridges.vitals import Event, Reading, Send, Validity
from tests.broker import free_port
from tests.links.recorder import Recorder, running


def test_a_simulated_monitor_is_read_and_answered_and_calls_again_once_its_cable_is_back() -> None:
    async def scenario() -> list[Event]:
        seen, port = Recorder(), free_port()
        link = TcpLink(
            Device(id="m", bed="1", family=FAMILY.name, listen=f"127.0.0.1:{port}", peers=("127.0.0.1",)), seen
        )
        caller = Caller("127.0.0.1", port)
        device = VirtualDevice(FAMILY, VirtualPatient(1), seed=1)
        caller.plug()
        async with running(play(device, caller, boottime, boottime)), running(link.run()):
            await seen.until_count(LinkData, 1)
            caller.unplug()
            assert not caller.plugged
            caller.plug()
            await seen.until_count(LinkOpened, 2)
            before = len(seen.data)
            await seen.until_bytes(before + 1)
            assert link.send(SERIAL, b"an answer, which the monitor takes and goes on")
            await seen.until_bytes(len(seen.data) + 1)
        caller.unplug()
        bridge = FAMILY.bridge()
        return [
            event for item in seen.all(LinkData) for event in bridge.receive(item.channel, item.data, item.received_at)
        ]

    events = asyncio.run(scenario())
    found = [event for event in events if isinstance(event, Reading)]
    assert {each.validity for each in found} == {Validity.VALID}
    assert {each.vital for each in found} == {measure.vital for measure in FAMILY.measures}
    assert any(isinstance(event, Send) for event in events)
