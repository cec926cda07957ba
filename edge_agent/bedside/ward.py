"""The ward: the one entrance to everything that decides.

`handle(input, now)` returns effects; `next_deadline()` says when to wake it.

Time is an argument (ns of CLOCK_BOOTTIME) and never decreases. Deadlines that are due are worked off before an
input is looked at, so that waking more often changes nothing. `snapshot()` and `restore()` carry the whole state,
bridges included: they serve a restart, a replay's checkpoint and the tests alike.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

import msgspec

from edge_agent.bedside.bed import BedUnit, Context
from edge_agent.bedside.gateway import GatewayUnit
from edge_agent.bedside.hours import Hours
from edge_agent.bedside.line import REPORT_EVERY, Line
from edge_agent.bedside.observing import objections
from edge_agent.bedside.routes import Route, route_of, view_of
from edge_agent.domain.effects import Effect, LinkReport, LinkState, ObservationTaken, SendToDevice, StoredReadings
from edge_agent.domain.inputs import (
    GatewayFact,
    Input,
    LinkClosed,
    LinkConnecting,
    LinkData,
    LinkOpened,
    Observation,
    RiskAnswered,
    SettingsApplied,
    Started,
    Wake,
)
from edge_agent.domain.settings import WardSettings
from edge_agent.domain.windows import QUANTITIES, RiskAnswer
from firmware_bridges.bridge import Bridge
from firmware_bridges.vitals import DeviceStatus, Event, Identity, Malformed, Reading, Reason, Send

VERSION = 1
"""Version of the state's layout. A snapshot of another version is not restored, it is set aside."""


class WardState(msgspec.Struct):
    """Everything the ward knows."""

    version: int = VERSION
    run: str = ""
    boot: str = ""
    now: int = 0
    settings: WardSettings = WardSettings()
    beds: dict[str, BedUnit] = {}
    lines: dict[str, Line] = {}
    gateway: GatewayUnit = msgspec.field(default_factory=GatewayUnit)
    bridges: dict[str, bytes] = {}


class Ward:
    """Beds, device lines with their bridges, and the gateway's own conditions."""

    def __init__(self) -> None:
        """Start empty: settings come as the input `SettingsApplied`."""
        self._state = WardState()
        self._bridges: dict[str, Bridge] = {}
        self._routes: dict[str, Route] = {}
        self._contexts: dict[str, Context] = {}
        self._next: int | None = None
        self._handlers: dict[type, Callable[..., Iterable[str]]] = {
            Started: self._started,
            SettingsApplied: self._settings,
            LinkConnecting: self._connecting,
            LinkOpened: self._opened,
            LinkData: self._data,
            LinkClosed: self._closed,
            Observation: self._observed,
            RiskAnswered: self._answered,
            GatewayFact: self._fact,
            Wake: self._wake,
        }

    def handle(self, given: Input, now: int) -> list[Effect]:
        """Work off due deadlines, take `given`, and return all effects in order."""
        state = self._state
        now = state.now = max(now, state.now)
        effects: list[Effect] = []
        if self._next is not None and now >= self._next:
            self._due(now, effects)
        touched = self._handlers[type(given)](given, now, effects)
        if touched:
            self._evaluate(touched, now, effects)
            self._next = self._earliest()
        return effects

    def next_deadline(self) -> int | None:
        """Return when `handle(Wake(), now)` may have something to do, in ns; None before the first settings."""
        return self._next

    def _earliest(self) -> int | None:
        state = self._state
        times = [bed.deadline for bed in state.beds.values()]
        for name, line in state.lines.items():
            times.append(line.next_report)
            times.extend(t for t in (self._quiet(line), self._bridges[name].next_deadline()) if t is not None)
        if state.gateway.deadline is not None:
            times.append(state.gateway.deadline)
        return min(times, default=None)

    def _sooner(self, due: int | None) -> None:
        """Note a deadline without looking at all the others; waking too early changes nothing."""
        if due is not None and (self._next is None or due < self._next):
            self._next = due

    def snapshot(self) -> bytes:
        """Return the whole state as bytes."""
        self._state.bridges = {name: bridge.snapshot() for name, bridge in self._bridges.items()}
        return _ENCODER.encode(self._state)

    def restore(self, data: bytes) -> None:
        """Replace the state by one from `snapshot` of the same `VERSION`; msgspec.DecodeError when it is none."""
        state = _DECODER.decode(data)
        if state.version != VERSION:
            raise msgspec.ValidationError(f"ward state version {state.version}, this agent reads {VERSION}")
        self._state = state
        self._adopt(state.settings)
        for name, bridge in self._bridges.items():
            if name in state.bridges:
                bridge.restore(state.bridges[name])
        self._next = self._earliest()

    def rebase(self, now: int, off_for: int | None) -> None:
        """Move the restored state into a new boot's clock, whose time is `now` ns.

        The gateway had been off for `off_for` ns.

        Without a trusted clock nobody knows for how long (None): then all that ages is dropped, and alerts keep
        their age.
        """
        state = self._state
        by = now - (off_for or 0) - state.now
        for bed in state.beds.values():
            bed.shift(by)
            if off_for is None:
                bed.forget_past(now)
        for condition in state.gateway.conditions.values():
            condition.shift(by)
        state.now = now

    @property
    def settings(self) -> WardSettings:
        """Return the settings in force."""
        return self._state.settings

    def protected_beds(self) -> frozenset[str]:
        """Return the beds that a configuration may not remove: those with a patient or an active alert."""
        tokens = {bed.id for bed in self._state.settings.beds if bed.encounter}
        alerting = {name for name, bed in self._state.beds.items() if bed.alerts()}
        return frozenset(tokens | alerting)

    # ------------------------------------------------------------------------------------------------ inputs

    def _started(self, started: Started, now: int, effects: list[Effect]) -> Iterable[str]:
        state = self._state
        state.run, state.boot = started.run, started.boot
        self._all_changed()
        for bed in state.beds.values():
            bed.forget_freshness(now)
        for name, line in state.lines.items():
            state.lines[name] = Line(line.id, line.bed, now, now + REPORT_EVERY)
        watched = tuple(bed.id for bed in state.settings.beds) if started.restored else ()
        state.gateway.restarted(watched)
        return list(state.beds)

    def _settings(self, applied: SettingsApplied, now: int, effects: list[Effect]) -> Iterable[str]:
        state = self._state
        before, after = state.settings, applied.settings
        for name in [name for name in state.beds if name not in {bed.id for bed in after.beds}]:
            effects.extend(state.beds.pop(name).close(now))
        for bed_settings in after.beds:
            if bed_settings.id not in state.beds:
                state.beds[bed_settings.id] = BedUnit(bed_settings.id, now, Hours(epoch=now), now)
            elif _watching(before, bed_settings.id) != _watching(after, bed_settings.id):
                state.beds[bed_settings.id].watched_since = now
        changed = {d.id for d in set(before.devices) ^ set(after.devices)}
        for name in changed:
            state.lines.pop(name, None)
            self._bridges.pop(name, None)
        for device in after.devices:
            if device.id not in state.lines:
                state.lines[device.id] = Line(device.id, device.bed, now, now + REPORT_EVERY)
        state.settings = after
        self._adopt(after)
        for bed in state.beds.values():
            bed.keep_only({device.id for device in after.devices if device.bed == bed.id})
            bed.snapshot_due = True
        return list(state.beds)

    def _connecting(self, link: LinkConnecting, now: int, effects: list[Effect]) -> Iterable[str]:
        return self._enter(link.device, LinkState.CONNECTING, "", link.received_at, effects)

    def _opened(self, link: LinkOpened, now: int, effects: list[Effect]) -> Iterable[str]:
        if link.device not in self._bridges:
            return ()
        self._state.lines[link.device].last_frame = -1
        touched = self._events(link.device, self._bridges[link.device].opened(link.received_at), now, effects)
        self._sooner(self._bridges[link.device].next_deadline())
        return (
            self._enter(link.device, LinkState.QUIET, "open, nothing heard yet", link.received_at, effects) or touched
        )

    def _data(self, link: LinkData, now: int, effects: list[Effect]) -> Iterable[str]:
        line = self._state.lines.get(link.device)
        if line is None:
            return ()
        report = line.heard(len(link.data), link.received_at)
        if report is not None:
            effects.append(report)
            self._changed(line.bed)
        bridge = self._bridges[link.device]
        touched = self._events(link.device, bridge.receive(link.channel, link.data, link.received_at), now, effects)
        self._sooner(bridge.next_deadline())
        return (line.bed,) if report is not None else touched

    def _closed(self, link: LinkClosed, now: int, effects: list[Effect]) -> Iterable[str]:
        if link.device not in self._bridges:
            return ()
        touched = self._events(link.device, self._bridges[link.device].closed(link.received_at), now, effects)
        return self._enter(link.device, LinkState.LOST, link.reason, link.received_at, effects) or touched

    def _observed(self, seen: Observation, now: int, effects: list[Effect]) -> Iterable[str]:
        errors = objections(seen, now, frozenset(self._state.beds))
        effects.append(ObservationTaken(seen.bed, seen.request, seen.person, now, errors))
        if errors:
            return ()
        self._state.beds[seen.bed].observe(seen, now)
        return (seen.bed,)

    def _answered(self, answered: RiskAnswered, now: int, effects: list[Effect]) -> Iterable[str]:
        if answered.bed not in self._state.beds:
            return ()
        answer: RiskAnswer = answered.answer
        self._state.beds[answered.bed].answered(answered.request, answer, now)
        return (answered.bed,)

    def _fact(self, fact: GatewayFact, now: int, effects: list[Effect]) -> Iterable[str]:
        self._state.gateway.tell(fact)
        self._all_changed()
        return [self._routes[name].device.bed for name in fact.devices if name in self._routes] or ("",)

    def _wake(self, _wake: Wake, now: int, effects: list[Effect]) -> Iterable[str]:
        return ()

    # ------------------------------------------------------------------------------------------------ parts

    def _adopt(self, settings: WardSettings) -> None:
        """Make bridges for new devices and note what is looked up often."""
        self._all_changed()
        self._routes = {device.id: route_of(device, settings) for device in settings.devices}
        self._bridges = {
            device.id: self._bridges.get(device.id) or self._routes[device.id].family.bridge()
            for device in settings.devices
        }

    def _events(self, device: str, events: list[Event], now: int, effects: list[Effect]) -> tuple[str, ...]:
        """Give a bridge's events to line and bed; return the bed when something relevant changed."""
        line, changed, stored = self._state.lines[device], False, []
        bed = self._state.beds.get(line.bed)
        for event in events:
            if not isinstance(event, Reading):
                changed |= self._told(line, event, effects)
            elif event.stored or self._late(line, event, now):
                stored.append(event)
            elif bed is not None:
                changed |= self._reading(line, bed, event, now)
        if stored:
            effects.append(StoredReadings(line.bed, device, now, tuple(stored)))
        return (line.bed,) if changed else ()

    def _told(self, line: Line, event: Event, effects: list[Effect]) -> bool:
        """Take what is no reading; True when the device's conditions changed."""
        if isinstance(event, Send):
            effects.append(SendToDevice(line.id, event.channel, event.data))
        elif isinstance(event, Malformed):
            line.malformed += 1
        elif isinstance(event, Identity):
            line.identify(event)
        elif isinstance(event, DeviceStatus) and line.status(event):
            self._changed(line.bed)
            return True
        return False

    def _late(self, line: Line, reading: Reading, now: int) -> bool:
        """Tell whether a reading waited so long that it is history: old data never raises a live alert."""
        late = now - reading.at >= self._routes[line.id].max_age[reading.vital]
        if late:
            line.reject("late")
        return late

    def _reading(self, line: Line, bed: BedUnit, reading: Reading, now: int) -> bool:
        """Judge one live reading; True when the bed must be looked at."""
        if reading.frame != line.last_frame:
            line.last_frame = reading.frame
            line.frames += 1
        route = self._routes[line.id]
        stream = bed.stream(line.id, reading.vital, route.modes[reading.vital])
        stream.strength = route.family.check.strength
        stream.site = stream.site or route.device.site
        changed = stream.take(reading)
        bed.dirty |= changed and stream.quantity in QUANTITIES
        if stream.at == reading.at and stream.reason is Reason.OK:
            bed.sample(stream, now)
            due = bed.report_due(self._state.settings)
            changed |= now >= due
            bed.deadline = min(bed.deadline, due)
            self._sooner(due)
        elif stream.reason is not Reason.NOT_AVAILABLE:
            line.reject(stream.reason)
        return changed

    def _quiet(self, line: Line) -> int | None:
        return line.quiet_deadline() if self._routes[line.id].continuous else None

    def _enter(self, device: str, link: LinkState, reason: str, at: int, effects: list[Effect]) -> tuple[str, ...]:
        line = self._state.lines.get(device)
        report: LinkReport | None = line.enter(link, reason, at) if line else None
        if line is None or report is None:
            return ()
        effects.append(report)
        self._changed(line.bed)
        return (line.bed,)

    def _due(self, now: int, effects: list[Effect]) -> None:
        state = self._state
        touched = {name: None for name, bed in state.beds.items() if now >= bed.deadline}
        for name, line in state.lines.items():
            quiet, wake = self._quiet(line), self._bridges[name].next_deadline()
            if quiet is not None and now >= quiet:
                touched |= dict.fromkeys(self._enter(name, LinkState.QUIET, "no data", quiet, effects))
            if wake is not None and now >= wake:
                touched |= dict.fromkeys(self._events(name, self._bridges[name].wake(now), now, effects))
            if now >= line.next_report:
                line.next_report = now + REPORT_EVERY
                effects.append(line.report())
        if touched or (state.gateway.deadline is not None and now >= state.gateway.deadline):
            self._evaluate(touched, now, effects)
        self._next = self._earliest()

    def _evaluate(self, beds: Iterable[str], now: int, effects: list[Effect]) -> None:
        for bed in beds:
            if bed in self._state.beds:
                effects.extend(self._state.beds[bed].evaluate(self._context(bed), now))
        effects.extend(self._gateway(now))

    def _changed(self, bed: str) -> None:
        """Look at a bed anew: something beside its values is not as it was."""
        self._contexts.pop(bed, None)
        if bed in self._state.beds:
            self._state.beds[bed].dirty = True

    def _all_changed(self) -> None:
        for bed in self._state.beds:
            self._changed(bed)

    def _gateway(self, now: int) -> list[Effect]:
        state = self._state
        for bed in state.beds.values() if state.gateway.unseen else ():
            if bed.blind or any(not stream.off for stream in bed.streams.values()):
                state.gateway.seen(bed.id)
        beds_of = {device.id: device.bed for device in state.settings.devices}
        return state.gateway.evaluate(state.run, beds_of, now)

    def _context(self, bed: str) -> Context:
        if bed not in self._contexts:
            state = self._state
            settings = state.settings
            devices = tuple(device for device in settings.devices if device.bed == bed)
            views = tuple(view_of(device, state.lines[device.id]) for device in devices)
            mine = next(b for b in settings.beds if b.id == bed)
            excused = state.gateway.excused()
            self._contexts[bed] = Context(state.run, settings, mine, devices, views, excused)
        return self._contexts[bed]


def _watching(settings: WardSettings, bed: str) -> tuple[object, ...]:
    return next(((b.state, b.required) for b in settings.beds if b.id == bed), ())


_ENCODER = msgspec.msgpack.Encoder()
_DECODER = msgspec.msgpack.Decoder(WardState)
