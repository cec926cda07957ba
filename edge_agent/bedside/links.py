"""What comes from the devices: links that open and close, and bytes that become readings and events."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from edge_agent.bedside import waiting
from edge_agent.bedside.bed import BedUnit
from edge_agent.bedside.floor import Floor, Handler
from edge_agent.bedside.identity import Proof, Shown, contradictions
from edge_agent.bedside.line import REPORT_EVERY, Line
from edge_agent.bedside.stream import Stream
from edge_agent.domain.effects import Effect, HangUp, LinkReport, LinkState, SendToDevice, StoredReadings
from edge_agent.domain.inputs import GatewayFact, LinkClosed, LinkConnecting, LinkData, LinkOpened
from edge_agent.domain.windows import QUANTITIES
from firmware_bridges.bridge import SerialSettings
from firmware_bridges.vitals import DeviceStatus, Event, Identity, Malformed, Reading, Reason, Send


class Entered(NamedTuple):
    """A link's new state, why, and since when (ns)."""

    state: LinkState
    reason: str
    at: int


def due(floor: Floor, now: int, effects: list[Effect]) -> dict[str, None]:
    """Work off what is due at the lines: silence, their bridges' timers, reports. Return the beds concerned."""
    touched: dict[str, None] = {}
    for name, line in floor.state.lines.items():
        quiet, wake = floor.quiet(line), floor.bridges[name].next_deadline()
        if quiet is not None and now >= quiet:
            touched |= dict.fromkeys(_quiet(floor, name, quiet, now, effects))
        if wake is not None and now >= wake:
            touched |= dict.fromkeys(_events(floor, name, floor.bridges[name].wake(now), now, effects))
        gone = waiting.deadline(line)
        if gone is not None and now >= gone:
            waiting.drop(line, now, effects, "nobody claimed it in time")
        if now >= line.next_report:
            line.next_report = now + REPORT_EVERY
            effects.append(line.report())
    return touched


def _quiet(floor: Floor, device: str, since: int, now: int, effects: list[Effect]) -> Iterable[str]:
    """Note that a line fell silent. On a cable the conversation begins anew: it may lead to another device by now."""
    line, route = floor.state.lines[device], floor.routes[device]
    if not isinstance(route.family.link, SerialSettings):
        return _enter(floor, device, Entered(LinkState.QUIET, "no data", since), effects)
    touched = _enter(floor, device, Entered(LinkState.QUIET, "no data; asked anew", since), effects)
    line.shown = Shown(line.shown.attached)
    line.prove(route.device, now)
    bridge = floor.bridges[device]
    return _events(floor, device, [*bridge.closed(now), *bridge.opened(now)], now, effects) or touched


def _connecting(floor: Floor, link: LinkConnecting, _now: int, effects: list[Effect]) -> Iterable[str]:
    return _enter(floor, link.device, Entered(LinkState.CONNECTING, "", link.received_at), effects)


def _opened(floor: Floor, link: LinkOpened, now: int, effects: list[Effect]) -> Iterable[str]:
    bridge = floor.bridges.get(link.device)
    if bridge is None:
        return ()
    line = floor.state.lines[link.device]
    line.last_frame, line.shown = -1, Shown(link.attached)
    line.prove(floor.routes[link.device].device, now)
    if line.proof is Proof.CONTRADICTED:
        return _refuse(floor, line, now, effects)
    touched = _events(floor, link.device, bridge.opened(link.received_at), now, effects)
    floor.sooner(bridge.next_deadline())
    opened = Entered(LinkState.QUIET, "open, nothing heard yet", link.received_at)
    return _enter(floor, link.device, opened, effects) or touched


def _data(floor: Floor, link: LinkData, now: int, effects: list[Effect]) -> Iterable[str]:
    line = floor.state.lines.get(link.device)
    if line is None:
        return ()
    report = line.heard(len(link.data), link.received_at)
    if report is not None:
        effects.append(report)
        floor.changed(line.bed)
    bridge = floor.bridges[link.device]
    touched = _events(floor, link.device, bridge.receive(link.channel, link.data, link.received_at), now, effects)
    floor.sooner(bridge.next_deadline())
    return (line.bed,) if report is not None else touched


def _closed(floor: Floor, link: LinkClosed, now: int, effects: list[Effect]) -> Iterable[str]:
    bridge = floor.bridges.get(link.device)
    if bridge is None:
        return ()
    touched = _events(floor, link.device, bridge.closed(link.received_at), now, effects)
    line = floor.state.lines[link.device]
    if line.refused and link.reason.endswith(line.refused):
        return touched  # we hung up
    if line.refused:
        line.refused = ""
        _tell_shared(floor, now)
    return _enter(floor, link.device, Entered(LinkState.LOST, link.reason, link.received_at), effects) or touched


def _events(floor: Floor, device: str, events: list[Event], now: int, effects: list[Effect]) -> tuple[str, ...]:
    """Give a bridge's events to line and bed; return the bed when something relevant changed."""
    line, changed, stored = floor.state.lines[device], False, []
    bed = floor.state.beds.get(line.bed)
    for event in events:
        if not isinstance(event, Reading):
            changed |= _told(floor, line, event, effects)
        elif line.proof is not Proof.AGREED:
            changed |= _unwanted(floor, line, event, now, effects)
        elif floor.routes[device].device.shared:
            waiting.hold(line, event, now, effects)
            floor.sooner(waiting.deadline(line))
        elif event.stored or _late(floor, line, event, now):
            stored.append(event)
        elif bed is not None:
            changed |= _live(floor, line, bed, event, now)
    if stored:
        effects.append(StoredReadings(line.bed, device, now, tuple(stored)))
    return (line.bed,) if changed else ()


def _told(floor: Floor, line: Line, event: Event, effects: list[Effect]) -> bool:
    """Take what is no reading; True when the device's conditions changed."""
    if isinstance(event, Send):
        if line.proof is not Proof.CONTRADICTED:
            effects.append(SendToDevice(line.id, event.channel, event.data))
    elif isinstance(event, Malformed):
        line.malformed += 1
    elif isinstance(event, Identity):
        return _identified(floor, line, event, effects)
    elif isinstance(event, DeviceStatus) and line.status(event):
        floor.changed(line.bed)
        return True
    return False


def _identified(floor: Floor, line: Line, identity: Identity, effects: list[Effect]) -> bool:
    """Compare what the device says it is with what is expected; True when that decides whether it counts."""
    before, route = line.proof, floor.routes[line.id]
    line.shown.told(identity)
    line.prove(route.device, identity.at)
    if line.proof is Proof.AGREED and line.refused:
        line.refused = ""
        _tell_shared(floor, identity.at)
        _enter(floor, line.id, Entered(LinkState.STREAMING, "", identity.at), effects)
    elif line.shown.certain(route.family.check.strength, identity.at):
        _refuse(floor, line, identity.at, effects)
    floor.changed(line.bed)
    return line.proof is not before


def _unwanted(floor: Floor, line: Line, reading: Reading, now: int, effects: list[Effect]) -> bool:
    """Count what a device measured that is not, or not yet, known to be the right one."""
    wrong = line.proof is Proof.CONTRADICTED
    line.reject("wrong-device" if wrong else "unproven-device")
    if wrong and line.shown.certain(floor.routes[line.id].family.check.strength, reading.at):
        return bool(_refuse(floor, line, now, effects))
    return False


def _refuse(floor: Floor, line: Line, now: int, effects: list[Effect]) -> tuple[str, ...]:
    """Hang up on the wrong device, and say which was expected and which answered."""
    line.refused = f"wrong device: {'; '.join(contradictions(floor.routes[line.id].device, line.shown))}"
    _tell_shared(floor, now)
    if not line.shown.hung_up:
        line.shown.hung_up = True
        effects.append(HangUp(line.id, line.refused))
    touched = _enter(floor, line.id, Entered(LinkState.LOST, line.refused, now), effects)
    floor.changed(line.bed)
    return touched


def _tell_shared(floor: Floor, now: int) -> None:
    """Let the gateway tell which shared devices are refused: they have no bed that could."""
    refused = {line.id: line.refused for line in floor.state.lines.values() if line.refused and not line.bed}
    detail = "; ".join(f"{name}: {why}" for name, why in refused.items())
    floor.state.gateway.tell(GatewayFact("shared-device-refused", bool(refused), detail, now, tuple(refused)))


def _late(floor: Floor, line: Line, reading: Reading, now: int) -> bool:
    """Tell whether a reading waited so long that it is history: old data never raises a live alert."""
    late = now - reading.at >= floor.routes[line.id].max_age[reading.vital]
    if late:
        line.reject("late")
    return late


def take_reading(floor: Floor, line: Line, bed: BedUnit, reading: Reading, now: int) -> Stream:
    """Judge one reading at a bed and return its stream there. The caller has the bed evaluated."""
    _live(floor, line, bed, reading, now)
    return bed.streams[f"{line.id}/{reading.vital}"]


def _live(floor: Floor, line: Line, bed: BedUnit, reading: Reading, now: int) -> bool:
    """Judge one live reading; True when the bed must be looked at."""
    line.count(reading)
    route = floor.routes[line.id]
    stream = bed.stream(line.id, reading.vital, route.modes[reading.vital])
    stream.strength = route.family.check.strength
    stream.site = stream.site or route.device.site
    changed = stream.take(reading)
    bed.dirty |= changed and stream.quantity in QUANTITIES
    if stream.at == reading.at and stream.reason is Reason.OK:
        bed.sample(stream, now)
        report = bed.report_due(floor.state.settings)
        changed |= now >= report
        bed.deadline = min(bed.deadline, report)
        floor.sooner(report)
    elif stream.reason is not Reason.NOT_AVAILABLE:
        line.reject(stream.reason)
    return changed


def _enter(floor: Floor, device: str, entered: Entered, effects: list[Effect]) -> tuple[str, ...]:
    line = floor.state.lines.get(device)
    report: LinkReport | None = line.enter(*entered) if line else None
    if line is None or report is None:
        return ()
    effects.append(report)
    floor.changed(line.bed)
    return (line.bed,)


HANDLERS: dict[type, Handler] = {
    LinkConnecting: _connecting,
    LinkOpened: _opened,
    LinkData: _data,
    LinkClosed: _closed,
}
"""What is done with each kind of input of a link."""
