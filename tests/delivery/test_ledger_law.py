"""Law 8 against a naive model: produced = accepted + queued + dropped(reason), whatever happens.

The connection is a fake (`FakeLink`): a real broker cannot be told to answer in every order. Store and files are real.
"""

from __future__ import annotations

import asyncio
import shutil
import tempfile
import uuid
from collections import Counter
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar

import msgspec
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from edge_agent.gateway.delivery.ledger import Ledger
from edge_agent.gateway.delivery.limits import Limits
from edge_agent.gateway.delivery.outbox import Outbox
from edge_agent.gateway.delivery.tools import Hooks, Tools
from edge_agent.gateway.delivery.upkeep import Upkeep
from edge_agent.gateway.store.store import Store
from edge_agent.wire.outgoing import Draft, Outgoing, Stamp, Urgency
from tests.delivery.parts import SECOND, alert, draft, seal, slot, until

T = TypeVar("T")
SHARED_MEMORY = Path("/dev/shm")  # noqa: S108 - where it exists, fsync costs nothing there
LIMITS = Limits(spill_after_s=5, spill_every_s=1, keep_s=20, memory_rows=12, memory_most=20, quota_bytes=6_000)
REASONS = {"offline", "superseded", "expired", "quota", "memory", "stopped", "crash", "refused-0x87"}

DRAFTS: dict[str, Callable[[], Draft]] = {
    "vitals": lambda: draft("vitals"),
    "score": lambda: draft("score"),
    "snapshot": lambda: slot("snapshot"),
    "health": lambda: draft("health", qos=0),
    "answer": lambda: draft("answer", history_topic="", live_s=None, expires_s=30, urgency=Urgency.STATE),
    "stored": lambda: draft("stored", history_topic="", live_s=None, expires_s=None, urgency=Urgency.BACKLOG),
}


class FakeLink:
    """A connection that answers only when it is told to."""

    def __init__(self, window: int) -> None:
        self.window = window
        self.largest: int | None = None
        self.sent: dict[int, Outgoing] = {}
        self.packets = 0

    def send(self, message: Outgoing, topic: str, expires_s: int | None) -> int | None:
        self.packets += 1
        if message.qos:
            self.sent[self.packets] = message
            assert len(self.sent) <= self.window
        return self.packets


class Delivering(RuleBasedStateMachine):
    """The model: every id that was produced, what became of it as far as the fake link knows, and nothing else."""

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.root = Path(tempfile.mkdtemp(dir=SHARED_MEMORY if SHARED_MEMORY.exists() else None))
        self.now = 1000 * SECOND
        self.produced: Counter[tuple[str, str]] = Counter()
        self.accepted: Counter[tuple[str, str]] = Counter()
        self.answered: set[str] = set()
        self.ever_answered: set[str] = set()
        self.alerts: set[str] = set()
        self.killed: set[str] = set()
        self.lives = 0
        self.run = ""
        self.link: FakeLink | None = None

    @initialize()
    def begin(self) -> None:
        self.live(self.root / "0")

    def live(self, folder: Path) -> None:
        """Start a run on `folder`."""
        if self.run in self.killed:
            self.answered = set()
        self.run = str(uuid.UUID(int=self.lives + 1, version=4))
        self.folder = folder
        self.lives += 1
        self.accepted.clear()
        self.link = None
        self.wait(self._open)

    async def _open(self) -> None:
        self.store = Store(self.folder, troubled=lambda _: None, noted=lambda _: None)
        opening = await self.store.open()
        self.ledger = Ledger(self.run)
        hooks = Hooks(lambda *_: None, lambda _: None)
        tools = Tools(self.store, self.ledger, self.sealed, hooks, LIMITS, lambda: self.now)
        self.outbox = Outbox(tools, opening, lambda: Stamp(run=self.run, boot="boot", trust="", wall_offset=None))
        self.upkeep = Upkeep(self.outbox, tools)
        await self.store.begin(self.run, {run for run, _ in self.outbox.queued()})

    def sealed(self, draft: Draft, seq: int, stamp: Stamp, *, durable: bool = True) -> Outgoing:
        """Finish a draft. The outbox itself makes the lists of what was missed, each with a number of its own."""
        if draft.stream.endswith("/missed"):
            self.produced[stamp.run, draft.stream] += 1
        return seal(draft, seq, stamp, durable=durable)

    def wait(self, work: Callable[[], Awaitable[T]]) -> T:
        async def bounded() -> T:
            return await asyncio.wait_for(work(), 10)

        return self.loop.run_until_complete(bounded())

    def do(self, work: Callable[[], object]) -> None:
        async def wrapped() -> None:
            work()
            await until(lambda: not any(entry.committing for entry in self.outbox.alerts.entries.values()))

        self.wait(wrapped)

    @rule(kind=st.sampled_from(sorted(DRAFTS)))
    def publish(self, kind: str) -> None:
        self.do(lambda: self.outbox.publish(msgspec.structs.replace(DRAFTS[kind](), made=self.now)))
        self.produced[self.run, kind] += 1

    @rule(event=st.sampled_from("abc"), over=st.booleans(), urgency=st.integers(0, 2))
    def raise_alert(self, event: str, urgency: int, *, over: bool) -> None:
        made = alert(event, over=over, urgency=Urgency(urgency), made=self.now)
        shown = slot("snapshot", made=self.now)
        self.do(lambda: self.outbox.publish_alert([made, shown], {"ward": b"state"}))
        self.produced[self.run, "bed/3/alert"] += 1
        self.produced[self.run, "snapshot"] += 1
        self.alerts.add(seal(made, self.produced[self.run, "bed/3/alert"], self.outbox._stamp()).id)

    @precondition(lambda self: self.link is None)
    @rule(window=st.sampled_from([1, 2, 8]))
    def connect(self, window: int) -> None:
        self.link = link = FakeLink(window)

        async def connecting() -> None:
            self.outbox.attach(link)
            await self.outbox.triage()

        self.wait(connecting)

    @precondition(lambda self: self.link is not None)
    @rule(code=st.sampled_from([0, 0, 0, 0x87, 0x8B]))
    def disconnect(self, code: int) -> None:
        blamed = list(self.link.sent.values()) if self.link is not None and code == 0x87 else []
        if len(blamed) == 1:
            self.note(blamed[0])
        self.link = None
        self.do(lambda: self.outbox.detach(code))

    @precondition(lambda self: self.link is not None and self.link.sent)
    @rule(choice=st.randoms(use_true_random=False), code=st.sampled_from([0, 0, 0, 0x10, 0x97, 0x87]))
    def answer(self, choice: object, code: int) -> None:
        assert self.link is not None
        packet = choice.choice(sorted(self.link.sent))  # type: ignore[attr-defined] # hypothesis gives a random.Random
        self.reply(packet, code)

    def note(self, message: Outgoing) -> None:
        self.answered.add(message.id)
        self.ever_answered.add(message.id)

    def reply(self, packet: int, code: int) -> None:
        assert self.link is not None
        message = self.link.sent.pop(packet)
        if code != 0x97:
            assert message.id not in self.answered, "sent again although it had been answered"
            self.note(message)
        if code in {0, 0x10}:
            self.accepted[message.run, message.stream] += 1
        self.do(lambda: self.outbox.sender.acknowledged(packet, code))

    @rule(seconds=st.sampled_from([0, 1, 7, 25, 61]))
    def time_passes(self, seconds: int) -> None:
        self.now += seconds * SECOND
        self.do(self.outbox.sender.pump)

    @rule()
    def keep_up(self) -> None:
        self.wait(self.upkeep.once)

    @rule()
    def crash(self) -> None:
        """Leave what a kill leaves: the files, of which the next run gets a copy."""
        self.killed.add(self.run)
        folder = self.root / str(self.lives)
        shutil.copytree(self.folder, folder)
        self.wait(self.store.close)
        self.live(folder)

    @rule()
    def restart(self) -> None:
        self.do(self.outbox.detach)
        before = self.outbox.queued()
        assert self.wait(self.upkeep.park)
        self.wait(lambda: self.store.finish(self.run))
        self.wait(self.store.close)
        self.live(self.folder)
        lost = before - self.outbox.queued()
        assert not {key for key in lost if key[1] != "snapshot"}, "a restart in order loses nothing but slots"
        orderly = [counts for counts in self.ledger.lines() if counts.run not in self.killed]
        assert not any(counts.dropped.get("crash", 0) for counts in orderly)

    @invariant()
    def the_law_holds(self) -> None:
        if self.lives:
            assert self.ledger.imbalance(self.outbox.queued()) == {}

    @invariant()
    def the_model_agrees(self) -> None:
        if not self.lives:
            return
        for counts in self.ledger.lines():
            key = (counts.run, counts.stream)
            assert set(counts.dropped) <= REASONS
            if counts.run == self.run:
                assert counts.produced == self.produced[key]
                if counts.stream != "health":
                    assert counts.accepted == self.accepted[key]
            else:
                assert counts.produced >= self.produced[key], "an upper bound"

    @invariant()
    def no_alert_is_lost(self) -> None:
        if self.lives:
            here = {entry.message.id for entry in self.outbox.alerts.entries.values()}
            dropped = sum(c.dropped.get("quota", 0) for c in self.ledger.lines() if c.stream == "bed/3/alert")
            assert len(self.alerts - here - self.ever_answered) <= dropped

    def drain(self) -> None:
        """Everything that is left goes out once the broker answers."""
        if self.link is None:
            self.connect(window=2)
        for _ in range(2_000):
            if not sum(self.outbox.queued().values()):
                return
            self.time_passes(seconds=1)
            self.keep_up()
            while self.link is not None and self.link.sent:
                self.reply(next(iter(self.link.sent)), 0)
        raise AssertionError(f"never sent: {self.outbox.waiting()}")

    def teardown(self) -> None:
        if self.lives:
            self.drain()
            self.the_law_holds()
            self.no_alert_is_lost()
        self.wait(self.store.close)
        self.loop.close()
        shutil.rmtree(self.root, ignore_errors=True)


TestDelivering = Delivering.TestCase
TestDelivering.settings = settings(max_examples=40, stateful_step_count=40, deadline=None)
