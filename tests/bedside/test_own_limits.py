"""A patient's own limits: they come before all others, name whose word they are, and never take high priority away."""

from __future__ import annotations

from decimal import Decimal

import pytest
from msgspec.structs import replace

from edge_agent.bedside.ward import Ward
from edge_agent.domain.alerts import Alert, Priority
from edge_agent.domain.inputs import LimitsAsked, SettingsApplied, Started
from edge_agent.domain.settings import SECOND, Bed, Device, Limit
from edge_agent.domain.stays import OwnLimit
from edge_agent.domain.windows import Patient
from edge_agent.wire.outgoing import Stamp
from edge_agent.wire.payloads.alert import alert_record
from edge_agent.wire.payloads.alerts import alerts
from tests.bedside.harness import RUN
from tests.bedside.test_stays import WARD, Staffed

TWO_PM = 14 * 3600 + 2 * 60


def stamp(set_at: int, trust: str = "synced") -> Stamp:
    """Return a stamp of a ward at UTC+1 whose clock showed 14:02:30 at `set_at`."""
    wall = (TWO_PM + 30 - 3600) * SECOND - set_at
    return Stamp(RUN, "boot", trust, wall if trust == "synced" else None, 3600)


def limited(bench: Staffed, rule: str, limit: str, deep: str | None = None) -> int:
    """Let nurse-7 set one limit; return when."""
    own = OwnLimit(Decimal(limit), None if deep is None else Decimal(deep))
    assert bench.ask(LimitsAsked, "1", "nurse-7", limits={rule: own}) == ()
    return bench.now


def present(bench: Staffed, condition: str = "spo2-low") -> Alert:
    alert = bench.here("1", condition)
    assert alert is not None, condition
    return alert


def test_the_card_and_the_snapshot_name_the_limit_as_the_patients_own_by_whom_and_since_when() -> None:
    bench = Staffed()
    set_at = limited(bench, "spo2-low", "87")
    bench.feed(40, {"spo2": 86})
    card = alert_record(present(bench), bench.now, stamp(set_at))
    assert card.text.endswith("; limit 87 % (own, set by nurse-7, 14:02)")
    assert card.limit == 87
    assert card.own_limit is not None
    assert (card.own_limit.person, card.own_limit.since_us) == ("nurse-7", set_at // 1000)
    shown = alerts(bench.snapshot("1"), stamp(set_at))
    assert shown.alerts[0].text == card.text
    assert shown.own_limits is not None
    assert (shown.own_limits.person, shown.own_limits.limits["spo2-low"].limit) == ("nurse-7", Decimal(87))


def test_a_snapshot_names_them_at_once_and_no_more_when_the_wards_hold_again() -> None:
    bench = Staffed()
    limited(bench, "spo2-low", "87")
    assert bench.snapshot("1").own_limits is not None
    bench.ask(LimitsAsked, "1", limits={})
    assert bench.snapshot("1").own_limits is None


def test_without_a_trusted_clock_the_card_says_by_whom_and_invents_no_time() -> None:
    bench = Staffed()
    set_at = limited(bench, "spo2-low", "87")
    bench.feed(40, {"spo2": 86})
    card = alert_record(present(bench), bench.now, stamp(set_at, "unsynced"))
    assert card.text.endswith("; limit 87 % (own, set by nurse-7)")


def test_a_limit_of_the_ward_is_nobodys_word() -> None:
    bench = Staffed()
    limited(bench, "pulse-high", "120")
    bench.feed(40, {"spo2": 86})
    card = alert_record(present(bench), bench.now, stamp(0))
    assert card.own_limit is None
    assert "own" not in card.text


def test_since_when_is_told_rightly_after_a_reboot() -> None:
    bench = Staffed()
    set_at = limited(bench, "spo2-low", "87")
    bench.feed(40, {"spo2": 86})
    data, before = bench.ward.snapshot(), bench.now
    bench.ward, bench.now = Ward(), 30 * SECOND
    bench.ward.restore(data)
    bench.ward.rebase(bench.now, 600 * SECOND)
    bench.give(Started(RUN, "another boot", restored=True))
    bench.give(SettingsApplied(bench.settings))
    moved = set_at + bench.now - 600 * SECOND - before
    own = bench.snapshot("1").own_limits
    assert own is not None
    assert own.since == moved
    assert [a.why.own and a.why.own.since for a in bench.snapshot("1").alerts if a.condition == "spo2-low"] == [moved]


@pytest.mark.parametrize(
    ("rule", "own", "deep", "then"),
    [
        ("spo2-low", "87", None, 85),
        ("spo2-low", "87", "86", 86),
        ("spo2-low", "85", None, 85),
        ("pulse-high", "160", None, 160),
        ("pulse-high", "120", None, 150),
        ("pulse-low", "35", None, 35),
    ],
)
def test_nobodys_own_limit_takes_the_high_priority_away(rule: str, own: str, deep: str | None, then: int) -> None:
    bench = Staffed()
    limited(bench, rule, own, deep)
    sign = -1 if rule.endswith("low") else 1
    vital = "spo2" if rule.startswith("spo2") else "pulse_rate"
    bench.feed(3, {vital: then + sign})
    assert present(bench, rule).priority is Priority.HIGH
    shown = bench.snapshot("1").own_limits
    assert shown is not None
    assert shown.limits[rule].deep_limit == then


def child() -> Staffed:
    bed = Bed(id="1", score="bedside_pews", age_band="1-4y", patient=Patient(age_years=2))
    device = Device(id="link1", bed="1", family="sensor_link", port="/dev/1")
    return Staffed(replace(WARD, beds=(bed,), devices=(device,)))


def test_a_childs_own_limit_comes_before_that_of_its_age_band() -> None:
    bench = child()
    bench.feed(40, {"spo2": 97, "pulse_rate": 155})
    assert present(bench, "pulse-high").why.limit == 149
    limited(bench, "pulse-high", "160", "180")
    bench.feed(40, {"spo2": 97, "pulse_rate": 152})
    assert bench.here("1", "pulse-high") is None
    bench.feed(40, {"spo2": 97, "pulse_rate": 165})
    assert (present(bench, "pulse-high").why.limit, present(bench, "pulse-high").priority) == (160, Priority.MEDIUM)


def test_a_deep_limit_of_the_band_or_of_the_patient_acts_within_a_second_although_the_ward_has_none() -> None:
    bench = child()
    ward = replace(bench.settings, limits={"pulse-high": Limit(limit=Decimal(130))})
    bench.give(SettingsApplied(ward))
    bench.feed(3, {"spo2": 97, "pulse_rate": 199})
    assert present(bench, "pulse-high").priority is Priority.HIGH


def test_of_a_prescribed_target_and_an_own_limit_the_later_word_holds() -> None:
    bench = Staffed()
    limited(bench, "spo2-low", "87")
    assert bench.observe(spo2_scale=2, spo2_target=(88, 92), prescriber="dr3") == ()
    bench.feed(40, {"spo2": 87})
    assert (present(bench).why.limit, present(bench).why.own) == (88, None)
    bench.wait(1)
    assert bench.snapshot("1").own_limits is None
    limited(bench, "spo2-low", "85")
    bench.feed(40, {"spo2": 87})
    assert bench.here("1", "spo2-low") is None
