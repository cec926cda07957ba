"""`command/{name}/result`: what became of a request."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from edge_agent.domain.effects import QuietTaken, RequestTaken
from edge_agent.wire.envelope import Body

Answer = QuietTaken | RequestTaken


class CommandResult(Body, frozen=True, kw_only=True, tag="bedside/command-result/1"):
    """What became of a request. Done once: the same request again gets the same answer."""

    command: Annotated[str, Meta(description="the command's name")]
    request: Annotated[str, Meta(description="the request id; empty where it could not be read")]
    done: Annotated[bool, Meta(description="true: it counts; false: nothing was changed")]
    errors: Annotated[tuple[str, ...], Meta(description="why not, each with the JSON Pointer of the place it is about")]
    bed: Annotated[str | None, Meta(description="the bed concerned")] = None
    person: Annotated[str | None, Meta(description="staff id of who asked")] = None
    device: Annotated[str | None, Meta(description="the device concerned")] = None


def answer(taken: Answer) -> CommandResult:
    """Return the ward's answer to a request: about a bed, or for quiet."""
    about = taken if isinstance(taken, RequestTaken) else None
    return CommandResult(
        command=about.command if about else "quiet",
        request=taken.request,
        done=not taken.errors,
        errors=taken.errors,
        bed=about.bed if about else None,
        person=taken.person,
        device=(about.device or None) if about else None,
    )


PAYLOAD = CommandResult
