"""Commands: done once, in time, and never from what a broker kept; whatever is not done is answered and audited."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest

from edge_agent.domain.alerts import Outcome
from edge_agent.domain.inputs import (
    AdmitAsked,
    BedRequest,
    Claim,
    DischargeAsked,
    Input,
    LimitsAsked,
    Observation,
    OffWardAsked,
    QuietAsked,
    ReceiptGiven,
    ReturnAsked,
    SwapAsked,
    TransferAsked,
)
from edge_agent.domain.settings import SECOND
from edge_agent.gateway.clock import boottime
from edge_agent.gateway.commands import READERS, Commands
from edge_agent.wire.outgoing import Draft, Stamp
from edge_agent.wire.payloads.command_result import CommandResult
from edge_agent.wire.topics import COMMANDS, Topics

OFFSET = 1_700_000_000_000_000_000


class Desk:
    """Commands with everything they do kept in lists."""

    def __init__(self) -> None:
        self.taken: list[Input] = []
        self.sent: list[Draft] = []
        self.audited: list[str] = []
        self.commands = Commands(
            Topics("S", "W", "G"), self.stamp, self.taken.append, self.sent.append, self.audited.append
        )

    def stamp(self) -> Stamp:
        return Stamp(run="run", boot="boot", trust="synced", wall_offset=OFFSET - boottime())

    def observe(self, *, name: str = "observe", retained: bool = False, **fields: Any) -> None:  # noqa: ANN401 - any field
        body = {
            "schema": "bedside/command-observe/1",
            "request": "r1",
            "consumer": "tablet",
            "expires_at": "2030-01-01T00:00:00Z",
            "bed": "3",
            "person": "nurse7",
            "consciousness": "A",
            **fields,
        }
        self.commands.command(name, json.dumps(body).encode(), retained=retained)

    def answer(self) -> CommandResult:
        body = self.sent[-1].body
        assert isinstance(body, CommandResult)
        return body


def test_an_observation_becomes_an_input() -> None:
    desk = Desk()
    desk.observe(vitals=[{"vital": "temperature", "value": 37.25, "unit": "Cel"}])
    (taken,) = desk.taken
    assert isinstance(taken, Observation)
    assert (taken.bed, taken.person, taken.consciousness, taken.vitals) == ("3", "nurse7", "A", {"temperature": 373})
    assert "r1" in desk.audited[0]


def test_the_same_request_is_done_once_also_by_the_next_run() -> None:
    desk, later = Desk(), Desk()
    desk.observe()
    desk.observe()
    assert len(desk.taken) == 1
    later.commands.remember(desk.commands.done)
    later.observe()
    assert not later.taken
    assert "done already" in later.audited[0]


def test_a_retained_command_does_nothing() -> None:
    desk = Desk()
    desk.observe(retained=True)
    assert not desk.taken
    assert "retained" in desk.audited[0]


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"expires_at": "2001-01-01T00:00:00Z"}, "/expires_at"),
        ({"name": "reboot"}, "unknown command"),
        ({"vitals": [{"vital": "temperature", "value": 99, "unit": "[degF]"}]}, "/vitals/0/unit"),
        ({"patient_name": "x"}, "/patient_name"),
        ({"spo2_scale": 2}, "/prescriber"),
    ],
)
def test_what_is_refused_is_answered_with_the_place(fields: dict[str, Any], said: str) -> None:
    desk = Desk()
    desk.observe(**fields)
    assert not desk.taken
    assert not desk.answer().done
    assert said in desk.answer().errors[0]


def test_garbage_is_answered_and_audited() -> None:
    desk = Desk()
    desk.commands.command("observe", b"\xff{", retained=False)
    assert not desk.answer().done
    assert desk.audited
    desk.commands.receipt("3", "tablet", b"[]", retained=False)
    assert len(desk.audited) == 2


def test_done_requests_do_not_pile_up() -> None:
    desk = Desk()
    for number in range(600):
        desk.observe(request=f"r{number}")
    assert len(desk.commands.done) == 500
    assert desk.commands.done[-1] == "r599"


def test_a_claim_is_done_once_and_audited() -> None:
    desk = Desk()
    claim = {
        "schema": "bedside/command-claim/1",
        "request": "c1",
        "consumer": "tablet",
        "expires_at": "2030-01-01T00:00:00Z",
        "bed": "3",
        "device": "cuff-1",
        "person": "nurse7",
    }
    for _ in range(2):
        desk.commands.command("claim", json.dumps(claim).encode(), retained=False)
    desk.commands.command("claim", json.dumps({**claim, "request": "c2", "bed": 3}).encode(), retained=False)
    late = {**claim, "request": "c3", "expires_at": "2020-01-01T00:00:00Z"}
    desk.commands.command("claim", json.dumps(late).encode(), retained=False)
    (taken,) = desk.taken
    assert isinstance(taken, Claim)
    assert (taken.bed, taken.device, taken.person, taken.request) == ("3", "cuff-1", "nurse7", "c1")
    assert [draft.body.errors for draft in desk.sent if isinstance(draft.body, CommandResult)] == [
        ("/bed: Expected `str`, got `int`",),
        ("/expires_at: has passed; nothing was done",),
    ]
    assert desk.audited[:2] == [
        "command claim: request c1 by nurse7 for bed 3",
        "claim not done: request c1 was done already",
    ]


RECEIPT = {
    "schema": "bedside/receipt/1",
    "request": "r1",
    "consumer": "nurse-app",
    "expires_at": "2030-01-01T00:00:00Z",
    "event_id": "b0c5d0a2-6f62-5a8a-9f57-6a4cf0a3a9d1",
    "revision": 1,
    "outcome": "acknowledged",
    "person": "nurse7",
    "reason": "care",
    "for_s": 60,
}


def hand_in(desk: Desk, *, consumer: str = "nurse-app", retained: bool = False, **fields: object) -> None:
    desk.commands.receipt("3", consumer, json.dumps({**RECEIPT, **fields}).encode(), retained=retained)


def test_a_receipt_becomes_an_input_with_its_deadline() -> None:
    desk = Desk()
    hand_in(desk)
    (taken,) = desk.taken
    assert isinstance(taken, ReceiptGiven)
    assert (taken.bed, taken.consumer, taken.outcome, taken.person) == (
        "3",
        "nurse-app",
        Outcome.ACKNOWLEDGED,
        "nurse7",
    )
    assert taken.until == taken.received_at + 60 * SECOND


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"retained": True}, "retained"),
        ({"expires_at": "2020-01-01T00:00:00Z"}, "/expires_at: has passed"),
        ({"consumer": "doctor-app"}, "/consumer: found `nurse-app`"),
        ({"revision": 0}, "/revision"),
        ({"for_s": None}, "needs `for_s`"),
    ],
)
def test_a_receipt_that_may_not_count_is_ignored_and_audited(changes: dict[str, Any], why: str) -> None:
    desk = Desk()
    hand_in(desk, **changes)
    assert desk.taken == []
    assert why in desk.audited[-1]
    assert desk.sent == []


def test_the_same_receipt_counts_once_also_for_the_next_run_and_one_consumer_is_not_another() -> None:
    desk, later = Desk(), Desk()
    hand_in(desk)
    hand_in(desk)
    assert len(desk.taken) == 1
    assert "done already" in desk.audited[-1]
    later.commands.remember(desk.commands.done)
    hand_in(later)
    assert later.taken == []
    body = json.dumps({**RECEIPT, "consumer": "doctor-app"}).encode()
    later.commands.receipt("3", "doctor-app", body, retained=False)
    assert len(later.taken) == 1


def test_quiet_is_asked_for_by_a_person_and_never_for_longer_than_two_minutes() -> None:
    desk = Desk()
    head = {"request": "q1", "consumer": "nurse-app", "expires_at": "2030-01-01T00:00:00Z", "person": "nurse7"}
    asked = {"schema": "bedside/command-quiet/1", **head}
    desk.commands.command("quiet", json.dumps({**asked, "for_s": 121}).encode(), retained=False)
    assert desk.taken == []
    assert desk.answer().done is False
    desk.commands.command("quiet", json.dumps(asked).encode(), retained=False)
    (taken,) = desk.taken
    assert isinstance(taken, QuietAsked)
    assert (taken.person, taken.until - taken.received_at) == ("nurse7", 120 * SECOND)


@pytest.mark.parametrize("retained", [False, True])
def test_a_listener_counts_unless_the_broker_only_kept_what_it_said(retained: bool) -> None:  # noqa: FBT001 - a parameter
    desk = Desk()
    said = {"schema": "bedside/listening/1", "request": "l1", "consumer": "screen", "for_s": 90}
    payload = json.dumps({**said, "expires_at": "2030-01-01T00:00:00Z"}).encode()
    parsed = Topics("S", "W", "G").parse("bedside/v1/S/W/G/listener/screen")
    assert parsed is not None
    desk.commands.hear(parsed, payload, retained=retained)
    assert len(desk.taken) == (0 if retained else 1)
    assert desk.audited == []


BED = {"consumer": "tablet", "expires_at": "2030-01-01T00:00:00Z", "bed": "3", "person": "nurse7"}


@pytest.mark.parametrize(
    ("name", "more", "asked"),
    [
        ("admit", {"encounter": "stay-a", "age_years": 70}, AdmitAsked),
        ("discharge", {}, DischargeAsked),
        ("transfer", {"to": "4"}, TransferAsked),
        ("swap", {"to": "4"}, SwapAsked),
        ("off-ward", {"reason": "imaging", "for_min": 20}, OffWardAsked),
        ("return", {}, ReturnAsked),
        ("limits", {"limits": {"temperature-high": {"limit": 38.1}}}, LimitsAsked),
    ],
)
def test_commands_about_a_bed_become_inputs_and_expire(
    name: str, more: dict[str, Any], asked: type[BedRequest]
) -> None:
    desk = Desk()
    whole = {"schema": f"bedside/command-{name}/1", "request": "r1", **BED, **more}
    desk.commands.command(name, json.dumps(whole).encode(), retained=False)
    desk.commands.command(name, json.dumps({**whole, "request": "r2", "person": "Jane Doe"}).encode(), retained=False)
    late = {**whole, "request": "r3", "expires_at": "2020-01-01T00:00:00Z"}
    desk.commands.command(name, json.dumps(late).encode(), retained=False)
    (taken,) = desk.taken
    assert isinstance(taken, asked)
    assert (taken.bed, taken.person, taken.request) == ("3", "nurse7", "r1")
    if isinstance(taken, LimitsAsked):
        assert taken.limits["temperature-high"].limit == Decimal("38.1"), "exact, not the float next to it"
    if isinstance(taken, OffWardAsked):
        assert taken.until - taken.received_at == 20 * 60 * SECOND


def test_every_command_that_is_offered_has_its_reader() -> None:
    assert tuple(READERS) == COMMANDS
