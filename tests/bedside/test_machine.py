"""The condition's machine against its own table, and under arbitrary findings."""

from __future__ import annotations

from uuid import UUID

import hypothesis.strategies as st
from hypothesis import settings
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from msgspec.structs import replace

from edge_agent.bedside.machine import TRANSITIONS, Condition, Origin
from edge_agent.bedside.verdict import Finding, Timing
from edge_agent.domain.alerts import OVER, Alert, Kind, Phase, Priority, Why
from edge_agent.domain.settings import SECOND

ORIGIN = Origin(str(UUID(int=1)), "1", Kind.PHYSIOLOGICAL)
LATCHING = replace(ORIGIN, latches=True)
TIMING = Timing(delays={Priority.MEDIUM: 10 * SECOND, Priority.HIGH: 5 * SECOND}, clear_after=10 * SECOND)


def finding(present: bool | None, priority: Priority = Priority.MEDIUM, **more: object) -> Finding:  # noqa: FBT001 - the finding's own word
    return Finding(condition="c", present=present, priority=priority, why=Why(text="t", rule="r"), **more)  # type: ignore[arg-type] # any field


def state_of(condition: Condition) -> str:
    """Name the state as the table does."""
    if condition.alert is None:
        return "pending" if condition.delay.since else "idle"
    if condition.latched:
        return "latched"
    return "active" if condition.clearing is None else "clearing"


class Walk:
    """A condition led into a state of the table, and the event that the table names applied to it."""

    def __init__(self, state: str, origin: Origin = ORIGIN) -> None:
        self.condition, self.now, self.origin = Condition("c"), 0, origin
        steps = {"idle": 0, "pending": 1, "active": 2, "clearing": 3, "latched": 4}[state]
        priority = Priority.HIGH if state == "latched" or origin.latches else Priority.MEDIUM
        if steps > 0:
            self.step(finding(present=True, priority=priority))
        if steps > 1:
            self.pass_and_step(present=True, priority=priority)
        if steps > 2:
            self.step(finding(present=False))
        if steps > 3:
            self.pass_and_step(present=False)
        assert state_of(self.condition) == state

    def step(self, found: Finding) -> Alert | None:
        return self.condition.step(found, self.now, TIMING, self.origin)

    def pass_and_step(self, *, present: bool | None, priority: Priority = Priority.MEDIUM) -> Alert | None:
        self.now += 10 * SECOND
        return self.step(finding(present=present, priority=priority))

    def apply(self, event: str) -> Alert | None:
        if event == "mild or absent for the hold":
            self.apply("worse for its delay")
            self.step(finding(present=True))
            self.now += 5 * SECOND
            self.step(finding(present=False))
            self.now += 5 * SECOND
            return self.step(finding(present=False))
        if event == "better for the hold":
            self.apply("worse for its delay")
        if event in ("worse for its delay", "better for the hold", "present for its delay"):
            priority = Priority.HIGH if event == "worse for its delay" else Priority.MEDIUM
            self.step(finding(present=True, priority=priority))
            return self.pass_and_step(present=True, priority=priority)
        if event.startswith("reset"):
            self.step(finding(present=None))
            assert self.condition.resettable
            return self.condition.reset(self.now, "reset by nurse7: seen")
        if event in ("delay over", "hold over", "hold over, latches"):
            return self.pass_and_step(present=event == "delay over")
        material = ("new",) if event == "material change" else ()
        present = {"material change": True, "present": True, "absent": False, "unknown": None}[event]
        return self.step(finding(present, material=material))


def test_every_row_of_the_table_is_what_the_machine_does() -> None:
    for before, event, after, phase in TRANSITIONS:
        walk = Walk(before, LATCHING if "latch" in before + event else ORIGIN)
        said = walk.apply(event)
        assert (state_of(walk.condition), said and said.phase) == (after, phase), (before, event)


def test_the_table_has_no_way_out_but_an_end() -> None:
    there = ("active", "clearing", "latched")
    gone = [row for row in TRANSITIONS if row[0] in there and row[2] in ("idle", "pending")]
    assert {row[0] for row in gone} == set(there)
    assert all(row[3] in OVER for row in gone)


def test_an_alert_that_the_inputs_still_there_justify_can_be_verified() -> None:
    walk = Walk("active")
    walk.step(finding(present=True, support=frozenset("ab")))
    for priority, verifiable in ((Priority.HIGH, True), (Priority.MEDIUM, True), (Priority.LOW, False)):
        walk.step(finding(present=True, priority=priority, support=frozenset("a"), missing=frozenset("b")))
        assert walk.condition.alert is not None
        assert walk.condition.alert.verifiable is verifiable


def test_what_it_came_to_rest_on_when_it_grew_worse_holds_it() -> None:
    walk = Walk("active")
    worse = finding(present=True, priority=Priority.HIGH, support=frozenset("b"))
    walk.step(worse)
    walk.now += 10 * SECOND
    walk.step(worse)
    walk.step(finding(present=False, missing=frozenset("b")))
    assert state_of(walk.condition) == "active"


FINDINGS = st.builds(
    finding,
    st.sampled_from([True, False, None]),
    st.sampled_from([Priority.MEDIUM, Priority.HIGH]),
    support=st.frozensets(st.sampled_from("ab")),
    missing=st.frozensets(st.sampled_from("ab")),
    spot=st.booleans(),
)


class Anything(RuleBasedStateMachine):
    """Arbitrary findings at arbitrary times, restarts in between."""

    def __init__(self) -> None:
        super().__init__()
        self.condition, self.now = Condition("c"), 0
        self.events: list[Alert] = []
        self.last: Finding | None = None

    @rule(found=FINDINGS, after=st.integers(0, 40))
    def find(self, found: Finding, after: int) -> None:
        self.now += after * SECOND
        before = self.condition.alert
        supported_by_gone = bool(found.missing & set(self.condition.support))
        said = self.condition.step(found, self.now, TIMING, ORIGIN)
        self.last = found
        if said is not None:
            self.events.append(said)
        if before is not None and (found.present is None or (supported_by_gone and found.present is False)):
            assert self.condition.alert is not None
            assert self.condition.alert.priority.rank >= before.priority.rank

    @precondition(lambda self: self.condition.deadline(TIMING) is not None)
    @rule()
    def wait_for_the_deadline(self) -> None:
        due = self.condition.deadline(TIMING)
        assert due is not None
        self.now = max(self.now, due)
        assert self.last is not None
        said = self.condition.step(self.last, self.now, TIMING, ORIGIN)
        if said is not None:
            self.events.append(said)
        later = self.condition.deadline(TIMING)
        assert later is None or later > self.now, "a fired deadline is spent"

    @precondition(lambda self: self.last is not None)
    @rule(after=st.integers(1, 40))
    def what_time_alone_changes_has_its_deadline(self, after: int) -> None:
        due, later = self.condition.deadline(TIMING), self.now + after * SECOND
        if due is None or later < due:
            self.now = later
            assert self.last is not None
            assert self.condition.step(self.last, self.now, TIMING, ORIGIN) is None

    @rule()
    def restart(self) -> None:
        self.condition.forget(self.now)
        self.last = None

    @invariant()
    def revisions_count_and_nothing_follows_an_end(self) -> None:
        seen: dict[str, Alert] = {}
        for event in self.events:
            before = seen.get(event.event_id)
            assert event.revision == (before.revision + 1 if before else 1)
            assert event.phase is (event.phase if before else Phase.START)
            assert before is None or before.phase not in OVER
            seen[event.event_id] = event
        assert sum(event.phase not in OVER for event in seen.values()) == (self.condition.alert is not None)


TestAnything = Anything.TestCase
TestAnything.settings = settings(max_examples=60, stateful_step_count=30)
