"""The uplink against a real Mosquitto: greeting, goodbye, and every way in which a broker can be gone."""

from __future__ import annotations

import asyncio
import subprocess
from collections.abc import Awaitable, Callable
from pathlib import Path

import msgspec
import pytest

from edge_agent.gateway.mqtt import Connection
from edge_agent.wire.outgoing import Urgency
from tests.broker import Broker, Heard, Listener, free_port
from tests.delivery import certificates
from tests.delivery.agent import QUICK, bodies, later, running, settled
from tests.delivery.parts import alert, draft, read, slot, until
from tests.delivery.proxy import Proxy
from tests.delivery.scripted import Scripted

IMPATIENT = msgspec.structs.replace(QUICK, silence_s=1)

VERSIONS = pytest.mark.parametrize("version_5", [True, False], ids=["5", "3.1.1"])


def with_broker(work: Callable[[Broker, Listener], Awaitable[None]]) -> None:
    """Run `work` with a broker and somebody who listens to everything."""

    async def run() -> None:
        with Broker() as broker, Listener(broker.port) as listener:
            await work(broker, listener)

    asyncio.run(run())


def states(heard: list[Heard]) -> list[str]:
    return [body.text for body in bodies(heard, "root/state")]


async def heard(listener: Listener, text: str) -> list[Heard]:
    """Wait until a message with `text` has been heard; return all."""
    named = f'"text":"{text}"'.encode()
    return await later(lambda: listener.wait(lambda all_: any(named in each.payload for each in all_), text))


@VERSIONS
def test_greeting_vitals_alert_and_goodbye_arrive(tmp_path: Path, *, version_5: bool) -> None:
    async def work(broker: Broker, listener: Listener) -> None:
        async with running(tmp_path, broker, version_5=version_5) as agent:
            agent.publish(draft(text="vitals"))
            agent.alert(alert("event"), slot(text="snapshot"), memory={"ward": b"1"})
            await settled(agent)
            assert agent.delivery.ledger.balanced(agent.delivery.outbox.queued())
        all_ = await heard(listener, "stopped 1")
        assert states(all_) == ["online 1", "stopped 1"]
        assert bodies(all_, "root/birth")[0].text == "birth 1"
        assert [body.text for body in bodies(all_, "alert")] == ["event:1"]
        assert [body.text for body in bodies(all_, "alerts")] == ["snapshot"]
        with Listener(broker.port, "root/#") as late:
            kept = late.wait(lambda all_: len(all_) == 3)
            assert {read(each.payload).text for each in kept} == {"stopped 1", "birth 1", "snapshot"}

    with_broker(work)


def test_a_message_carries_its_expiry_type_and_correlation(tmp_path: Path) -> None:
    async def work(broker: Broker, listener: Listener) -> None:
        async with running(tmp_path, broker) as agent:
            agent.publish(draft(text="vitals"))
            answer = draft("command/x/result", "answer", live_s=None, urgency=Urgency.STATE, correlation="request 7")
            agent.publish(answer)
            await settled(agent)
        properties = {read(each.payload).text: each.properties for each in await heard(listener, "stopped 1")}
        assert properties["vitals"]["MessageExpiryInterval"] == 60
        assert properties["vitals"]["ContentType"] == "application/json"
        assert properties["answer"]["CorrelationData"] == b"request 7"

    with_broker(work)


@VERSIONS
def test_a_cut_cable_shows_offline_where_a_blip_need_not(tmp_path: Path, *, version_5: bool) -> None:
    async def work(broker: Broker, listener: Listener) -> None:
        async with Proxy(broker.port) as proxy, running(tmp_path, proxy.port, version_5=version_5) as agent:
            await settled(agent)
            proxy.cut()
            seen = states(await heard(listener, "online 2"))
            assert seen == (["online 1", "online 2"] if version_5 else ["online 1", "offline 1", "online 2"])

    with_broker(work)


@VERSIONS
def test_commands_come_in_and_one_that_we_choke_on_ends_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, version_5: bool
) -> None:
    failed: list[BaseException] = []
    monkeypatch.setattr("edge_agent.gateway.delivery.session.Session._failed", lambda _, error: failed.append(error))

    async def work(broker: Broker, listener: Listener) -> None:
        async with running(tmp_path, broker, version_5=version_5) as agent:
            await settled(agent)
            agent.raising = RuntimeError("a defect of ours")
            await later(lambda: listener.publish("root/command/observe", b"1"))
            await later(lambda: listener.publish("root/command/observe", b"2"))
            await until(lambda: len(failed) == 2)
            agent.raising = None
            await later(lambda: listener.publish("root/command/observe", b"3"))
            await until(lambda: [inbound.payload for inbound in agent.inbound][-1:] == [b"3"])
            agent.publish(draft(text="still there"))
            await heard(listener, "still there")
            assert agent.delivery.stats().connections == 1
            assert [str(error) for error in failed] == ["a defect of ours"] * 2, "reported, and nothing else was"

    with_broker(work)


def test_an_exception_in_pahos_thread_is_reported_and_survived(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    failed: list[BaseException] = []
    monkeypatch.setattr("edge_agent.gateway.delivery.session.Session._failed", lambda _, error: failed.append(error))

    def defective(*_: object) -> None:
        raise RuntimeError("a defect in a callback")

    monkeypatch.setattr(Connection, "_on_message", defective)

    async def work(broker: Broker, listener: Listener) -> None:
        async with running(tmp_path, broker) as agent:
            await later(lambda: listener.publish("root/command/observe", b"1"))
            agent.publish(draft(text="still there"))
            await settled(agent)
            await until(lambda: failed)
            assert agent.delivery.stats().connections == 1

    with_broker(work)


@VERSIONS
def test_after_each_restart_of_the_broker_publishing_and_commands_work(tmp_path: Path, *, version_5: bool) -> None:
    async def work(broker: Broker, _: Listener) -> None:
        async with running(tmp_path, broker, version_5=version_5) as agent:
            for number in range(4):
                await settled(agent)
                broker.kill()
                await until(lambda: not agent.delivery.stats().connected)
                agent.publish(draft(text=f"vitals {number}"))
                broker.start()
                await settled(agent)
                with Listener(broker.port) as listener:
                    await later(lambda: listener.publish("root/command/observe", b"%d" % number))  # noqa: B023 - at once
                    await until(lambda: len(agent.inbound) == number + 1)  # noqa: B023 - at once
                    agent.publish(draft(text="live"))
                    await heard(listener, "live")
            assert agent.delivery.ledger.balanced(agent.delivery.outbox.queued())

    with_broker(work)


def test_a_broker_that_is_away_is_reported_until_it_is_back(tmp_path: Path) -> None:
    async def work() -> None:
        port = free_port()
        async with running(tmp_path, port) as agent:
            await until(lambda: agent.suffers("broker-unreachable"))
            assert "refused" in agent.troubles[0][2]
            with Broker(port=port):
                await until(lambda: agent.relieved("broker-unreachable"))
            await until(lambda: agent.suffers("broker-unreachable"))

    asyncio.run(work())


def test_a_half_open_link_is_found_by_the_heartbeat_that_does_not_come_back(tmp_path: Path) -> None:
    async def work(broker: Broker, listener: Listener) -> None:
        async with Proxy(broker.port) as proxy, running(tmp_path, proxy.port, limits=IMPATIENT) as agent:
            await settled(agent)
            await until(lambda: agent.delivery.stats().echo)
            proxy.swallow()
            agent.alert(alert("swallowed"))
            await until(lambda: "gone silent" in agent.delivery.stats().last_error)
            proxy.heal()
            await heard(listener, "swallowed:1")
            await settled(agent)

    with_broker(work)


def test_a_frozen_broker_is_found_too(tmp_path: Path) -> None:
    async def work(broker: Broker, listener: Listener) -> None:
        async with running(tmp_path, broker, limits=IMPATIENT) as agent:
            await settled(agent)
            broker.freeze()
            agent.publish(draft(text="frozen"))
            await until(lambda: agent.suffers("broker-unreachable"))
            broker.thaw()
            await heard(listener, "frozen")
            await until(lambda: agent.relieved("broker-unreachable"))

    with_broker(work)


def test_a_client_with_our_id_is_named_and_not_fought(tmp_path: Path) -> None:
    async def work() -> None:
        async with Scripted(lambda _: 0) as broker, running(tmp_path, broker.port) as agent:
            await settled(agent)
            broker.end(0x8E)
            await until(lambda: agent.suffers("broker-unreachable"))
            assert agent.troubles[-1][2] == "another client connects as gateway"
            assert broker.connections == 1

    asyncio.run(work())


@VERSIONS
def test_a_twin_is_known_by_its_state_where_the_broker_gives_no_reason(tmp_path: Path, *, version_5: bool) -> None:
    """Mosquitto 2.0.11 closes a connection that is taken over without DISCONNECT, on MQTT 5 too."""

    async def work(broker: Broker, _: Listener) -> None:
        async with running(tmp_path, broker, version_5=version_5) as agent:
            await settled(agent)
            with Listener(broker.port, client_id="gateway", protocol="5" if version_5 else "3.1.1") as twin:
                await later(lambda: twin.publish("root/state", b'{"run":"other","state":"online"}', retain=True))
                await until(lambda: agent.suffers("broker-unreachable"))
                assert agent.troubles[-1][2] == "another client connects as gateway (its run is other)"

    with_broker(work)


def test_the_state_of_an_earlier_run_is_no_twin(tmp_path: Path) -> None:
    async def work(broker: Broker, _: Listener) -> None:
        for _run in range(2):
            async with running(tmp_path, broker, version_5=False) as agent:
                await settled(agent)
                session = agent.delivery._session
                assert session is not None
                await until(lambda: session.declared)  # noqa: B023 - at once
                assert not session.twin

    with_broker(work)


def test_certificates_on_both_sides(tmp_path: Path) -> None:
    certificates.write(tmp_path)
    listener = f"cafile {tmp_path}/ca.pem\ncertfile {tmp_path}/broker.pem\nkeyfile {tmp_path}/broker.key\n"
    known = {"ca": f"{tmp_path}/ca.pem", "certificate": f"{tmp_path}/gateway.pem", "key": f"{tmp_path}/gateway.key"}

    async def work() -> None:
        with Broker(listener=f"{listener}require_certificate true\nuse_identity_as_username true") as broker:
            async with running(tmp_path / "state", broker, **known) as agent:
                await settled(agent)
            async with running(tmp_path / "other", broker, ca=known["ca"]) as stranger:
                await until(lambda: stranger.suffers("broker-unreachable"))
                assert stranger.delivery.stats().connections == 0

    asyncio.run(work())


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # paho leaves a failed handshake open
def test_a_broker_that_is_not_signed_is_not_believed(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        certificates.write(tmp_path / name)
    listener = f"certfile {tmp_path}/one/broker.pem\nkeyfile {tmp_path}/one/broker.key\nallow_anonymous true"

    async def work() -> None:
        with Broker(listener=listener) as broker:
            async with running(tmp_path / "state", broker, ca=f"{tmp_path}/two/ca.pem") as agent:
                await until(lambda: agent.suffers("broker-unreachable"))
                assert "certificate verify failed" in agent.delivery.stats().last_error

    asyncio.run(work())


@VERSIONS
def test_a_wrong_password_is_reported_in_words_that_do_not_hold_it(tmp_path: Path, *, version_5: bool) -> None:
    users = tmp_path / "users"
    subprocess.run(["mosquitto_passwd", "-c", "-b", str(users), "gateway", "right"], check=True)

    async def work() -> None:
        with Broker(listener=f"password_file {users}\nallow_anonymous false") as broker:
            user = {"username": "gateway", "version_5": version_5}
            async with running(tmp_path / "state", broker, password="right", **user) as agent:  # noqa: S106 - the test's
                await settled(agent)
            async with running(tmp_path / "state", broker, password="wr0ng-secret", **user) as agent:  # noqa: S106 - as above
                await until(lambda: agent.suffers("broker-unreachable"))
                assert "ot authori" in agent.delivery.stats().last_error
                assert "wr0ng-secret" not in f"{agent.troubles} {agent.endpoint!r} {agent.delivery.stats()}"

    asyncio.run(work())


def test_refused_subscriptions_are_named_and_alerts_go_out_all_the_same(tmp_path: Path) -> None:
    async def work() -> None:
        async with Scripted(lambda _: 0, suback=0x87) as broker, running(tmp_path, broker.port) as agent:
            agent.alert(alert("a"))
            await settled(agent)
            assert "root/command/+" in agent.delivery.stats().refused_subscriptions

    asyncio.run(work())
