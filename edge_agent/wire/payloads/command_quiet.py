"""`command/quiet`: the gateway's own output is to be silent for a while; a new cause sounds all the same."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from edge_agent.domain.inputs import QuietAsked
from edge_agent.domain.settings import SECOND
from edge_agent.wire.inbound import Name, Request, RequestError, expired, read
from edge_agent.wire.outgoing import Stamp


class CommandQuiet(Request, frozen=True, kw_only=True, tag="bedside/command-quiet/1"):
    """Quiet the gateway's own output. Counts only from consumers with a role in the ward that answers for people."""

    person: Annotated[Name, Meta(description="staff id of who wants it")]
    for_s: Annotated[int, Meta(ge=1, le=120, description="for how many seconds")] = 120


def read_quiet(payload: bytes, received_at: int, stamp: Stamp) -> QuietAsked:
    """Return the wish in `payload`, arrived at `received_at` (ns). Raises RequestError, whatever the bytes."""
    command = read(CommandQuiet, payload)
    if expired(command.expires_at, received_at, stamp):
        raise RequestError("/expires_at", "has passed; nothing was done", command.request)
    until = received_at + command.for_s * SECOND
    return QuietAsked(received_at, until, command.request, command.consumer, command.person)


PAYLOAD = CommandQuiet
