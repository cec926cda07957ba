"""`command/claim`: a person says whose measurement the one is that a shared device has just made."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from edge_agent.domain.inputs import Claim
from edge_agent.wire.inbound import Name, Request, RequestError, expired, read
from edge_agent.wire.outgoing import Stamp


class CommandClaim(Request, frozen=True, kw_only=True, tag="bedside/command-claim/1"):
    """Whose the newest measurement of a shared device is. It waits 120 s, is claimed once, and else goes nowhere."""

    bed: Annotated[str, Meta(description="the bed's id")]
    device: Annotated[str, Meta(description="the shared device's id")]
    person: Annotated[Name, Meta(description="staff id of who measured")]


def read_claim(payload: bytes, received_at: int, stamp: Stamp) -> Claim:
    """Return the claim in `payload`, arrived at `received_at` (ns). Raises RequestError, whatever the bytes."""
    command = read(CommandClaim, payload)
    if expired(command.expires_at, received_at, stamp):
        raise RequestError("/expires_at", "has passed; nothing was done", command.request)
    return Claim(
        bed=command.bed,
        device=command.device,
        person=command.person,
        request=command.request,
        received_at=received_at,
    )


PAYLOAD = CommandClaim
