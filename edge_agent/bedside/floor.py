"""What a ward consists of: its state, its bridges, and what is looked up of them for every frame."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import msgspec

from edge_agent.bedside.bed import BedUnit
from edge_agent.bedside.bed_limits import in_force
from edge_agent.bedside.context import Context, origins, timings
from edge_agent.bedside.escalation import callers
from edge_agent.bedside.gateway import GatewayUnit
from edge_agent.bedside.line import Line
from edge_agent.bedside.machine import Condition
from edge_agent.bedside.occupancy import occupied
from edge_agent.bedside.outlets import Audience, LocalOutput
from edge_agent.bedside.routes import Route, route_of, view_of
from edge_agent.bedside.waiting import deadline
from edge_agent.domain.effects import Effect, Profile
from edge_agent.domain.night import Night
from edge_agent.domain.settings import Consumer, Role, WardSettings
from firmware_bridges.bridge import Bridge

VERSION = 1
"""Version of the state's layout. A snapshot of another version is not restored, it is set aside."""


class WardState(msgspec.Struct):
    """Everything the ward knows. `night_until`: the night is over then (ns), if it is not told again."""

    version: int = VERSION
    run: str = ""
    boot: str = ""
    now: int = 0
    settings: WardSettings = WardSettings()
    beds: dict[str, BedUnit] = {}
    lines: dict[str, Line] = {}
    gateway: GatewayUnit = msgspec.field(default_factory=GatewayUnit)
    bridges: dict[str, bytes] = {}
    displays: tuple[str, ...] = ()
    audience: Audience = msgspec.field(default_factory=Audience)
    local: LocalOutput = msgspec.field(default_factory=LocalOutput)
    profile: Profile = Profile.DAY
    night_until: int | None = None


class Floor:
    """The state with the bridges it is fed by.

    `next`: when to wake, None before the first settings. `callers`: who can be called. `beds_of`: a device's bed.
    """

    def __init__(self, state: WardState) -> None:
        """Take a state; bridges get theirs out of it."""
        self.state = state
        self.bridges: dict[str, Bridge] = {}
        self.routes: dict[str, Route] = {}
        self.next: int | None = None
        self._contexts: dict[str, Context] = {}
        self.adopt(state.settings)
        for name, bridge in self.bridges.items():
            if name in state.bridges:
                bridge.restore(state.bridges[name])

    def adopt(self, settings: WardSettings) -> None:
        """Make bridges for new devices and note what is looked up often."""
        self.all_changed()
        self.callers = callers(settings, self.state.displays, self.night)
        self.beds_of = {device.id: device.bed for device in settings.devices if device.bed}
        self.routes = {device.id: route_of(device, settings) for device in settings.devices}
        self.bridges = {
            device.id: self.bridges.get(device.id) or self.routes[device.id].family.bridge()
            for device in settings.devices
        }

    @property
    def night(self) -> Night | None:
        """Return the night profile while it is night."""
        return self.state.settings.night if self.state.profile is Profile.NIGHT else None

    def changed(self, bed: str) -> None:
        """Look at a bed anew: something beside its values is not as it was."""
        self._contexts.pop(bed, None)
        if bed in self.state.beds:
            self.state.beds[bed].dirty = True

    def all_changed(self) -> None:
        """Look at every bed anew."""
        for bed in self.state.beds:
            self.changed(bed)

    def context(self, bed: str) -> Context:
        """Return what a bed needs from outside itself."""
        if bed not in self._contexts:
            state = self.state
            settings = state.settings
            devices = tuple(device for device in settings.devices if device.bed == bed or device.shared)
            views = tuple(view_of(device, state.lines[device.id]) for device in devices if not device.shared)
            unit = state.beds[bed]
            mine = occupied(next(b for b in settings.beds if b.id == bed), unit)
            own, excused = in_force(settings, mine, unit), state.gateway.excused()
            self._contexts[bed] = Context(
                settings=own,
                bed=mine,
                devices=devices,
                views=views,
                excused=excused,
                callers=self.callers,
                timings=timings(own, self.night),
                origins=origins(state.run, bed, own, self.callers),
            )
        return self._contexts[bed]

    def consumer(self, name: str) -> Consumer | None:
        """Return a consumer whose receipts count: with its role in the ward, or as a display of this gateway."""
        for consumer in self.state.settings.consumers:
            if consumer.id == name:
                return consumer
        return Consumer(name, Role.DISPLAY) if name in self.state.displays else None

    def conditions(self, bed: str) -> list[Condition]:
        """Return the conditions of a bed, or of the gateway ("")."""
        if not bed:
            return list(self.state.gateway.conditions.values())
        unit = self.state.beds.get(bed)
        return [] if unit is None else list(unit.conditions.values())

    def encounter(self, bed: str) -> str:
        """Return the token of the stay in a bed, "" without one."""
        return self.context(bed).bed.encounter if bed in self.state.beds else ""

    def to_be_judged(self, bed: str, *, shown: bool) -> None:
        """Judge a bed, or the gateway (""), anew; `shown`: show its alerts whatever that says."""
        self.changed(bed)
        unit = self.state.beds.get(bed, self.state.gateway)
        unit.dirty = True
        unit.snapshot_due |= shown

    def quiet(self, line: Line) -> int | None:
        """Return when silence makes a line quiet, in ns; None for one that may be silent."""
        return line.quiet_deadline(self.routes[line.id].quiet_after)

    def sooner(self, due: int | None) -> None:
        """Note a deadline without looking at all the others; waking too early changes nothing."""
        if due is not None and (self.next is None or due < self.next):
            self.next = due

    def earliest(self) -> int | None:
        """Look at all deadlines and return the first, in ns."""
        state = self.state
        dues: list[int | None] = [bed.deadline for bed in state.beds.values()]
        for name, line in state.lines.items():
            dues += (line.next_report, self.quiet(line), self.bridges[name].next_deadline(), deadline(line))
        dues += (state.gateway.deadline, state.local.quiet_until, state.night_until, *state.audience.until.values())
        return min((due for due in dues if due is not None), default=None)


Handler = Callable[[Floor, Any, int, list[Effect]], Iterable[str]]
"""Takes the floor, an input of its kind, now (ns), and the effects so far; returns the beds to evaluate.

"" stands for the gateway: its conditions are looked at whenever any name is returned.
"""
