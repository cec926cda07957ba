"""A patient moves: everything of the stay goes along, nothing of the place does, and nobody is taken for another."""

from __future__ import annotations

from decimal import Decimal

import msgspec
import pytest

from edge_agent.domain.alerts import Phase
from edge_agent.domain.effects import RiskWanted, ScoreReport, Suppressed
from edge_agent.domain.inputs import (
    BedRequest,
    DischargeAsked,
    LimitsAsked,
    RiskAnswered,
    SwapAsked,
    TransferAsked,
)
from edge_agent.domain.settings import SECOND, Bed, BedState
from edge_agent.domain.stays import OwnLimit
from edge_agent.domain.windows import Patient
from tests.bedside.test_advice import said
from tests.bedside.test_stays import WARD, Staffed, alerting


def test_a_transfer_carries_the_stay_and_the_alert_goes_on_within_the_second() -> None:
    bench = alerting()
    bench.observe(supplemental_oxygen=True, consciousness="A")
    bench.ask(LimitsAsked, "1", limits={"spo2-low": OwnLimit(Decimal(92))})
    old, at = bench.here("1", "spo2-low"), bench.now
    assert bench.ask(TransferAsked, "1", to="2") == ()
    new = bench.here("2", "spo2-low")
    assert old is not None
    assert new is not None
    assert bench.here("1", "spo2-low") is None
    ended = [each for each in bench.alerts("spo2-low") if each.event_id == old.event_id][-1]
    assert ended.end_reason == "transferred to bed 2"
    first = next(each for each in bench.alerts("spo2-low") if each.event_id == new.event_id)
    assert (first.phase, first.began, first.event_id != old.event_id) == (Phase.START, old.began, True)
    assert first.raised - at < SECOND
    bench.feed(5, {"spo2": 82}, "link2")
    assert bench.snapshot("2").encounter == "stay-a"
    assert bench.snapshot("1").state is BedState.UNASSIGNED
    rule = bench.score().rule
    assert rule is not None
    assert {"supplemental_oxygen", "consciousness"}.isdisjoint(rule.missing)
    bench.feed(60, {"spo2": 97}, "link2")
    assert bench.here("2", "spo2-low") is None, "inside the limit it ends there"


def test_no_two_alerts_of_a_bed_have_one_name_after_a_move() -> None:
    bench = alerting()
    for spo2 in (82, 97, 82, 97):
        bench.feed(40, {"spo2": spo2}, "link2")
    assert bench.ask(DischargeAsked, "2") == ()
    bench.feed(40, {"spo2": 82})
    assert bench.ask(TransferAsked, "1", to="2") == ()
    bench.feed(60, {"spo2": 97}, "link2")
    bench.feed(40, {"spo2": 82}, "link2")
    named = [each.event_id for each in bench.alerts("spo2-low") if each.phase is Phase.START and each.bed == "2"]
    assert len(named) == len(set(named)) == 4


def test_what_the_model_says_of_who_was_here_is_not_shown_of_who_came() -> None:
    bench = alerting()
    bench.admit("2", "stay-b")
    bench.feed(8, {"spo2": 98}, "link2")
    asked = [each for each in bench.effects if isinstance(each, RiskWanted) and each.bed == "1"][-1]
    bench.ask(SwapAsked, "1", to="2")
    bench.give(RiskAnswered("1", asked.request, said(0.9), bench.now))
    bench.feed(3, {"spo2": 98}, "link1")
    assert all(each.risk is None for each in bench.effects if isinstance(each, ScoreReport))


def test_a_crossing_that_goes_along_to_the_new_bed_is_told_as_suppressed_there_alone() -> None:
    bench = Staffed()
    bench.admit("1", "stay-a")
    bench.feed(3, {"spo2": 88})
    bench.ask(TransferAsked, "1", to="2")
    hidden = [each for each in bench.effects if isinstance(each, Suppressed) and each.condition == "spo2-low"]
    assert [each.bed for each in hidden] == ["2"]


def test_whom_the_configuration_put_into_a_bed_is_moved_like_any_other() -> None:
    beds = (Bed(id="1", encounter="e7Kq", patient=Patient(age_years=70)), Bed(id="2"))
    bench = Staffed(msgspec.structs.replace(WARD, beds=beds))
    bench.feed(40, {"spo2": 82})
    assert bench.ask(TransferAsked, "1", to="2") == ()
    assert [bench.snapshot(bed).encounter for bed in ("1", "2")] == ["", "e7Kq"]
    assert bench.here("2", "spo2-low") is not None
    bench.wait(60)
    assert bench.here("1", "not-monitored") is None, "nobody is missed in the bed that was left"
    assert bench.ask(TransferAsked, "1", to="2") != ()


def test_an_alert_that_was_carried_and_cannot_be_seen_any_more_stays() -> None:
    bench = alerting()
    bench.ask(TransferAsked, "1", to="2")
    bench.wait(120)
    carried = bench.here("2", "spo2-low")
    assert carried is not None
    assert not carried.verifiable
    blind = bench.here("2", "not-monitored")
    assert blind is not None
    assert blind.priority is carried.priority
    assert blind.why.text.startswith("NOT MONITORED while an alert was active: ")
    assert blind.why.text.endswith("; last valid SpO2 82 %")


def test_a_swap_exchanges_everything_of_the_patients_and_nothing_of_the_places() -> None:
    bench = alerting()
    bench.admit("2", "stay-b")
    bench.feed(5, {"spo2": 98}, "link2")
    assert bench.ask(SwapAsked, "1", to="2") == ()
    assert (bench.snapshot("1").encounter, bench.snapshot("2").encounter) == ("stay-b", "stay-a")
    assert bench.here("1", "spo2-low") is None
    assert bench.here("2", "spo2-low") is not None
    twice = msgspec.structs.replace(bench.snapshot("2"))
    assert bench.ask(SwapAsked, "1", to="2") == ()
    assert bench.snapshot("1").encounter == twice.encounter, "twice is where it began"
    assert bench.here("1", "spo2-low") is not None


@pytest.mark.parametrize(
    ("kind", "to", "objection"),
    [
        (TransferAsked, "9", "not on this gateway"),
        (TransferAsked, "1", "where the patient is"),
        (SwapAsked, "2", "nobody"),
    ],
)
def test_what_speaks_against_a_move_is_said(kind: type[BedRequest], to: str, objection: str) -> None:
    bench = alerting()
    bench.ask(DischargeAsked, "2")
    assert any(objection in each for each in bench.ask(kind, "1", to=to))
    assert bench.here("1", "spo2-low") is not None


def test_a_child_is_not_moved_into_a_bed_that_scores_adults() -> None:
    beds = (Bed(id="1", score="bedside_pews", age_band="4-12y", patient=Patient(age_years=5)), Bed(id="2"))
    bench = Staffed(msgspec.structs.replace(WARD, beds=beds))
    bench.feed(3, {"spo2": 97})
    (objection,) = bench.ask(TransferAsked, "1", to="2")
    assert "give the bed another score" in objection


def test_nobody_is_moved_into_a_bed_where_somebody_is_seen() -> None:
    bench = alerting()
    bench.feed(3, {"spo2": 98}, "link2")
    assert "live values of somebody" in bench.ask(TransferAsked, "1", to="2")[0]
    bench.admit("2", "stay-b")
    assert "has a patient" in bench.ask(TransferAsked, "1", to="2")[0]
