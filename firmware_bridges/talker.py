"""A bridge for serial devices that talk unasked, one self-contained frame after another.

A family says by a `Cut` where its frames are and by an `Interpret` what one means; this bridge keeps the partial
frame, rules out chance where the protocol has no check, and tells conditions and identity when they change. A device
that can be told which of its formats to talk in has a `Prompt`: it is listened to first, and asked while it is silent.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import msgspec

from firmware_bridges.bridge import SERIAL
from firmware_bridges.framing import Cut, FrameError, Stream
from firmware_bridges.vitals import DeviceStatus, Event, Identity, Malformed, Reading, Send


class Said(NamedTuple):
    """What one frame means: its readings, how the device is, who it is (None: it did not say).

    The readings are all stored or all live. With them, `memory` is handed to the interpretation of the next frame.
    """

    readings: tuple[Reading, ...] = ()
    status: DeviceStatus | None = None
    identity: Identity | None = None
    memory: int = 0


Interpret = Callable[[bytes, int, int, int], Said]
"""(frame, arrival in ns, ordinal of the frame, what the frame before left) -> meaning. FrameError if it is no frame."""


class Prompt(NamedTuple):
    """What to send to a device that has said nothing for `quiet` ns, and the byte by which it accepts or refuses.

    `until_answered`: once it has answered, or talked, its silence is normal.
    """

    data: bytes
    quiet: int
    accepted: bytes
    refused: bytes
    until_answered: bool = False


class State(msgspec.Struct, tag="talker/1"):
    """All a bridge remembers.

    `status` and `identity` are what was last told. `due` is when the device is prompted, `prompted` that nothing came
    since: only then is one byte a reply, not part of something else.
    """

    family: str
    stream: Stream = msgspec.field(default_factory=Stream)
    frames: int = 0
    memory: int = 0
    status: DeviceStatus | None = None
    identity: Identity | None = None
    due: int | None = None
    prompted: bool = False


class TalkerBridge:
    """The gateway's side. `settle` frames in a row must be good before the last of them counts.

    Stored readings are not held back: they raise nothing.
    """

    def __init__(
        self, family: str, cut: Cut, interpret: Interpret, *, settle: int = 1, prompt: Prompt | None = None
    ) -> None:
        self._cut = cut
        self._interpret = interpret
        self._settle = settle
        self._prompt = prompt
        self._state = State(family)

    def opened(self, at: int) -> list[Event]:
        """Forget what came before and listen."""
        events = self.closed(at)
        self._prompt_later(at)
        return events

    def receive(self, channel: str, data: bytes, at: int) -> list[Event]:
        """Return what each frame that `data` completes means."""
        if channel != SERIAL:
            return [Malformed(at, "unknown-channel", len(data))]
        events: list[Event] = []
        if self._state.prompted and data:
            data = self._reply(data, at, events)
        for frame in self._state.stream.frames(data, at, self._cut, events):
            self._frame(frame, at, events)
        return events

    def wake(self, at: int) -> list[Event]:
        """Prompt a device that has been silent for too long."""
        due = self._state.due
        if self._prompt is None or due is None or at < due:
            return []
        self._prompt_later(at)
        self._state.prompted = True
        return [Send(SERIAL, self._prompt.data)]

    def closed(self, at: int) -> list[Event]:
        """Drop a partial frame and what was known of the device."""
        events = self._state.stream.reset(at)
        self._state = State(self._state.family, frames=self._state.frames)
        return events

    def next_deadline(self) -> int | None:
        """Return when a silent device is prompted, None if it needs no prompt."""
        return self._state.due

    def snapshot(self) -> bytes:
        """Return the state as MessagePack."""
        return msgspec.msgpack.encode(self._state)

    def restore(self, state: bytes) -> None:
        """Take up a snapshot; ValueError if it is another family's."""
        restored = msgspec.msgpack.decode(state, type=State)
        if restored.family != self._state.family:
            raise ValueError(f"a snapshot of {restored.family}, not of {self._state.family}")
        self._state = restored

    def _reply(self, data: bytes, at: int, events: list[Event]) -> bytes:
        """Take the reply to a prompt off the first bytes that came after it."""
        state = self._state
        state.prompted = False
        prompt, first = self._prompt, data[:1]
        if prompt is None or state.stream.partial or first not in (prompt.accepted, prompt.refused):
            return data
        self._heard(at)
        if first == prompt.refused:
            events.append(Malformed(at, "refused", 1))
        return data[1:]

    def _frame(self, frame: bytes, at: int, events: list[Event]) -> None:
        state = self._state
        try:
            said = self._interpret(frame, at, state.frames + 1, state.memory)
        except FrameError as error:
            state.stream.streak = 0
            events.append(Malformed(at, str(error), len(frame)))
        else:
            self._say(said, at, events)

    def _say(self, said: Said, at: int, events: list[Event]) -> None:
        state = self._state
        if said.identity is not None and differs(said.identity, state.identity):
            state.identity = said.identity
            events.append(said.identity)
        if not said.readings:
            return
        state.frames += 1
        state.memory = said.memory
        if not state.stream.settled(self._settle) and not said.readings[0].stored:
            return
        self._heard(at)
        if said.status is not None and differs(said.status, state.status):
            state.status = said.status
            events.append(said.status)
        events.extend(said.readings)

    def _heard(self, at: int) -> None:
        if self._prompt is not None and self._prompt.until_answered:
            self._state.due = None
        else:
            self._prompt_later(at)

    def _prompt_later(self, at: int) -> None:
        self._state.due = None if self._prompt is None else at + self._prompt.quiet


def differs(said: DeviceStatus | Identity, told: DeviceStatus | Identity | None) -> bool:
    """Tell whether what was said is not what was told last, the time apart."""
    return told is None or msgspec.structs.replace(told, at=said.at) != said
