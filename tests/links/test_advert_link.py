"""A scale advertises on a real Bluetooth stack; the real libraries read it; nobody connects to it."""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter
from collections.abc import AsyncIterator, Callable
from functools import partial
from pathlib import Path

import pytest
from bumble.core import AdvertisingData
from bumble.device import Device as Radio
from cryptography.hazmat.primitives.ciphers.aead import AESCCM

from edge_agent.domain.errors import AgentError
from edge_agent.domain.inputs import LinkClosed, LinkConnecting, LinkData, LinkOpened
from edge_agent.domain.settings import Device
from edge_agent.gateway import adverts, ble_adapter, ble_recovery
from edge_agent.gateway.ble_adapter import Adapter
from edge_agent.gateway.config.credentials import Credentials
from edge_agent.gateway.links import Links
from firmware_bridges.advert import ADVERT, Message, Value, parse_message
from firmware_bridges.families import advertised_scale
from firmware_bridges.vitals import Reading
from tests.links.bumble_stack import backend_on, device_on, open_air
from tests.links.recorder import Recorder, running

pytestmark = [
    pytest.mark.usefixtures("quick"),
    pytest.mark.skipif(bool(adverts.missing()), reason="the extra `adverts` is not installed"),
]

ADDRESS = "F0:F1:F2:F3:F4:00"
BTHOME = b"\xd2\xfc"
KEY = bytes(range(16))
SCALE = Device(id="scale", bed="1", family="advertised_scale", address=ADDRESS)


def plain(packet: int, grams_10: int) -> bytes:
    """Return the service data of BTHome 2 with a packet number and a mass in steps of 10 g."""
    return b"\x40\x00" + bytes((packet,)) + b"\x06" + grams_10.to_bytes(2, "little")


def encrypted(packet: int, grams_10: int, key: bytes = KEY) -> bytes:
    counter = packet.to_bytes(4, "little")
    nonce = bytes.fromhex(ADDRESS.replace(":", "")) + BTHOME + b"\x41" + counter
    sealed = AESCCM(key, tag_length=4).encrypt(nonce, plain(packet, grams_10)[1:], None)
    return b"\x41" + sealed[:-4] + counter + sealed[-4:]


class Scale:
    """A radio that advertises what it is told to, and refuses nobody. `rounds`: when the gateway began to listen."""

    def __init__(self, radio: Radio, rounds: list[float]) -> None:
        self._radio = radio
        self.rounds = rounds
        self.connected = False
        radio.on("connection", self._connection)

    async def say(self, service_data: bytes) -> None:
        """Advertise from now on."""
        if self._radio.is_advertising:
            await self._radio.stop_advertising()
        data = [(AdvertisingData.Type.SERVICE_DATA_16_BIT_UUID, BTHOME + service_data)]
        self._radio.advertising_data = bytes(AdvertisingData(data))
        await self._radio.start_advertising(advertising_interval_min=20.0, advertising_interval_max=20.0)

    def _connection(self, _connection: object) -> None:
        self.connected = True


@contextlib.asynccontextmanager
async def on_air(credentials: Credentials, errors: list[str]) -> AsyncIterator[tuple[Scale, Recorder, Links]]:
    air = open_air()
    radio = device_on(air, ADDRESS)
    await radio.power_on()
    seen = Recorder()
    rounds: list[float] = []
    backend = await backend_on(air)

    class Counting(backend.scanner):  # type: ignore[name-defined,misc]  # made for this air
        async def start(self) -> None:
            rounds.append(asyncio.get_running_loop().time())
            await super().start()

    def failed(name: str, error: Exception) -> None:
        errors.append(f"{name}: {error}")

    links = Links(seen, failed, backend=backend._replace(scanner=Counting), credentials=credentials)
    await links.apply([SCALE])
    try:
        yield Scale(radio, rounds), seen, links
    finally:
        await links.close()


def said(seen: Recorder) -> list[Message]:
    return [parse_message(item.data) for item in seen.all(LinkData)]


def weighed(seen: Recorder, mass: Value) -> bool:
    return any(each.values.get("mass") == mass for each in said(seen))


def with_key(folder: Path, key: bytes = KEY) -> Credentials:
    (folder / "credentials_bindkey-scale").write_text(key.hex() + "\n", "ascii")
    return Credentials(str(folder))


def test_what_a_scale_advertises_reaches_its_bridge_and_nobody_connects() -> None:
    async def scenario() -> None:
        errors: list[str] = []
        async with on_air(Credentials(""), errors) as (scale, seen, links):
            await scale.say(plain(1, 0))
            await seen.until_count(LinkData, 1)
            await scale.say(plain(2, 8655))
            await seen.until(lambda: weighed(seen, Value("86.55", "kg")))
            assert links.send("scale", ADVERT, b"anything") is False
        assert [type(item) for item in seen.inputs[:2]] == [LinkConnecting, LinkOpened]
        assert isinstance(seen.inputs[-1], LinkClosed)
        assert {item.channel for item in seen.all(LinkData)} == {ADVERT}
        assert not scale.connected
        assert errors == []
        bridge = advertised_scale.FAMILY.bridge()
        events = [event for item in seen.all(LinkData) for event in bridge.receive(item.channel, item.data, 0)]
        assert [event.value for event in events if isinstance(event, Reading)] == [8655]

    asyncio.run(scenario())


def test_it_is_heard_for_longer_than_one_round_of_listening() -> None:
    async def scenario() -> None:
        async with on_air(Credentials(""), []) as (scale, seen, _):
            packet = 0
            while len(scale.rounds) < 3:
                packet += 1
                await scale.say(plain(packet & 0xFF, 8000 + packet))
                await seen.until(partial(weighed, seen, Value(f"{(8000 + packet) / 100}", "kg")))

    asyncio.run(scenario())


def test_a_silence_is_no_trouble_where_somebody_only_listens(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ble_recovery, "FAILURES", 1)
    monkeypatch.setattr(ble_recovery, "TROUBLE_S", 0.0)
    monkeypatch.setattr(ble_adapter, "LISTEN_S", 0.02)
    switched, stuck, rounds = list[str](), list[str](), asyncio.Semaphore(0)

    async def switch(name: str) -> None:
        switched.append(name)

    async def scenario() -> None:
        backend = await backend_on(open_air())

        class Counting(backend.scanner):  # type: ignore[name-defined,misc]  # made for this air
            async def start(self) -> None:
                rounds.release()
                await super().start()

        adapter = Adapter("", lambda *_: None, backend._replace(scanner=Counting, power_cycle=switch), stuck.append)
        async with running(adapter.run()):
            with adapter.heard(ADDRESS, lambda *_: None):
                for _ in range(5):
                    await rounds.acquire()
        assert (switched, stuck) == ([], [])

    asyncio.run(scenario())


@pytest.mark.parametrize(
    ("held", "sent", "read"),
    [
        (KEY, encrypted(1, 8655), True),
        (None, encrypted(1, 8655), False),
        (bytes(16), encrypted(1, 8655), False),
    ],
    ids=["with the key", "without a key", "with another key"],
)
def test_an_encrypted_advert_is_read_with_its_key_alone(
    tmp_path: Path,
    held: bytes | None,
    sent: bytes,
    read: bool,  # noqa: FBT001 - a column of the table
) -> None:
    async def scenario() -> None:
        credentials = with_key(tmp_path, held) if held else Credentials(str(tmp_path))
        async with on_air(credentials, []) as (scale, seen, _):
            await scale.say(sent)
            await seen.until_count(LinkData, 1)
            [first, *_] = said(seen)
            assert first.locked is not read
            assert first.values.get("mass") == (Value("86.55", "kg") if read else None)
            assert KEY.hex() not in repr(seen.inputs)

    asyncio.run(scenario())


def test_a_sender_that_has_a_key_and_sends_plain_is_not_believed(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with on_air(with_key(tmp_path), []) as (scale, seen, _):
            await scale.say(plain(1, 7000))
            await scale.say(encrypted(2, 8655))
            await seen.until(lambda: any(each.values for each in said(seen)))
            assert {each.values.get("mass") for each in said(seen)} - {None} == {Value("86.55", "kg")}

    asyncio.run(scenario())
    uuid = "0000fcd2-0000-1000-8000-00805f9b34fb"
    alone = adverts.message(adverts.Advert(ADDRESS, service_data={uuid: plain(1, 7000)}), KEY)
    assert alone is None or not alone.values


def test_what_is_repeated_is_reported_once(monkeypatch: pytest.MonkeyPatch) -> None:
    async def scenario() -> None:
        heard, enough = Counter[str](), asyncio.Event()

        def counted(advert: adverts.Advert, identify: Callable[[adverts.Advert], str] = adverts.identify) -> str:
            heard[identify(advert)] += 1
            if max(heard.values()) > 5:
                enough.set()
            return identify(advert)

        monkeypatch.setattr(adverts, "identify", counted)
        async with on_air(Credentials(""), []) as (scale, seen, _):
            await scale.say(plain(1, 7000))
            await enough.wait()
            await scale.say(plain(2, 8655))
            await seen.until_count(LinkData, 2)
            assert [each.values["mass"].number for each in said(seen)] == ["70.0", "86.55"]

    asyncio.run(scenario())


def test_a_credential_that_is_no_key_is_reported_without_being_repeated(tmp_path: Path) -> None:
    async def scenario() -> None:
        (tmp_path / "credentials_bindkey-scale").write_text("mellon and friend", "ascii")
        errors: list[str] = []
        async with on_air(Credentials(str(tmp_path)), errors):
            [error] = errors
            assert "credentials_bindkey-scale is no key" in error
            assert "mellon" not in error

    asyncio.run(scenario())


def test_without_the_libraries_the_remedy_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    async def scenario() -> None:
        monkeypatch.setattr(adverts, "missing", lambda: ["bthome_ble"])
        errors: list[str] = []
        async with on_air(Credentials(""), errors) as (_, seen, _links):
            await seen.until_count(LinkClosed, 1)
            assert "the extra `adverts`" in seen.reason

    asyncio.run(scenario())


@pytest.mark.parametrize(
    "advert",
    [
        adverts.Advert(ADDRESS, "somebody"),
        adverts.Advert(ADDRESS, service_data={"0000fcd2-0000-1000-8000-00805f9b34fb": b""}),
        adverts.Advert(ADDRESS, "sps", manufacturer_data={1: b"\0"}, service_uuids=(f"{0xFFF0:08x}",)),
    ],
)
def test_an_advert_that_no_library_can_read_says_nothing(advert: adverts.Advert) -> None:
    said = adverts.message(advert, None)
    assert said is None or not said.values


def test_one_measurement_has_one_id() -> None:
    uuid = "0000fcd2-0000-1000-8000-00805f9b34fb"
    here, there, other = (
        adverts.message(adverts.Advert(ADDRESS, rssi=rssi, service_data={uuid: plain(packet, 8655)}), None)
        for rssi, packet in ((-40, 1), (-90, 1), (-40, 2))
    )
    assert here is not None
    assert here == there
    assert other is not None
    assert here.id != other.id


def test_a_key_of_another_length_is_none(tmp_path: Path) -> None:
    for digits in ("", "00" * 15, "00" * 17, "zz" * 16):
        (tmp_path / "credentials_bindkey-x").write_text(digits, "ascii")
        with pytest.raises(AgentError, match="no key"):
            Credentials(str(tmp_path)).bindkey("x")
    assert Credentials(str(tmp_path)).bindkey("y") is None
    assert Credentials("").bindkey("x") is None
