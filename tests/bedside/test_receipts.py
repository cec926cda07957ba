"""Receipts: whose count, which are refused, and that everybody sees who has an alert in hand."""

from __future__ import annotations

import pytest

from edge_agent.domain.alerts import Outcome, Phase, SignalState
from edge_agent.domain.effects import AlertChanged, ReceiptCode, ReceiptTaken
from edge_agent.domain.inputs import ReceiptGiven
from edge_agent.domain.settings import SECOND, Bed
from tests.bedside.desk import NURSE, SCREEN, WORKSHOP, Desk, staffed

EVERY_OUTCOME = list(Outcome)


def test_an_accepted_alert_says_by_whom_and_so_does_the_snapshot_for_who_joins_late() -> None:
    desk = Desk()
    desk.low()
    answer = desk.answer("spo2-low", Outcome.ACCEPTED)
    assert (answer.code, answer.accepted_by, answer.revision) == (
        ReceiptCode.DONE,
        "nurse7",
        desk.the("spo2-low").revision,
    )
    (shown,) = (alert for alert in desk.snapshots()[-1].alerts if alert.condition == "spo2-low")
    assert (shown.accepted_by, shown.signal) == ("nurse7", SignalState.ON)


def test_a_receipt_for_an_older_revision_is_superseded_and_told_who_was_first() -> None:
    desk = Desk()
    seen = desk.low().revision
    first = desk.answer("spo2-low", Outcome.ACCEPTED, person="nurse7", revision=seen)
    second = desk.answer("spo2-low", Outcome.ACCEPTED, consumer="doctor-app", person="dr3", revision=seen)
    assert (first.code, second.code) == (ReceiptCode.DONE, ReceiptCode.SUPERSEDED)
    assert first.accepted_by == second.accepted_by == "nurse7"
    assert desk.the("spo2-low").accepted_by == "nurse7"
    assert second.why.endswith(", accepted by nurse7")
    taken_over = desk.answer("spo2-low", Outcome.ACCEPTED, consumer="doctor-app", person="dr3")
    assert (taken_over.code, taken_over.accepted_by) == (ReceiptCode.DONE, "dr3")


def test_a_receipt_for_an_older_revision_that_nobody_accepted_names_nobody() -> None:
    desk = Desk()
    newest = desk.low().revision
    answer = desk.answer("spo2-low", Outcome.ACCEPTED, revision=newest - 1)
    assert (answer.code, answer.why) == (ReceiptCode.SUPERSEDED, f"its newest revision is {newest}")


@pytest.mark.parametrize("outcome", EVERY_OUTCOME)
def test_a_consumer_without_a_role_changes_nothing(outcome: Outcome) -> None:
    desk = Desk()
    before = desk.low()
    answer = desk.answer("spo2-low", outcome, consumer="stranger")
    assert answer.code is ReceiptCode.NOT_CONFIGURED
    assert desk.the("spo2-low") == before


@pytest.mark.parametrize("outcome", EVERY_OUTCOME)
def test_a_display_only_confirms_that_it_has_an_alert(outcome: Outcome) -> None:
    desk = Desk(staffed(NURSE, SCREEN))
    before = desk.low()
    answer = desk.answer("spo2-low", outcome, consumer="screen")
    assert answer.code is (ReceiptCode.DONE if outcome is Outcome.RECEIVED else ReceiptCode.NOT_ALLOWED)
    assert desk.the("spo2-low") == before


def test_a_technician_answers_technical_alerts_alone() -> None:
    desk = Desk(staffed(NURSE, WORKSHOP))
    desk.low()
    assert desk.answer("spo2-low", Outcome.ACCEPTED, consumer="workshop").code is ReceiptCode.NOT_ALLOWED
    desk.unplug()
    desk.wait(5)
    assert desk.answer("device-lost-link1", Outcome.ACCEPTED, consumer="workshop").code is ReceiptCode.DONE


def test_a_consumer_of_the_gateways_own_file_is_a_display() -> None:
    desk = Desk(staffed(NURSE))
    desk.ward._floor.state.displays = ("screen",)
    desk.low()
    assert desk.answer("spo2-low", Outcome.RECEIVED, consumer="screen").code is ReceiptCode.DONE
    assert desk.answer("spo2-low", Outcome.ACCEPTED, consumer="screen").code is ReceiptCode.NOT_ALLOWED


def test_an_alert_that_is_over_or_never_was_is_unknown() -> None:
    desk = Desk()
    alert = desk.low()
    desk.answer("spo2-low", Outcome.ACCEPTED)
    desk.feed(20, {"spo2": 97})
    assert desk.phases("spo2-low")[-1] == "end"
    late = ReceiptGiven(
        bed="1",
        consumer="nurse-app",
        request="late",
        received_at=desk.now,
        event_id=alert.event_id,
        revision=1,
        outcome=Outcome.RECEIVED,
    )
    (answer,) = (effect for effect in desk.give(late) if isinstance(effect, ReceiptTaken))
    assert (answer.code, answer.revision) == (ReceiptCode.UNKNOWN_EVENT, 0)
    desk.low()
    ahead = desk.answer("spo2-low", Outcome.ACCEPTED, revision=99)
    assert ahead.code is ReceiptCode.UNKNOWN_EVENT


@pytest.mark.parametrize(("outcome", "most"), [(Outcome.PAUSED, 120), (Outcome.ACKNOWLEDGED, 1800)])
def test_no_quieting_lasts_longer_than_the_ward_allows(outcome: Outcome, most: int) -> None:
    desk = Desk()
    desk.low()
    refused = desk.answer("spo2-low", outcome, for_s=most + 1)
    assert (refused.code, refused.until) == (ReceiptCode.TOO_LONG, None)
    assert desk.answer("spo2-low", outcome, for_s=most).until == desk.now + most * SECOND


def test_what_is_still_there_cannot_be_reset() -> None:
    desk = Desk()
    desk.low()
    assert desk.answer("spo2-low", Outcome.RESET).code is ReceiptCode.STILL_PRESENT


def test_a_gateway_alert_takes_receipts_as_well() -> None:
    desk = Desk()
    desk.fact("storage-failed", present=True)
    desk.wait(1)
    assert desk.answer("storage-failed", Outcome.ACCEPTED).accepted_by == "nurse7"
    assert desk.snapshots("")[-1].alerts[0].accepted_by == "nurse7"


def test_rejected_at_once_calls_the_next_tier_and_gives_back_what_was_accepted() -> None:
    desk = Desk()
    desk.low()
    desk.answer("spo2-low", Outcome.REJECTED)
    assert (desk.the("spo2-low").phase, desk.the("spo2-low").tier) == (Phase.ESCALATE, 2)
    desk.answer("spo2-low", Outcome.ACCEPTED, consumer="doctor-app", person="dr3")
    desk.answer("spo2-low", Outcome.REJECTED, consumer="doctor-app", person="dr3")
    assert desk.the("spo2-low").accepted_by == ""


def test_received_leaves_no_trace_on_the_alert_and_says_so_to_its_consumer() -> None:
    desk = Desk()
    desk.low()
    before = len(desk.alerts())
    answer = desk.answer("spo2-low", Outcome.RECEIVED, revision=1)
    assert answer.code is ReceiptCode.DONE
    assert len(desk.alerts()) == before


def test_the_encounter_goes_with_what_a_receipt_changes() -> None:
    desk = Desk(staffed(beds=(Bed(id="1", encounter="e7Kq"),)))
    desk.low()
    desk.answer("spo2-low", Outcome.ACCEPTED)
    changed = [effect for effect in desk.effects if isinstance(effect, AlertChanged)][-1]
    assert (changed.alert.accepted_by, changed.encounter) == ("nurse7", "e7Kq")
