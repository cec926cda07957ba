"""What comes from the gateway itself: its start, settings, the model's answers, its troubles, the passing of time."""

from __future__ import annotations

from collections.abc import Iterable

from edge_agent.bedside import night
from edge_agent.bedside.bed import BedUnit
from edge_agent.bedside.emptying import empty
from edge_agent.bedside.floor import Floor, Handler
from edge_agent.bedside.hours import Hours
from edge_agent.bedside.line import REPORT_EVERY, Line
from edge_agent.bedside.outlets import Audience
from edge_agent.bedside.waiting import drop
from edge_agent.domain.effects import Effect, Profile
from edge_agent.domain.inputs import GatewayFact, LocalTime, RiskAnswered, SettingsApplied, Started, Wake
from edge_agent.domain.settings import WardSettings


def _started(floor: Floor, started: Started, now: int, effects: list[Effect]) -> Iterable[str]:
    state = floor.state
    state.run, state.boot, state.displays = started.run, started.boot, started.displays
    state.audience, state.local.sounding = Audience(), ()
    state.profile, state.night_until = Profile.DAY, None
    floor.adopt(state.settings)
    for bed in state.beds.values():
        bed.forget_freshness(now)
    for name, line in state.lines.items():
        if line.waiting:
            drop(line, now, effects, "the gateway started anew before anybody claimed it")
        state.lines[name] = Line(line.id, line.bed, now, now + REPORT_EVERY)
    watched = tuple(bed.id for bed in state.settings.beds) if started.restored else ()
    state.gateway.restarted(watched)
    return list(state.beds)


def _settings(floor: Floor, applied: SettingsApplied, now: int, effects: list[Effect]) -> Iterable[str]:
    state = floor.state
    before, after = state.settings, applied.settings
    for name in [name for name in state.beds if name not in {bed.id for bed in after.beds}]:
        effects.extend(state.beds.pop(name).close(now))
    for bed_settings in after.beds:
        if bed_settings.id not in state.beds:
            state.beds[bed_settings.id] = BedUnit(bed_settings.id, now, Hours(epoch=now), now)
        elif _watching(before, bed_settings.id) != _watching(after, bed_settings.id):
            state.beds[bed_settings.id].watched_since = now
    _readmit(floor, after, now, effects)
    for name in {device.id for device in set(before.devices) ^ set(after.devices)}:
        line = state.lines.pop(name, None)
        if line is not None and line.waiting:
            drop(line, now, effects, "its device was configured anew")
        floor.bridges.pop(name, None)
    for device in after.devices:
        if device.id not in state.lines:
            state.lines[device.id] = Line(device.id, device.bed, now, now + REPORT_EVERY)
    state.settings = after
    night.renewed(floor, before.night, now, effects)
    floor.adopt(after)
    for bed in state.beds.values():
        bed.keep_only({device.id for device in after.devices if device.bed == bed.id or device.shared})
        bed.snapshot_due = True
    return list(state.beds)


def _readmit(floor: Floor, after: WardSettings, now: int, effects: list[Effect]) -> None:
    """Begin a stay in each bed to which the configuration gives another token, unless staff said who is in it."""
    before = {bed.id: bed.encounter for bed in floor.state.settings.beds}
    for bed in after.beds:
        unit, token = floor.state.beds[bed.id], before.get(bed.id, bed.encounter)
        if unit.stay is None and bed.encounter != token and (bed.encounter if unit.vacant else token):
            effects.extend(empty(floor, bed.id, now, "another patient by configuration"))


def _watching(settings: WardSettings, bed: str) -> tuple[object, ...]:
    return next(((b.state, b.required) for b in settings.beds if b.id == bed), ())


def _answered(floor: Floor, answered: RiskAnswered, now: int, _effects: list[Effect]) -> Iterable[str]:
    if answered.bed not in floor.state.beds:
        return ()
    floor.state.beds[answered.bed].answered(answered.request, answered.answer, now)
    return (answered.bed,)


def _fact(floor: Floor, fact: GatewayFact, _now: int, _effects: list[Effect]) -> Iterable[str]:
    floor.state.gateway.tell(fact)
    floor.all_changed()
    return [floor.routes[name].device.bed for name in fact.devices if name in floor.routes] or ("",)


def _wake(_floor: Floor, _wake: Wake, _now: int, _effects: list[Effect]) -> Iterable[str]:
    return ()


HANDLERS: dict[type, Handler] = {
    Started: _started,
    SettingsApplied: _settings,
    RiskAnswered: _answered,
    GatewayFact: _fact,
    LocalTime: night.told,
    Wake: _wake,
}
"""What is done with each kind of input of the gateway."""
