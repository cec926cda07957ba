"""A device that is not the expected one reaches no bed, no window and no history, whoever notices it."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_agent.bedside.identity import DOUBT
from edge_agent.domain.effects import DeviceReport, HangUp, LinkReport, LinkState, SendToDevice, StoredReadings
from edge_agent.domain.inputs import Attached, LinkClosed, LinkData, LinkOpened
from edge_agent.domain.settings import SECOND, Expected, WardSettings
from firmware_bridges.bridge import Sample
from firmware_bridges.families import FAMILIES
from firmware_bridges.families import contec_cms50_9byte as contec
from firmware_bridges.vitals import Reason
from tests.bedside.harness import Bench, settings

MINE, OTHER = Expected(serial="0001"), Expected(serial="0002")
LINE = b"11/13/05 05:02:16 SN=%s SPO2=095%% BPM=071 PI=02.65%% ALARM=0000 EXC=000000\r\n"


def bound(expected: Expected, family: str = "sensor_link", required: tuple[str, ...] = ("spo2",)) -> WardSettings:
    """Return a ward whose one device must be `expected`."""
    made = settings(family=family, required=required)
    return msgspec.structs.replace(made, devices=(msgspec.structs.replace(made.devices[0], expected=expected),))


def counted(bench: Bench) -> bool:
    """Tell whether anything was measured, as far as beds, windows and history know."""
    bed = bench.ward._floor.state.beds["1"]
    stored = [effect for effect in bench.effects if isinstance(effect, StoredReadings)]
    return bool(bed.streams or bed.hours.counts or stored)


def hung_up(bench: Bench) -> list[str]:
    return [effect.reason for effect in bench.effects if isinstance(effect, HangUp)]


def test_the_expected_device_is_heard_from_its_first_reading_after_it_said_who_it_is() -> None:
    bench = Bench(bound(MINE))
    bench.feed(3, {"spo2": 97})
    assert bench.shown("spo2").value == 97
    assert not hung_up(bench)
    assert not bench.alerts("wrong-device-link1")


def test_a_wrong_device_is_one_trouble_not_two() -> None:
    bench = Bench(bound(OTHER))
    bench.say({"spo2": 80})
    bench.wait(20)
    technical = {alert.condition for alert in bench.alerts() if alert.condition.endswith("link1")}
    assert technical == {"wrong-device-link1"}


def test_another_device_is_refused_named_and_hung_up_on() -> None:
    bench = Bench(bound(OTHER))
    bench.say({"spo2": 80})
    why = "wrong device: expected serial 0002, found 0001"
    assert hung_up(bench) == [why]
    bench.wait(1)
    alert = bench.present("wrong-device-link1")
    assert alert is not None
    assert alert.why.text == f"link1 (/dev/link1): {why}; nothing it says is used"
    assert not counted(bench)
    bench.give(LinkClosed("link1", f"/dev/link1: {why}", bench.now))
    bench.plug()
    bench.wait(30)
    assert bench.present("wrong-device-link1"), "it stays while the port is looked at again"
    assert not bench.alerts("device-lost-link1")
    reports = [effect for effect in bench.effects if isinstance(effect, LinkReport)]
    assert (reports[-1].state, reports[-1].reason) == (LinkState.LOST, why)
    health = [effect for effect in bench.effects if isinstance(effect, DeviceReport)][-1]
    assert health.rejected == {"wrong-device": 1}
    assert health.serial == ""


def test_the_alert_ends_when_the_right_one_is_there_and_when_nobody_is() -> None:
    for right in (True, False):
        bench = Bench(bound(OTHER))
        bench.say({"spo2": 80})
        bench.give(LinkClosed("link1", f"/dev/link1: {hung_up(bench)[0]}", bench.now))
        if right:
            bench.plug()
            for channel, data in FAMILIES["sensor_link"].encoder().encode(Sample({"spo2": 96}, unit=2)):
                bench.give(LinkData("link1", channel, data, bench.now))
        else:
            bench.unplug()
        bench.wait(4)
        assert bench.present("wrong-device-link1") is None
        assert bool(bench.present("device-lost-link1")) is not right
        assert counted(bench) is right


def test_what_was_measured_before_the_device_said_who_it_is_does_not_count() -> None:
    bench = Bench(bound(MINE))
    encoder = bench.encoders["link1"]
    first = encoder.encode(Sample({"spo2": 91}))
    bench.send(first[-1][1])
    assert not counted(bench)
    bench.wait(1)
    for _, data in first[:-1]:
        bench.send(data)
    bench.feed(2, {"spo2": 97})
    assert next(stream.value for report in bench.vitals() for stream in report.streams if stream.vital == "spo2") == 97


def test_a_device_that_never_says_who_it_is_is_told_after_a_minute() -> None:
    bench = Bench(bound(MINE))
    encoder = bench.encoders["link1"]
    for _ in range(58):
        bench.send(encoder.encode(Sample({"spo2": 91}))[-1][1])
        bench.wait(1)
    assert not bench.alerts("wrong-device-link1")
    silent = FAMILIES["sensor_link"].encoder()
    silent.encode(Sample())
    for _ in range(5):
        bench.send(silent.encode(Sample({"spo2": 91}))[-1][1])
        bench.wait(1)
    alert = bench.present("wrong-device-link1")
    assert alert is not None
    assert "does not say who it is" in alert.why.text
    assert not counted(bench)
    assert bench.present("not-monitored")


@pytest.mark.parametrize(
    ("expected", "attached", "why"),
    [
        (Expected(usb_serial="A1"), Attached(usb_serial="B2"), "expected USB serial number A1, found B2"),
        (Expected(usb_serial="A1"), Attached(), "expected USB serial number A1, found none"),
        (Expected(by_id="usb-A"), Attached(by_id=("usb-B",)), "expected usb-A, found usb-B"),
        (Expected(by_id="usb-A"), Attached(), "expected usb-A, found no name in /dev/serial/by-id"),
    ],
)
def test_what_the_port_says_decides_before_a_byte_is_read_or_written(
    expected: Expected, attached: Attached, why: str
) -> None:
    bench = Bench(bound(expected, "contec_cms50_9byte"))
    bench.effects.clear()
    bench.give(LinkClosed("link1", "unplugged", bench.now))
    bench.give(LinkOpened("link1", bench.now, attached))
    assert hung_up(bench) == [f"wrong device: {why}"]
    assert not [effect for effect in bench.effects if isinstance(effect, SendToDevice)]
    bench.say({"spo2": 80})
    assert not counted(bench)


def test_the_right_port_is_heard_whatever_the_case_of_its_letters() -> None:
    bench = Bench(bound(Expected(usb_serial="a50-x", by_id="usb-A")))
    bench.give(LinkOpened("link1", bench.now, Attached(usb_serial="A50-X", by_id=("usb-A", "usb-a"))))
    bench.feed(2, {"spo2": 97})
    assert bench.shown("spo2").value == 97


def test_an_address_that_is_not_the_configured_one_is_the_wrong_device() -> None:
    made = bound(Expected(), "bluetooth_heart_rate", required=("pulse",))
    device = msgspec.structs.replace(made.devices[0], port="", address="C0:26:DA:00:12:34")
    bench = Bench(msgspec.structs.replace(made, devices=(device,)))
    bench.give(LinkOpened("link1", bench.now, Attached(address="c0:26:da:00:12:34")))
    assert not hung_up(bench)
    bench.give(LinkOpened("link1", bench.now, Attached(address="C0:26:DA:00:12:35")))
    assert hung_up(bench) == ["wrong device: expected address C0:26:DA:00:12:34, found C0:26:DA:00:12:35"]


def test_behind_no_check_one_garbled_frame_makes_no_wrong_device() -> None:
    bench = Bench(bound(Expected(serial="0000070986"), "masimo_ascii1"))
    for number in "..X....X..":  # the two that lie are further apart than the doubt lasts
        bench.send(LINE % b"0000070986".replace(b"9", b"9" if number == "." else b"X"))
        bench.wait(1)
    assert not hung_up(bench)
    assert bench.shown("spo2").value == 95
    rejected = next(line.rejected for line in bench.ward._floor.state.lines.values())
    assert rejected["wrong-device"] > 0, "the garbled line itself does not count"


def test_a_cable_moved_to_another_monitor_is_noticed_although_nothing_was_unplugged() -> None:
    bench = Bench(bound(Expected(serial="0000070986"), "masimo_ascii1"))
    for number in (b"0000070986", b"0000070987"):
        for _ in range(6):
            bench.send(LINE % number)
            bench.wait(1)
    assert hung_up(bench)[0] == "wrong device: expected serial 0000070986, found 0000070987"
    assert bench.now - SECOND * 6 + DOUBT <= bench.alerts("wrong-device-link1")[0].raised


def test_after_a_silence_on_a_cable_the_device_must_say_again_who_it_is() -> None:
    bench = Bench(bound(MINE))
    bench.feed(2, {"spo2": 97})
    bench.wait(6)
    bench.send(bench.encoders["link1"].encode(Sample({"spo2": 60}))[-1][1])
    bench.wait(1)
    rejected = next(line.rejected for line in bench.ward._floor.state.lines.values())
    assert rejected == {"unproven-device": 1}
    assert bench.alerts("spo2-low") == []


def test_after_a_silence_the_right_device_is_heard_as_soon_as_it_has_said_so() -> None:
    bench = Bench(bound(Expected(serial="0000070986"), "masimo_ascii1"))
    for _ in range(2):
        bench.wait(6)
        for _ in range(4):
            bench.send(LINE % b"0000070986")
            bench.wait(1)
        assert bench.shown("spo2").value == 95


def test_nothing_is_sent_to_the_wrong_device() -> None:
    bench = Bench(bound(Expected(model="CMS50E"), "contec_cms50_9byte"))
    bench.effects.clear()
    bench.send(contec.pack(contec.DEVICE_ID_REPLY, b"CMS50F\0"))
    for _ in range(12):
        bench.say({"spo2": 80})
        bench.wait(1)
    assert hung_up(bench)
    assert not [effect for effect in bench.effects if isinstance(effect, SendToDevice)]


def test_conditions_of_a_device_that_may_be_the_wrong_one_are_not_those_of_the_bed() -> None:
    bench = Bench(bound(MINE))
    encoder = bench.encoders["link1"]
    first = encoder.encode(Sample({"spo2": 80}, conditions=frozenset({Reason.SENSOR_OFF})))
    for second in range(10):
        for _, data in first[1:] if second == 0 else encoder.encode(Sample(conditions=frozenset({Reason.SENSOR_OFF}))):
            bench.send(data)
        bench.wait(1)
    assert not bench.alerts("sensor-off-link1")


@given(order=st.permutations(["model", "serial", "data", "data"]), wrong=st.sampled_from(["", "model", "serial"]))
def test_in_whatever_order_a_device_speaks_nothing_counts_before_all_that_is_expected_was_shown(
    order: list[str], wrong: str
) -> None:
    family = FAMILIES["bluetooth_heart_rate"]
    made = bound(Expected(model="M", serial="S"), "bluetooth_heart_rate", required=("pulse",))
    device = msgspec.structs.replace(made.devices[0], port="", address="C0:26:DA:00:12:34")
    bench = Bench(msgspec.structs.replace(made, devices=(device,)))
    channels = {"model": "00002a24-0000-1000-8000-00805f9b34fb", "serial": "00002a25-0000-1000-8000-00805f9b34fb"}
    encoder, said = family.encoder(), set[str]()
    for what in order:
        if what == "data":
            for channel, data in encoder.encode(Sample({"heart_rate": 70})):
                bench.give(LinkData("link1", channel, data, bench.now))
        else:
            value = b"?" if what == wrong else what[0].upper().encode()
            bench.give(LinkData("link1", channels[what], value, bench.now))
        if what == "data" and said == {"model", "serial"} and not wrong:
            assert bench.ward._floor.state.beds["1"].streams
        elif what != "data":
            said.add(what)
            if said != {"model", "serial"}:
                assert not bench.ward._floor.state.beds["1"].streams
    assert bool(hung_up(bench)) is bool(wrong)
    assert not (wrong and bench.ward._floor.state.beds["1"].streams)
