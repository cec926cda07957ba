"""Two beds attacked: every command about a bed, receipts, claims, silences, restarts and clock steps in any order.

The model is what anybody could write on a whiteboard: who is in which bed, what was said of them, who is away until
when, what waits for a claim. It says which commands must be done and which refused, and what must be shown then.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from uuid import UUID

import hypothesis.strategies as st
import msgspec
from hypothesis import settings as examples
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from edge_agent.bedside.ward import Ward
from edge_agent.domain.alerts import OVER, Alert, InactivationKind, Kind, Outcome, Phase
from edge_agent.domain.effects import AlertChanged, ReceiptCode, ReceiptTaken, Unclaimed
from edge_agent.domain.inputs import (
    BedRequest,
    Claim,
    DischargeAsked,
    LimitsAsked,
    Observation,
    ReceiptGiven,
    ReturnAsked,
    SettingsApplied,
    Started,
    SwapAsked,
    TransferAsked,
    Wake,
)
from edge_agent.domain.settings import SECOND, BedState, Consumer, Role
from edge_agent.domain.stays import OwnLimit
from firmware_bridges.vitals import Reason
from tests.bedside.test_both_machines import QUIETED, Model, told
from tests.bedside.test_claim import ward
from tests.bedside.test_stays import MINUTE, Staffed

BEDS = ("1", "2")
BED = st.sampled_from(BEDS)
SEEN_FOR = 10 * SECOND
CLAIMED_WITHIN = 120 * SECOND


class Patient:
    """What is on the whiteboard of one patient. `token` is "" while nobody has said who it is."""

    def __init__(self, token: str = "") -> None:
        self.token = token
        self.facts: dict[str, str] = {}
        self.values: dict[str, int] = {}
        self.own: dict[str, Decimal] = {}
        self.away: int | None = None
        self.back_at: int | None = None


class WardAttacked(RuleBasedStateMachine):
    """Two beds with an oximeter each, a thermometer that goes round, a nurse."""

    def __init__(self) -> None:
        super().__init__()
        nurse = (Consumer("nurse-app", Role.NURSE),)
        self.bench = Staffed(msgspec.structs.replace(ward(), consumers=nurse, news2_delay_s=0))
        self.model, self.looked, self.number = Model(), 0, 0
        self.board: dict[str, Patient | None] = {bed: Patient() for bed in BEDS}
        self.seen_until = dict.fromkeys(BEDS, 0)
        self.waiting: tuple[int, int] | None = None
        self.measured = self.claimed = 0

    # ---------------------------------------------------------------------------------------- what the model knows

    def look(self) -> None:
        """Show the model what has been said since it looked last."""
        for effect in self.bench.effects[self.looked :]:
            if isinstance(effect, AlertChanged):
                self.model.see(effect.alert)
        self.looked = len(self.bench.effects)

    def at(self, bed: str) -> dict[str, Alert]:
        """Return the alerts of a bed that are not over, by condition."""
        return {a.condition: a for a in self.model.events.values() if a.bed == bed and a.phase not in OVER}

    def ask(self, kind: type[BedRequest], bed: str, *, fits: bool, **more: Any) -> bool:  # noqa: ANN401 - any field
        """Ask, and hold the answer against the whiteboard's."""
        assert (self.bench.ask(kind, bed, **more) == ()) is fits, (kind.__name__, bed, more)
        return fits

    def begin(self, bed: str, patient: Patient | None) -> None:
        """Write a bed's line on the whiteboard anew: nothing that a device measured there is of this patient."""
        self.board[bed], self.seen_until[bed] = patient, 0
        assert self.values(bed) == ({} if patient is None else patient.values)

    def values(self, bed: str) -> dict[str, int | None]:
        """Return every value that is kept at a bed."""
        return {key: stream.value for key, stream in self.bench.ward._floor.state.beds[bed].streams.items()}

    # ---------------------------------------------------------------------------------------- what happens

    @rule(bed=BED, spo2=st.sampled_from([97, 91, 88, 80]), pulse=st.sampled_from([70, 160]), n=st.integers(2, 15))
    def vitals(self, bed: str, spo2: int, pulse: int, n: int) -> None:
        self.bench.feed(n, {"spo2": spo2, "pulse_rate": pulse}, f"link{bed}")
        self.seen_until[bed] = self.bench.now - SECOND + SEEN_FOR
        patient = self.board[bed]
        if patient is not None and patient.away is not None and patient.back_at is None:
            patient.back_at = self.bench.now
        self.look()

    @rule(n=st.integers(1, 90))
    def silence(self, n: int) -> None:
        self.bench.wait(n)
        self.look()

    @rule(bed=BED)
    def sensor_off(self, bed: str) -> None:
        self.bench.say({"spo2": 97}, f"link{bed}", conditions=frozenset({Reason.SENSOR_OFF}))
        self.seen_until[bed] = 0
        self.look()

    @rule(bed=BED)
    def cable(self, bed: str) -> None:
        self.bench.unplug(f"link{bed}")
        self.bench.wait(3)
        self.bench.plug(f"link{bed}")
        self.look()

    @rule(bed=BED)
    def admit(self, bed: str) -> None:
        self.number += 1
        patient = self.board[bed]
        if (self.bench.admit(bed, f"stay-{self.number}") == ()) is not (patient is None or not patient.token):
            raise AssertionError("admitted over somebody, or not although the bed is free")
        if patient is None or not patient.token:
            self.begin(bed, Patient(f"stay-{self.number}"))
        self.look()

    @rule(bed=BED)
    def admit_whoever_is_in_the_other_bed(self, bed: str) -> None:
        other = self.board["2" if bed == "1" else "1"]
        if other is not None and other.token:
            assert self.bench.admit(bed, other.token) != ()

    @rule(bed=BED)
    def discharge(self, bed: str) -> None:
        if self.ask(DischargeAsked, bed, fits=self.board[bed] is not None):
            self.begin(bed, None)
        self.look()

    @rule(bed=BED)
    def transfer(self, bed: str) -> None:
        to = "2" if bed == "1" else "1"
        there = self.board[to]
        free = there is None or (not there.token and self.bench.now >= self.seen_until[to])
        self.move(TransferAsked, bed, to, fits=self.board[bed] is not None and free)

    @rule(bed=BED)
    def swap(self, bed: str) -> None:
        self.move(SwapAsked, bed, "2" if bed == "1" else "1", fits=None not in self.board.values())

    def move(self, kind: type[BedRequest], bed: str, to: str, *, fits: bool) -> None:
        """Let patients change places: every alert about one goes on at the other bed, at once and as it was."""
        leaving = {here: self.about(here) for here in BEDS}
        promises = {a.event_id: self.model.quiet.get(a.event_id) for here in BEDS for a in leaving[here].values()}
        before = len(self.bench.effects)
        if not self.ask(kind, bed, fits=fits, to=to):
            return
        here, there = self.board[bed], self.board[to]
        self.begin(to, here)
        self.begin(bed, there if kind is SwapAsked else None)
        said = [effect.alert for effect in self.bench.effects[before:] if isinstance(effect, AlertChanged)]
        self.look()
        self.went_on(leaving[bed], to, said, promises)
        if kind is SwapAsked:
            self.went_on(leaving[to], bed, said, promises)

    def about(self, bed: str) -> dict[str, Alert]:
        return {name: alert for name, alert in self.at(bed).items() if alert.kind is not Kind.TECHNICAL}

    def went_on(self, left: dict[str, Alert], bed: str, said: list[Alert], promises: dict[str, int | None]) -> None:
        started = {a.condition: a for a in said if a.bed == bed and a.phase is Phase.START}
        assert started.keys() >= left.keys()
        for name, old in left.items():
            (ended,) = (alert for alert in said if alert.event_id == old.event_id)
            assert (ended.phase, ended.end_reason) == (Phase.END, f"transferred to bed {bed}")
            new = started[name]
            assert (new.changed, new.raised) == (self.bench.now, self.bench.now)
            assert told(new)[1:] == told(old)[1:]
            assert (new.began, new.inactivations) == (old.began, old.inactivations)
            promised = promises[old.event_id]
            if promised is not None:
                self.model.quiet[new.event_id] = promised

    @rule(bed=BED, minutes=st.integers(1, 3))
    def leave(self, bed: str, minutes: int) -> None:
        patient = self.board[bed]
        if (self.bench.leave(bed, minutes) == ()) is not (patient is not None):
            raise AssertionError("nobody can leave an empty bed, and everybody another")
        if patient is not None:
            patient.away, patient.back_at = self.bench.now + minutes * MINUTE, None
        self.look()

    @rule(bed=BED)
    def come_back(self, bed: str) -> None:
        patient = self.board[bed]
        if patient is not None and patient.back_at is not None:
            return  # half a minute of data may have brought the patient back before anybody said so
        away = patient is not None and patient.away is not None and self.bench.now < patient.away
        if self.ask(ReturnAsked, bed, fits=away) and patient is not None:
            patient.away = None
        self.look()

    @rule(bed=BED, limit=st.sampled_from([None, 85, 87, 92]))
    def limits(self, bed: str, limit: int | None) -> None:
        own = {} if limit is None else {"spo2-low": OwnLimit(Decimal(limit))}
        self.ask(LimitsAsked, bed, fits=True, limits=own)
        patient = self.board[bed]
        if patient is not None:
            patient.own = {} if limit is None else {"spo2-low": Decimal(limit)}
        self.look()

    @rule(
        bed=BED,
        scale=st.sampled_from([None, 1, 2]),
        awake=st.sampled_from([None, "A", "V"]),
        systolic=st.sampled_from([None, 80, 120]),
    )
    def observe(self, bed: str, scale: int | None, awake: str | None, systolic: int | None) -> None:
        more: dict[str, Any] = {"spo2_target": (88, 92), "prescriber": "dr3"} if scale == 2 else {}
        seen = {"observed_at": self.bench.now, "spo2_scale": scale, "consciousness": awake, **more}
        self.ask(Observation, bed, fits=True, **seen, vitals={} if systolic is None else {"systolic": systolic})
        patient = self.board[bed]
        if patient is not None:
            patient.values |= {} if systolic is None else {"observation/systolic": systolic}
            patient.facts |= {} if awake is None else {"consciousness": awake}
            patient.facts |= {} if scale is None else {"spo2_scale": str(scale)}
            patient.own = {} if scale == 2 else patient.own
        self.look()

    @rule(value=st.integers(360, 380), bed=st.sampled_from([None, *BEDS]))
    def measure(self, value: int, bed: str | None) -> None:
        """Measure with the shared thermometer; mostly somebody says at once whose it is."""
        self.bench.say({"temperature": value}, "ear")
        self.waiting = value, self.bench.now + CLAIMED_WITHIN
        self.measured += 1
        self.look()
        if bed is not None:
            self.claim(bed)

    @rule(bed=BED)
    def claim(self, bed: str) -> None:
        fits = self.waiting is not None and self.bench.now < self.waiting[1]
        if self.ask(Claim, bed, fits=fits, device="ear") and self.waiting is not None:
            stream = self.bench.ward._floor.state.beds[bed].streams["ear/temperature"]
            assert (stream.value, stream.person) == (self.waiting[0], "nurse7")
            patient = self.board[bed]
            if patient is not None:
                patient.values["ear/temperature"] = self.waiting[0]
            self.waiting, self.claimed = None, self.claimed + 1
        self.look()

    @precondition(lambda self: any(self.at(bed) for bed in BEDS))
    @rule(data=st.data(), outcome=st.sampled_from(Outcome), for_s=st.integers(1, 120))
    def receipt(self, data: st.DataObject, outcome: Outcome, for_s: int) -> None:
        alert = data.draw(st.sampled_from([alert for bed in BEDS for alert in self.at(bed).values()]))
        self.number += 1
        quieting = outcome in (Outcome.PAUSED, Outcome.ACKNOWLEDGED)
        given = ReceiptGiven(
            bed=alert.bed,
            consumer="nurse-app",
            request=f"receipt-{self.number}",
            received_at=self.bench.now,
            event_id=alert.event_id,
            revision=alert.revision,
            outcome=outcome,
            person="" if outcome is Outcome.RECEIVED else "nurse7",
            reason="care",
            until=self.bench.now + for_s * SECOND if quieting else None,
            pause=InactivationKind.AUDIO_PAUSED if outcome is Outcome.PAUSED else None,
        )
        answer = next(effect for effect in self.bench.give(given) if isinstance(effect, ReceiptTaken))
        assert answer.code is ReceiptCode.DONE or outcome is Outcome.RESET
        self.look()
        if quieting:
            self.model.quiet[alert.event_id] = self.bench.now + for_s * SECOND

    @rule()
    def kill(self) -> None:
        self.bench.restart()
        self.seen_until, self.waiting = dict.fromkeys(BEDS, 0), None
        self.look()

    @rule(off_for=st.one_of(st.none(), st.integers(0, 300)), uptime=st.integers(1, 5000))
    def reboot(self, off_for: int | None, uptime: int) -> None:
        self.bench.give(Wake())
        self.look()
        data, before = self.bench.ward.snapshot(), self.bench.now
        self.bench.ward, self.bench.now = Ward(), uptime * SECOND
        self.bench.ward.restore(data)
        self.bench.ward.rebase(self.bench.now, None if off_for is None else off_for * SECOND)
        by = self.bench.now - (off_for or 0) * SECOND - before
        self.model.shift(by)
        self.number += 1
        self.bench.give(Started(str(UUID(int=self.number + 100)), f"boot {self.number}", restored=True))
        self.bench.give(SettingsApplied(self.bench.settings))
        self.seen_until, self.waiting = dict.fromkeys(BEDS, 0), None
        for patient in filter(None, self.board.values()):
            patient.away = None if patient.away is None or off_for is None else patient.away + by
            patient.facts = {k: v for k, v in patient.facts.items() if off_for is not None or k == "spo2_scale"}
            patient.values = {} if off_for is None else patient.values
        self.look()
        if off_for is None:
            assert not [alert for bed in BEDS for alert in self.at(bed).values() if alert.signal in QUIETED]

    # ---------------------------------------------------------------------------------------- what must hold

    @invariant()
    def every_measurement_of_the_shared_device_is_claimed_waits_or_is_told_as_lost(self) -> None:
        lost = sum(isinstance(effect, Unclaimed) for effect in self.bench.effects)
        waits = self.waiting is not None and self.bench.now < self.waiting[1]
        assert self.measured == self.claimed + lost + waits

    @invariant()
    def each_bed_shows_its_patient_its_alerts_and_nothing_of_anybody_else(self) -> None:
        for bed, patient in self.board.items():
            if not self.bench.snapshots(bed):
                continue
            shown = self.bench.snapshot(bed)
            assert {a.event_id: told(a) for a in shown.alerts} == {a.event_id: told(a) for a in self.at(bed).values()}
            assert shown.encounter == ("" if patient is None else patient.token)
            if patient is None:
                assert (shown.state, shown.alerts) == (BedState.UNASSIGNED, ())
                continue
            own = {} if shown.own_limits is None else shown.own_limits.limits
            assert {rule: each.limit for rule, each in own.items()} == patient.own
            measured = {k: v for k, v in self.values(bed).items() if not k.startswith("link")}
            assert measured == patient.values
            facts = self.bench.ward._floor.state.beds[bed].facts
            assert {name: fact.value for name, fact in facts.items() if name != "spo2_target"} == patient.facts

    @invariant()
    def away_is_shown_as_long_as_it_was_said_and_no_longer(self) -> None:
        for bed, patient in self.board.items():
            if patient is None or not self.bench.snapshots(bed):
                continue
            shown = self.bench.snapshot(bed)
            if patient.away is None or self.bench.now >= patient.away:
                assert shown.state is BedState.MONITORED
            elif patient.back_at is None:
                assert (shown.state, shown.monitored, shown.alerts) == (BedState.OFF_WARD, False, ())

    @invariant()
    def nothing_is_quiet_beyond_its_deadline_and_every_kept_promise_is(self) -> None:
        for alert in (alert for bed in BEDS for alert in self.at(bed).values() if alert.signal in QUIETED):
            promised = self.model.quiet.get(alert.event_id)
            assert promised is not None
            assert alert.inactivations[0].until == promised
            assert self.bench.now < promised


TestWardAttacked = WardAttacked.TestCase
TestWardAttacked.settings = examples(max_examples=40, stateful_step_count=25, deadline=None)
