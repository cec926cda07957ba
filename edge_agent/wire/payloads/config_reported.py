"""`config/reported`: which configuration runs, and why the last one offered was refused. Retained."""

from __future__ import annotations

from enum import Enum
from typing import Annotated

from msgspec import Meta

from edge_agent.domain.errors import Problem
from edge_agent.domain.settings import WardSettings
from edge_agent.wire.envelope import Body, Utc
from edge_agent.wire.parts import Item


class Source(str, Enum):
    """Where the running settings come from: the gateway's own file, or an accepted push."""

    LOCAL = "local"
    PUSHED = "pushed"


class Fault(Item, frozen=True):
    """One thing wrong in a configuration that was offered."""

    pointer: Annotated[str, Meta(description="where: JSON Pointer, or file and line")]
    path: Annotated[str, Meta(description="the setting, dotted")]
    found: Annotated[str, Meta(description="what stands there")]
    allowed: Annotated[str, Meta(description="what may stand there")]
    remedy: Annotated[str, Meta(description="what to do")]


class Refusal(Item, frozen=True):
    """A configuration that was offered and refused. The old one runs on."""

    request: Annotated[str, Meta(description="request id of the refused push; empty where it could not be read")]
    version: Annotated[int | None, Meta(description="its version; null where it could not be read")]
    at: Annotated[Utc, Meta(description="when")]
    faults: Annotated[tuple[Fault, ...], Meta(min_length=1, description="everything wrong with it")]


class ConfigReported(Body, frozen=True, kw_only=True, tag="bedside/config-reported/1"):
    """What runs. `correlation` of the envelope is the request it answers."""

    version: Annotated[int, Meta(description="of the running settings; 0 is the gateway's own file")]
    sha256: Annotated[str, Meta(description="of the running settings, the version left out")]
    source: Annotated[Source, Meta(description="local file or accepted push")]
    settings: Annotated[WardSettings, Meta(description="the running settings, whole, every default written out")]
    applied_at: Annotated[Utc, Meta(description="when it was accepted; absent for a local file")] = None
    refused: Annotated[Refusal | None, Meta(description="the last refusal, until a push is accepted")] = None


def fault(problem: Problem) -> Fault:
    """Return a configuration problem as the wire says it."""
    return Fault(
        pointer=problem.where, path=problem.path, found=problem.found, allowed=problem.allowed, remedy=problem.remedy
    )


PAYLOAD = ConfigReported
