"""The ward: the one entrance to everything that decides.

`handle(input, now)` returns effects; `next_deadline()` says when to wake it.

Time is an argument (ns of CLOCK_BOOTTIME) and never decreases. Deadlines that are due are worked off before an
input is looked at, so that waking more often changes nothing. `snapshot()` and `restore()` carry the whole state,
bridges included: they serve a restart, a replay's checkpoint and the tests alike.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from edge_agent.bedside import audience, leaving, links, local, night, people, running
from edge_agent.bedside.evaluation import evaluate
from edge_agent.bedside.floor import VERSION, Floor, Handler, WardState
from edge_agent.domain.effects import Effect
from edge_agent.domain.inputs import Input
from edge_agent.domain.settings import BedState, WardSettings

HANDLERS: dict[type, Handler] = {**running.HANDLERS, **links.HANDLERS, **people.HANDLERS}
"""Every kind of input and what is done with it."""


class Ward:
    """Beds, device lines with their bridges, and the gateway's own conditions."""

    def __init__(self) -> None:
        """Start empty: settings come as the input `SettingsApplied`."""
        self._floor = Floor(WardState())

    def handle(self, given: Input, now: int) -> list[Effect]:
        """Work off due deadlines, take `given`, and return all effects in order."""
        floor = self._floor
        now = floor.state.now = max(now, floor.state.now)
        effects: list[Effect] = []
        if floor.next is not None and now >= floor.next:
            self._due(now, effects)
        touched = HANDLERS[type(given)](floor, given, now, effects)
        if touched:
            self._evaluate(touched, now, effects)
            floor.next = floor.earliest()
        return effects

    def next_deadline(self) -> int | None:
        """Return when `handle(Wake(), now)` may have something to do, in ns; None before the first settings."""
        return self._floor.next

    def snapshot(self) -> bytes:
        """Return the whole state as bytes."""
        self._floor.state.bridges = {name: bridge.snapshot() for name, bridge in self._floor.bridges.items()}
        return _ENCODER.encode(self._floor.state)

    def restore(self, data: bytes) -> None:
        """Replace the state by one from `snapshot` of the same `VERSION`; msgspec.DecodeError when it is none."""
        state = _DECODER.decode(data)
        if state.version != VERSION:
            raise msgspec.ValidationError(f"ward state version {state.version}, this agent reads {VERSION}")
        self._floor = Floor(state)
        self._floor.next = self._floor.earliest()

    def rebase(self, now: int, off_for: int | None) -> None:
        """Move the restored state into a new boot's clock, whose time is `now` ns.

        The last input had been handled `off_for` ns ago.

        Without a trusted clock nobody knows for how long (None): then all that ages is dropped, every pause ends and
        says so, and alerts keep their age.
        """
        state = self._floor.state
        by = now - (off_for or 0) - state.now
        for bed in state.beds.values():
            bed.shift(by)
            if off_for is None:
                bed.forget_past(now)
        for condition in state.gateway.conditions.values():
            condition.shift(by)
        for condition in (c for name in (*state.beds, "") for c in self._floor.conditions(name)):
            condition.clock_lost = off_for is None
        state.local.quiet_until, state.local.known = None, ()
        state.now = now

    @property
    def last(self) -> int:
        """Return when the last input was handled, in ns."""
        return self._floor.state.now

    @property
    def settings(self) -> WardSettings:
        """Return the settings in force."""
        return self._floor.state.settings

    def protected_beds(self) -> frozenset[str]:
        """Return the beds that a configuration may not remove: those with a patient or an active alert."""
        tokens = {name for name in self._floor.state.beds if self._floor.context(name).bed.encounter}
        alerting = {name for name, bed in self._floor.state.beds.items() if bed.alerts()}
        return frozenset(tokens | alerting)

    def _due(self, now: int, effects: list[Effect]) -> None:
        state = self._floor.state
        touched = {name: None for name, bed in state.beds.items() if now >= bed.deadline}
        touched |= links.due(self._floor, now, effects)
        touched |= dict.fromkeys(night.due(self._floor, now, effects))
        others = (state.gateway.deadline, state.local.quiet_until, *state.audience.until.values())
        if touched or any(due is not None and now >= due for due in others):
            self._evaluate(touched, now, effects)
        self._floor.next = self._floor.earliest()

    def _evaluate(self, beds: Iterable[str], now: int, effects: list[Effect]) -> None:
        for bed in beds:
            if bed in self._floor.state.beds:
                leaving.look(self._floor, bed, now)
                effects.extend(evaluate(self._floor.state.beds[bed], self._floor.context(bed), now))
        effects.extend(self._gateway(now))
        effects.extend(audience.report(self._floor, now))
        effects.extend(local.report(self._floor, now))

    def _gateway(self, now: int) -> list[Effect]:
        state = self._floor.state
        for name in tuple(state.gateway.unseen):
            if not self._awaited(name):
                state.gateway.seen(name)
        return state.gateway.evaluate(state.run, self._floor.beds_of, self._floor.callers, now)

    def _awaited(self, name: str) -> bool:
        """Tell whether a bed ought to be seen, and is neither seen yet nor said to be NOT-MONITORED."""
        bed = self._floor.state.beds.get(name)
        if bed is None or self._floor.context(name).bed.state is not BedState.MONITORED:
            return False
        return not bed.blind and all(stream.off for stream in bed.streams.values())


_ENCODER = msgspec.msgpack.Encoder()
_DECODER = msgspec.msgpack.Decoder(WardState)
