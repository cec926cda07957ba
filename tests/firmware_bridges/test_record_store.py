"""Reading a device's memory, with a simulated device that answers. Shown on the glucose meter, where not said."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from firmware_bridges import plx
from firmware_bridges.bridge import Bridge, Sample
from firmware_bridges.families import bluetooth_glucose_meter as meter
from firmware_bridges.families import bluetooth_glucose_monitor as monitor
from firmware_bridges.families import bluetooth_pulse_oximeter_spot as spot
from firmware_bridges.racp import CONTROL, report_all, report_from, report_newest
from firmware_bridges.record_store import TIMEOUT
from firmware_bridges.vitals import DeviceStatus, Event, Malformed, Reason, Send, Validity
from tests.firmware_bridges.devices import law, readings, thorough, valid
from tests.firmware_bridges.store_device import ALL, Memory, connect, stored, talk


def record(number: int, mg_dl: int) -> list[tuple[str, bytes]]:
    """Return a record of the meter as it is notified."""
    encoder = meter.Encoder()
    encoder._sequence = number
    return encoder.encode(Sample({"glucose": mg_dl}))


def filled(*numbers: int, operators: tuple[int, ...] = (1, 3, 6)) -> Memory:
    """Return a meter whose record n is n + 100 mg/dL."""
    device = Memory(operators)
    device.records = {number: record(number, number + 100) for number in numbers}
    return device


def asked(device: Memory) -> list[bytes]:
    """Return the commands since this was asked last."""
    commands, device.commands = device.commands, []
    return commands


def test_the_first_time_everything_is_asked_for_then_only_what_is_newer() -> None:
    bridge, device = meter.FAMILY.bridge(), filled(0, 1, 2)
    assert stored(connect(bridge, device, 0)) == [100, 101, 102]
    assert asked(device) == [report_all()]
    bridge.closed(1)
    device.records[3] = record(3, 150)
    assert stored(connect(bridge, device, 2)) == [150]
    assert asked(device) == [report_from(3)]


def test_what_is_in_memory_is_history_and_what_comes_unasked_is_live() -> None:
    bridge, device = meter.FAMILY.bridge(), filled(7)
    events = connect(bridge, device, 0)
    assert [(each.stored, each.validity, each.reason) for each in readings(events)] == [
        (True, Validity.INVALID, Reason.STORED)
    ]
    device.records[8] = [(channel, value)] = record(8, 90)
    assert valid(bridge.receive(channel, value, 1)) == {"glucose": 90}
    bridge.closed(2)
    assert stored(connect(bridge, device, 3)) == [], "the live one is known, too"
    assert asked(device)[1:] == [report_from(9), report_newest()]


def test_the_trouble_of_an_old_record_is_not_the_devices_present_condition() -> None:
    bridge, device = meter.FAMILY.bridge(), Memory()
    faulty = Sample({"glucose": 90}, frozenset({Reason.MALFUNCTION}))
    device.records = {0: meter.Encoder().encode(faulty)}
    events = connect(bridge, device, 0)
    assert [each.reason for each in readings(events)] == [Reason.MALFUNCTION]
    assert not any(isinstance(event, DeviceStatus) for event in events)
    assert DeviceStatus(1, (Reason.MALFUNCTION,)) in bridge.receive(*meter.Encoder().encode(faulty)[0], 1)


def test_a_broken_transfer_goes_on_where_it_broke() -> None:
    bridge, device = meter.FAMILY.bridge(), filled(0, 1, 2, 3)
    device.lose_after = 2
    first = stored(connect(bridge, device, 0))
    bridge.closed(1)
    device.lose_after = None
    assert first + stored(connect(bridge, device, 2)) == [100, 101, 102, 103]


@law
@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 5)), max_size=6))
def test_over_any_connections_every_record_arrives_once_and_in_order(visits: list[tuple[int, int]]) -> None:
    bridge, device = meter.FAMILY.bridge(), filled()
    found: list[int | None] = []
    for at, (more, lost) in enumerate([*visits, (0, 0)]):
        for _ in range(more):
            number = len(device.records)
            device.records[number] = record(number, number + 100)
        last = at == len(visits)
        device.lose_after = None if last else lost
        found += stored(connect(bridge, device, at))
        bridge.closed(at)
    assert found == [number + 100 for number in device.records]


def test_a_memory_that_begins_anew_is_read_whole() -> None:
    bridge, device = meter.FAMILY.bridge(), filled(40, 41)
    connect(bridge, device, 0)
    asked(device)
    bridge.closed(1)
    device.records = {0: record(0, 111), 1: record(1, 112)}
    assert stored(connect(bridge, device, 2)) == [111, 112]
    assert asked(device) == [report_from(42), report_newest(), report_all()]


def test_when_nothing_is_new_the_newest_record_is_not_told_again() -> None:
    bridge, device = meter.FAMILY.bridge(), filled(40, 41)
    connect(bridge, device, 0)
    bridge.closed(1)
    assert readings(connect(bridge, device, 2)) == []
    assert bridge.next_deadline() is None


def test_after_the_last_number_there_is_everything_to_ask_for() -> None:
    bridge, device = meter.FAMILY.bridge(), filled(0xFFFF)
    connect(bridge, device, 0)
    bridge.closed(1)
    asked(device)
    device.records[0] = record(0, 99)
    connect(bridge, device, 2)
    assert asked(device) == [report_all()]


def test_a_device_that_does_not_know_newer_is_asked_for_everything() -> None:
    bridge, device = meter.FAMILY.bridge(), filled(0, operators=(ALL,))
    connect(bridge, device, 0)
    bridge.closed(1)
    asked(device)
    assert stored(connect(bridge, device, 2)) == [100]
    assert asked(device) == [report_from(1), report_all()]


def test_an_empty_memory_is_an_answer() -> None:
    bridge, device = meter.FAMILY.bridge(), filled()
    assert connect(bridge, device, 0) == [Send(CONTROL, report_all())]
    assert bridge.next_deadline() is None


def test_a_silent_device_is_asked_again_and_then_left_alone_but_still_not_believed() -> None:
    bridge, device = meter.FAMILY.bridge(), filled()
    device.deaf = True
    events, at = connect(bridge, device, 5), 5
    while (due := bridge.next_deadline()) is not None:
        assert due == at + TIMEOUT
        at = due
        events += talk(bridge, device, bridge.wake(at), at)
    assert events == [Send(CONTROL, report_all())] * 3
    assert readings(bridge.receive(*record(0, 60)[0], at))[0].stored


def test_each_record_gives_the_device_more_time() -> None:
    bridge = meter.FAMILY.bridge()
    bridge.opened(0)
    bridge.receive(*record(0, 100)[0], TIMEOUT - 1)
    assert bridge.next_deadline() == 2 * TIMEOUT - 1


def test_a_transfer_that_was_not_completed_is_asked_for_again() -> None:
    bridge = meter.FAMILY.bridge()
    bridge.opened(0)
    replies = [bridge.receive(CONTROL, bytes((6, 0, 1, 8)), 1) for _ in range(3)]
    assert replies == [[Send(CONTROL, report_all())]] * 2 + [[]]


def test_what_is_no_answer_to_our_question_ends_nothing() -> None:
    bridge = meter.FAMILY.bridge()
    bridge.opened(0)
    assert bridge.receive(CONTROL, bytes((6, 0, 3, 1)), 1) == []
    assert bridge.receive(CONTROL, bytes((5, 0, 9, 0)), 1) == []
    assert bridge.receive(CONTROL, b"\x01\x01", 1) == [Malformed(1, "operator", 2)]
    assert readings(bridge.receive(*record(0, 60)[0], 2))[0].stored


@thorough
@given(st.lists(st.tuples(st.sampled_from(["open", "close", "wake", "reply", "record"]), st.binary(max_size=6))))
def test_whatever_happens_no_command_but_report_is_sent(steps: list[tuple[str, bytes]]) -> None:
    for family in (meter.FAMILY, monitor.FAMILY, spot.FAMILY):
        bridge = family.bridge()
        events, at = bridge.opened(0), 0
        for step, noise in steps:
            at += TIMEOUT
            events += _step(bridge, family.link.subscribe[0], step, noise, at)  # type: ignore[union-attr]  # all BLE
        assert all(event.data[0] == 1 for event in events if isinstance(event, Send))


def _step(bridge: Bridge, records: str, step: str, noise: bytes, at: int) -> list[Event]:
    if step == "open":
        return bridge.opened(at)
    if step == "close":
        return bridge.closed(at)
    if step == "wake":
        return bridge.wake(at)
    return bridge.receive(CONTROL, b"\x06\x00" + noise, at) if step == "reply" else bridge.receive(records, noise, at)


def test_an_oximeter_is_asked_only_if_it_says_that_it_keeps_its_checks() -> None:
    check = plx_check()
    for features, commands in (("0000", []), ("0400", [report_all()]), ("fb00400080010000", [])):
        bridge, device = spot.FAMILY.bridge(), Memory()
        device.records = {0: [check], 1: [check]}
        events = connect(bridge, device, 0, ((plx.FEATURES, bytes.fromhex(features)),))
        assert asked(device) == commands
        assert stored(events) == [97, 72, 97, 72] * len(commands)
        assert valid(bridge.receive(*check, 1)) == {"spo2": 97, "pulse_rate": 72}


def plx_check() -> tuple[str, bytes]:
    return spot.Encoder().encode(Sample({"spo2": 97, "pulse_rate": 72}))[0]


def test_an_oximeter_without_numbers_is_asked_for_everything_each_time() -> None:
    bridge, device = spot.FAMILY.bridge(), Memory()
    device.records = {0: [plx_check()]}
    for at in (0, 1):
        assert stored(connect(bridge, device, at, ((plx.FEATURES, b"\x04\x00"),))) == [97, 72]
    assert asked(device) == [report_all()] * 2


SESSION = bytes.fromhex("ea0709190e051e 00 00")
LATER_SESSION = bytes.fromhex("ea070a010e051e 00 00")


def monitored(*offsets: int) -> Memory:
    device = Memory()
    for offset in offsets:
        encoder = monitor.Encoder()
        encoder._offset = offset
        device.records[offset] = encoder.encode(Sample({"glucose_interstitial": 100 + offset}))
    return device


def test_a_monitor_is_asked_once_it_has_said_when_its_session_began() -> None:
    bridge, device = monitor.FAMILY.bridge(), monitored(0, 5)
    assert connect(bridge, device, 0) == []
    assert stored(connect(bridge, device, 1, ((monitor.SESSION_START, SESSION),))) == [100, 105]
    device.records |= monitored(10).records
    assert stored(connect(bridge, device, 2, ((monitor.SESSION_START, SESSION),))) == [110]
    assert asked(device) == [report_all(), report_from(6)]


def test_a_monitor_is_asked_once_a_connection_and_only_while_connected() -> None:
    bridge = monitor.FAMILY.bridge()
    assert bridge.receive(monitor.SESSION_START, SESSION, 0) == []
    bridge.opened(1)
    assert bridge.receive(monitor.SESSION_START, SESSION, 2) == [Send(CONTROL, report_all())]
    assert bridge.receive(monitor.SESSION_START, SESSION, 3) == []
    bridge.closed(4)
    assert bridge.receive(monitor.SESSION_START, SESSION, 5) == []


def test_another_session_of_a_monitor_is_another_numbering() -> None:
    bridge, device = monitor.FAMILY.bridge(), monitored(0, 5)
    connect(bridge, device, 0, ((monitor.SESSION_START, SESSION),))
    device.records = monitored(0, 5, 10).records
    assert stored(connect(bridge, device, 1, ((monitor.SESSION_START, LATER_SESSION),))) == [100, 105, 110]


def test_restored_in_the_middle_of_a_transfer_it_goes_on() -> None:
    bridge = meter.FAMILY.bridge()
    bridge.opened(0)
    bridge.receive(*record(5, 105)[0], 1)
    resumed = meter.FAMILY.bridge()
    resumed.restore(bridge.snapshot())
    assert stored(resumed.receive(*record(6, 106)[0], 2)) == [106]
    resumed.receive(CONTROL, bytes((6, 0, 1, 1)), 3)
    resumed.closed(4)
    assert resumed.opened(5) == [Send(CONTROL, report_from(7))]
