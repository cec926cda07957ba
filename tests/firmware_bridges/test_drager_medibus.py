from __future__ import annotations

from itertools import pairwise

import pytest

from edge_agent.simulator.conversations.medibus import Evita
from firmware_bridges import medibus
from firmware_bridges.bridge import SERIAL, Sample
from firmware_bridges.decoding import decode
from firmware_bridges.families import drager_medibus as drager
from firmware_bridges.medibus import ALARMS_1, ALARMS_2, DATA_1, DATA_2, DATE_TIME, ICC, IDENTIFY, NAK, NOP, STOP, Alarm
from firmware_bridges.vitals import DeviceStatus, Event, Identity, Malformed, Reading, Reason, Send, Validity
from tests.firmware_bridges.conversation import SECOND, Conversation, measuring
from tests.firmware_bridges.devices import readings, valid

FAMILY = drager.FAMILY
WELL = {"spo2": 98, "pulse_rate": 70, "respiratory_rate": 15}
NO_ALARMS = medibus.response(ALARMS_1) + medibus.response(ALARMS_2)
ITEMS = "EB 98 E1 70 D6 15 "


def alarm(code: str) -> str:
    return medibus.pack_alarms([Alarm(20, code, "WORDS")])


def answers(items: str = ITEMS, first: str = "", second: str = "") -> bytes:
    """Return a device's answers to one round: alarms of both pages and measured data."""
    pages = medibus.response(ALARMS_1, first) + medibus.response(ALARMS_2, second)
    return pages + medibus.response(DATA_1, items)


def sent(events: list[Event]) -> list[medibus.Message]:
    return [medibus.parse_message(event.data) for event in events if isinstance(event, Send)]


def talk(seconds: float = 6) -> tuple[Evita, Conversation]:
    """Return a device and a conversation with it that has gone on for so long."""
    device = Evita(measuring(Sample(WELL)))
    return device, Conversation(FAMILY.bridge(), device).run(seconds)


def latest(conversation: Conversation) -> dict[str, int | None]:
    """Return the valid values of the last answer to the data command."""
    found = [(at, event) for at, event in conversation.events if isinstance(event, Reading)]
    return valid([event for at, event in found if at == found[-1][0]])


def test_a_device_is_greeted_identified_and_asked_once_a_second() -> None:
    device, conversation = talk(60)
    assert device.codes()[:7] == [ICC, IDENTIFY, DATE_TIME, DATA_2, ALARMS_1, ALARMS_2, DATA_1]
    assert set(device.codes()[7:]) == {ALARMS_1, ALARMS_2, DATA_1}
    assert (device.breaks, device.complaints) == (0, [])
    assert latest(conversation) == WELL
    assert len({at for at, *_ in conversation.valid()}) > 45
    told = [event for _, event in conversation.events if isinstance(event, (Identity, DeviceStatus))]
    who, how = told
    assert who == Identity(who.at, manufacturer="Draeger", model="Evita 4", firmware="04.20")
    assert how == DeviceStatus(how.at)


def test_no_value_is_older_than_two_seconds() -> None:
    _, conversation = talk(60)
    times = sorted({at for at, *_ in conversation.valid()})
    assert times[0] < 3 * SECOND
    assert max(later - earlier for earlier, later in pairwise(times)) < 2 * SECOND


def test_its_own_commands_are_answered_and_whatever_they_are() -> None:
    device, conversation = talk()
    for code in (NOP, medibus.TIME_CHANGED, 0x56, DATA_1, 0x77):
        device.order(code, conversation.now)
        conversation.run(12)
    answered = [message.code for _, message in device.heard if not message.is_command]
    assert {NOP, medibus.TIME_CHANGED, 0x56, DATA_1, 0x77, IDENTIFY} <= set(answered)
    assert (device.breaks, device.complaints) == (0, [])


def test_a_device_that_begins_itself_is_answered_before_anything_is_asked() -> None:
    bridge = FAMILY.bridge()
    bridge.opened(0)
    said = sent(bridge.receive(SERIAL, medibus.command(ICC), 1))
    assert [(each.is_command, each.code) for each in said] == [(False, ICC), (True, IDENTIFY)]


def test_a_device_that_begins_anew_counts_only_once_its_alarms_are_known_again() -> None:
    device, conversation = talk()
    device.alarms[ALARMS_2] = medibus.pack_alarms([Alarm(31, "95", "EVITA STDBY")])
    device.order(ICC, conversation.now)
    since = conversation.now / SECOND
    conversation.run(5)
    assert list(conversation.valid(since + 0.001)) == []
    assert device.codes(since + 0.001)[:4] == [IDENTIFY, DATE_TIME, DATA_2, ALARMS_1]


def test_a_silent_device_is_called_every_three_seconds_and_found_again() -> None:
    device = Evita(measuring(Sample(WELL)))
    device.silent = True
    conversation = Conversation(FAMILY.bridge(), device).run(20)
    assert set(device.codes()) == {ICC}
    assert 5 <= len(device.codes()) <= 7
    device.silent = False
    assert latest(conversation.run(6)) == WELL


def test_a_cable_pulled_in_the_midst_begins_anew() -> None:
    device, conversation = talk()
    device.silent = True
    conversation.run(8)
    assert device.codes(6)[-1] == ICC
    device.silent = device.initialised = False
    assert latest(conversation.run(6)) == WELL


def test_a_command_that_is_never_answered_is_passed_over() -> None:
    device = Evita(measuring(Sample(WELL)))
    device.ignores = {DATA_2}
    conversation = Conversation(FAMILY.bridge(), device).run(40)
    assert (device.breaks, device.complaints) == (0, [])
    assert device.codes().count(ICC) == 1
    assert device.codes().count(DATA_2) == 4
    assert latest(conversation) == WELL


def test_every_command_is_tried_four_times() -> None:
    device = Evita(measuring(Sample(WELL)))
    device.ignores = {DATE_TIME, DATA_2}
    conversation = Conversation(FAMILY.bridge(), device).run(40)
    assert [device.codes().count(code) for code in (DATE_TIME, DATA_2)] == [4, 4]
    assert latest(conversation) == WELL


def test_a_device_that_says_other_things_is_given_ten_seconds() -> None:
    bridge = FAMILY.bridge()
    bridge.receive(SERIAL, answers() + medibus.command(ICC), 0)
    for second in range(1, 10):
        assert bridge.wake(second * SECOND) == []
        bridge.receive(SERIAL, medibus.command(0x56), second * SECOND)
    assert [each.code for each in sent(bridge.wake(10 * SECOND))] == [DATE_TIME]


def test_alarms_that_a_device_no_longer_tells_are_no_longer_known() -> None:
    bridge = FAMILY.bridge()
    bridge.opened(0)
    bridge.receive(SERIAL, medibus.command(ICC), 0)
    for code in (IDENTIFY, DATE_TIME, DATA_2, ALARMS_1, ALARMS_2, DATA_1):
        bridge.receive(SERIAL, medibus.response(code), 0)
    bridge.wake(SECOND)
    for second in range(1, 11):
        bridge.receive(SERIAL, medibus.command(0x56), second * SECOND)
    assert [each.code for each in sent(bridge.wake(11 * SECOND))] == [ALARMS_2]
    assert readings(bridge.receive(SERIAL, medibus.response(DATA_1, ITEMS), 11 * SECOND)) == []


def test_a_device_that_never_begins_is_asked_for_nothing_else() -> None:
    bridge = FAMILY.bridge()
    bridge.opened(0)
    asked = []
    for step in range(100):
        asked += [each.code for each in sent(bridge.wake(step * SECOND)) if each.is_command]
        bridge.receive(SERIAL, medibus.command(0x56), step * SECOND)
    assert set(asked) == {ICC}
    assert len(asked) == 10


@pytest.mark.parametrize("page", [ALARMS_1, ALARMS_2])
def test_without_an_answer_about_alarms_no_value_counts(page: int) -> None:
    device, conversation = talk()
    device.ignores = {page}
    conversation.run(60)
    assert list(conversation.valid(12)) == []


@pytest.mark.parametrize("garbles", [1, 3])
def test_a_corrupt_answer_is_asked_for_again_and_never_used(garbles: int) -> None:
    device, conversation = talk()
    device.garbles = garbles
    conversation.run(8)
    assert [event for _, event in conversation.events if isinstance(event, Malformed)]
    assert {value for _, vital, value in conversation.valid() if vital == "spo2"} == {98}
    assert latest(conversation) == WELL
    assert device.breaks == 0


def test_a_device_that_says_our_command_was_corrupt_is_sent_it_again_but_not_flooded() -> None:
    bridge = FAMILY.bridge()
    bridge.opened(0)
    bridge.receive(SERIAL, medibus.command(ICC), 1)
    assert bridge.receive(SERIAL, medibus.response(NAK), SECOND) == []
    assert bridge.next_deadline() == 2 * SECOND
    assert [each.code for each in sent(bridge.wake(2 * SECOND))] == [IDENTIFY]


def test_a_refused_beginning_begins_again() -> None:
    bridge = FAMILY.bridge()
    bridge.opened(0)
    bridge.wake(SECOND)
    bridge.receive(SERIAL, medibus.response(NAK), SECOND)
    assert [each.code for each in sent(bridge.wake(2 * SECOND))] == [ICC]


def test_a_corrupt_command_is_answered_as_corrupt() -> None:
    corrupt = medibus.command(NOP)[:-2] + b"?\r"
    events = FAMILY.bridge().receive(SERIAL, corrupt, 0)
    assert events == [Malformed(0, "checksum", 5), Send(SERIAL, medibus.response(NAK))]


def test_traces_between_all_bytes_change_nothing() -> None:
    device = Evita(measuring(Sample(WELL)))
    device.traces = True
    conversation = Conversation(FAMILY.bridge(), device).run(10)
    assert latest(conversation) == WELL
    assert not [event for _, event in conversation.events if isinstance(event, Malformed)]


def test_traces_alone_are_no_sign_of_life() -> None:
    bridge = FAMILY.bridge()
    bridge.opened(0)
    bridge.wake(SECOND)
    bridge.receive(SERIAL, b"\xd1\x94\x81", 2 * SECOND)
    assert bridge.next_deadline() == 4 * SECOND
    bridge.receive(SERIAL, b" ", 2 * SECOND)
    assert bridge.next_deadline() == 5 * SECOND


def test_while_suspended_nothing_is_sent_and_afterwards_it_is() -> None:
    bridge = FAMILY.bridge()
    bridge.opened(0)
    assert bridge.receive(SERIAL, b"\x11" + medibus.command(ICC) + medibus.command(NOP), 0) == []
    events = bridge.receive(SERIAL, b"\x13", SECOND)
    assert [(each.is_command, each.code) for each in sent(events)] == [(False, ICC), (True, IDENTIFY), (False, NOP)]
    assert bridge.receive(SERIAL, b"\x13\x18", SECOND) == []
    assert [each.code for each in sent(bridge.receive(SERIAL, medibus.command(NOP), SECOND))] == [NOP]


def test_a_suspension_that_does_not_end_begins_anew() -> None:
    bridge = FAMILY.bridge()
    bridge.opened(0)
    bridge.receive(SERIAL, b"\x11" + medibus.command(ICC), 0)
    bridge.receive(SERIAL, b"\x11", SECOND)
    assert bridge.next_deadline() == 3 * SECOND
    assert [each.code for each in sent(bridge.wake(3 * SECOND))] == [ICC]


def test_a_device_that_takes_leave_is_let_go_and_called_after_ten_seconds() -> None:
    device, conversation = talk()
    device.order(STOP, conversation.now)
    device.initialised = False
    since = conversation.now / SECOND + 0.001
    conversation.run(9)
    assert device.codes(since + 0.1) == []
    conversation.run(6)
    assert latest(conversation) == WELL
    assert device.codes(since + 0.1)[0] == ICC


def test_the_devices_clock_is_asked_again_when_it_was_set() -> None:
    device, conversation = talk()
    device.clock = " 9:33 7-OCT-14"
    device.order(medibus.TIME_CHANGED, conversation.now)
    conversation.run(3)
    assert [event.clock for _, event in conversation.events if isinstance(event, DeviceStatus)] == [
        "",
        "2014-10-07T09:33:00",
    ]


def test_the_clock_is_told_as_soon_as_it_is_known() -> None:
    events = decode(FAMILY, NO_ALARMS + medibus.response(DATE_TIME, "09:33:0007-OKT-14"))
    assert events[-1] == DeviceStatus(0, clock="2014-10-07T09:33:00")


def test_values_count_only_once_both_pages_of_alarms_are_known() -> None:
    data = medibus.response(DATA_1, ITEMS)
    assert readings(decode(FAMILY, data + medibus.response(ALARMS_1) + data)) == []
    assert valid(decode(FAMILY, NO_ALARMS + data)) == WELL


@pytest.mark.parametrize(
    ("first", "second", "vitals", "reason"),
    [
        ("", "95", {"spo2", "pulse_rate", "respiratory_rate"}, Reason.NOT_AVAILABLE),
        ("9F", "", {"spo2", "pulse_rate", "respiratory_rate"}, Reason.MALFUNCTION),
        ("35", "", {"spo2", "pulse_rate"}, Reason.SENSOR_DISCONNECTED),
        ("01", "", {"spo2", "pulse_rate"}, Reason.SEARCHING),
        ("68", "", {"spo2", "pulse_rate"}, Reason.MALFUNCTION),
        ("A4", "", {"respiratory_rate"}, Reason.MALFUNCTION),
    ],
)
def test_an_alarm_says_which_numbers_are_none(first: str, second: str, vitals: set[str], reason: Reason) -> None:
    events = decode(FAMILY, answers(first=alarm(first) if first else "", second=alarm(second) if second else ""))
    found = {each.vital: (each.value, each.validity, each.reason) for each in readings(events)}
    assert {vital for vital, each in found.items() if each[1:] == (Validity.INVALID, reason)} == vitals
    assert valid(events) == {vital: value for vital, value in WELL.items() if vital not in vitals}
    assert DeviceStatus(0, (reason,)) in events


@pytest.mark.parametrize(("first", "second"), [("07", ""), ("95", ""), ("", "35"), ("", "9F"), ("5B", "5A")])
def test_other_alarms_and_other_pages_leave_the_numbers_valid(first: str, second: str) -> None:
    events = decode(FAMILY, answers(first=alarm(first) if first else "", second=alarm(second) if second else ""))
    assert valid(events) == WELL


@pytest.mark.parametrize(("first", "second"), [("4B", ""), ("", "5C")])
def test_a_low_battery_is_told(first: str, second: str) -> None:
    events = decode(FAMILY, answers(first=alarm(first) if first else "", second=alarm(second) if second else ""))
    assert [event for event in events if isinstance(event, DeviceStatus)] == [DeviceStatus(0, low_battery=True)]


def test_an_alarm_that_ended_leaves_the_numbers_valid_again() -> None:
    events = decode(FAMILY, answers(first=alarm("35")) + answers())
    assert valid(events) == WELL
    assert [event.conditions for event in events if isinstance(event, DeviceStatus)] == [
        (Reason.SENSOR_DISCONNECTED,),
        (),
    ]


def test_a_value_no_longer_sent_is_invalid_and_one_never_sent_is_not_spoken_of() -> None:
    events = decode(FAMILY, answers("EB 98 ") + answers("EB    ") + answers(""))
    assert [(each.vital, each.value, each.reason) for each in readings(events)] == [
        ("spo2", 98, Reason.OK),
        ("spo2", None, Reason.NOT_AVAILABLE),
        ("spo2", None, Reason.NOT_AVAILABLE),
    ]


def test_a_sensor_in_trouble_is_spoken_of_though_its_numbers_are_not_sent() -> None:
    events = decode(FAMILY, answers("D6 15 ", first=alarm("35")))
    assert {(each.vital, each.reason) for each in readings(events)} == {
        ("spo2", Reason.SENSOR_DISCONNECTED),
        ("pulse_rate", Reason.SENSOR_DISCONNECTED),
        ("respiratory_rate", Reason.OK),
    }


@pytest.mark.parametrize(
    ("items", "rate"),
    [("D6 15 D5 20 ", 15), ("D5 20 D6 15 ", 15), ("D5 20 ", 20), ("D6    D5 20 ", 20), ("D614.5", 15)],
)
def test_the_rate_by_flow_comes_before_the_rate_by_co2(items: str, rate: int) -> None:
    assert valid(decode(FAMILY, answers(items))) == {"respiratory_rate": rate}


def test_ventilator_values_and_the_second_page_are_no_readings() -> None:
    data = medibus.response(DATA_2, "EB 50 D6 50 ")
    assert readings(decode(FAMILY, answers("78  5 7D  20F021  B9 8.1") + data)) == []


@pytest.mark.parametrize(
    "answer",
    [
        medibus.response(DATA_1, "EB 98"),
        medibus.response(ALARMS_1, "x"),
        medibus.response(DATA_2, "x"),
        medibus.response(IDENTIFY, "x"),
        medibus.response(DATE_TIME, "x"),
    ],
)
def test_an_answer_that_makes_no_sense_is_malformed(answer: bytes) -> None:
    assert decode(FAMILY, answer) == [Malformed(0, "content", len(answer))]


def test_a_device_says_who_it_is_once() -> None:
    answer = medibus.response(IDENTIFY, "8250'Savina'02.10:04.00")
    assert decode(FAMILY, answer * 2) == [Identity(0, manufacturer="Draeger", model="Savina", firmware="02.10")]
    assert decode(FAMILY, medibus.response(IDENTIFY)) == []


def test_a_new_conversation_knows_nothing_of_the_last() -> None:
    bridge = FAMILY.bridge()
    bridge.receive(SERIAL, answers(), 0)
    bridge.closed(1)
    assert bridge.next_deadline() is None
    assert readings(bridge.receive(SERIAL, medibus.response(DATA_1, ITEMS), 2)) == []


@pytest.mark.parametrize("reason", [Reason.SENSOR_OFF, Reason.SENSOR_DISCONNECTED])
def test_the_encoder_s_oximeter_off_leaves_the_respiration(reason: Reason) -> None:
    [(_, data)] = FAMILY.encoder().encode(Sample(WELL, frozenset({reason})))
    assert valid(decode(FAMILY, data)) == {"respiratory_rate": 15}


@pytest.mark.parametrize("values", [{"spo2": 1000}, {"spo2": -1}])
def test_the_encoder_does_not_send_what_the_field_cannot_hold(values: dict[str, int]) -> None:
    [(_, data)] = FAMILY.encoder().encode(Sample(values))
    assert decode(FAMILY, data) == [DeviceStatus(0)]


def test_another_channel_is_not_this_device() -> None:
    assert FAMILY.bridge().receive("ff02", b"abc", 1) == [Malformed(1, "unknown-channel", 3)]
