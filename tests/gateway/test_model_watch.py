"""A day of the model: every answer counted by cause, every whole hour of a bed once, and a day ends after 24 h."""

from __future__ import annotations

import msgspec
import pytest

from edge_agent.domain.effects import RiskWanted
from edge_agent.domain.windows import HOURS, QUANTITIES, Abstention, Patient, RiskAnswer, RiskScore, Window
from edge_agent.gateway.model_watch import DAY, HOUR, ModelWatch, Round
from edge_agent.risk.scorer import Scorer, open_scorer
from tests.risk.bundles import BUNDLES


def said(probability: float) -> RiskScore:
    return RiskScore(probability, (), 0, "model", "0" * 64, "runtime")


SILENT = Abstention("too-few-vitals", "two of five")


def asked(bed: str, minutes: int, pulse: int | None = 80) -> RiskWanted:
    medians: dict[str, tuple[int | None, ...]] = dict.fromkeys(QUANTITIES, (None,) * HOURS)
    medians["pulse"] = (pulse,) * HOURS
    return RiskWanted(bed, 1, 0, Window(medians, Patient(age_years=70), minutes_into_hour=minutes))


def one(wanted: RiskWanted, used: RiskAnswer, shadow: RiskAnswer | None = None) -> Round:
    return Round([wanted], [used], None if shadow is None else [shadow])


@pytest.fixture(scope="module")
def models() -> tuple[Scorer, Scorer]:
    first, second = map(open_scorer, BUNDLES[:2])
    return first, second


def test_answers_are_counted_by_cause() -> None:
    watch = ModelWatch(0)
    for answer in (said(0.1), SILENT, SILENT, Abstention("no-model", "refused")):
        watch.count(one(asked("1", 5), answer), None)
    day = watch.day(HOUR, None)
    assert day.answers == {"scored": 1, "too-few-vitals": 2, "no-model": 1}
    assert (day.hours, day.whole, day.agreement, day.shadow_answers) == (1.0, False, None, None)


def test_each_whole_hour_of_each_bed_counts_once(models: tuple[Scorer, Scorer]) -> None:
    watch = ModelWatch(0)
    watch.models(models[0], None)
    for minutes in (20, 20, 40, 59, 4, 4, 9, 30, 2):
        for bed in ("1", "2"):
            watch.count(one(asked(bed, minutes, 80 if bed == "1" else None), said(0.1)), None)
    drift = {each.name: each for each in watch.day(HOUR, None).drift}
    assert set(drift) == {*QUANTITIES, "age", "sex"}
    assert {each.hours for each in drift.values()} == {4}
    assert (drift["pulse"].missing, drift["spo2"].missing, drift["age"].missing, drift["sex"].missing) == (0.5, 1, 0, 1)
    assert drift["spo2"].distance is None
    assert drift["pulse"].distance == pytest.approx(0.88, abs=0.05)


def test_a_model_on_trial_is_compared_where_both_answer(models: tuple[Scorer, Scorer]) -> None:
    watch = ModelWatch(0)
    watch.models(*models)
    pairs = [(0.2, 0.3), (0.4, 0.1), (0.5, 0.6), (0.1, None), (None, 0.1), (None, None)]
    for used, shadow in pairs:
        answers = [SILENT if each is None else said(each) for each in (used, shadow)]
        watch.count(one(asked("1", 5), *answers), 0.25)
    found = watch.day(0, 0.25).agreement
    assert found is not None
    assert (found.both, found.only_used, found.only_shadow, found.neither) == (3, 1, 1, 1)
    assert (found.both_above, found.only_used_above, found.only_shadow_above) == (1, 1, 1)
    assert found.mean_difference == pytest.approx(-0.1 / 3, abs=1e-4)
    assert found.mean_distance == pytest.approx(0.5 / 3, abs=1e-4)
    assert watch.day(0, None).shadow_answers == {"scored": 4, "too-few-vitals": 2}


def test_a_day_ends_after_24_hours_watched_and_a_restart_goes_on_with_it(models: tuple[Scorer, Scorer]) -> None:
    watch = ModelWatch(5)
    watch.models(models[0], None)
    watch.count(one(asked("1", 5), said(0.1)), None)
    again = ModelWatch(0)
    again.restore(watch.encode(5 + DAY // 2))
    again.models(models[0], None)
    again.count(one(asked("1", 6), said(0.1)), None)
    day = again.day(DAY // 2, None)
    assert (day.whole, day.hours, day.answers) == (True, 24.0, {"scored": 2})
    assert again.day(DAY, None).answers == {}


def test_another_model_begins_another_day(models: tuple[Scorer, Scorer]) -> None:
    watch = ModelWatch(0)
    watch.models(models[0], None)
    watch.count(one(asked("1", 5), said(0.1)), None)
    watch.models(models[0], None)
    assert watch.day(1, None).answers == {"scored": 1}
    watch.models(models[0], models[1])
    assert watch.day(1, None).answers == {}


def test_what_is_kept_holds_no_patient(models: tuple[Scorer, Scorer]) -> None:
    watch = ModelWatch(0)
    watch.models(*models)
    for minutes in (50, 3):
        watch.count(one(asked("1", minutes), said(0.123456), said(0.654321)), 0.25)
    kept = msgspec.msgpack.decode(watch.encode(1))
    assert set(kept) == {"used", "shadow", "watched", "answers", "shadow_answers", "minutes", "sketch", "comparison"}
    assert all(isinstance(count, int) for counts in kept["sketch"]["counts"].values() for count in counts)


def test_a_day_that_cannot_be_read_is_refused() -> None:
    with pytest.raises(msgspec.MsgspecError):
        ModelWatch(0).restore(b"nonsense")
