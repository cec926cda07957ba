"""The patient in the bed: admission, discharge, moves, absences and own limits, each by a named person."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge_agent.bedside.ward import Ward
from edge_agent.domain.alerts import Alert, Phase
from edge_agent.domain.effects import (
    AlertChanged,
    AlertsSnapshot,
    RequestTaken,
)
from edge_agent.domain.inputs import (
    AdmitAsked,
    BedRequest,
    DischargeAsked,
    LimitsAsked,
    OffWardAsked,
    ReturnAsked,
    Started,
    SwapAsked,
    TransferAsked,
)
from edge_agent.domain.settings import SECOND, Bed, BedState, Device, Limit, WardSettings
from edge_agent.domain.stays import AbsenceReason, OwnLimit
from edge_agent.domain.windows import Patient
from tests.bedside.harness import RUN, Bench

MINUTE = 60 * SECOND
WARD = WardSettings(
    beds=(Bed(id="1"), Bed(id="2")),
    devices=tuple(Device(id=f"link{n}", bed=n, family="sensor_link", port=f"/dev/{n}") for n in ("1", "2")),
    news2_delay_s=0,
)


class Staffed(Bench):
    """A bench with two beds and somebody who asks."""

    def __init__(self, ward: WardSettings = WARD) -> None:
        super().__init__(ward)
        self._requests = 0

    def ask(self, kind: type[BedRequest], bed: str, person: str = "nurse7", **more: Any) -> tuple[str, ...]:  # noqa: ANN401 - any field
        """Ask for something; return the objections."""
        self._requests += 1
        asked = kind(bed=bed, person=person, request=f"r{self._requests}", received_at=self.now, **more)
        return next(e.errors for e in self.give(asked) if isinstance(e, RequestTaken))  # type: ignore[arg-type] # every kind is an Input

    def admit(self, bed: str, token: str, patient: Patient | None = None) -> tuple[str, ...]:
        return self.ask(AdmitAsked, bed, encounter=token, patient=patient or Patient())

    def leave(self, bed: str = "1", minutes: int = 20) -> tuple[str, ...]:
        return self.ask(OffWardAsked, bed, reason=AbsenceReason.IMAGING, until=self.now + minutes * MINUTE)

    def snapshot(self, bed: str) -> AlertsSnapshot:
        return self.snapshots(bed)[-1]

    def here(self, bed: str, condition: str) -> Alert | None:
        """Return the alert of one condition that is present at one bed."""
        events = [each for each in self.alerts(condition) if each.bed == bed]
        return events[-1] if events and events[-1].phase not in (Phase.END, Phase.RESET) else None


def alerting() -> Staffed:
    """Return a bench on which the patient of bed 1 has a low SpO2."""
    bench = Staffed()
    bench.admit("1", "stay-a", Patient(age_years=70))
    bench.feed(40, {"spo2": 82})
    assert bench.here("1", "spo2-low")
    return bench


def test_admission_gives_the_bed_a_token_and_forgets_what_was_before() -> None:
    bench = Staffed()
    bench.feed(40, {"spo2": 82})
    bench.observe(consciousness="V", spo2_scale=2, spo2_target=(88, 92), prescriber="dr1")
    assert bench.admit("1", "stay-a") == ()
    assert bench.here("1", "spo2-low") is None
    assert bench.alerts("spo2-low")[-1].end_reason == "another patient was admitted by nurse7"
    assert bench.snapshot("1").encounter == "stay-a"
    bench.feed(3, {"spo2": 97})
    rule = bench.score().rule
    assert rule is not None
    assert "consciousness" in rule.missing
    assert rule.spo2_scale == 1


def test_a_new_patient_s_bed_has_its_time_until_the_first_value() -> None:
    bench = Staffed()
    bench.wait(60)
    assert bench.here("1", "not-monitored") is not None
    bench.admit("1", "stay-a")
    admitted = bench.now
    assert bench.here("1", "not-monitored") is None
    assert bench.snapshot("1").monitored
    bench.wait(20)
    blind = bench.here("1", "not-monitored")
    assert blind is not None
    assert blind.raised == admitted + 11 * SECOND


def test_a_discharged_bed_is_empty_until_the_next_admission() -> None:
    bench = alerting()
    bench.ask(LimitsAsked, "1", limits={"spo2-low": OwnLimit(Decimal(86))})
    assert bench.ask(DischargeAsked, "1") == ()
    assert (bench.alerts("spo2-low")[-1].phase, bench.alerts("spo2-low")[-1].end_reason) == (
        Phase.END,
        "discharged by nurse7",
    )
    bench.wait(120)
    assert bench.snapshot("1").state is BedState.UNASSIGNED
    assert bench.snapshot("1").encounter == ""
    assert bench.here("1", "not-monitored") is None, "nobody is missed in an empty bed"
    assert bench.ask(DischargeAsked, "1") == ("bed 1 has nobody to discharge",)
    bench.admit("1", "stay-b")
    bench.feed(40, {"spo2": 88})
    found = bench.here("1", "spo2-low")
    assert found is not None
    assert found.why.limit == 90, "the limits of the one before are gone"


@pytest.mark.parametrize(
    ("token", "patient", "bed", "objection"),
    [
        ("stay-b", Patient(), "1", "has a patient"),
        ("stay-a", Patient(), "2", "is in bed 1: transfer it"),
        ("stay-b", Patient(age_years=5), "2", "another score"),
        ("", Patient(), "2", "token"),
        ("stay-b", Patient(), "9", "not on this gateway"),
    ],
)
def test_what_speaks_against_an_admission_is_said(token: str, patient: Patient, bed: str, objection: str) -> None:
    bench = Staffed()
    bench.admit("1", "stay-a")
    (said,) = bench.admit(bed, token, patient)
    assert objection in said
    assert bench.ward.protected_beds() == {"1"}


def test_off_the_ward_nothing_rings_and_at_the_deadline_it_does() -> None:
    bench = alerting()
    assert bench.leave(minutes=20) == ()
    assert bench.alerts("spo2-low")[-1].end_reason == "off ward by nurse7: imaging"
    left = bench.now
    bench.wait(20 * 60 - 1)
    shown = bench.snapshot("1")
    assert (shown.state, shown.monitored) == (BedState.OFF_WARD, False)
    assert shown.absence is not None
    assert (shown.absence.person, shown.absence.until) == ("nurse7", left + 20 * MINUTE)
    assert bench.here("1", "not-monitored") is None
    bench.wait(2)
    ringing = bench.here("1", "not-monitored")
    assert ringing is not None
    assert ringing.raised == left + 20 * MINUTE


def test_thirty_seconds_of_valid_data_bring_a_patient_back() -> None:
    bench = alerting()
    bench.leave()
    bench.feed(15, {"spo2": 97})
    assert bench.snapshot("1").state is BedState.OFF_WARD, "the probe was still on when they left"
    bench.wait(60)
    bench.feed(29, {"spo2": 97})
    assert bench.snapshot("1").state is BedState.OFF_WARD
    bench.wait(1)
    assert bench.snapshot("1").state is BedState.MONITORED, "at the thirtieth second, not at the next frame"
    assert bench.snapshot("1").monitored


def test_a_probe_put_on_in_the_moment_of_leaving_is_no_return() -> None:
    bench = Staffed()
    bench.say({"spo2": 97})
    bench.leave()
    bench.feed(40, {"spo2": 97})
    assert bench.snapshot("1").state is BedState.OFF_WARD


def test_somebody_may_say_that_a_patient_is_back_and_then_data_are_expected() -> None:
    bench = alerting()
    bench.leave()
    bench.wait(60)
    assert bench.ask(ReturnAsked, "1") == ()
    bench.wait(30)
    assert bench.here("1", "not-monitored") is not None
    assert bench.ask(ReturnAsked, "1") == ("bed 1 is not off the ward",)


@pytest.mark.parametrize(("minutes", "objection"), [(61, "at most"), (0, "has passed")])
def test_nobody_is_off_the_ward_for_more_than_an_hour(minutes: int, objection: str) -> None:
    bench = alerting()
    assert objection in bench.leave(minutes=minutes)[0]
    assert bench.here("1", "spo2-low") is not None


def test_an_absence_survives_a_restart_and_not_an_unknown_time() -> None:
    bench = alerting()
    bench.leave(minutes=20)
    bench.wait(60)
    bench.restart()
    bench.wait(60)
    assert bench.snapshot("1").state is BedState.OFF_WARD
    kept, bench.ward = bench.ward.snapshot(), Ward()
    bench.ward.restore(kept)
    bench.ward.rebase(bench.now, None)
    bench.give(Started(RUN, "another boot", restored=True))
    bench.wait(1)
    assert bench.snapshot("1").state is BedState.MONITORED


def test_own_limits_hold_for_one_patient_alone_and_end_with_an_empty_list() -> None:
    bench = Staffed()
    assert bench.ask(LimitsAsked, "1", limits={"spo2-low": OwnLimit(Decimal(86))}) == ()
    for _ in range(40):
        bench.say({"spo2": 88}, "link1")
        bench.say({"spo2": 88}, "link2")
        bench.wait(1)
    assert bench.here("1", "spo2-low") is None
    assert bench.here("2", "spo2-low") is not None
    bench.ask(LimitsAsked, "1", limits={})
    bench.feed(40, {"spo2": 88})
    assert bench.here("1", "spo2-low") is not None


@pytest.mark.parametrize(
    ("rule", "own", "objection"),
    [
        ("spo2-low", OwnLimit(Decimal(84)), "85 to 100"),
        ("spo2-low", OwnLimit(Decimal("88.5")), "step"),
        ("spo2-low", OwnLimit(Decimal(88), Decimal(89)), "85 to 88"),
        ("pulse-high", OwnLimit(Decimal(120), Decimal(110)), "120 to 200"),
        ("temperature-high", OwnLimit(Decimal("38.05")), "step of 0.1"),
        ("sodium-low", OwnLimit(Decimal(120)), "unknown rule"),
    ],
)
def test_own_limits_stay_within_the_bounds_of_all(rule: str, own: OwnLimit, objection: str) -> None:
    bench = Staffed()
    assert objection in bench.ask(LimitsAsked, "1", limits={rule: own})[0]


@pytest.mark.parametrize(
    "own",
    [
        {"spo2-low": OwnLimit(Decimal(85), Decimal(85)), "pulse-high": OwnLimit(Decimal(80), Decimal(80))},
        {"spo2-low": OwnLimit(Decimal(100), Decimal(100)), "pulse-high": OwnLimit(Decimal(200), Decimal(200))},
        {"spo2-low": OwnLimit(Decimal(90), Decimal(85)), "pulse-high": OwnLimit(Decimal(120), Decimal(200))},
    ],
)
def test_the_bounds_themselves_may_be_own_limits(own: dict[str, OwnLimit]) -> None:
    assert Staffed().ask(LimitsAsked, "1", limits=own) == ()


def test_an_own_limit_judges_at_once_what_was_measured_before() -> None:
    """A cuff may not inflate again for hours."""
    bench = Staffed()
    bench.observe(vitals={"systolic": 105, "temperature": 382})
    assert bench.ask(LimitsAsked, "1", limits={"systolic-low": OwnLimit(Decimal(110))}) == ()
    assert bench.here("1", "systolic-low") is not None
    assert bench.ask(LimitsAsked, "1", limits={"temperature-high": OwnLimit(Decimal("38.1"))}) == ()
    assert bench.here("1", "temperature-high") is not None


def test_an_own_limit_for_a_rule_that_is_off_is_refused_instead_of_never_sounding() -> None:
    off = Limit(limit=Decimal(130), enabled=False)
    bench = Staffed(msgspec.structs.replace(WARD, limits={"pulse-high": off}))
    (said,) = bench.ask(LimitsAsked, "1", limits={"pulse-high": OwnLimit(Decimal(120))})
    assert "pulse-high is off on this ward" in said


def test_every_request_needs_a_person() -> None:
    bench = Staffed()
    for kind, more in (
        (AdmitAsked, {"encounter": "x", "patient": Patient()}),
        (DischargeAsked, {}),
        (TransferAsked, {"to": "2"}),
        (OffWardAsked, {"reason": AbsenceReason.OTHER, "until": bench.now + MINUTE}),
        (LimitsAsked, {"limits": {}}),
    ):
        assert any("person" in each for each in bench.ask(kind, "1", person="", **more))


STEPS = st.sampled_from(
    ["admit1", "admit2", "discharge1", "discharge2", "transfer", "back", "swap", "leave", "return", "low", "fine"]
)


@settings(max_examples=60)
@given(st.lists(STEPS, max_size=14))
def test_whatever_is_asked_no_alert_goes_without_a_word_and_no_token_is_in_two_beds(steps: list[str]) -> None:
    bench = Staffed()
    doings: dict[str, Callable[[], object]] = {
        "admit1": lambda: bench.admit("1", f"stay-{bench.now}"),
        "admit2": lambda: bench.admit("2", f"stay-{bench.now}"),
        "discharge1": lambda: bench.ask(DischargeAsked, "1"),
        "discharge2": lambda: bench.ask(DischargeAsked, "2"),
        "transfer": lambda: bench.ask(TransferAsked, "1", to="2"),
        "back": lambda: bench.ask(TransferAsked, "2", to="1"),
        "swap": lambda: bench.ask(SwapAsked, "1", to="2"),
        "leave": bench.leave,
        "return": lambda: bench.ask(ReturnAsked, "1"),
        "low": lambda: bench.feed(12, {"spo2": 80}),
        "fine": lambda: bench.feed(12, {"spo2": 98}, "link2"),
    }
    for step in steps:
        doings[step]()
        bench.wait(1)
        tokens = [token for bed in ("1", "2") if bench.snapshots(bed) and (token := bench.snapshot(bed).encounter)]
        assert len(tokens) == len(set(tokens))
    last: dict[str, Alert] = {e.alert.event_id: e.alert for e in bench.effects if isinstance(e, AlertChanged)}
    shown = {alert.event_id for bed in ("1", "2") for alert in bench.snapshot(bed).alerts if bench.snapshots(bed)}
    gone = {name for name, alert in last.items() if alert.phase in (Phase.END, Phase.RESET)}
    assert shown == {name for name, alert in last.items() if alert.bed} - gone
