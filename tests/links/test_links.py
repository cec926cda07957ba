from __future__ import annotations

import asyncio
from pathlib import Path

import msgspec
import pytest

from edge_agent.domain.inputs import GatewayFact, Input, LinkClosed, LinkConnecting, LinkData, LinkOpened
from edge_agent.domain.settings import Device
from edge_agent.gateway.ble_link import BleLink
from edge_agent.gateway.links import Links, build_link
from edge_agent.gateway.serial_link import SerialLink
from firmware_bridges.bridge import SERIAL
from firmware_bridges.families import FAMILIES
from tests.links.bluez import bleak_closed, bluez_on
from tests.links.pty import PtyDevice
from tests.links.recorder import Recorder

pytestmark = pytest.mark.usefixtures("quick")


class Errors(list[tuple[str, str]]):
    """What the links reported as defects."""

    def __call__(self, name: str, error: Exception) -> None:
        self.append((name, str(error)))


def serial(name: str, path: Path, **changes: object) -> Device:
    device = Device(id=name, bed="1", family="contec_cms50_9byte", port=str(path))
    return msgspec.structs.replace(device, **changes)


def bluetooth(name: str, adapter: str) -> Device:
    address = f"F0:F1:F2:F3:F4:0{name}"
    return Device(id=name, bed="1", family="bluetooth_heart_rate", address=address, adapter=adapter)


def of(seen: Recorder, device: str) -> list[str]:
    return [type(item).__name__ for item in seen.inputs if getattr(item, "device", None) == device]


def test_applying_touches_only_what_changed(tmp_path: Path) -> None:
    async def scenario() -> None:
        seen, errors = Recorder(), Errors()
        links = Links(seen, errors)
        with PtyDevice(tmp_path / "a"), PtyDevice(tmp_path / "b") as b, PtyDevice(tmp_path / "c"):
            first = [serial(name, tmp_path / name) for name in "abc"]
            await links.apply(first)
            await seen.until_count(LinkOpened, 3)
            await links.apply(tuple(reversed(first)))
            assert not seen.all(LinkClosed)
            await links.apply([serial("a", tmp_path / "a", bed="2"), first[1]])
            await seen.until_count(LinkOpened, 4)
            b.write(b"\x01")
            await seen.until_count(LinkData, 1)
            assert of(seen, "a") == ["LinkConnecting", "LinkOpened", "LinkClosed", "LinkConnecting", "LinkOpened"]
            assert of(seen, "b") == ["LinkConnecting", "LinkOpened", "LinkData"]
            assert of(seen, "c") == ["LinkConnecting", "LinkOpened", "LinkClosed"]
            await links.close()
        assert errors == []

    asyncio.run(scenario())


def test_two_devices_can_swap_their_ports_and_no_byte_goes_to_the_wrong_one(tmp_path: Path) -> None:
    async def scenario() -> None:
        seen = Recorder()
        links = Links(seen, Errors())
        with PtyDevice(tmp_path / "a") as a, PtyDevice(tmp_path / "b") as b:
            await links.apply([serial("1", a.path), serial("2", b.path)])
            await seen.until_count(LinkOpened, 2)
            swapped = [serial("1", b.path), serial("2", a.path)]
            await links.stop_changed(swapped)
            assert len(seen.all(LinkClosed)) == 2
            a.write(b"in between")
            await links.start_missing(swapped)
            await seen.until_count(LinkOpened, 4)
            a.write(b"A")
            b.write(b"B")
            await seen.until_count(LinkData, 2)
            await links.close()
        assert {(item.device, item.data) for item in seen.all(LinkData)} == {("2", b"A"), ("1", b"B")}
        assert not any("busy" in item.reason for item in seen.all(LinkClosed))

    asyncio.run(scenario())


def test_what_ends_a_link_is_reported_and_the_link_started_again(tmp_path: Path) -> None:
    async def scenario() -> None:
        seen, errors = Recorder(), Errors()

        def sink(item: Input) -> None:
            seen(item)
            if isinstance(item, LinkData) and item.data == b"!":
                raise ValueError("a defect")

        links = Links(sink, errors)
        with PtyDevice(tmp_path / "a") as a, PtyDevice(tmp_path / "b") as b:
            await links.apply([serial("a", a.path), serial("b", b.path), serial("c", a.path, family="abacus")])
            await seen.until_count(LinkOpened, 2)
            a.write(b"!")
            await seen.until_count(LinkOpened, 3)
            a.write(b"?")
            await seen.until(lambda: seen.data == b"!?")
            await links.close()
        assert errors == [("c", "there is no device family 'abacus'"), ("a", "a defect")]
        assert seen.all(LinkClosed)[0].reason == f"{a.path}: internal error, ValueError: a defect"
        assert of(seen, "b") == ["LinkConnecting", "LinkOpened", "LinkClosed"]

    asyncio.run(scenario())


def test_what_is_sent_goes_to_the_device_it_is_for(tmp_path: Path) -> None:
    async def scenario() -> None:
        seen = Recorder()
        links = Links(seen, Errors())
        with PtyDevice(tmp_path / "a") as a, PtyDevice(tmp_path / "b") as b:
            await links.apply([serial("a", a.path), serial("b", b.path), serial("gone", tmp_path / "gone")])
            await seen.until_count(LinkOpened, 2)
            assert links.send("a", SERIAL, b"to a")
            assert links.send("b", SERIAL, b"to b")
            assert not links.send("gone", SERIAL, b"nowhere")
            assert not links.send("unknown", SERIAL, b"nowhere")
            assert (a.read(4), b.read(4)) == (b"to a", b"to b")
            await links.close()
        assert len(asyncio.all_tasks()) == 1

    asyncio.run(scenario())


class Blanker:
    """Hides every second byte, counting through the connection."""

    def __init__(self) -> None:
        self.count = 0

    def mask(self, channel: str, data: bytes) -> bytes:
        kept = bytes(byte if (self.count + index) % 2 == 0 else 0x2A for index, byte in enumerate(data))
        self.count += len(data)
        return kept


def test_identity_is_masked_before_anybody_sees_it_and_afresh_on_each_connection(tmp_path: Path) -> None:
    family = msgspec.structs.replace(FAMILIES["contec_cms50_9byte"], masker=Blanker)

    async def scenario() -> None:
        seen = Recorder()
        links = Links(seen, Errors(), {family.name: family})
        with PtyDevice(tmp_path / "a") as a:
            await links.apply([serial("a", a.path)])
            for connection in (1, 2):
                await seen.until_count(LinkOpened, connection)
                a.write(b"abc")
                await seen.until_bytes(3 * connection)
                a.unplug()
                a.plug()
            await links.close()
        assert seen.data == b"a*c" * 2

    asyncio.run(scenario())


def test_the_family_chooses_the_link_and_only_devices_that_measure_all_the_time_may_not_be_silent() -> None:
    async def scenario() -> dict[str, tuple[type[object], bool]]:
        links = Links(Recorder(), Errors())
        built: dict[str, tuple[type[object], bool]] = {}
        for name in ("contec_cms50_9byte", "bluetooth_heart_rate", "bluetooth_pulse_oximeter_spot"):
            device = Device(id="1", bed="1", family=name, port="/dev/null", address="F0:F1:F2:F3:F4:01")
            link = build_link(device, FAMILIES[name], Recorder(), links._adapter)
            assert isinstance(link, SerialLink | BleLink)
            built[name] = type(link), link._silence is not None
        await links.close()
        return built

    assert asyncio.run(scenario()) == {
        "contec_cms50_9byte": (SerialLink, True),
        "bluetooth_heart_rate": (BleLink, True),
        "bluetooth_pulse_oximeter_spot": (BleLink, False),
    }


def test_lost_adapters_are_one_fact_with_the_devices_they_strand(bus: str) -> None:
    async def scenario() -> None:
        seen = Recorder()
        links = Links(seen, Errors())

        def lost() -> tuple[bool, str, tuple[str, ...]] | None:
            facts = seen.all(GatewayFact)
            return (facts[-1].present, facts[-1].detail, facts[-1].devices) if facts else None

        async with bleak_closed(), bluez_on(bus) as bluez:
            here, there = [bluetooth("1", "hci0"), bluetooth("2", "hci0")], bluetooth("3", "hci7")
            await links.apply([*here, there])
            await seen.until(lambda: lost() == (True, "hci7: adapter 'hci7' not found", ("3",)))
            bluez.power(on=False)
            both = "hci0: powered off; hci7: adapter 'hci7' not found"
            await seen.until(lambda: lost() == (True, both, ("1", "2", "3")))
            await links.apply([*here])
            assert lost() == (True, "hci0: powered off", ("1", "2"))
            bluez.power(on=True)
            await seen.until(lambda: lost() == (False, "", ()))
            await links.close()
        assert {fact.code for fact in seen.all(GatewayFact)} == {"adapter-lost"}
        assert seen.all(LinkConnecting)

    asyncio.run(scenario())
