"""A Bluetooth device with a memory: it obeys the Record Access Control Point and notifies what it measures.

It was used once before anybody connected, so that it has a record to tell. What it measures while connected it
remembers as well. Source: Glucose Service 1.0.1, Record Access Control Point; deleting is not obeyed.
"""

from __future__ import annotations

from edge_agent.domain.settings import SECOND
from edge_agent.simulator.conversations.conversation import Frames, Measure, pace
from firmware_bridges.bridge import Family, Sample
from firmware_bridges.racp import CONTROL

SUCCESS, OPERATOR_NOT_SUPPORTED, NO_RECORDS = 1, 4, 6
REPORT, ALL, AT_LEAST, LAST = 1, 1, 3, 6

SETTLING = 3 * SECOND
"""Between the connection and the first measurement that is notified, ns: the memory comes first."""

MOST_RECORDS = 500
"""Records kept; the oldest go first."""

STEPS = {"bluetooth_glucose_monitor": 5}
"""How much a record's number grows by: time offsets in minutes, else a sequence."""


class Memory:
    """`records` by number: what each is notified as, (channel, value) in order. Knows the operators in `operators`.

    `deaf`: answers nothing; `lose_after`: breaks off after so many values.
    """

    def __init__(self, operators: tuple[int, ...] = (ALL, AT_LEAST, LAST)) -> None:
        self.records: dict[int, Frames] = {}
        self.operators = operators
        self.commands: list[bytes] = []
        self.deaf = False
        self.lose_after: int | None = None

    def answer(self, command: bytes) -> Frames:
        """Return what the device sends when `command` is written to its control point."""
        self.commands.append(command)
        if self.deaf:
            return []
        if command[0] != REPORT or command[1] not in self.operators:
            return [(CONTROL, bytes((6, 0, command[0], OPERATOR_NOT_SUPPORTED)))]
        chosen = self._chosen(command)
        sent = [value for number in chosen for value in self.records[number]]
        if self.lose_after is not None:
            return sent[: self.lose_after]
        return [*sent, (CONTROL, bytes((6, 0, REPORT, SUCCESS if chosen else NO_RECORDS)))]

    def _chosen(self, command: bytes) -> list[int]:
        numbers = sorted(self.records)
        if command[1] == LAST:
            return numbers[-1:]
        first = int.from_bytes(command[3:5], "little") if command[1] == AT_LEAST else 0
        return [number for number in numbers if number >= first]


class RecordStore:
    """Measures, remembers and, once a connection has settled, notifies."""

    def __init__(self, family: Family, measure: Measure) -> None:
        self.memory = Memory()
        self._measure = measure
        self._encoder = family.encoder()
        self._step = STEPS.get(family.name, 1)
        self._made = 0
        self._pace = pace(family)
        self._answers: Frames = []
        self._waiting: Frames = []
        self._since: int | None = None

    def hear(self, channel: str, data: bytes, now: int) -> None:
        """Obey a command to the control point."""
        self._settle(now)
        if channel == CONTROL and len(data) > 1:
            self._answers += self.memory.answer(data)

    def say(self, now: int) -> Frames:
        """Return answers, then, in a connection that has settled, what was measured since."""
        answers, self._answers = self._answers, []
        if now - self._settle(now) < SETTLING:
            return answers
        waiting, self._waiting = self._waiting, []
        return answers + waiting + self._measured(now)

    def hung_up(self) -> None:
        """Be disconnected; the memory stays."""
        self._answers, self._since = [], None
        self._pace.rest()

    def _settle(self, now: int) -> int:
        """Return when this connection began; what was measured before it is told once it has settled."""
        if self._since is None:
            self._since = now
            self._waiting += self._measured(now)
        return self._since

    def _measured(self, now: int) -> Frames:
        """Return what there is to notify; the first measurement of all has been taken once before."""
        samples = [sample for at in self._pace.due(now) if (sample := self._measure(at)) is not None]
        if samples and not self._made:
            self._remember(samples[0])
        return [frame for sample in samples for frame in self._remember(sample)]

    def _remember(self, sample: Sample) -> Frames:
        frames = self._encoder.encode(sample)
        self.memory.records[self._made * self._step] = frames
        self._made += 1
        for number in sorted(self.memory.records)[:-MOST_RECORDS]:
            del self.memory.records[number]
        return frames
