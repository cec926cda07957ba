"""`bed/{bed}/vitals`: all streams of one bed at one moment, one message per interval."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Annotated

from msgspec import Meta

from edge_agent.domain.effects import LinkReport, StreamView, VitalsReport
from edge_agent.domain.settings import BedState
from edge_agent.wire.envelope import Body, age_ms
from edge_agent.wire.parts import CODES, BedId, Codes, DeviceId, Encounter, Item, Link, Unit, VitalCode, link
from firmware_bridges.bridge import Mode
from firmware_bridges.vitals import VITALS, Reason, Validity

NEVER_LIVE = frozenset({Reason.STALE, Reason.HELD, Reason.DEMO, Reason.TEST, Reason.CALIBRATING, Reason.STORED})
"""With one of these reasons no number is shown as present, whatever else the stream says."""


class Stream(Item, frozen=True):
    """One vital of one device. A second device with the same vital is a second stream; they are never averaged."""

    vital: VitalCode
    value: Annotated[Decimal | None, Meta(description="exact decimal; null: there is no present value")]
    unit: Unit
    age_ms: Annotated[int | None, Meta(description="age of the last usable value, present or not; null: never had one")]
    validity: Annotated[Validity, Meta(description="of the newest reading: valid, questionable or invalid")]
    reason: Annotated[Reason, Meta(description="why it is not simply valid; `ok` otherwise")]
    chosen: Annotated[bool, Meta(description="this stream feeds the scores for its quantity")]
    mode: Annotated[Mode, Meta(description="continuous: stale in seconds; spot: has an interval")]
    device: DeviceId
    codes: Annotated[Codes, Meta(description="the vital in MDC and LOINC")]
    site: Annotated[str | None, Meta(description="where on the body it is measured, where the device tells")] = None
    person: Annotated[str | None, Meta(description="staff id of who observed it")] = None
    device_time: Annotated[str | None, Meta(description="the device's own clock, never trusted")] = None
    due_ms: Annotated[int | None, Meta(description="spot only: ms until the next is due, negative when overdue")] = None


class Vitals(Body, frozen=True, kw_only=True, tag="bedside/vitals/1"):
    """All streams of one bed at one moment, and the links they come by."""

    bed: BedId
    encounter: Encounter = None
    state: Annotated[BedState, Meta(description="monitored, off-ward, standby or unassigned")]
    streams: Annotated[tuple[Stream, ...], Meta(description="every stream of the bed")]
    links: Annotated[tuple[Link, ...], Meta(description="the link to every device of the bed")] = ()


def vitals(report: VitalsReport, links: Iterable[LinkReport]) -> Vitals:
    """Return the payload of a report; of `links`, those of the report's bed are told."""
    at = report.at
    return Vitals(
        bed=report.bed,
        encounter=report.encounter or None,
        state=report.state,
        streams=tuple([_stream(view, at) for view in report.streams]),
        links=tuple([link(each, at) for each in links if each.bed == report.bed]),
    )


def _stream(view: StreamView, at: int) -> Stream:
    vital = VITALS[view.vital]
    absent = view.value is None or view.validity is Validity.INVALID or view.reason in NEVER_LIVE
    return Stream(
        vital=view.vital,
        value=None if absent or view.value is None else vital.decimal(view.value),
        unit=vital.ucum,
        age_ms=None if view.at is None else age_ms(view.at, at),
        validity=view.validity,
        reason=view.reason,
        chosen=view.chosen,
        mode=view.mode,
        device=view.device,
        codes=CODES[view.vital],
        site=view.site or None,
        person=view.person or None,
        device_time=view.device_time or None,
        due_ms=None if view.due is None else (view.due - at) // 1_000_000,
    )


PAYLOAD = Vitals
