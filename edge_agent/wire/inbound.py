"""What others send: strictly read, refused with the JSON Pointer of the place that is wrong."""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone
from typing import Annotated, TypeVar

import msgspec
from msgspec import Meta

from edge_agent.domain.errors import AgentError
from edge_agent.wire.envelope import UNSYNCED
from edge_agent.wire.outgoing import Stamp

_NAME = r"^[A-Za-z0-9_.@-]{1,64}$"
Name = Annotated[str, Meta(pattern=_NAME)]
"""An id, of a consumer or a member of staff. No space fits, so no person's full name does."""

RequestId = Annotated[str, Meta(pattern=r"^[A-Za-z0-9_-]{1,64}$", description="chosen by the sender")]
Instant = Annotated[datetime, Meta(tz=True)]
_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)


def is_name(text: str) -> bool:
    """Tell whether `text` may stand where a `Name` does."""
    return re.fullmatch(_NAME, text) is not None


class Request(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="schema"):
    """What every inbound payload carries. A field we do not know is refused: the sender meant something by it."""

    request: RequestId
    consumer: Annotated[Name, Meta(description="who asks: the id of the program")]
    expires_at: Annotated[Instant, Meta(description="not to be done after this, RFC 3339 with zone")]


class RequestError(AgentError):
    """A payload is refused. `pointer`: the place as JSON Pointer, "" for the whole; `request`: its id if readable."""

    def __init__(self, pointer: str, why: str, request: str = "") -> None:
        """Say what is wrong and where."""
        super().__init__(f"{pointer or 'payload'}: {why}")
        self.pointer = pointer
        self.why = why
        self.request = request


class _Head(msgspec.Struct):
    schema: str
    request: RequestId


R = TypeVar("R", bound=Request)


def read(kind: type[R], payload: bytes) -> R:
    """Return `payload` as a `kind`. Raises RequestError, and nothing else, whatever the bytes."""
    head = _decoded(_Head, payload, "")
    return _decoded(kind, payload, head.request)


def expired(expires_at: datetime, at: int, stamp: Stamp) -> bool:
    """Tell whether a request is too old at `at` (ns). Without a trusted clock nobody can tell, and then it is not."""
    return stamp.wall_offset is not None and stamp.trust != UNSYNCED and boottime(expires_at, stamp.wall_offset) <= at


def boottime(when: datetime, wall_offset: int) -> int:
    """Return a wall time as ns of CLOCK_BOOTTIME, exact to the microsecond."""
    return (when - _EPOCH) // timedelta(microseconds=1) * 1_000 - wall_offset


T = TypeVar("T")


def _decoded(kind: type[T], payload: bytes, request: str) -> T:
    try:
        return msgspec.json.decode(payload, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        pointer, why = _located(str(error))
        raise RequestError(pointer, why, request) from error
    except RecursionError as error:
        raise RequestError("", "nested too deeply", request) from error


_AT = re.compile(r"(?s)(?P<why>.*) - at `(?P<path>\$.*)`")
_FIELD = re.compile(r"Object (?:contains unknown|missing required) field `(?P<field>.*)`", re.DOTALL)


def _located(message: str) -> tuple[str, str]:
    """Turn msgspec's `$.a[0].b` into the JSON Pointer /a/0/b, down to the field that is unknown or missing."""
    match = _AT.fullmatch(message)
    why, path = (match["why"], match["path"]) if match else (message, "$")
    pointer = re.sub(r"\[(\d+)\]", r"/\1", path[1:]).replace(".", "/")
    field = _FIELD.fullmatch(why)
    return (f"{pointer}/{_escaped(field['field'])}" if field else pointer), why


def _escaped(field: str) -> str:
    return field.replace("~", "~0").replace("/", "~1")
