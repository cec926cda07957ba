"""The screen's law: a bed that is not heard of never looks calm."""

from __future__ import annotations

import io
import re

import pytest
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st
from msgspec.structs import replace
from rich.console import Console

from edge_agent.cli.stage.setting import GATEWAY, SITE, TOPICS, WARD
from edge_agent.cli.viewing.words import clock
from edge_agent.cli.watching.desk import Desk
from edge_agent.cli.watching.page import Sheet, calm, page
from edge_agent.cli.watching.reasons import why
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
from edge_agent.domain.alerts import Inactivation, InactivationKind, Kind, Outcome, SetBy, SignalEvent, SignalState
from edge_agent.domain.effects import AlertChanged, AlertSystem, Effect
from edge_agent.domain.settings import SECOND, BedState
from edge_agent.domain.windows import Driver
from edge_agent.wire import compose
from edge_agent.wire.outgoing import Draft
from edge_agent.wire.payloads.birth import Birth, BornBed
from edge_agent.wire.payloads.state import Presence
from firmware_bridges.vitals import Reason
from tests.stage import saying
from tests.stage.saying import NOW, STAMP, Speaker

BED = Place(GATEWAY, "3")
ONLINE = compose.state(TOPICS, NOW, Presence.ONLINE, 1)
SEEN = saying.vitals("3", saying.stream("spo2", 95), saying.stream("pulse_rate", 70))
QUIET = saying.snapshot("3")
LOW = saying.snapshot("3", saying.low_spo2("3"))


WIDE = Sheet(160, 50)
HOUR = 3600 * SECOND
DAY = 24 * HOUR


def local(at: int, *, seconds: bool = False) -> str:
    """Return a time of the story as this machine's wall clock says it."""
    return clock(at, STAMP.wall_offset or 0)[: 8 if seconds else 5]


def after(*said: Effect | Draft, at: int = NOW, up: bool = True, consumer: str = "desk") -> Ward:
    """Return the ward after these messages, all heard at `at`."""
    speaker = Speaker()
    blank = Ward(site=SITE, ward=WARD, wall_offset=STAMP.wall_offset or 0, consumer=consumer)
    ward = connected(blank, up=up, at=at)
    for each in said:
        drafts = [each] if isinstance(each, Draft) else compose.compose(each, TOPICS, STAMP, ())
        for draft in drafts:
            message = speaker.sealed(draft)
            ward, _ = take(ward, message.topic, message.payload, at)
    return ward


def shown(ward: Ward, now: int = NOW, desk: Desk | None = None, sheet: Sheet = WIDE) -> str:
    """Return the page as text."""
    console = Console(file=io.StringIO(), width=sheet.width, height=sheet.height, highlight=False)
    console.print(page(ward, desk or Desk(), now, sheet))
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
        (after(SEEN, QUIET), NOW, "the gateway was never online"),
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
    assert f"as of {local(NOW)}: SpO2 86 %" in text


def test_an_alert_of_a_gateway_that_was_lost_long_ago_says_when_it_was_true() -> None:
    """A screen that joins late gets a retained snapshot: it is as old as it says, not as new as its arrival."""
    offline = compose.state(TOPICS, NOW, Presence.OFFLINE, 1)
    text = shown(after(LOW, offline, at=NOW + 3 * 3600 * SECOND), NOW + 3 * 3600 * SECOND)
    assert f"BED 3: as of {local(NOW)}: SpO2 86 %" in text
    assert "not seen since this screen began" in text
    assert f"Since {local(NOW - 8 * SECOND, seconds=True)}. Rule" in text
    untimed = replace(STAMP, trust="unsynced")
    message = compose.seal(compose.compose(LOW, TOPICS, untimed, ())[0], 1, untimed)
    untold, _ = take(after(offline, at=NOW + HOUR), message.topic, message.payload, NOW + HOUR)
    assert "as of an unknown time: SpO2 86 %" in shown(untold, NOW + HOUR)
    assert "Since an unknown time. Rule" in shown(untold, NOW + HOUR)
    days = shown(after(LOW, offline, at=NOW + DAY), NOW + DAY)
    assert "as of 14 Nov " in days, "a time of another day bears its date"


def test_a_late_joiner_counts_from_when_it_began_and_not_from_when_it_joined() -> None:
    """The retained snapshot is an hour old; the first vitals tell how far the two clocks are apart."""
    later = saying.vitals("3", saying.stream("spo2", 86, at=NOW + HOUR), at=NOW + HOUR)
    for order in ((ONLINE, LOW, later), (ONLINE, later, LOW)):
        ward = after(*order, at=NOW + HOUR)
        assert "SpO2 86 % for 1 h 00 min" in shown(ward, NOW + HOUR)
    blind = saying.snapshot("3", monitored=False, since=NOW)
    assert "NOT MONITORED 1 h 00 min" in shown(after(ONLINE, blind, later, at=NOW + HOUR), NOW + HOUR)


def test_the_chosen_alert_says_why_and_what_to_do() -> None:
    ward = after(ONLINE, SEEN, LOW)
    bed, alert = ward.views[GATEWAY].beds["3"], ward.targets()[0].alert
    reasons = why(bed, replace(alert, response="call the doctor", missing=("respiratory_rate",)), NOW, ward.wall_offset)
    assert reasons == [
        f"Since {local(NOW - 8 * SECOND, seconds=True)} (8 s). Rule spo2-low, limit 90 %.",
        "Values: SpO2 86 %, was 95 (sensor-3, just now).",
        "Missing: Respiration.",
        "To do: call the doctor",
    ]


def test_scores_stand_beside_an_alert_and_a_bound_is_no_score() -> None:
    risk = replace(
        saying.low_spo2("3").why, score=6, score_name="mews", score_complete=False, probability=0.42,
        drivers=(Driver("respiratory_rate", 0.8, 24.0, 6.0),),
    )  # fmt: skip
    text = shown(after(ONLINE, SEEN, saying.snapshot("3", replace(saying.low_spo2("3"), why=risk))))
    assert "Beside it, when it last changed: MEWS ≥ 6, risk model 42 %." in text
    assert "Driven by: Respiration 24 /min, +6 in 3 h." in text


def test_what_is_not_seen_any_more_says_the_last_valid_value_and_its_quality() -> None:
    lost = replace(saying.low_spo2("3"), verifiable=False)
    evidence = replace(lost.why.evidence[0], quality=Reason.SENSOR_OFF, at=NOW - 12 * SECOND)
    lost = replace(lost, why=replace(lost.why, evidence=(evidence,)))
    text = shown(after(ONLINE, SEEN, saying.snapshot("3", lost)))
    assert ", sensor off (sensor-3" in text
    assert "Not seen now: last valid SpO2 86 %, 12 s ago." in text


def test_scale_2_is_said_of_the_bed_and_of_every_alert_whoever_words_it() -> None:
    low = saying.low_spo2("3")
    low = replace(low, why=replace(low.why, text=f"SCALE 2: {low.why.text}"))
    blind = saying.alert("3", "not-monitored", "SCALE 2: NOT MONITORED: no signal", kind=Kind.TECHNICAL)
    scored = saying.news2("3", 7, "high")
    assert scored.rule is not None
    scored = replace(scored, rule=replace(scored.rule, spo2_scale=2))
    text = shown(after(ONLINE, SEEN, scored, saying.snapshot("3", low, blind)))
    assert "BED 3: SCALE 2: SpO2 95 %" in text or "BED 3: SCALE 2: SpO2 86 %" in text
    assert "BED 3: SCALE 2: NOT MONITORED for" in text
    assert "NEWS2 SCALE 2 7 high" in text


def test_a_patients_own_limit_is_said_with_whose_word_it_is() -> None:
    low = saying.low_spo2("3")
    low = replace(low, why=replace(low.why, own=SetBy("nurse-7", NOW - 60 * SECOND)))
    text = " ".join(shown(after(ONLINE, SEEN, saying.snapshot("3", low))).split())
    assert re.search(r"limit 90 % \(own, set by nurse-7, \d\d:\d\d\)", text)


def test_who_took_it_and_until_when_it_is_quiet_is_said() -> None:
    pause = Inactivation(InactivationKind.AUDIO_PAUSED, "nurse-7", "at-bedside", NOW + 120 * SECOND)
    taken = replace(saying.low_spo2("3"), accepted_by="nurse-8")
    quiet = replace(taken, signal=SignalState.PAUSED, inactivations=(pause,))
    assert "[Accepted by nurse-8]" in shown(after(ONLINE, SEEN, saying.snapshot("3", taken)))
    text = shown(after(ONLINE, SEEN, saying.snapshot("3", quiet)))
    assert f"[Paused until {local(NOW + 120 * SECOND)} by nurse-7, accepted by nurse-8]" in text


def test_an_alert_that_escalated_or_sounds_again_says_so() -> None:
    loud = replace(saying.low_spo2("3"), tier=2, signal_event=SignalEvent.WORSE)
    text = shown(after(ONLINE, SEEN, saying.snapshot("3", loud)))
    assert "[New, tier 2 called]" in text
    assert "announced again: it got worse" in text


BIRTH = Birth(
    birth=1, agent="", python="", runtime="", beds=(), devices=(), schemas=(), alert_system=AlertSystem.CDAS,
    listeners=("desk", "phone"),
)  # fmt: skip


def test_who_listens_is_said_and_nobody_is_said_loudly() -> None:
    assert listeners(after(ONLINE), GATEWAY) == "online, NOBODY LISTENING"
    ward = after(ONLINE, compose.birth(TOPICS, NOW, BIRTH))
    assert listeners(ward, GATEWAY) == "online, 2 nurse screens: desk, phone"
    for nobody in (replace(BIRTH, listeners=()), replace(BIRTH, alert_system=AlertSystem.DIS)):
        assert "NOBODY LISTENING" in shown(after(ONLINE, compose.birth(TOPICS, NOW, nobody)))
    hall = compose.birth(
        TOPICS, NOW, replace(BIRTH, alert_system=AlertSystem.DAS, listeners=("hall",), displays=("hall",))
    )
    assert "online, 1 display: hall; NOBODY CAN ACCEPT" in listeners(after(ONLINE, hall), GATEWAY)
    both = compose.birth(TOPICS, NOW, replace(BIRTH, listeners=("desk", "hall"), displays=("hall",)))
    assert listeners(after(ONLINE, both), GATEWAY) == "online, 1 nurse screen: desk; 1 display: hall"


def test_a_screen_that_does_not_count_says_so_of_itself() -> None:
    birth = compose.birth(TOPICS, NOW, BIRTH)
    assert "THIS SCREEN IS NOT COUNTED" in listeners(after(ONLINE, birth, consumer="dexk"), GATEWAY)
    assert "COUNTED" not in listeners(after(ONLINE, birth, consumer=""), GATEWAY)
    assert "only looks" in shown(after(ONLINE, birth, consumer=""))


@pytest.mark.parametrize("presence", [Presence.OFFLINE, Presence.STOPPED, None])
def test_of_a_gateway_that_is_not_online_nobody_listens_whatever_it_said_before(presence: Presence | None) -> None:
    said = [] if presence is None else [compose.state(TOPICS, NOW, presence, 1)]
    who = listeners(after(SEEN, compose.birth(TOPICS, NOW, BIRTH), *said), GATEWAY)
    assert "REACH NO SCREEN" in who
    assert "nurse screen" not in who
    assert listeners(after(ONLINE, compose.birth(TOPICS, NOW, BIRTH), up=False), GATEWAY) == "unknown"


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


def many(beds: int, alerts: int, *, unseen: int = 0) -> Ward:
    """Return a ward whose last `unseen` beds were never heard of again, and whose first ones alert."""
    said: list[Effect | Draft] = [ONLINE]
    for number in range(1, beds + 1):
        bed = str(number)
        said += [saying.vitals(bed, saying.stream("spo2", 95))] if number <= beds - unseen else []
        low = replace(saying.low_spo2(bed), why=replace(saying.low_spo2(bed).why, text=LONG))
        said.append(saying.snapshot(bed, *[low] * (number <= alerts)))
    return after(*said, compose.birth(TOPICS, NOW, BIRTH))


LONG = "SpO2 86 % for 8 s, was 95 %, falling, and whatever else " * 5
SHEETS = st.builds(Sheet, st.integers(20, 220), st.integers(8, 60))


@examples(max_examples=60, deadline=None)
@given(sheet=SHEETS, beds=st.integers(0, 32), alerts=st.integers(0, 32), unseen=st.integers(0, 32))
def test_a_page_fits_its_terminal_and_always_has_its_keys(sheet: Sheet, beds: int, alerts: int, unseen: int) -> None:
    ward = many(beds, min(alerts, beds), unseen=min(unseen, beds))
    lines = shown(ward, sheet=sheet).splitlines()
    assert len(lines) <= sheet.height
    assert max(map(len, lines)) <= sheet.width
    assert "quit" in " ".join(lines[-6:])
    asking = replace(Desk(), asking=Outcome.ACCEPTED, typed="nurse-")
    assert "nurse-_" in shown(ward, desk=asking, sheet=sheet).replace("\n", "").replace(" ", "")


@pytest.mark.parametrize("sheet", [Sheet(80, 24), Sheet(60, 24), Sheet(200, 50)])
def test_every_bed_that_is_not_connected_is_named_however_many_there_are(sheet: Sheet) -> None:
    text = shown(many(32, 0, unseen=30), sheet=sheet)
    assert "NOT CONNECTED" in text
    words = set(text.replace(",", " ").split())
    assert {str(bed) for bed in range(1, 33)} <= words


def test_where_room_is_short_what_needs_somebody_is_shown_first_and_the_rest_is_counted() -> None:
    text = shown(many(32, 20, unseen=1), sheet=Sheet(80, 24))
    assert " 32   NOT CONNECTED" in text
    assert "more with alerts:" in text
    assert "more monitored, no alert:" in text
    assert "MEDIUM below" in text
    last = many(32, 20).targets()[-1].alert.event_id
    text = shown(many(32, 20), desk=Desk(chosen=last), sheet=Sheet(80, 24))
    assert ">  MEDIUM  [New] BED 20:" in text
    assert "MEDIUM above" in text


@pytest.mark.parametrize("width", [40, 60, 80, 120, 200])
def test_how_a_bed_is_comes_before_what_else_is_known_of_it(width: int) -> None:
    away = saying.snapshot("3", monitored=False, since=NOW - 70 * SECOND)
    text = shown(after(ONLINE, SEEN, away), sheet=Sheet(width, 24))
    assert "NOT MONITORED 1 min 10 s" in text
    lost = shown(after(ONLINE, SEEN, QUIET), NOW + SILENCE, sheet=Sheet(width, 24))
    assert f"NOT CONNECTED, last seen {local(NOW)}" in lost


def test_nothing_that_is_sent_steers_the_terminal() -> None:
    low = saying.low_spo2("3")
    evil = "all well\x1b[2J\x1b]0;x\x07\r\n\u202e gone"
    bad = replace(low, verifiable=False, why=replace(low.why, text=evil, rule=evil, missing=(evil,)))
    ward = noted(after(ONLINE, SEEN, saying.snapshot("3", bad)), evil, NOW)
    for sheet in (WIDE, Sheet(40, 24)):
        text = shown(ward, sheet=sheet)
        assert "all well?[2J" in text
        assert all(each.isprintable() for each in text.split("\n"))


def test_beds_of_the_same_name_bear_their_gateways() -> None:
    ward = after(ONLINE, SEEN, QUIET)
    both = replace(ward, views={**ward.views, "gw2": ward.views[GATEWAY]})
    text = shown(both)
    assert f" {GATEWAY}/3 " in text
    assert " gw2/3 " in text


def test_a_bed_that_its_gateway_no_longer_has_is_no_lost_bed() -> None:
    gone = replace(saying.snapshot("3", monitored=False), state=BedState.UNASSIGNED)
    ward = after(ONLINE, SEEN, gone, compose.birth(TOPICS, NOW, BIRTH))
    assert ward.beds() == []
    kept = (BornBed("3", BedState.UNASSIGNED, ()),)
    assert len(after(ONLINE, SEEN, gone, compose.birth(TOPICS, NOW, replace(BIRTH, beds=kept))).beds()) == 1
