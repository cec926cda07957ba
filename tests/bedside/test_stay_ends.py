"""With a stay ends every fact of it, also one that somebody adds to a bed later; with a move all of them go along."""

from __future__ import annotations

from decimal import Decimal

import msgspec
import pytest

from edge_agent.bedside.bed import OF_THE_PATIENT, OF_THE_PLACE, OF_WHOEVER_IS_HERE, BedUnit
from edge_agent.bedside.hours import HOUR, Hours
from edge_agent.bedside.machine import Condition
from edge_agent.domain.alerts import Outcome, Phase
from edge_agent.domain.effects import RiskWanted, Suppressed, SuppressedBy
from edge_agent.domain.inputs import (
    BedRequest,
    DischargeAsked,
    LimitsAsked,
    ReceiptGiven,
    ReturnAsked,
    RiskAnswered,
    SettingsApplied,
    SwapAsked,
    TransferAsked,
)
from edge_agent.domain.settings import SECOND, Bed, BedState, Consumer, Role
from edge_agent.domain.stays import OwnLimit
from edge_agent.domain.windows import Patient, RiskScore
from tests.bedside.test_stays import WARD, Staffed

NURSED = msgspec.structs.replace(WARD, consumers=(Consumer("nurse-app", Role.NURSE),))


def unit(bench: Staffed, bed: str) -> BedUnit:
    return bench.ward._floor.state.beds[bed]


def full() -> Staffed:
    """Return a ward with a patient in bed 1 of whom everything is known that can be."""
    bench = Staffed(NURSED)
    bench.admit("1", "stay-a", Patient(age_years=70))
    bench.feed(10, {"spo2": 97, "pulse_rate": 80})
    asked = [effect for effect in bench.effects if isinstance(effect, RiskWanted)][-1]
    bench.give(RiskAnswered("1", asked.request, RiskScore(0.2, (), 0, "model", "0" * 64, "runtime"), bench.now))
    bench.observe(vitals={"systolic": 80}, consciousness="A", spo2_scale=2, spo2_target=(88, 92), prescriber="dr3")
    bench.ask(LimitsAsked, "1", limits={"pulse-high": OwnLimit(Decimal(140))})
    bench.feed(40, {"spo2": 82, "pulse_rate": 150})
    reset(bench, "systolic-low")
    return bench


def reset(bench: Staffed, condition: str) -> None:
    """Let a nurse reset an alert of bed 1."""
    alert = bench.here("1", condition)
    assert alert is not None
    given = {"consumer": "nurse-app", "request": "reset", "received_at": bench.now, "person": "nurse7"}
    about = {"bed": "1", "event_id": alert.event_id, "revision": alert.revision, "outcome": Outcome.RESET}
    bench.give(ReceiptGiven(**given, **about))  # type: ignore[arg-type] # fields of their own types
    assert bench.here("1", condition) is None


def default(field: str) -> object:
    return getattr(BedUnit("1", 0, Hours(epoch=0), 0), field)


def test_every_field_of_a_bed_is_of_the_patient_of_whoever_is_there_or_of_the_place() -> None:
    sorted_out = [*OF_THE_PATIENT, *OF_WHOEVER_IS_HERE, *OF_THE_PLACE, "streams", "conditions"]
    assert sorted(sorted_out) == sorted(BedUnit.__struct_fields__), "say of a new field whose it is"


def test_what_is_not_of_the_place_is_forgotten_whatever_it_is() -> None:
    bed, mark = BedUnit("1", 0, Hours(epoch=0), 0), object()
    for field in (*OF_THE_PATIENT, *OF_WHOEVER_IS_HERE):
        setattr(bed, field, mark)
    bed.forget_patient(0)
    assert [field for field in bed.__struct_fields__ if getattr(bed, field) is mark] == []


def test_nothing_of_a_stay_is_left_for_the_next_one() -> None:
    bench = full()
    known = [field for field in (*OF_THE_PATIENT, *OF_WHOEVER_IS_HERE) if getattr(unit(bench, "1"), field)]
    assert set(known) >= {*OF_THE_PATIENT, *OF_WHOEVER_IS_HERE} - {"vacant", "absence"}, "the story tells too little"
    assert unit(bench, "1").conditions["systolic-low"].dismissed is not None
    bench.ask(DischargeAsked, "1")
    bench.admit("1", "stay-b")
    bed = unit(bench, "1")
    left = [f for f in OF_THE_PATIENT if f not in {"stay", "hours"} and getattr(bed, f) != default(f)]
    assert left == []
    assert (bed.hours, bed.streams) == (Hours(epoch=bench.now), {})
    fresh = {name: Condition(name, ordinal=c.ordinal) for name, c in bed.conditions.items()}
    now = {name: c for name, c in bed.conditions.items() if c.delay.since == {}}
    assert [name for name, c in now.items() if msgspec.structs.asdict(c) != msgspec.structs.asdict(fresh[name])] == []


@pytest.mark.parametrize("kind", [TransferAsked, SwapAsked])
def test_a_move_carries_every_field_of_the_patient(kind: type[BedRequest]) -> None:
    bench = full()
    if kind is SwapAsked:
        bench.admit("2", "stay-b")
    before = {field: getattr(unit(bench, "1"), field) for field in OF_THE_PATIENT}
    assert bench.ask(kind, "1", to="2") == ()
    assert {field: getattr(unit(bench, "2"), field) for field in OF_THE_PATIENT} == before
    assert unit(bench, "2").streams.keys() == {"observation/systolic"}
    assert unit(bench, "1").streams == {}


def test_what_a_nurse_has_reset_does_not_come_back_by_a_move() -> None:
    bench = full()
    bench.ask(TransferAsked, "1", to="2")
    bench.wait(30)
    assert bench.here("2", "systolic-low") is None


def test_alerts_of_somebody_unknown_in_the_new_bed_end_there_and_are_nobody_elses() -> None:
    bench = full()
    bench.wait(20)
    assert bench.here("2", "not-monitored") is not None
    for _ in range(30):
        bench.say({"spo2": 80}, "link2")
        bench.wait(1)
    assert bench.here("2", "spo2-low") is not None
    bench.wait(60)
    assert bench.ask(TransferAsked, "1", to="2") == ()
    (gone,) = (a for a in bench.alerts("spo2-low") if a.bed == "2" and a.phase is Phase.END)
    assert gone.end_reason == "another patient was moved here by nurse7"
    assert [a.bed for a in bench.alerts("spo2-low") if a.phase is Phase.START] == ["1", "2", "2"]
    assert bench.here("1", "spo2-low") is None


def leave(bench: Staffed) -> None:
    bench.leave()
    bench.wait(600)
    bench.ask(ReturnAsked, "1")


def leave_for_good(bench: Staffed) -> None:
    bench.ask(DischargeAsked, "1")
    bench.wait(600)
    bench.admit("1", "stay-b")


def give_way(bench: Staffed) -> None:
    beds = tuple(msgspec.structs.replace(bed, encounter="stay-c") for bed in WARD.beds[:1])
    bench.give(SettingsApplied(msgspec.structs.replace(WARD, beds=(*beds, Bed(id="2")))))


@pytest.mark.parametrize("goes", [leave, leave_for_good])
def test_a_delay_that_was_running_is_not_the_next_ones_and_is_told_as_suppressed(goes: object) -> None:
    bench = Staffed()
    bench.admit("1", "stay-a")
    bench.feed(5, {"spo2": 97})
    began = bench.now
    bench.feed(10, {"spo2": 88})
    goes(bench)  # type: ignore[operator] # one of the two above
    bench.feed(5, {"spo2": 88})
    assert bench.alerts("spo2-low") == []
    (told,) = [effect for effect in bench.effects if isinstance(effect, Suppressed) and effect.condition == "spo2-low"]
    assert (told.by, told.would_have, told.encounter) == (SuppressedBy.DELAY, began, "stay-a")


def test_a_token_of_the_configuration_that_changes_is_another_patient() -> None:
    named = tuple(msgspec.structs.replace(bed, encounter=f"stay-{bed.id}") for bed in WARD.beds)
    bench = Staffed(msgspec.structs.replace(WARD, beds=named))
    bench.observe(consciousness="V")
    bench.feed(40, {"spo2": 82})
    bench.ask(LimitsAsked, "1", limits={"spo2-low": OwnLimit(Decimal(86))})
    give_way(bench)
    assert bench.alerts("spo2-low")[-1].end_reason == "another patient by configuration"
    assert (unit(bench, "1").facts, unit(bench, "1").own_limits, bench.snapshot("1").encounter) == ({}, None, "stay-c")
    bench.ask(DischargeAsked, "1")
    assert bench.snapshot("1").state is BedState.UNASSIGNED
    bench.give(SettingsApplied(bench.settings))
    assert (bench.snapshot("1").encounter, bench.snapshot("1").state) == ("stay-1", BedState.MONITORED)


def test_naming_whoever_is_in_a_bed_forgets_nothing_and_neither_does_a_push_about_something_else() -> None:
    bench = Staffed()
    bench.feed(40, {"spo2": 82})
    before = bench.here("1", "spo2-low")
    give_way(bench)
    bench.give(SettingsApplied(msgspec.structs.replace(bench.ward.settings, version=9)))
    assert before is not None
    assert bench.here("1", "spo2-low") == before


def test_the_past_hour_of_one_patient_is_not_anothers() -> None:
    bench = full()
    unit(bench, "1").hours.roll(bench.now + HOUR)
    bench.ask(DischargeAsked, "1")
    bench.admit("1", "stay-b")
    assert unit(bench, "1").hours.usual("spo2") is None
    bench.wait(3600 * 2 - bench.now // SECOND % 60)
    assert unit(bench, "1").hours.usual("spo2") is None
