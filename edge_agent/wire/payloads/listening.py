"""`listener/{consumer}`: a program says that it listens. It says so again in time, or it counts no more."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from edge_agent.domain.inputs import Listening as Said
from edge_agent.domain.settings import SECOND
from edge_agent.wire.inbound import Request, RequestError, expired, read
from edge_agent.wire.outgoing import Stamp


class Listening(Request, frozen=True, kw_only=True, tag="bedside/listening/1"):
    """A program that shows alerts says that it is there. Counts only from consumers that are configured."""

    for_s: Annotated[int, Meta(ge=5, le=300, description="for how many seconds, if nothing more is heard")]


def read_listening(payload: bytes, consumer: str, received_at: int, stamp: Stamp) -> Said:
    """Return what arrived at `received_at` (ns) on the topic of `consumer`. Raises RequestError, whatever the bytes."""
    said = read(Listening, payload)
    if said.consumer != consumer:
        raise RequestError("/consumer", f"found `{said.consumer}` on the topic of `{consumer}`", said.request)
    if expired(said.expires_at, received_at, stamp):
        raise RequestError("/expires_at", "has passed; nothing was done", said.request)
    return Said(consumer, received_at, received_at + said.for_s * SECOND)


PAYLOAD = Listening
