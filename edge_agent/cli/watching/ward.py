"""What a screen knows of one ward: a view per gateway, and whether what it shows is still true. Pure.

The one thing a screen must never do is to look calm because it hears nothing: see `unconnected`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import msgspec
from msgspec.structs import replace

from edge_agent.cli.viewing.heard import Heard, listen
from edge_agent.cli.viewing.says import present
from edge_agent.cli.viewing.view import BedView, Entry, View, heard
from edge_agent.cli.viewing.words import moment, utc_ns
from edge_agent.domain.alerts import OVER
from edge_agent.domain.effects import AlertSystem
from edge_agent.domain.settings import SECOND, BedState
from edge_agent.wire.payloads.alert import AlertEvent, AlertRecord
from edge_agent.wire.payloads.alerts import Alerts
from edge_agent.wire.payloads.birth import Birth
from edge_agent.wire.payloads.state import Presence
from edge_agent.wire.topics import Topics

SILENCE = 15 * SECOND
"""A bed of which no vitals message has come for this long is not connected, whoever is to blame."""

KEPT = 200
"""Lines of the log that are kept."""

GATEWAY = 4
"""Where the gateway's id stands among the levels of a topic: bedside/v1/{site}/{ward}/{gateway}/..."""


class Place(NamedTuple):
    """A bed of a gateway; two gateways of a ward may both have a bed 3."""

    gateway: str
    bed: str


class Target(NamedTuple):
    """A present alert and where it is."""

    place: Place
    alert: AlertRecord


class Ward(msgspec.Struct, frozen=True, kw_only=True):
    """One ward as heard so far. `up`, `since`: our own connection, ns; `own`: what this screen did.

    `consumer`: who this screen is among the ward's consumers, "" for one that only looks.
    `wall_offset`: UTC minus our clock, ns. `unread` counts messages that are none of the published ones.
    """

    site: str
    ward: str
    wall_offset: int
    consumer: str = ""
    up: bool = False
    since: int = 0
    views: dict[str, View] = {}
    births: dict[str, Birth] = {}
    own: tuple[Entry, ...] = ()
    unread: int = 0

    def beds(self) -> list[tuple[Place, BedView]]:
        """Return every bed heard of, in the order of their names, but those that their gateway no longer has."""
        beds = (
            (Place(gateway, bed.bed), bed)
            for gateway, view in self.views.items()
            for bed in view.beds.values()
            if not self._removed(gateway, bed)
        )
        return sorted(beds, key=lambda each: (len(each[0].bed), each[0].bed, each[0].gateway))

    def name(self, place: Place) -> str:
        """Return what people call a bed: with its gateway where another one has a bed of that name."""
        shared = sum(place.bed in view.beds for view in self.views.values()) > 1
        return f"{place.gateway}/{place.bed}" if shared else place.bed

    def heard(self, place: Place, now: int) -> str:
        """Return when the last snapshot of a bed was made."""
        view = self.views[place.gateway]
        bed = view.beds[place.bed]
        if bed.alerts_utc is not None:
            return moment(utc_ns(bed.alerts_utc) - self.wall_offset, now, self.wall_offset)
        return moment(bed.alerts_at, now, self.wall_offset) if bed.vitals else "an unknown time"

    def _removed(self, gateway: str, bed: BedView) -> bool:
        birth = self.births.get(gateway)
        gone = birth is not None and bed.bed not in {each.bed for each in birth.beds}
        return gone and bed.alerts is not None and bed.alerts.state is BedState.UNASSIGNED

    def targets(self) -> list[Target]:
        """Return every present alert of every bed: high first, then the oldest."""
        found = [Target(place, alert) for place, bed in self.beds() for alert in present(bed)]
        return sorted(found, key=lambda each: (-each.alert.priority.rank, each.alert.raised_us))

    def log(self) -> list[Entry]:
        """Return what happened, oldest first."""
        said = (entry for view in self.views.values() for entry in view.log)
        return sorted((*said, *self.own), key=lambda entry: entry.at)


def take(ward: Ward, topic: str, payload: bytes, at: int) -> tuple[Ward, Heard | None]:
    """Return the ward after one message, and the message if it was an agent's word."""
    gateway = topic.split("/")[GATEWAY] if topic.count("/") > GATEWAY else ""
    try:
        message = listen(Topics(ward.site, ward.ward, gateway), topic, payload, at)
    except msgspec.DecodeError:
        return replace(ward, unread=ward.unread + 1), None
    except ValueError:
        return ward, None
    if message is None:
        return ward, None
    if isinstance(message.body, Birth):
        ward = replace(ward, births={**ward.births, gateway: message.body})
    view = heard(ward.views.get(gateway) or View(wall_offset=ward.wall_offset), message)
    view = replace(view, log=view.log[-KEPT:])
    return replace(ward, views={**ward.views, gateway: view}), message


def connected(ward: Ward, *, up: bool, at: int) -> Ward:
    """Return the ward after our own connection came or went."""
    return ward if ward.up == up else replace(ward, up=up, since=at)


def noted(ward: Ward, text: str, at: int) -> Ward:
    """Return the ward after something that this screen did."""
    return replace(ward, own=(*ward.own, Entry(at, "screen", text))[-KEPT:])


def unconnected(ward: Ward, place: Place, now: int) -> str:
    """Return why a bed is not connected, with when it was last seen; '' while it is."""
    view = ward.views[place.gateway]
    bed = view.beds[place.bed]
    why = _why(ward, view, bed, now)
    if not why:
        return ""
    if bed.vitals is None:
        return f"NOT CONNECTED, not seen since this screen began: {why}"
    return f"NOT CONNECTED, last seen {moment(bed.vitals_at, now, ward.wall_offset)}: {why}"


def listeners(ward: Ward, gateway: str) -> str:
    """Return a gateway's state and who hears its alerts: 'online, 2 nurse screens' or 'online, NOBODY LISTENING'."""
    presence, birth = ward.views[gateway].presence, ward.births.get(gateway)
    if not ward.up:
        return "unknown"
    if presence is not Presence.ONLINE:
        state = "NEVER ONLINE" if presence is None else presence.value.upper()
        return f"{state}, ITS ALERTS REACH NO SCREEN"
    if birth is None or birth.alert_system is AlertSystem.DIS or not birth.listeners:
        return "online, NOBODY LISTENING"
    people = [name for name in birth.listeners if name not in birth.displays]
    said = [_counted("nurse screen", people), _counted("display", birth.displays)]
    said += [] if people else ["NOBODY CAN ACCEPT"]
    said += [] if ward.consumer in ("", *birth.listeners) else ["THIS SCREEN IS NOT COUNTED"]
    return f"online, {'; '.join(filter(None, said))}"


def _counted(what: str, names: Sequence[str]) -> str:
    """Return such as '2 nurse screens: desk, phone'; '' for none."""
    return f"{len(names)} {what}{'s' if len(names) > 1 else ''}: {', '.join(names)}" if names else ""


def to_confirm(message: Heard) -> Iterator[AlertRecord]:
    """Give the alerts of a message whose senders must be told that they reached this screen."""
    if isinstance(message.body, Alerts):
        yield from message.body.alerts
    elif isinstance(message.body, AlertEvent) and message.live and message.body.phase not in OVER:
        yield message.body


def _why(ward: Ward, view: View, bed: BedView, now: int) -> str:
    if not ward.up:
        since = f" since {moment(ward.since, now, ward.wall_offset)}" if ward.since else ""
        return f"this screen has no broker{since}"
    if view.presence is None:
        return "the gateway was never online"
    if view.presence is not Presence.ONLINE:
        return f"the gateway is {view.presence.value}"
    if bed.vitals is None or now - bed.vitals_at >= SILENCE:
        return "nothing is heard of this bed"
    return ""
