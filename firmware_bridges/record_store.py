"""A bridge for Bluetooth devices with a memory that is read through the Record Access Control Point.

The conversation: ask for every record, later for those newer than the last one known; records arrive as ordinary
notifications; a response ends it. Whatever arrives meanwhile is out of memory and so history only, also when the
device never answers. What comes unasked is measured now. Nothing is ever deleted.

Asked for the newer ones, a device may have none because its numbering began anew: then its newest record tells, and if
that has a lower number everything is asked for again.

Source: Glucose Profile 1.0.1, Continuous Glucose Monitoring Profile 1.0.2 and Pulse Oximeter Profile 1.0.1, use of the
Record Access Control Point; 30 s is their time for a procedure.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import Enum
from typing import NamedTuple

import msgspec

from firmware_bridges.framing import FrameError
from firmware_bridges.gatt import Interpret, Interpretation, NotificationBridge, Recall
from firmware_bridges.racp import (
    CONTROL,
    LAST_NUMBER,
    Code,
    Op,
    Response,
    parse_reply,
    report_all,
    report_from,
    report_newest,
)
from firmware_bridges.verdict import from_memory
from firmware_bridges.vitals import Event, Malformed, Reading, Send

TIMEOUT = 30_000_000_000
"""Without a record or a response for so long (ns), a question is asked again."""

QUESTIONS = 3
"""A device that does not answer is asked so often, then left alone until the next connection."""


class Store(NamedTuple):
    """How a family's memory is reached.

    `records` is the channel of its records, `number` reads the highest number in a value of it; without it records are
    not numbered and all are asked for each time. A device is asked when it is connected, or, with `announced_by`, when
    it says there that it has a memory; another value there means another numbering.
    """

    records: str
    number: Callable[[bytes], int] | None = None
    announced_by: str = ""
    announces: Callable[[bytes], bool] = bool


class Question(str, Enum):
    """What the device has been asked for and has not answered."""

    ALL = "all"
    NEWER = "newer"
    NEWEST = "newest"


class State(msgspec.Struct, tag="record-store/1"):
    """All that is remembered beside the notifications. Times in ns.

    `unasked`: connected, and not asked for anything yet. `last` is the highest number known.
    """

    live: bytes
    unasked: bool = False
    question: Question | None = None
    asked: int = 0
    deadline: int | None = None
    last: int | None = None
    announcement: bytes = b""


class RecordBridge:
    """The gateway's side of a device that remembers. Parameters are those of `NotificationBridge`, and the store."""

    def __init__(
        self,
        family: str,
        store: Store,
        channels: Mapping[str, Interpret],
        recalling: Mapping[str, Recall],
        noted: frozenset[str] = frozenset(),
    ) -> None:
        mine = {store.records: self._judged(recalling[store.records])}
        self._live = NotificationBridge(family, channels, recalling={**recalling, **mine}, noted=noted)
        self._store = store
        self._state = State(b"")

    def opened(self, at: int) -> list[Event]:
        """Ask for the records, unless the device has to say first that it keeps any."""
        events = self.closed(at)
        self._state.unasked = True
        return events if self._store.announced_by else [*events, *self._begin(at)]

    def receive(self, channel: str, data: bytes, at: int) -> list[Event]:
        """Return what a value means; a record's readings are stored ones while a question is open."""
        if channel == CONTROL:
            return self._replied(data, at)
        events = self._live.receive(channel, data, at)
        if any(isinstance(event, Malformed) for event in events):
            return events
        if channel == self._store.records:
            return self._numbered(data, at, events)
        if channel == self._store.announced_by:
            return [*events, *self._announced(data, at)]
        return events

    def wake(self, at: int) -> list[Event]:
        """Ask again when the device has not answered, `QUESTIONS` times in all."""
        state = self._state
        if state.deadline is None or at < state.deadline or state.question is None:
            return []
        return self._ask(state.question, at)

    def closed(self, at: int) -> list[Event]:
        """Forget the conversation, but not which records are known."""
        state = self._state
        state.unasked, state.question, state.asked, state.deadline = False, None, 0, None
        return self._live.closed(at)

    def next_deadline(self) -> int | None:
        """Return when a question is overdue."""
        return self._state.deadline

    def snapshot(self) -> bytes:
        """Return the state as MessagePack."""
        return msgspec.msgpack.encode(msgspec.structs.replace(self._state, live=self._live.snapshot()))

    def restore(self, state: bytes) -> None:
        """Take up a snapshot; ValueError if it is another family's."""
        restored = msgspec.msgpack.decode(state, type=State)
        self._live.restore(restored.live)
        self._state = restored

    def _judged(self, interpret: Recall) -> Recall:
        def judged(data: bytes, at: int, ordinal: int, notes: Mapping[str, bytes]) -> Interpretation:
            meaning = interpret(data, at, ordinal, notes)
            if self._state.question is None:
                return meaning
            return Interpretation([from_memory(each) for each in meaning.readings], None)

        return judged

    def _begin(self, at: int) -> list[Event]:
        self._state.unasked, last = False, self._state.last
        known = last is not None and last < LAST_NUMBER
        return self._ask(Question.NEWER if known else Question.ALL, at)

    def _ask(self, question: Question, at: int) -> list[Event]:
        state = self._state
        state.asked = state.asked + 1 if question is state.question else 1
        state.question = question
        state.deadline = at + TIMEOUT if state.asked < QUESTIONS else None
        return [Send(CONTROL, self._command(question))]

    def _command(self, question: Question) -> bytes:
        if question is Question.NEWER and self._state.last is not None:
            return report_from(self._state.last + 1)
        return report_newest() if question is Question.NEWEST else report_all()

    def _announced(self, data: bytes, at: int) -> list[Event]:
        state = self._state
        if data != state.announcement:
            state.announcement, state.last = data, None
        return self._begin(at) if state.unasked and self._store.announces(data) else []

    def _numbered(self, data: bytes, at: int, events: list[Event]) -> list[Event]:
        """Remember the number of a record; what only tells the newest number tells nothing new."""
        state = self._state
        if state.deadline is not None:
            state.deadline = at + TIMEOUT
        if self._store.number is None:
            return events
        number = self._store.number(data)
        if state.question is Question.NEWEST:
            state.last = None if state.last is None or number < state.last else state.last
            return [event for event in events if not isinstance(event, Reading)]
        state.last = number if state.last is None else max(number, state.last)
        return events

    def _replied(self, data: bytes, at: int) -> list[Event]:
        try:
            reply = parse_reply(data)
        except FrameError as error:
            return [Malformed(at, str(error), len(data))]
        state = self._state
        if not isinstance(reply, Response) or reply.request != Op.REPORT or state.question is None:
            return []
        following = self._following(state.question, reply.code)
        if following is None:
            state.question, state.asked, state.deadline = None, 0, None
            return []
        return self._ask(following, at)

    def _following(self, question: Question, code: int) -> Question | None:
        """Return what to ask after a response with `code` to `question`; None when that was all."""
        if question is Question.NEWER and code == Code.NO_RECORDS:
            return Question.NEWEST
        if question is Question.NEWER and code not in (Code.SUCCESS, Code.NOT_COMPLETED):
            return Question.ALL
        if question is Question.NEWEST and self._state.last is None:
            return Question.ALL
        again = code == Code.NOT_COMPLETED and self._state.asked < QUESTIONS
        return question if again else None
