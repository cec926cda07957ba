"""One bed: its streams, what people observed, its windows, scores and conditions.

Evaluated whole whenever something changed.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from edge_agent.bedside.hours import Hours
from edge_agent.bedside.machine import Condition, Origin
from edge_agent.bedside.rules import RULES
from edge_agent.bedside.scores import news2
from edge_agent.bedside.sources import choose, ranked
from edge_agent.bedside.stream import PERSON, Stream
from edge_agent.bedside.verdict import BedView, DeviceView, Finding
from edge_agent.domain.alerts import Alert
from edge_agent.domain.effects import AlertChanged, AlertsSnapshot, Effect, RiskWanted, ScoreReport, VitalsReport
from edge_agent.domain.inputs import Observation
from edge_agent.domain.scores import RuleScore
from edge_agent.domain.settings import SECOND, Bed, BedState, Device, WardSettings
from edge_agent.domain.windows import RiskAnswer, Window
from firmware_bridges.bridge import Mode
from firmware_bridges.vitals import VITALS

SCORE_EVERY = 60 * SECOND
RISK_EVERY = 300 * SECOND
RISK_FIRST = 5 * SECOND
RISK_LASTS = 900 * SECOND
LASTING = "spo2_scale"
"""The one fact that does not age out: a prescription holds until somebody changes it."""


class Fact(msgspec.Struct, frozen=True):
    """Something a person stated: `value` as text, when and by whom."""

    value: str
    at: int
    person: str
    prescriber: str = ""


class Context(msgspec.Struct, frozen=True):
    """What a bed needs from outside itself.

    Run, settings, its devices as seen now, devices excused by a gateway alert.
    """

    run: str
    settings: WardSettings
    bed: Bed
    devices: tuple[Device, ...]
    views: tuple[DeviceView, ...]
    excused: frozenset[str]

    def max_age(self, stream: Stream) -> int:
        """Return the age in ns at which the stream's value is stale."""
        if stream.mode is Mode.SPOT:
            return self.settings.spot_max_age_min * 60 * SECOND
        return self.settings.max_age(stream.quantity)

    def blind_after(self) -> int:
        """Return how long nothing may be seen: the longest max_age of the required vitals and a second."""
        return max((self.settings.max_age(quantity) for quantity in self.bed.required), default=0) + SECOND


class BedUnit(msgspec.Struct):
    """State of one bed.

    `watched_since`: since when its required vitals are expected; `deadline`: when to look again.
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
    score: RuleScore | None = None
    risk: RiskAnswer | None = None
    risk_at: int | None = None
    risk_due: int | None = None
    risk_request: int = 0
    score_due: int = 0
    score_told: str = ""
    snapshot_due: bool = True
    fresh: bool = False
    reported_fresh: bool = False
    dirty: bool = True
    rules_due: int | None = None
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
        for name, statement in said.items():
            if statement is not None:
                self.facts[name] = Fact(statement, seen.observed_at, seen.person, seen.prescriber)
        self.risk_due, self.dirty = now, True

    def forget_freshness(self, now: int) -> None:
        """After a restart nothing has been seen: values stay as last valid ones, and the bed is given its time anew."""
        self.watched_since, self.reported_at, self.deadline = now, now, now
        self.snapshot_due = self.dirty = True
        for stream in self.streams.values():
            stream.forget()
        for condition in self.conditions.values():
            condition.forget()

    def shift(self, by: int) -> None:
        """Move every time by `by` ns, into another boot's clock."""
        for stream in self.streams.values():
            stream.shift(by)
        for condition in self.conditions.values():
            condition.shift(by)
        self.facts = {name: msgspec.structs.replace(fact, at=fact.at + by) for name, fact in self.facts.items()}
        self.hours.epoch += by
        self.blind_since += by
        self.risk, self.risk_at, self.risk_due, self.score_due = None, None, None, 0

    def forget_past(self, now: int) -> None:
        """Drop all that depends on how long ago it was: nobody knows how long the gateway was off."""
        self.hours = Hours(epoch=now)
        self.streams = {key: s for key, s in self.streams.items() if s.mode is Mode.CONTINUOUS}
        self.facts = {name: fact for name, fact in self.facts.items() if name == LASTING}

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

    def evaluate(self, context: Context, now: int) -> list[Effect]:
        """Bring everything up to `now` and return what is to be said."""
        self._age(context, now)
        by_quantity = self._rank(context, now)
        self._look(context, now)
        effects: list[Effect] = []
        if self.dirty or (self.rules_due is not None and now >= self.rules_due):
            self.dirty = False
            self.score = self._news2(context)
            effects += [AlertChanged(a, context.bed.encounter) for a in self._judge(context, by_quantity, now)]
        if effects or self.snapshot_due:
            effects.append(self.snapshot(context, now))
        effects.extend(self._scores(context, now))
        if now >= self.report_due(context.settings):
            self.reported_at, self.reported_fresh, self.fresh = now, self.fresh, False
            effects.append(self._vitals(context, now))
        self.deadline = self._deadline(context, now)
        return effects

    def _age(self, context: Context, now: int) -> None:
        for stream in self.streams.values():
            self.dirty |= stream.went_stale(now, context.max_age(stream))
        oldest = now - context.settings.spot_max_age_min * 60 * SECOND
        for name in [n for n, fact in self.facts.items() if n != LASTING and fact.at <= oldest]:
            del self.facts[name]
            self.dirty = True
        if self.risk_at is not None and now >= self.risk_at + RISK_LASTS:
            self.risk = self.risk_at = None
            self.dirty = True

    def _rank(self, context: Context, now: int) -> dict[str, list[Stream]]:
        by_quantity: dict[str, list[Stream]] = {}
        for stream in self.streams.values():
            by_quantity.setdefault(stream.quantity, []).append(stream)
        for quantity, streams in by_quantity.items():
            ranking = ranked(streams, quantity, context.bed, context.devices)
            used = choose(ranking, self.streams.get(self.chosen.get(quantity, "")), now)
            before = self.chosen.pop(quantity, "")
            if used is not None:
                self.chosen[quantity] = f"{used.device}/{used.vital}"
                ranking.remove(used)
                ranking.insert(0, used)
            by_quantity[quantity] = ranking
            self.dirty |= before != self.chosen.get(quantity, "")
        return by_quantity

    def _required(self, context: Context) -> Iterator[Stream]:
        for stream in self.streams.values():
            if stream.mode is Mode.CONTINUOUS and stream.quantity in context.bed.required:
                yield stream

    def last_seen(self, context: Context) -> int | None:
        """Return when any required continuous vital was last usable."""
        return max((s.at for s in self._required(context) if s.at is not None), default=None)

    def _look(self, context: Context, now: int) -> None:
        """Decide whether the bed is NOT-MONITORED, and notice a changed bed state."""
        expected = context.bed.state is BedState.MONITORED and bool(context.bed.required)
        seen = any(not stream.off for stream in self._required(context))
        blind = expected and not seen and (self.blind or now >= self._blind_from(context))
        if blind != self.blind or context.bed.state is not self.state:
            self.blind, self.blind_since = blind, now
            self.snapshot_due = self.dirty = True
            self.state = context.bed.state

    def _blind_from(self, context: Context) -> int:
        return max(self.last_seen(context) or self.watched_since, self.watched_since) + context.blind_after()

    def _news2(self, context: Context) -> RuleScore | None:
        patient = context.bed.patient
        if patient.pregnant or (patient.age_years is not None and patient.age_years < news2.MINIMUM_AGE):
            return None
        oxygen = self.facts.get("supplemental_oxygen")
        level = self.facts.get("consciousness")
        inputs = news2.Inputs(
            respiratory_rate=self._value("respiratory_rate"),
            spo2=self._value("spo2"),
            spo2_scale=self.scale,
            supplemental_oxygen=None if oxygen is None else oxygen.value == "1",
            temperature=self._value("temperature"),
            systolic=self._value("systolic"),
            pulse=self._value("pulse"),
            consciousness=None if level is None else level.value,
        )
        return news2.score(inputs)

    @property
    def scale(self) -> int:
        """Return the SpO2 scale in force: 1 unless 2 was prescribed."""
        fact = self.facts.get(LASTING)
        return 1 if fact is None else int(fact.value)

    def _value(self, quantity: str) -> int | None:
        stream = self.streams.get(self.chosen.get(quantity, ""))
        return None if stream is None else stream.value

    def _judge(self, context: Context, by_quantity: dict[str, list[Stream]], now: int) -> Iterator[Alert]:
        """Run every rule and step its conditions; conditions no rule speaks of any more end."""
        view = BedView(
            now=now,
            settings=context.settings,
            bed=context.bed,
            streams=by_quantity,
            devices=context.views,
            active=frozenset(name for name, condition in self.conditions.items() if condition.alert),
            blind=self.blind,
            last_seen=self.last_seen(context),
            score=self.score,
            risk=self.risk,
            spo2_scale=self.scale,
            excused_devices=context.excused,
        )
        spoken = set()
        self.rules_due = None
        if context.bed.state is BedState.MONITORED:
            for rule in RULES.values():
                timing = rule.timing(context.settings)
                origin = Origin(context.run, self.id, rule.kind)
                for finding in rule.evaluate(view):
                    spoken.add(finding.condition)
                    condition = self._condition(finding)
                    alert = condition.step(finding, now, timing, origin)
                    self._remind(condition.deadline(timing))
                    if alert is not None:
                        yield alert
        for name in [n for n in self.conditions if n not in spoken]:
            ended = self.conditions[name].finish(now, f"no longer watched (bed is {context.bed.state.value})")
            if ended is not None:
                yield ended

    def _condition(self, finding: Finding) -> Condition:
        if finding.condition not in self.conditions:
            self.conditions[finding.condition] = Condition(finding.condition)
        return self.conditions[finding.condition]

    def _remind(self, due: int | None) -> None:
        if due is not None and (self.rules_due is None or due < self.rules_due):
            self.rules_due = due

    def alerts(self) -> tuple[Alert, ...]:
        """Return the present alerts, high first, then oldest first."""
        present = [condition.alert for condition in self.conditions.values() if condition.alert]
        return tuple(sorted(present, key=lambda alert: (-alert.priority.rank, alert.raised, alert.condition)))

    def snapshot(self, context: Context, now: int) -> AlertsSnapshot:
        """Return all present alerts and the bed's state, for whoever joins late."""
        self.snapshot_due = False
        return AlertsSnapshot(
            bed=self.id,
            at=now,
            state=context.bed.state,
            monitored=context.bed.state is BedState.MONITORED and not self.blind,
            since=self.blind_since or self.watched_since,
            alerts=self.alerts(),
            encounter=context.bed.encounter,
        )

    def _scores(self, context: Context, now: int) -> Iterator[Effect]:
        known = self.score is not None and len(self.score.missing) < len(self.score.parts)
        said = self.score and (self.score.total, self.score.missing, self.score.risk)
        told = f"{said}/{self.risk_at}" if known else ""
        if told != self.score_told or (known and now >= self.score_due):
            self.score_told, self.score_due = told, now + SCORE_EVERY
            yield ScoreReport(self.id, now, self.score, self.risk, self.risk_at, context.bed.encounter)
        if self.risk_due is not None and now >= self.risk_due and context.bed.state is BedState.MONITORED:
            self.risk_due = now + RISK_EVERY
            self.risk_request += 1
            yield RiskWanted(self.id, self.risk_request, now, self.window(context, now))

    def window(self, context: Context, now: int) -> Window:
        """Return the bed's past for the model."""
        return Window(
            medians=self.hours.medians(now),
            patient=context.bed.patient,
            news2_total=None if self.score is None else self.score.total,
            spo2_scale=self.scale,
            minutes_into_hour=(now - self.hours.epoch) // (60 * SECOND) % 60,
        )

    def _vitals(self, context: Context, now: int) -> VitalsReport:
        interval = context.settings.spot_interval_min * 60 * SECOND
        order = list(VITALS)
        views = []
        for key, stream in sorted(self.streams.items(), key=lambda item: (order.index(item[1].vital), item[0])):
            due = stream.at + interval if stream.mode is Mode.SPOT and stream.at is not None else None
            views.append(stream.view(chosen=self.chosen.get(stream.quantity) == key, due=due))
        return VitalsReport(self.id, now, context.bed.state, tuple(views), context.bed.encounter)

    def _deadline(self, context: Context, now: int) -> int:
        times = [self.report_due(context.settings)]
        for stream in self.streams.values():
            expires = stream.expires(context.max_age(stream))
            if expires is not None:
                times.append(expires)
        if context.bed.state is BedState.MONITORED:
            if context.bed.required and not self.blind:
                times.append(self._blind_from(context))
            if self.risk_due is not None:
                times.append(self.risk_due)
            if self.rules_due is not None:
                times.append(self.rules_due)
        return min(time for time in times if time > now)
