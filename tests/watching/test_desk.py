"""Whatever is pressed, a receipt names a person and an alert that was on the screen."""

from __future__ import annotations

from datetime import datetime, timezone

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_agent.cli.watching.desk import DOWN, ENTER, ERASE, ESCAPE, LOOK, UP, Act, Desk, Quit, pressed, settled
from edge_agent.cli.watching.receipts import Confirmed, receipt
from edge_agent.cli.watching.terminal import keys
from edge_agent.domain.alerts import Outcome
from edge_agent.domain.settings import SECOND
from edge_agent.wire.inbound import is_name, read
from edge_agent.wire.payloads.receipt import Receipt
from tests.watching.test_ward import LOW, ONLINE, after

EVENTS = ["e1", "e2", "e3"]
LOOKING = Desk(chosen="e1")


LATER = 10 * SECOND


def type_all(desk: Desk, *pressed_keys: str) -> tuple[Desk, Act | Quit | None]:
    deed: Act | Quit | None = None
    for key in pressed_keys:
        desk, deed = pressed(desk, key, EVENTS, LATER)
    return desk, deed


@given(
    pressed_keys=st.lists(st.sampled_from(["a", "p", "q", "j", "k", " ", "é", UP, DOWN, ENTER, ERASE, ESCAPE])),
    events=st.lists(st.text("abc", min_size=1), unique=True, max_size=4),
)
def test_no_key_does_anything_without_a_person_and_a_present_alert(pressed_keys: list[str], events: list[str]) -> None:
    desk = settled(Desk(), events, 0)
    for key in pressed_keys:
        desk, deed = pressed(desk, key, events, LATER)
        if isinstance(deed, Act):
            assert is_name(deed.person)
            assert deed.event_id in events
            assert desk.person == deed.person


def test_the_first_act_asks_who_it_is_and_the_next_one_does_not() -> None:
    desk, deed = type_all(LOOKING, DOWN, "a", *"nurse-8", ERASE, "7", ENTER)
    assert deed == Act("e2", Outcome.ACCEPTED, "nurse-7")
    assert type_all(desk, "p")[1] == Act("e2", Outcome.PAUSED, "nurse-7")


@pytest.mark.parametrize("name", ["", "Jane Doe"])
def test_what_is_no_staff_id_is_refused_in_words(name: str) -> None:
    desk, deed = type_all(LOOKING, "a", *name, ENTER)
    assert deed is None
    assert "staff id" in desk.refused
    assert type_all(desk, ESCAPE)[0] == LOOKING


def test_the_choice_goes_round_and_stays_with_its_alert() -> None:
    desk, _ = type_all(LOOKING, UP)
    assert desk.chosen == "e3"
    assert pressed(desk, "j", ["e0", *EVENTS], LATER)[0].chosen == "e0"
    assert settled(desk, ["e0", *EVENTS], LATER) == desk
    assert settled(LOOKING, ["e0", *EVENTS], LATER).chosen == "e0", "what nobody chose is the first, the loudest"
    assert pressed(desk, "a", ["e3"], LATER)[0].chosen == "e3"


def test_no_key_acts_on_an_alert_that_has_only_just_come_under_it() -> None:
    desk = settled(Desk(person="nurse-7", chosen="e2"), ["e1", "e3"], LATER)
    assert (desk.chosen, desk.moved) == ("e1", LATER)
    soon, deed = pressed(desk, "a", ["e1", "e3"], LATER + LOOK - 1)
    assert deed is None
    assert "look" in soon.refused
    again, deed = pressed(soon, "a", ["e1", "e3"], LATER + LOOK)
    assert deed == Act("e1", Outcome.ACCEPTED, "nurse-7")
    assert again.refused == ""
    assert pressed(desk, DOWN, ["e1", "e3"], LATER)[0] == Desk(person="nurse-7", chosen="e3", own=True)


def test_while_a_name_is_asked_for_the_choice_stays() -> None:
    asking, _ = type_all(Desk(chosen="e2", own=True), "a")
    assert settled(asking, ["e1"], LATER) == asking
    _, deed = pressed(msgspec.structs.replace(asking, typed="nurse-7"), ENTER, ["e1"], LATER)
    assert deed == Act("e2", Outcome.ACCEPTED, "nurse-7"), "the screen then says that this one is over"


def test_while_a_name_is_typed_q_is_a_letter() -> None:
    assert type_all(LOOKING, "q")[1] is Quit.QUIT
    assert type_all(LOOKING, "a", "q")[1] is None


@pytest.mark.parametrize(
    ("sent", "named"),
    [
        ("\x1b[A", [UP]),
        ("\x1bOB", [DOWN]),
        ("\x1b[B\x1b[Bj", [DOWN, DOWN, "j"]),
        ("\x1b", [ESCAPE]),
        ("\x1b[5~", []),
        ("ab\r", ["a", "b", ENTER]),
    ],
)
def test_what_terminals_send_becomes_keys(sent: str, named: list[str]) -> None:
    assert keys(sent) == named


@pytest.mark.parametrize("outcome", [Outcome.RECEIVED, Outcome.ACCEPTED, Outcome.PAUSED, Outcome.RESET])
def test_the_agent_can_read_every_receipt(outcome: Outcome) -> None:
    alert = after(ONLINE, LOW).targets()[0].alert
    person = "" if outcome is Outcome.RECEIVED else "nurse-7"
    body = read(Receipt, receipt(alert, outcome, "desk", person, datetime.now(timezone.utc)))
    assert (body.event_id, body.revision, body.outcome) == (alert.event_id, alert.revision, outcome)
    assert (body.person or "") == person


def test_each_revision_is_confirmed_once_and_a_year_of_alerts_takes_no_more_memory() -> None:
    alert = after(ONLINE, LOW).targets()[0].alert
    confirmed = Confirmed()
    assert alert not in confirmed
    confirmed.add(alert)
    assert alert in confirmed
    assert msgspec.structs.replace(alert, revision=2) not in confirmed
    for number in range(5 * Confirmed.KEPT):
        confirmed.add(msgspec.structs.replace(alert, event_id=str(number)))
        confirmed.add(alert)
    assert len(confirmed) == Confirmed.KEPT
    assert alert in confirmed, "what is heard of again and again is not forgotten"


def test_a_gateway_that_started_anew_is_told_again_what_has_arrived() -> None:
    alert = after(ONLINE, LOW).targets()[0].alert
    confirmed = Confirmed()
    confirmed.born("gw1", "first")
    confirmed.add(alert)
    confirmed.born("gw2", "another")
    confirmed.born("gw1", "first")
    assert alert in confirmed
    confirmed.born("gw1", "second")
    assert alert not in confirmed
