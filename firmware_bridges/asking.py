"""A bridge for devices that speak when asked, or whose frames may arrive in several pieces over one channel.

A family says by a `Cut` where its frames are, by an `Interpret` what one means, and by an `Asking` what to send and
how often. Over Bluetooth a frame may be split over notifications, or several may share one; but a notification that
begins as a frame does begins one, whatever the one before promised.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import msgspec

from firmware_bridges.bridge import SERIAL
from firmware_bridges.framing import Cut, FrameError, Stream
from firmware_bridges.talker import Said
from firmware_bridges.vitals import DeviceStatus, Event, Identity, Malformed, Send

Interpret = Callable[[bytes, int, int], Said]
"""(frame, arrival in ns, ordinal of the frame) -> meaning. FrameError if it is no frame."""


class Asking(NamedTuple):
    """What to send: `first` once the line is open, then every `every` ns the next of `turns`, round and round.

    `while_silent`: only after `every` ns without a reading.
    """

    first: tuple[Send, ...]
    turns: tuple[tuple[Send, ...], ...]
    every: int
    while_silent: bool = False


class State(msgspec.Struct, tag="asking/1"):
    """All a bridge remembers. `status` and `identity` are what was last told, `turn` is the next of `Asking.turns`."""

    family: str
    stream: Stream = msgspec.field(default_factory=Stream)
    frames: int = 0
    status: DeviceStatus | None = None
    identity: Identity | None = None
    due: int | None = None
    turn: int = 0


class AskingBridge:
    """The gateway's side. `settle` frames in a row must be good before the last of them counts."""

    def __init__(  # noqa: PLR0913 - each says one thing of the family, by name
        self,
        family: str,
        interpret: Interpret,
        *,
        cut: Cut,
        channel: str = SERIAL,
        begins: Callable[[bytes], bool] | None = None,
        asking: Asking | None = None,
        settle: int = 1,
    ) -> None:
        self._cut = cut
        self._begins = begins
        self._interpret = interpret
        self._channel = channel
        self._asking = asking
        self._settle = settle
        self._state = State(family)

    def opened(self, at: int) -> list[Event]:
        """Forget what came before and begin to ask."""
        events = self.closed(at)
        if self._asking is None:
            return events
        self._state.due = at + self._asking.every
        return [*events, *self._asking.first]

    def receive(self, channel: str, data: bytes, at: int) -> list[Event]:
        """Return what each frame that `data` completes means."""
        if channel != self._channel:
            return [Malformed(at, "unknown-channel", len(data))]
        events = self._state.stream.reset(at) if self._begins is not None and self._begins(data) else []
        for frame in self._state.stream.frames(data, at, self._cut, events):
            self._frame(frame, at, events)
        return events

    def wake(self, at: int) -> list[Event]:
        """Ask again when it is time."""
        state, asking = self._state, self._asking
        if asking is None or state.due is None or at < state.due:
            return []
        turn = asking.turns[state.turn]
        state.turn = (state.turn + 1) % len(asking.turns)
        state.due = at + asking.every
        return [*turn]

    def closed(self, at: int) -> list[Event]:
        """Drop a partial frame and what was known of the device."""
        events = self._state.stream.reset(at)
        self._state = State(self._state.family, frames=self._state.frames)
        return events

    def next_deadline(self) -> int | None:
        """Return when the device is asked next, None if it needs no asking."""
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

    def _frame(self, frame: bytes, at: int, events: list[Event]) -> None:
        state = self._state
        try:
            said = self._interpret(frame, at, state.frames + 1)
        except FrameError as error:
            state.stream.streak = 0
            events.append(Malformed(at, str(error), len(frame)))
            return
        if said.identity is not None and _differs(said.identity, state.identity):
            state.identity = said.identity
            events.append(said.identity)
        if said.readings:
            self._readings(said, at, events)

    def _readings(self, said: Said, at: int, events: list[Event]) -> None:
        state = self._state
        state.frames += 1
        if not state.stream.settled(self._settle):
            return
        if self._asking is not None and self._asking.while_silent and state.due is not None:
            state.due = at + self._asking.every
        if said.status is not None and _differs(said.status, state.status):
            state.status = said.status
            events.append(said.status)
        events.extend(said.readings)


def _differs(said: DeviceStatus | Identity, told: DeviceStatus | Identity | None) -> bool:
    """Tell whether what was said is not what was told last, the time apart."""
    return told is None or msgspec.structs.replace(told, at=said.at) != said
