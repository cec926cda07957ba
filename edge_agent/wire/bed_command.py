"""What the commands about a bed share: which bed, who asks; read whole, and refused when expired."""

from __future__ import annotations

from typing import Annotated, TypedDict, TypeVar

from msgspec import Meta

from edge_agent.domain.windows import Age, Sex
from edge_agent.wire.inbound import Name, Request, RequestError, expired, read
from edge_agent.wire.outgoing import Stamp

Token = Annotated[str, Meta(pattern=r"^[A-Za-z0-9_-]{1,64}$", description="pseudonymous token of the stay")]
BedName = Annotated[str, Meta(pattern=r"^[A-Za-z0-9_-]{1,64}$", description="the bed's id")]
PatientAge = Annotated[Age | None, Meta(description="in years, where scores need it")]
PatientSex = Annotated[Sex | None, Meta(description="as the risk model was trained on it")]


class BedCommand(Request, frozen=True, kw_only=True):
    """A request about one bed by one member of staff."""

    bed: BedName
    person: Annotated[Name, Meta(description="staff id of who asks")]


C = TypeVar("C", bound=BedCommand)


def read_command(kind: type[C], payload: bytes, received_at: int, stamp: Stamp) -> C:
    """Return `payload`, arrived at `received_at` (ns), as a `kind`. Raises RequestError, whatever the bytes."""
    command = read(kind, payload)
    if expired(command.expires_at, received_at, stamp):
        raise RequestError("/expires_at", "has passed; nothing was done", command.request)
    return command


class Asker(TypedDict):
    """The fields that every `BedRequest` of the domain has."""

    bed: str
    person: str
    request: str
    received_at: int


def asker(command: BedCommand, received_at: int) -> Asker:
    """Return who asks about which bed."""
    return Asker(bed=command.bed, person=command.person, request=command.request, received_at=received_at)
