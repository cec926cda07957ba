"""The view is what messages say and nothing else; what it cannot know for sure, it does not show."""

from __future__ import annotations

from decimal import Decimal
from uuid import UUID

from msgspec.structs import replace

from edge_agent.cli.stage.setting import TOPICS
from edge_agent.cli.viewing.heard import listen
from edge_agent.cli.viewing.says import CABLE, PROBE, alert_line, last_valid, state_line, taken, trouble
from edge_agent.cli.viewing.view import LOST, SILENCE, Entry, View, banner, heard, linked, told
from edge_agent.cli.viewing.words import news2 as news2_text
from edge_agent.cli.viewing.words import reasons, risk, trend
from edge_agent.domain.alerts import Evidence, Kind, Phase, Priority, Why
from edge_agent.domain.effects import AlertChanged
from edge_agent.domain.settings import SECOND
from edge_agent.wire import compose
from edge_agent.wire.payloads.state import Presence
from firmware_bridges.bridge import Mode
from tests.stage import saying
from tests.stage.saying import NOW, STAMP, Speaker

EMPTY = View(wall_offset=0)


def after(*effects: object, speaker: Speaker | None = None, at: int = NOW) -> View:
    """Return the view after these effects have arrived."""
    speaker = speaker or Speaker()
    view = EMPTY
    for effect in effects:
        view = heard(view, speaker.say(effect, at))  # type: ignore[arg-type] # an Effect, by the caller's word
    return view


def test_a_value_is_shown_with_its_age_and_goes_when_nothing_more_is_heard() -> None:
    bed = after(saying.vitals("3", saying.stream("spo2", 95, at=NOW - 2 * SECOND))).beds["3"]
    assert bed.value("spo2", NOW) == Decimal(95)
    assert bed.age("spo2", NOW + SECOND) == 3 * SECOND
    assert bed.value("spo2", NOW + LOST - 1) == Decimal(95)
    assert bed.value("spo2", NOW + LOST) is None


def test_an_absent_value_is_absent_and_keeps_its_age() -> None:
    bed = after(saying.vitals("3", saying.stream("spo2", None, at=NOW - 7 * SECOND))).beds["3"]
    assert bed.value("spo2", NOW) is None
    assert bed.age("spo2", NOW) == 7 * SECOND


def test_the_stream_in_use_is_shown_whatever_order_they_come_in() -> None:
    other = replace(saying.stream("spo2", 70, device="oximeter-3"), chosen=False)
    for streams in ((other, saying.stream("spo2", 95)), (saying.stream("spo2", 95), other)):
        assert after(saying.vitals("3", *streams)).beds["3"].value("spo2", NOW) == Decimal(95)


def test_trends_grow_by_one_point_a_message_and_keep_their_gaps() -> None:
    reports = [saying.vitals("3", saying.stream("spo2", value)) for value in (97, None, 88)]
    points = after(*reports).beds["3"].trends["spo2"]
    assert points == (Decimal(97), None, Decimal(88))
    assert trend("spo2", points, 5) == "  █·▁"
    assert trend("spo2", [Decimal(97), Decimal(96)], 2) in {"▄▄", "▅▄", "▄▃", "▅▅"}, "noise looks calm"


def test_an_alert_says_what_for_how_long_and_where_from() -> None:
    view = after(saying.vitals("3", saying.stream("spo2", 84)), saying.snapshot("3", saying.low_spo2("3")))
    bed = view.beds["3"]
    (alert,) = bed.alerts.alerts if bed.alerts else ()
    assert alert_line(bed, alert, NOW + 2 * SECOND) == "SpO2 84 % for 10 s, was 95 %"
    falling = replace(bed, trends={"spo2": (Decimal(88), None, Decimal(84))})
    assert alert_line(falling, alert, NOW + 2 * SECOND) == "SpO2 84 % for 10 s, was 95 %, falling"
    assert alert_line(bed, alert, NOW + LOST) == "SpO2 86 % for 18 s, was 95 %", "the last that was proven"


def test_an_alert_whose_value_is_inside_again_says_so() -> None:
    bed = after(saying.vitals("3", saying.stream("spo2", 94)), saying.snapshot("3", saying.low_spo2("3"))).beds["3"]
    (alert,) = bed.alerts.alerts if bed.alerts else ()
    assert alert_line(bed, alert, NOW) == "SpO2 86 %, now 94 %"


def test_a_spot_value_is_told_with_its_age_for_nobody_knows_how_it_was_since() -> None:
    evidence = Evidence(vital="temperature", value=391, at=NOW - 60 * SECOND, device="observation")
    why = Why(text="Temperature 39.1 °C", rule="temperature-high", limit=385, evidence=(evidence,))
    hot = saying.alert("3", "temperature-high", "", why=why, began=NOW - 60 * SECOND)
    seen = saying.stream("temperature", 391, at=NOW - 60 * SECOND, mode=Mode.SPOT, device="observation")
    bed = after(saying.vitals("3", seen), saying.snapshot("3", hot)).beds["3"]
    assert bed.alerts is not None
    assert alert_line(bed, bed.alerts.alerts[0], NOW + 5 * SECOND) == "Temperature 39.1 °C, 1 min 05 s ago"


def test_an_alert_of_another_source_than_the_one_in_use_tells_its_own_value() -> None:
    own = replace(saying.stream("spo2", 85), chosen=False)
    streams = (saying.stream("spo2", 97, device="monitor-3"), own)
    bed = after(saying.vitals("3", *streams), saying.snapshot("3", saying.low_spo2("3"))).beds["3"]
    assert bed.alerts is not None
    assert alert_line(bed, bed.alerts.alerts[0], NOW) == "SpO2 85 % for 8 s, was 95 %"


def test_an_alert_of_a_trend_keeps_its_own_words() -> None:
    low = saying.low_spo2("3")
    said = "SpO2 90 %, 6 points below this patient's usual 96 %"
    fall = replace(low, condition="spo2-fall", why=replace(low.why, rule="spo2-fall", limit=86, text=said))
    bed = after(saying.vitals("3", saying.stream("spo2", 86)), saying.snapshot("3", fall)).beds["3"]
    assert bed.alerts is not None
    assert alert_line(bed, bed.alerts.alerts[0], NOW) == said


def test_a_bed_that_is_not_heard_is_not_called_monitored() -> None:
    bed = after(saying.vitals("3", saying.stream("spo2", 94)), saying.snapshot("3")).beds["3"]
    assert state_line(bed, NOW) == "monitored"
    assert state_line(bed, NOW + SILENCE) == "not heard for 5 s"


def test_a_probe_and_a_cable_look_different_and_the_cable_is_named() -> None:
    speaker = Speaker()
    off = after(saying.vitals("2", saying.stream("spo2", None, device="oximeter-2")), speaker=speaker)
    assert trouble(off.beds["2"]) == (PROBE, "oximeter-2: sensor off")
    speaker.links.append(saying.pulled("sensor-4", "4", "/dev/ward/bed-4"))
    out = after(saying.vitals("4", saying.stream("spo2", None, device="sensor-4")), speaker=speaker)
    what, why = trouble(out.beds["4"])
    assert what == CABLE != PROBE
    assert "/dev/ward/bed-4" in why


def test_not_monitored_counts_on_and_says_the_last_valid_value() -> None:
    evidence = Evidence(vital="spo2", value=96, at=NOW - 9 * SECOND, device="oximeter-2")
    why = Why(text="NOT MONITORED", rule="not-monitored", evidence=(evidence,))
    alert = saying.alert("2", "not-monitored", "", why=why, kind=Kind.TECHNICAL, began=NOW - 3 * SECOND)
    bed = after(saying.snapshot("2", alert, monitored=False, since=NOW - 3 * SECOND)).beds["2"]
    assert state_line(bed, NOW + 4 * SECOND) == "NOT MONITORED 7 s"
    assert last_valid(bed, NOW + 4 * SECOND) == "last valid SpO2 96 %, 13 s ago"
    assert "NOT MONITORED for 7 s" in alert_line(bed, bed.alerts.alerts[0], NOW + 4 * SECOND)  # type: ignore[union-attr] # it was heard


def test_a_spot_value_says_when_it_was_taken_and_is_due() -> None:
    at, due = NOW - 25 * 60 * SECOND, NOW + 215 * 60 * SECOND
    bed = after(saying.vitals("1", saying.stream("systolic", 138, at=at, mode=Mode.SPOT, due=due))).beds["1"]
    noon = 12 * 3600 * SECOND - NOW
    said = taken(bed, "systolic", "BP", noon)
    before, next_ = said.removeprefix("BP ").split(", next ")
    assert (int(next_[:2]) - int(before[:2])) % 24 == 4, said
    assert before[3:] == next_[3:] == "35"
    assert taken(after(saying.vitals("1", saying.stream("spo2", 95))).beds["1"], "spo2", "x", noon) == ""


def test_a_complete_score_is_a_number_and_an_incomplete_one_a_bound() -> None:
    whole, part = (after(saying.news2("3", 7, "high", missing)).beds["3"].score for missing in ((), ("temperature",)))
    assert news2_text(whole) == "7 high"
    assert risk(whole) == "38 %"
    assert reasons(whole) == "RR ↑6, SpO2 ↓3"
    assert news2_text(part) == "≥ 7, 1 missing"
    assert risk(part) == "--"
    assert "2 of 5 vitals" in reasons(part)


def test_history_is_told_and_moves_no_present_value() -> None:
    speaker = Speaker()
    view = heard(EMPTY, speaker.say(saying.vitals("3", saying.stream("spo2", 95))))
    view = heard(view, speaker.say(saying.vitals("3", saying.stream("spo2", 50)), history=True))
    assert view.beds["3"].value("spo2", NOW) == Decimal(95)
    view = heard(view, speaker.say(AlertChanged(saying.low_spo2("3")), history=True))
    assert "happened while offline" in view.log[-1].text


def test_starts_escalations_and_ends_are_told_and_mere_updates_are_not() -> None:
    alert = saying.low_spo2("3")
    louder = replace(alert, phase=Phase.ESCALATE, priority=Priority.HIGH)
    ended = replace(alert, phase=Phase.END, end_reason="SpO2 94 %, inside its limit")
    updated = replace(alert, phase=Phase.UPDATE)
    log = after(*(AlertChanged(each) for each in (alert, updated, louder, ended))).log
    assert [entry.loud for entry in log] == ["medium", "high", ""]
    assert "BED 3: SpO2 86 %" in log[0].text
    assert "ended: SpO2 94 %" in log[-1].text


def test_the_banner_says_that_alerts_do_not_leave_when_they_cannot() -> None:
    up = replace(linked(EMPTY, up=True, at=NOW), presence=Presence.ONLINE, heard_at=NOW)
    assert banner(up, NOW + SILENCE - 1) == ""
    down = linked(up, up=False, at=NOW)
    assert banner(down, NOW + 6 * SECOND) == "ALERTS ARE NOT LEAVING THIS GATEWAY: the broker has been gone for 6 s"
    assert "nothing heard for 5 s" in banner(up, NOW + SILENCE)
    assert "lost the gateway" in banner(replace(up, presence=Presence.OFFLINE), NOW)
    assert banner(EMPTY, NOW) == "", "nothing is missed before it was there"


def test_presence_is_told_when_it_changes() -> None:
    speaker, view = Speaker(), EMPTY
    for presence in (Presence.ONLINE, Presence.ONLINE, Presence.STOPPED):
        view = heard(view, speaker.send(compose.state(TOPICS, NOW, presence, 0)))
    assert [entry.text for entry in view.log] == ["gateway online", "gateway stopped"]
    assert view.presence is Presence.STOPPED


def test_the_view_before_stays_as_it_was() -> None:
    before = after(saying.vitals("3", saying.stream("spo2", 95)))
    heard(before, Speaker().say(saying.vitals("3", saying.stream("spo2", 50))))
    told(before, Entry(NOW, "story", "something happens"))
    assert before.beds["3"].value("spo2", NOW) == Decimal(95)
    assert before.log == ()


def test_a_will_that_comes_after_its_gateway_is_back_says_nothing_of_now() -> None:
    first, second = (compose.state(TOPICS, NOW, Presence.OFFLINE, birth) for birth in (1, 2))
    online = compose.state(TOPICS, NOW + SECOND, Presence.ONLINE, 2)
    speaker = Speaker()
    view = heard(EMPTY, speaker.send(online))
    assert heard(view, speaker.send(first)).presence is Presence.ONLINE, "of the connection before"
    assert heard(view, speaker.send(second)).presence is Presence.OFFLINE, "made before its connection was"
    other = replace(STAMP, run=str(UUID(int=99)))
    for at, presence in ((NOW, Presence.ONLINE), (NOW + 2 * SECOND, Presence.OFFLINE)):
        message = compose.seal(compose.state(TOPICS, at, Presence.OFFLINE, 7), 1, other)
        said = listen(TOPICS, message.topic, message.payload, NOW)
        assert said is not None
        assert heard(view, said).presence is presence, "of the run before, or of the next one"
