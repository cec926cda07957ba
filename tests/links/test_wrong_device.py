"""The wrong device on a line: what the host sees of it, hanging up on it, and two swapped cables from end to end."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import msgspec
import pytest
from serial.tools.list_ports_linux import SysFS

from edge_agent.bedside.ward import Ward
from edge_agent.domain.effects import AlertChanged, HangUp, VitalsReport
from edge_agent.domain.inputs import Attached, Input, LinkClosed, LinkData, LinkOpened, SettingsApplied, Started
from edge_agent.domain.settings import Bed, Device, Expected, WardSettings
from edge_agent.gateway import ble_link, serial_link, tty_identity
from edge_agent.gateway.clock import boottime
from edge_agent.gateway.links import Links
from edge_agent.gateway.serial_link import SerialLink
from firmware_bridges.bridge import Sample, SerialSettings
from firmware_bridges.families import FAMILIES
from tests.links.pty import PtyDevice
from tests.links.recorder import Recorder, running
from tests.links.test_ble_link import beats, room

pytestmark = pytest.mark.usefixtures("quick")
LINK = FAMILIES["sensor_link"]


@pytest.fixture
def _soon(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (serial_link, ble_link):
        monkeypatch.setattr(module, "REFUSED_S", 0.02)


class UsbAdapter:
    """Stands for pyserial's look into /sys: there is no USB here. `serials` by the terminal's name."""

    serials: dict[str, str] = {}  # noqa: RUF012 - one for the whole stand-in

    def __init__(self, name: str) -> None:
        self.serial_number = self.serials.get(name)


def test_the_open_port_tells_its_adapter_and_udevs_names_whatever_its_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = tmp_path / "by-id"
    names.mkdir()
    monkeypatch.setattr(tty_identity, "BY_ID", names)
    monkeypatch.setattr(tty_identity, "SysFS", UsbAdapter)

    async def scenario() -> list[Attached]:
        seen = Recorder()
        with PtyDevice(tmp_path / "tty") as device, PtyDevice(tmp_path / "other") as other:
            terminal = str(device.path.resolve())
            monkeypatch.setattr(UsbAdapter, "serials", {terminal: "A50285BI"})
            (names / "usb-mine").symlink_to(terminal)
            (names / "usb-other").symlink_to(other.path.resolve())
            (names / "usb-gone").symlink_to(tmp_path / "nothing")
            link = SerialLink(
                Device(id="1", bed="1", family="any", port=str(device.path)),
                SerialSettings(115200),
                seen,
                continuous=False,
            )
            async with running(link.run()):
                await seen.until_count(LinkOpened, 1)
        return [opened.attached for opened in seen.all(LinkOpened)]

    assert asyncio.run(scenario()) == [Attached(usb_serial="A50285BI", by_id=("usb-mine",))]


def test_a_port_that_is_not_on_usb_or_has_gone_tells_nothing(tmp_path: Path) -> None:
    with PtyDevice(tmp_path / "tty") as device:
        fd = os.open(device.path, os.O_RDWR | os.O_NOCTTY)
        assert tty_identity.attached(fd) == Attached()
        os.close(fd)
        assert tty_identity.attached(fd) == Attached()


def test_pyserial_reads_what_a_usb_adapter_is_from_where_the_kernel_says_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A made-up /sys, of the shape of Linux 6: pyserial has the path written into its code.
    usb = tmp_path / "devices/usb1/1-2"
    port = usb / "1-2:1.0/ttyUSB0"
    port.mkdir(parents=True)
    for name, text in (
        ("bNumInterfaces", "1"),
        ("idVendor", "10c4"),
        ("idProduct", "ea60"),
        ("serial", "A50285BI"),
        ("product", "CP2102"),
    ):
        (usb / name).write_text(f"{text}\n", encoding="ascii")
    (tmp_path / "bus/usb-serial").mkdir(parents=True)
    (port / "subsystem").symlink_to(tmp_path / "bus/usb-serial")
    (tmp_path / "class/tty/ttyUSB0").mkdir(parents=True)
    (tmp_path / "class/tty/ttyUSB0/device").symlink_to(port)
    for name in ("exists", "realpath"):
        real = getattr(os.path, name)
        elsewhere = lambda path, real=real, **more: real(str(path).replace("/sys/", f"{tmp_path}/"), **more)  # noqa: E731 - binds the real one
        monkeypatch.setattr(os.path, name, elsewhere)
    assert SysFS("/dev/ttyUSB0").serial_number == "A50285BI"


@pytest.mark.usefixtures("_soon")
def test_a_line_that_was_hung_up_on_is_looked_at_again(tmp_path: Path) -> None:
    async def scenario() -> None:
        seen = Recorder()
        with PtyDevice(tmp_path / "tty") as device:
            described = Device(id="1", bed="1", family="any", port=str(device.path))
            link = SerialLink(described, SerialSettings(115200), seen, continuous=False)
            link.hang_up("nobody is there yet")
            async with running(link.run()):
                await seen.until_count(LinkOpened, 1)
                link.hang_up("wrong device")
                await seen.until_count(LinkOpened, 2)
                assert seen.reason == f"{device.path}: wrong device"
                device.write(b"!")
                await seen.until_bytes(1)

    asyncio.run(scenario())


@pytest.mark.usefixtures("_soon")
def test_a_peripheral_that_was_hung_up_on_is_looked_at_again() -> None:
    async def scenario() -> None:
        seen = Recorder()
        async with room() as here:
            sensor = here.sensors[0]
            link = here.link(sensor.address, seen)
            async with running(link.run()):
                await beats(seen)
                link.hang_up("wrong device")
                await seen.until_count(LinkOpened, 2)
                await beats(seen)
        assert seen.all(LinkClosed)[0].reason.endswith(": wrong device")
        assert seen.all(LinkOpened)[0].attached.address.casefold() == sensor.address.casefold()

    asyncio.run(scenario())


class House(Recorder):
    """A ward behind real links."""

    def __init__(self, settings: WardSettings) -> None:
        super().__init__()
        self.ward, self.shown = Ward(), dict[str, set[int]]()
        self.wrong: list[str] = []
        self.links = Links(self, lambda name, error: pytest.fail(f"{name}: {error}"))
        for given in (Started("00000000-0000-0000-0000-000000000001", "boot"), SettingsApplied(settings)):
            self(given)

    def __call__(self, item: Input) -> None:
        for effect in self.ward.handle(item, boottime()):
            if isinstance(effect, HangUp):
                self.links.hang_up(effect.device, effect.reason)
            elif isinstance(effect, VitalsReport):
                values = self.shown.setdefault(effect.bed, set())
                values |= {stream.value for stream in effect.streams if stream.value is not None}
            elif isinstance(effect, AlertChanged) and effect.alert.condition.startswith("wrong-device"):
                self.wrong.append(effect.alert.why.text)
        super().__call__(item)


@pytest.mark.usefixtures("_soon")
def test_two_swapped_cables_are_refused_and_never_shown_at_the_wrong_bed(tmp_path: Path) -> None:
    devices = tuple(
        Device(
            id=f"link{n}",
            bed=f"{n}",
            family="sensor_link",
            port=str(tmp_path / f"tty{n}"),
            expected=Expected(serial=f"000{n}"),
        )
        for n in (1, 2)
    )
    settings = WardSettings(beds=(Bed(id="1"), Bed(id="2")), devices=devices, telemetry_interval_s=1)
    values = {1: 91, 2: 97}

    async def scenario() -> House:
        house = House(settings)
        house.ward.handle(SettingsApplied(settings), boottime())
        cables = {n: PtyDevice(tmp_path / f"tty{n}") for n in (1, 2)}

        async def speak(plugged: dict[int, int]) -> None:
            """Let device `n` speak on cable `plugged[n]` until both have been heard."""
            before = len(house.all(LinkData))
            for n, cable in plugged.items():
                for _, data in LINK.encoder().encode(Sample({"spo2": values[n]}, unit=n)):
                    cables[cable].write(data)
            await house.until(lambda: {d.device for d in house.all(LinkData)[before:]} == {"link1", "link2"})

        for cable in cables.values():
            cable.plug()
        await house.links.apply(settings.devices)
        await house.until_count(LinkOpened, 2)
        await speak({1: 1, 2: 2})
        for cable in cables.values():
            cable.unplug()
            cable.plug()
        await house.until_count(LinkOpened, 4)
        await speak({1: 2, 2: 1})
        await house.until_count(LinkOpened, 6)
        assert len(house.wrong) == 2
        await speak({1: 1, 2: 2})
        await house.links.close()
        for cable in cables.values():
            cable.unplug()
        return house

    house = asyncio.run(scenario())
    beds = house.ward._floor.state.beds
    for n in (1, 2):
        assert house.shown[str(n)] <= {values[n]}
        (stream,) = beds[str(n)].streams.values()
        assert stream.value == values[n]
        assert any(f"expected serial 000{n}, found 000{3 - n}" in text for text in house.wrong)
    assert msgspec.msgpack.decode(house.ward.snapshot())
