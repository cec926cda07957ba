"""The screen's law: a bed that is not heard of never looks calm."""

from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from rich.console import Console

from edge_agent.cli.stage.setting import GATEWAY, SITE, TOPICS, WARD
from edge_agent.cli.watching.desk import Desk
from edge_agent.cli.watching.page import calm, page, why
from edge_agent.cli.watching.ward import (
    SILENCE,
    Place,
    Ward,
    connected,
    listeners,
    noted,
    take,
    to_confirm,
    unconnected,
)
from edge_agent.domain.alerts import Inactivation, InactivationKind, SignalState
from edge_agent.domain.effects import AlertChanged, AlertSystem, Effect
from edge_agent.domain.settings import SECOND
from edge_agent.wire import compose
from edge_agent.wire.outgoing import Draft
from edge_agent.wire.payloads.birth import Birth
from edge_agent.wire.payloads.state import Presence
from tests.stage import saying
from tests.stage.saying import NOW, STAMP, Speaker

BED = Place(GATEWAY, "3")
ONLINE = compose.state(TOPICS, NOW, Presence.ONLINE, 1)
SEEN = saying.vitals("3", saying.stream("spo2", 95), saying.stream("pulse_rate", 70))
QUIET = saying.snapshot("3")
LOW = saying.snapshot("3", saying.low_spo2("3"))


def after(*said: Effect | Draft, at: int = NOW, up: bool = True) -> Ward:
    """Return the ward after these messages, all heard at `at`."""
    speaker = Speaker()
    ward = connected(Ward(site=SITE, ward=WARD, wall_offset=STAMP.wall_offset or 0), up=up, at=at)
    for each in said:
        drafts = [each] if isinstance(each, Draft) else compose.compose(each, TOPICS, STAMP, ())
        for draft in drafts:
            message = speaker.sealed(draft)
            ward, _ = take(ward, message.topic, message.payload, at)
    return ward


def shown(ward: Ward, now: int = NOW, desk: Desk | None = None) -> str:
    """Return the page as text."""
    console = Console(file=io.StringIO(), width=160, height=50, highlight=False)
    console.print(page(ward, desk or Desk(), now))
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_a_connected_bed_shows_its_values_and_that_there_is_no_alert() -> None:
    ward = after(ONLINE, SEEN, QUIET)
    assert unconnected(ward, BED, NOW) == ""
    assert "95" in shown(ward)
    assert "No alert." in shown(ward)


@pytest.mark.parametrize(
    ("ward", "now", "because"),
    [
        (after(ONLINE, SEEN, QUIET), NOW + SILENCE, "nothing is heard of this bed"),
        (after(ONLINE, QUIET), NOW, "nothing is heard of this bed"),
        (after(ONLINE, SEEN, QUIET, up=False), NOW, "this screen has no broker"),
        (after(SEEN, QUIET, compose.state(TOPICS, NOW, Presence.OFFLINE, 1)), NOW, "the gateway is offline"),
        (after(SEEN, QUIET, compose.state(TOPICS, NOW, Presence.STOPPED, 1)), NOW, "the gateway is stopped"),
        (after(SEEN, QUIET), NOW, "the gateway is stopped"),
    ],
)
def test_what_is_not_heard_of_is_not_connected_and_an_empty_snapshot_is_no_good_news(
    ward: Ward, now: int, because: str
) -> None:
    text = shown(ward, now)
    assert because in unconnected(ward, BED, now)
    assert "NOT CONNECTED" in text
    assert "No alert." not in text
    assert "NOTHING IS KNOWN of bed 3" in text
    assert " 95 " not in text, "no number of a bed that is not connected"


def test_last_seen_is_a_time() -> None:
    ward = after(ONLINE, SEEN, QUIET)
    assert "last seen" in unconnected(ward, BED, NOW + SILENCE)
    assert "not seen since" in unconnected(after(ONLINE, QUIET), BED, NOW)


@given(silent=st.integers(0, 10**12))
def test_a_bed_is_connected_for_fifteen_seconds_after_its_last_vitals(silent: int) -> None:
    ward = after(ONLINE, SEEN, QUIET)
    assert (unconnected(ward, BED, NOW + silent) == "") is (silent < SILENCE)


@given(payload=st.binary(max_size=40), topic=st.sampled_from(["vitals", "alerts", "x/y"]))
def test_what_is_no_message_of_ours_changes_no_bed(payload: bytes, topic: str) -> None:
    ward = after(ONLINE, SEEN, QUIET)
    for place in (TOPICS.root + f"bed/3/{topic}", f"bedside/v1/{SITE}/{WARD}/", "bedside", "a/b/c/d/e e/f"):
        later, said = take(ward, place, payload, NOW)
        assert said is None
        assert later.views == ward.views


def test_an_alert_of_a_lost_bed_stays_and_says_how_old_it_is() -> None:
    text = shown(after(ONLINE, SEEN, LOW), NOW + SILENCE)
    assert "MEDIUM" in text
    assert "as last heard 15 s ago" in text


def test_the_chosen_alert_says_why_and_what_to_do() -> None:
    target = after(ONLINE, SEEN, LOW).targets()[0]
    assert why(replace(target.alert, response="call the doctor")) == [
        "rule spo2-low; limit 90; spo2 86 % from sensor-3, just now",
        "call the doctor",
    ]


def test_who_took_it_and_until_when_it_is_quiet_is_said() -> None:
    pause = Inactivation(InactivationKind.AUDIO_PAUSED, "nurse-7", "at-bedside", NOW + 120 * SECOND)
    taken = replace(saying.low_spo2("3"), accepted_by="nurse-7")
    quiet = replace(taken, signal=SignalState.PAUSED, inactivations=(pause,))
    assert "[Accepted by nurse-7]" in shown(after(ONLINE, SEEN, saying.snapshot("3", taken)))
    assert "by nurse-7]" in shown(after(ONLINE, SEEN, saying.snapshot("3", quiet)))


def test_who_listens_is_said_and_nobody_is_said_loudly() -> None:
    birth = Birth(
        birth=1, agent="", python="", runtime="", beds=(), devices=(), schemas=(), alert_system=AlertSystem.CDAS,
        listeners=("desk", "phone"),
    )  # fmt: skip
    assert listeners(after(ONLINE), GATEWAY) == "NOBODY LISTENING"
    ward = after(ONLINE, compose.birth(TOPICS, NOW, birth))
    assert listeners(ward, GATEWAY) == "2 nurse screens: desk, phone"
    deaf = after(ONLINE, compose.birth(TOPICS, NOW, replace(birth, listeners=())))
    assert "NOBODY LISTENING" in shown(deaf)


def test_live_alerts_and_those_of_a_late_joiner_are_to_be_confirmed() -> None:
    speaker, alert = Speaker(), saying.low_spo2("3")
    live = speaker.say(AlertChanged(alert))
    assert [each.event_id for each in to_confirm(live)] == [alert.event_id]
    assert [each.event_id for each in to_confirm(speaker.say(LOW))] == [alert.event_id]
    assert list(to_confirm(speaker.say(AlertChanged(alert), history=True))) == []
    assert list(to_confirm(speaker.say(SEEN))) == []


def test_a_screen_that_knows_nothing_says_so() -> None:
    empty = Ward(site=SITE, ward=WARD, wall_offset=0)
    assert calm(empty, NOW) == "This screen has no broker: nothing is known."
    assert "No alert." not in shown(empty)
    assert "hello" in shown(noted(empty, "hello", NOW))
