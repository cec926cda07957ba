"""One bed's state: its streams, what people observed, its windows, scores and conditions.

`evaluation` brings it up to now whenever something changed.
"""

from __future__ import annotations

import msgspec

from edge_agent.bedside.hours import Hours
from edge_agent.bedside.machine import Condition
from edge_agent.bedside.stream import PERSON, Stream
from edge_agent.domain.alerts import Alert
from edge_agent.domain.effects import AlertChanged, AlertsSnapshot, Cause, Effect
from edge_agent.domain.inputs import Observation
from edge_agent.domain.scores import RuleScore
from edge_agent.domain.settings import SECOND, BedState, WardSettings
from edge_agent.domain.stays import Absence, OwnLimits, Stay
from edge_agent.domain.windows import RiskAnswer
from firmware_bridges.bridge import Mode

RISK_FIRST = 5 * SECOND
"""The model is first asked this long after the first value."""

LASTING = ("spo2_scale", "spo2_target")
"""Facts that do not age out: a prescription holds until somebody changes it."""


OF_THE_PATIENT = ("stay", "vacant", "absence", "own_limits", "facts", "hours", "risk", "risk_at")
"""The fields of a bed that go with the patient, and end with the stay. `streams` and `conditions` do so in part."""

OF_WHOEVER_IS_HERE = ("chosen", "score", "score_told", "score_due", "risk_due", "risk_asked", "risk_of", "causes")
"""What is found anew from the others as soon as somebody else is in the bed."""

OF_THE_PLACE = (
    *("id", "state", "watched_since", "blind", "blind_since", "reported_at", "fresh", "reported_fresh"),
    *("risk_request", "snapshot_due", "dirty", "rules_due", "deadline"),
)
"""What stays with the bed. Every field stands in one of these three; the tests see to it."""


SPO2_LOW = "spo2-low"
"""The rule whose limit a prescribed SpO2 target moves."""


class Fact(msgspec.Struct, frozen=True):
    """Something a person stated: `value` as text, when and by whom."""

    value: str
    at: int
    person: str
    prescriber: str = ""


class BedUnit(msgspec.Struct):
    """State of one bed.

    `watched_since`: since when its required vitals are expected; `deadline`: when to look again. `causes`: the alerts
    that want somebody, and whether each is alone in that. `stay`: who was admitted; `vacant`: who was here has been
    discharged; `absence`: off the ward; without them the settings hold.
    """

    id: str
    watched_since: int
    hours: Hours
    reported_at: int
    streams: dict[str, Stream] = {}
    facts: dict[str, Fact] = {}
    conditions: dict[str, Condition] = {}
    chosen: dict[str, str] = {}
    blind: bool = False
    blind_since: int = 0
    state: BedState = BedState.MONITORED
    stay: Stay | None = None
    vacant: bool = False
    absence: Absence | None = None
    own_limits: OwnLimits | None = None
    score: RuleScore | None = None
    risk: RiskAnswer | None = None
    risk_at: int | None = None
    risk_due: int | None = None
    risk_request: int = 0
    risk_asked: int = 0
    risk_of: str = ""
    score_due: int = 0
    score_told: str = ""
    snapshot_due: bool = True
    fresh: bool = False
    reported_fresh: bool = False
    dirty: bool = True
    rules_due: int | None = None
    causes: list[tuple[Cause, bool]] = []
    deadline: int = 0

    def stream(self, device: str, vital: str, mode: Mode) -> Stream:
        """Return the stream of one vital of one device, made when first heard."""
        key = f"{device}/{vital}"
        if key not in self.streams:
            self.streams[key] = Stream(vital=vital, device=device, mode=mode)
        return self.streams[key]

    def report_due(self, settings: WardSettings) -> int:
        """Return when telemetry is due: with the first value after the interval, or a quarter later without one.

        A value that comes a little early does not wait for the next one: devices' seconds are not ours. After a report
        without a new value the next value is told at once.
        """
        interval = settings.telemetry_interval_s * SECOND
        if not self.fresh:
            return self.reported_at + interval + interval // 4
        return self.reported_at + interval - interval // 50 if self.reported_fresh else self.reported_at

    def sample(self, stream: Stream, now: int) -> None:
        """Let a usable value count in the bed's past if its stream is the one in use."""
        self.fresh = True
        used = self.chosen.get(stream.quantity)
        if stream.value is not None and stream.at is not None and used in (None, f"{stream.device}/{stream.vital}"):
            self.hours.add(stream.quantity, stream.value, stream.at)
        if self.risk_due is None:
            self.risk_due = now + RISK_FIRST

    def observe(self, seen: Observation, now: int) -> None:
        """Keep what a person observed; the ward has checked it."""
        for vital, value in seen.vitals.items():
            stream = self.stream(PERSON, vital, Mode.SPOT)
            stream.observe(value, seen.observed_at, seen.person)
            self.hours.add(stream.quantity, value, seen.observed_at)
        said = {
            "consciousness": seen.consciousness,
            "supplemental_oxygen": None if seen.supplemental_oxygen is None else str(int(seen.supplemental_oxygen)),
            "spo2_scale": None if seen.spo2_scale is None else str(seen.spo2_scale),
        }
        if seen.spo2_target is not None:
            said["spo2_target"] = "-".join(map(str, seen.spo2_target))
            self._drop_own(SPO2_LOW)
        elif seen.spo2_scale is not None:
            self.facts.pop("spo2_target", None)
        for name, statement in said.items():
            if statement is not None:
                self.facts[name] = Fact(statement, seen.observed_at, seen.person, seen.prescriber)
        self.risk_due, self.dirty = now, True

    def _drop_own(self, rule: str) -> None:
        """Let a later word take the place of the patient's own limit of a rule."""
        own = self.own_limits
        if own is not None and rule in own.limits:
            left = {name: limit for name, limit in own.limits.items() if name != rule}
            self.own_limits = msgspec.structs.replace(own, limits=left) if left else None
            self.snapshot_due = True

    def forget_freshness(self, now: int) -> None:
        """After a restart nothing has been seen: values stay as last valid ones, and the bed is given its time anew."""
        self.watched_since, self.reported_at, self.deadline = now, now, now
        for stream in self.streams.values():
            stream.forget(now)
        for condition in self.conditions.values():
            condition.forget(now)

    def forget_patient(self, now: int) -> None:
        """Forget every fact of a stay, and what was measured. Conditions keep how many alerts they have raised here."""
        empty = BedUnit(self.id, now, Hours(epoch=now), now)
        for field in OF_THE_PATIENT + OF_WHOEVER_IS_HERE:
            setattr(self, field, getattr(empty, field))
        self.streams = {}
        self.conditions = {name: Condition(name, c.ordinal) for name, c in self.conditions.items()}
        self.risk_request += 1  # an answer that is still on its way is about somebody else

    def shift(self, by: int) -> None:
        """Move every time by `by` ns, into another boot's clock."""
        for stream in self.streams.values():
            stream.shift(by)
        for condition in self.conditions.values():
            condition.shift(by)
        self.facts = {name: msgspec.structs.replace(fact, at=fact.at + by) for name, fact in self.facts.items()}
        self.hours.epoch += by
        if self.stay is not None:
            self.stay = msgspec.structs.replace(self.stay, since=self.stay.since + by)
        if self.own_limits is not None:
            self.own_limits = msgspec.structs.replace(self.own_limits, since=self.own_limits.since + by)
        if self.absence is not None:
            since, until = self.absence.since + by, self.absence.until + by
            self.absence = msgspec.structs.replace(self.absence, since=since, until=until)
        self.blind_since += by
        self.risk, self.risk_at, self.risk_due, self.risk_asked, self.score_due = None, None, None, 0, 0

    def forget_past(self, now: int) -> None:
        """Drop all that depends on how long ago it was: nobody knows how long the gateway was off."""
        self.absence = None
        self.hours = Hours(epoch=now)
        self.streams = {key: s for key, s in self.streams.items() if s.mode is Mode.CONTINUOUS}
        self.facts = {name: fact for name, fact in self.facts.items() if name in LASTING}

    def keep_only(self, devices: set[str]) -> None:
        """Drop the streams of devices that are no longer at this bed."""
        gone = [key for key, stream in self.streams.items() if stream.device not in devices | {PERSON}]
        for key in gone:
            del self.streams[key]

    def close(self, now: int) -> list[Effect]:
        """End every alert because the bed leaves this gateway; the last snapshot is explicitly empty."""
        ended = [c.finish(now, "bed removed by configuration") for c in self.conditions.values()]
        changes: list[Effect] = [AlertChanged(alert) for alert in ended if alert is not None]
        empty = AlertsSnapshot(self.id, now, BedState.UNASSIGNED, monitored=False, since=now, alerts=())
        return [*changes, empty]

    def answered(self, request: int, answer: RiskAnswer, now: int) -> None:
        """Keep the model's answer to the newest question; older ones are late and dropped."""
        if request == self.risk_request:
            self.risk, self.risk_at, self.dirty = answer, now, True

    @property
    def scale(self) -> int:
        """Return the SpO2 scale in force: 1 unless 2 was prescribed."""
        fact = self.facts.get("spo2_scale")
        return 1 if fact is None else int(fact.value)

    @property
    def spo2_target(self) -> tuple[int, int] | None:
        """Return the prescribed target, lowest and highest %, None without one."""
        fact = self.facts.get("spo2_target")
        if fact is None:
            return None
        low, high = map(int, fact.value.split("-"))
        return low, high

    def value(self, quantity: str) -> int | None:
        """Return the last usable value of the stream in use for a quantity; None without one."""
        stream = self.streams.get(self.chosen.get(quantity, ""))
        return None if stream is None else stream.value

    def alerts(self) -> tuple[Alert, ...]:
        """Return the present alerts, high first, then oldest first."""
        present = [condition.alert for condition in self.conditions.values() if condition.alert]
        return tuple(sorted(present, key=lambda alert: (-alert.priority.rank, alert.raised, alert.condition)))
