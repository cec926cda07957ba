"""`bed/{bed}/receipt/{consumer}/result`, `receipt/{consumer}/result`: what became of a receipt, who has the alert."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from edge_agent.domain.alerts import Outcome
from edge_agent.domain.effects import ReceiptCode, ReceiptTaken
from edge_agent.wire.envelope import Body, Utc, Uuid, micros, utc
from edge_agent.wire.outgoing import Stamp


class ReceiptResult(Body, frozen=True, kw_only=True, tag="bedside/receipt-result/1"):
    """What became of a receipt. Done once: the same request again changes nothing and is not answered."""

    request: Annotated[str, Meta(description="the request id")]
    consumer: Annotated[str, Meta(description="whose receipt it was")]
    bed: Annotated[str | None, Meta(description="the bed concerned; left out for the gateway itself")] = None
    event_id: Annotated[Uuid, Meta(description="of the alert")]
    outcome: Annotated[Outcome, Meta(description="what the receipt said")]
    done: Annotated[bool, Meta(description="true: it counts; false: nothing was changed")]
    code: Annotated[ReceiptCode, Meta(description="done, or why not; `superseded`: look at the newest revision first")]
    why: Annotated[str | None, Meta(description="the same in words")] = None
    revision: Annotated[int, Meta(ge=0, description="the alert's newest revision; 0: no such alert is there")]
    accepted_by: Annotated[str | None, Meta(description="staff id of who has it in hand; left out for nobody")] = None
    person: Annotated[str | None, Meta(description="staff id of who said it")] = None
    until: Annotated[Utc | None, Meta(description="when the quieting ends; left out when nothing was quieted")] = None
    until_us: Annotated[int | None, Meta(description="the same in microseconds of CLOCK_BOOTTIME")] = None


def receipt_result(taken: ReceiptTaken, stamp: Stamp) -> ReceiptResult:
    """Return the ward's answer to a receipt."""
    return ReceiptResult(
        request=taken.request,
        consumer=taken.consumer,
        bed=taken.bed or None,
        event_id=taken.event_id,
        outcome=taken.outcome,
        done=taken.code is ReceiptCode.DONE,
        code=taken.code,
        why=taken.why or None,
        revision=taken.revision,
        accepted_by=taken.accepted_by or None,
        person=taken.person or None,
        until=None if taken.until is None else utc(taken.until, stamp),
        until_us=None if taken.until is None else micros(taken.until),
    )


PAYLOAD = ReceiptResult
