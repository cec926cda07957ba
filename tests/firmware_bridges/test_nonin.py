"""Commands of the Nonin oximeters, and the conversation in which a device is made to talk in a family's format."""

from __future__ import annotations

import pytest

from edge_agent.simulator.conversations.nonin import FORMATS, Oximeter
from firmware_bridges import nonin
from firmware_bridges.bridge import SERIAL, Sample
from firmware_bridges.framing import FrameError
from firmware_bridges.vitals import Malformed, Send, Validity
from tests.firmware_bridges.conversation import SECOND, Conversation, measuring
from tests.firmware_bridges.devices import readings, valid

CONTINUOUS = [2, 7, 8]
WELL = Sample({"spo2": 97, "pulse_rate": 72})
every_format = pytest.mark.parametrize("number", FORMATS)
every_continuous_format = pytest.mark.parametrize("number", CONTINUOUS)


def oximeter(number: int | None, formats: tuple[int, ...] = tuple(FORMATS)) -> Oximeter:
    """Return a 9560 that talks in a format, None: that has nothing to say."""
    device = Oximeter(measuring(WELL), formats=formats)
    device.talk_in(number, 0)
    return device


@every_continuous_format
def test_a_device_that_talks_in_another_format_is_told_the_right_one(number: int) -> None:
    other = 8 if number == 2 else 2
    device = oximeter(other)
    talk = Conversation(FORMATS[number].bridge(), device).run(12)
    assert device.commands == [nonin.Command("select_data_format", format=number)]
    assert {value for _, vital, value in talk.valid() if vital == "spo2"} == {97}
    assert min(at for at, *_ in talk.valid()) <= 6 * SECOND


@every_continuous_format
def test_a_device_that_talks_in_the_right_format_is_told_nothing(number: int) -> None:
    device = oximeter(number)
    talk = Conversation(FORMATS[number].bridge(), device).run(20)
    assert device.commands == []
    assert len({at for at, *_ in talk.valid()}) >= 17


@every_continuous_format
def test_a_device_that_did_not_hear_or_was_switched_off_is_told_again(number: int) -> None:
    device = oximeter(None)
    device.deaf = True
    Conversation(FORMATS[number].bridge(), device).run(9)
    assert len(device.commands) == 4


@every_format
def test_a_refusal_is_reported_and_nothing_else_is_taken_for_data(number: int) -> None:
    device = oximeter(None, formats=())
    talk = Conversation(FORMATS[number].bridge(), device).run(5)
    assert [event for _, event in talk.events if isinstance(event, Malformed) and event.why == "refused"]
    assert list(talk.valid()) == []


def test_a_device_for_single_measurements_may_be_silent_once_it_has_answered() -> None:
    device = Oximeter(lambda _: None)
    talk = Conversation(FORMATS[13].bridge(), device).run(50)
    assert device.commands == [nonin.Command("select_data_format", format=13)]
    assert talk.bridge.next_deadline() is None


def test_a_device_for_single_measurements_that_measures_need_not_answer() -> None:
    device = oximeter(13)
    talk = Conversation(FORMATS[13].bridge(), device).run(50)
    assert device.commands == []
    assert {(vital, value) for _, vital, value in talk.valid()} == {("spo2", 97), ("pulse_rate", 72)}


@every_format
def test_a_device_is_prompted_afresh_in_each_conversation(number: int) -> None:
    bridge = FORMATS[number].bridge()
    bridge.opened(0)
    bridge.receive(SERIAL, nonin.ACK, 1)
    bridge.closed(2)
    assert bridge.next_deadline() is None
    assert bridge.wake(100 * SECOND) == []
    bridge.opened(100 * SECOND)
    assert bridge.wake(102 * SECOND) == [Send(SERIAL, nonin.select_format(number))]


@every_format
def test_no_format_passes_for_another(number: int) -> None:
    for other, family in FORMATS.items():
        if other != number:
            encoder = family.encoder()
            line = b"".join(data for _ in range(20) for _, data in encoder.encode(WELL))
            assert readings(FORMATS[number].bridge().receive(SERIAL, line, 0)) == []


@every_format
@pytest.mark.parametrize("reply", [nonin.ACK, nonin.NAK])
def test_a_reply_is_one_only_right_after_the_command(number: int, reply: bytes) -> None:
    bridge = FORMATS[number].bridge()
    bridge.opened(0)
    assert bridge.receive(SERIAL, reply, 1) == []
    bridge.wake(2 * SECOND)
    events = bridge.receive(SERIAL, reply * 2 + b"x" * 300, 3 * SECOND)
    refused = [event for event in events if isinstance(event, Malformed) and event.why == "refused"]
    assert refused == ([Malformed(3 * SECOND, "refused", 1)] if reply == nonin.NAK else [])
    assert sum(event.dropped for event in events if isinstance(event, Malformed)) == 256 + len(refused)
    later = bridge.receive(SERIAL, reply, 4 * SECOND)
    assert not [event for event in later if isinstance(event, Malformed) and event.why == "refused"]


@every_continuous_format
def test_an_accepted_format_that_does_not_come_is_asked_for_again(number: int) -> None:
    bridge = FORMATS[number].bridge()
    bridge.opened(0)
    bridge.wake(2 * SECOND)
    bridge.receive(SERIAL, nonin.ACK, 3 * SECOND)
    assert bridge.next_deadline() == 5 * SECOND


@every_continuous_format
def test_a_frame_begun_is_not_taken_for_a_reply(number: int) -> None:
    [(_, frame)] = FORMATS[number].encoder().encode(WELL)
    bridge = FORMATS[number].bridge()
    bridge.opened(0)
    bridge.receive(SERIAL, frame * 3 + frame[:1], 0)
    bridge.wake(2 * SECOND)
    assert valid(bridge.receive(SERIAL, frame[1:], 2 * SECOND)) == WELL.values


@every_format
def test_another_channel_is_not_this_device(number: int) -> None:
    assert FORMATS[number].bridge().receive("0aad", b"abc", 1) == [Malformed(1, "unknown-channel", 3)]


@every_format
@pytest.mark.parametrize("values", [{"spo2": 0}, {"spo2": 101}, {"spo2": -1}, {"pulse_rate": 322}, {"pulse_rate": 0}])
def test_the_encoder_sends_no_number_where_the_device_has_none(number: int, values: dict[str, int]) -> None:
    family = FORMATS[number]
    [(_, frame)] = family.encoder().encode(Sample(values))
    found = readings(family.bridge().receive(SERIAL, frame * 4, 0))
    assert found
    assert {(each.value, each.validity) for each in found} == {(None, Validity.INVALID)}


@every_format
def test_the_highest_rate_is_sent_and_read(number: int) -> None:
    family = FORMATS[number]
    [(_, frame)] = family.encoder().encode(Sample({"spo2": 100, "pulse_rate": 321}))
    assert valid(family.bridge().receive(SERIAL, frame * 4, 0)) == {"spo2": 100, "pulse_rate": 321}


@pytest.mark.parametrize(
    ("data", "command"),
    [
        ("02 70 02 02 0d 03", nonin.Command("select_data_format", format=13)),
        ("02 72 06 32 0c 1f 0e 1e 0f 03", nonin.Command("set_time", time="2050-12-31T14:30:15")),
        ("02 72 00 03", nonin.Command("get_time")),
        ("02 f2 06 05 01 02 03 04 05 03", nonin.Command("time", time="2005-01-02T03:04:05")),
    ],
)
def test_commands_are_read(data: str, command: nonin.Command) -> None:
    assert nonin.parse_command(bytes.fromhex(data)) == command


@pytest.mark.parametrize(
    "data",
    [
        "",
        "02 70 03",
        "01 70 02 02 0d 03",
        "02 70 02 02 0d 04",
        "02 70 01 02 0d 03",
        "02 70 02 03 0d 03",
        "02 70 01 02 03",
        "02 71 00 03",
        "02 f2 00 03",
        "02 72 05 32 0c 1f 0e 1e 03",
    ],
)
def test_what_is_no_command_is_refused(data: str) -> None:
    with pytest.raises(FrameError, match="command"):
        nonin.parse_command(bytes.fromhex(data))


def test_the_command_sent_is_the_one_in_the_specification() -> None:
    assert nonin.select_format(13) == bytes.fromhex("02 70 02 02 0d 03")
