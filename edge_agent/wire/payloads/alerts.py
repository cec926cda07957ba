"""`bed/{bed}/alerts` and `alerts`: everything present now, retained for whoever joins late.

That there is nothing is said by an empty list; an empty payload would erase the retained message.
"""

from __future__ import annotations

from decimal import Decimal
from enum import Enum
from typing import Annotated

from msgspec import Meta

from edge_agent.domain import stays
from edge_agent.domain.effects import AlertsSnapshot
from edge_agent.domain.settings import BedState
from edge_agent.domain.stays import Absence, AbsenceReason
from edge_agent.wire.envelope import Body, Micros, Utc, age_ms, micros, utc
from edge_agent.wire.outgoing import Stamp
from edge_agent.wire.parts import Encounter, Item
from edge_agent.wire.payloads.alert import AlertRecord, alert_record


class BedStatus(str, Enum):
    """What a person reads of a bed."""

    MONITORED = "Monitored"
    NOT_MONITORED = "Not monitored"
    OFF_WARD = "Off ward"
    STANDBY = "Standby"
    UNASSIGNED = "Unassigned"


_IN_WORDS = {
    BedState.OFF_WARD: BedStatus.OFF_WARD,
    BedState.STANDBY: BedStatus.STANDBY,
    BedState.UNASSIGNED: BedStatus.UNASSIGNED,
}


class OffWard(Item, frozen=True):
    """The patient is off the ward, and nobody is told if they get worse."""

    reason: Annotated[AbsenceReason, Meta(description="coded")]
    person: Annotated[str, Meta(description="staff id of who answers for it")]
    until: Annotated[Utc, Meta(description="then it sounds, unless somebody has said so again or the patient is back")]
    until_us: Micros


class Bounds(Item, frozen=True):
    """A patient's own limit of one rule, in the vital's unit."""

    limit: Annotated[Decimal, Meta(description="beyond this it alerts")]
    deep_limit: Annotated[Decimal | None, Meta(description="beyond this with high priority")] = None


class OwnLimits(Item, frozen=True):
    """Limits of this patient alone. They hold until somebody sets others, and never beyond the stay."""

    person: Annotated[str, Meta(description="staff id of who set them")]
    since: Annotated[Utc, Meta(description="since when")]
    since_us: Micros
    limits: Annotated[dict[str, Bounds], Meta(description="by rule, such as spo2-low; for others the ward's hold")]


class Alerts(Body, frozen=True, kw_only=True, tag="bedside/alerts/1"):
    """All present alerts of a bed, or of the gateway, and the state of the bed."""

    bed: Annotated[str | None, Meta(description="the bed's id; left out for the gateway itself")] = None
    encounter: Encounter = None
    state: Annotated[BedState | None, Meta(description="monitored, off-ward, standby or unassigned")] = None
    monitored: Annotated[bool, Meta(description="somebody would be told if this patient got worse")]
    status: Annotated[BedStatus | None, Meta(description="both in the words of the ward")] = None
    status_age_ms: Annotated[int, Meta(description="for how long it has been so")]
    off_ward: Annotated[OffWard | None, Meta(description="who answers for an absence, and until when")] = None
    own_limits: Annotated[OwnLimits | None, Meta(description="limits of this patient alone, and whose word")] = None
    alerts: Annotated[tuple[AlertRecord, ...], Meta(description="not yet over; an empty list: there is none")]


def alerts(snapshot: AlertsSnapshot, stamp: Stamp) -> Alerts:
    """Return the payload of a snapshot."""
    return Alerts(
        bed=snapshot.bed or None,
        encounter=snapshot.encounter or None,
        state=snapshot.state,
        monitored=snapshot.monitored,
        status=_status(snapshot),
        status_age_ms=age_ms(snapshot.since, snapshot.at),
        off_ward=None if snapshot.absence is None else _off_ward(snapshot.absence, stamp),
        own_limits=None if snapshot.own_limits is None else _own_limits(snapshot.own_limits, stamp),
        alerts=tuple(alert_record(each, snapshot.at, stamp) for each in snapshot.alerts),
    )


def _off_ward(absence: Absence, stamp: Stamp) -> OffWard:
    return OffWard(
        reason=absence.reason,
        person=absence.person,
        until=utc(absence.until, stamp),
        until_us=micros(absence.until),
    )


def _own_limits(own: stays.OwnLimits, stamp: Stamp) -> OwnLimits:
    return OwnLimits(
        person=own.person,
        since=utc(own.since, stamp),
        since_us=micros(own.since),
        limits={rule: Bounds(each.limit, each.deep_limit) for rule, each in own.limits.items()},
    )


def _status(snapshot: AlertsSnapshot) -> BedStatus | None:
    if snapshot.state is None:
        return None
    seen = BedStatus.MONITORED if snapshot.monitored else BedStatus.NOT_MONITORED
    return _IN_WORDS.get(snapshot.state, seen)


PAYLOAD = Alerts
