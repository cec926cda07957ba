"""What the delivery tests share: a tiny sealing function of our own, drafts, and a store that tells its troubles."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from uuid import UUID, uuid5

import msgspec

from edge_agent.gateway.store.records import Kept
from edge_agent.gateway.store.store import Store
from edge_agent.wire.outgoing import Draft, Outgoing, Stamp, Urgency

RUN = "11111111-1111-4111-8111-111111111111"
BOOT = "this-boot"
SECOND = 1_000_000_000


class Body(msgspec.Struct, frozen=True):
    """A payload."""

    text: str = ""


class Sealed(msgspec.Struct, frozen=True):
    """What a subscriber reads."""

    id: str
    run: str
    stream: str
    seq: int
    durable: bool
    text: str


def seal(draft: Draft, seq: int, stamp: Stamp, *, durable: bool = True) -> Outgoing:
    """Finish a draft as `edge_agent.wire.compose.seal` does, with a payload of ours."""
    known = {name: getattr(draft, name) for name in draft.__struct_fields__ if name != "body"}
    text = draft.body.text if isinstance(draft.body, Body) else ""
    named = str(uuid5(UUID(stamp.run), f"{draft.stream}/{seq}"))
    payload = msgspec.json.encode(Sealed(named, stamp.run, draft.stream, seq, durable, text))
    return Outgoing(id=named, run=stamp.run, seq=seq, payload=payload, **known)


def read(payload: bytes) -> Sealed:
    """Read a payload that `seal` made."""
    return msgspec.json.decode(payload, type=Sealed)


def stamp(run: str = RUN) -> Stamp:
    """Return the stamp of a run whose wall clock is not to be believed."""
    return Stamp(run=run, boot=BOOT, trust="unsynced", wall_offset=None)


def draft(stream: str = "bed/3/vitals", text: str = "", **changed: Any) -> Draft:  # noqa: ANN401 - any field of a draft
    """Return a draft of telemetry for `stream`, with fields changed at will."""
    plain: dict[str, Any] = {
        "stream": stream, "topic": f"root/{stream}", "history_topic": f"root/history/{stream}", "body": Body(text),
        "qos": 1, "retain": False, "urgency": Urgency.LIVE, "made": 0, "expires_s": 60, "live_s": 60,
    }  # fmt: skip
    return Draft(**plain | changed)


def alert(event: str, revision: int = 1, *, over: bool = False, **changed: Any) -> Draft:  # noqa: ANN401 - as in `draft`
    """Return the draft of one alert event."""
    plain: dict[str, Any] = {"urgency": Urgency.ALERT_HIGH, "expires_s": None, "live_s": None}
    text = f"{event}:{revision}"
    return draft("bed/3/alert", text, **plain | {"event_id": event, "revision": revision, "over": over} | changed)


def slot(name: str = "bed/3/alerts", text: str = "", **changed: Any) -> Draft:  # noqa: ANN401 - as in `draft`
    """Return the draft of a retained message of which only the newest matters."""
    plain: dict[str, Any] = {"retain": True, "slot": True, "urgency": Urgency.STATE, "expires_s": None, "live_s": None}
    return draft(name, text, **plain | {"history_topic": ""} | changed)


def kept(ordinal: int, made: Draft | None = None, *, boot: str = BOOT) -> Kept:
    """Return a finished message as the store keeps it."""
    return Kept(ordinal, boot, seal(made or alert(f"event-{ordinal}", made=ordinal), ordinal, stamp()))


class Troubles:
    """What a store reported, in order."""

    def __init__(self) -> None:
        self.heard: list[str] = []
        self.notes: list[str] = []


@asynccontextmanager
async def stored(folder: Path, troubles: Troubles | None = None, *, busy_ms: int = 50) -> AsyncIterator[Store]:
    """Give a store that is closed in the end; `open` it yourself."""
    heard = troubles or Troubles()
    store = Store(folder, troubled=heard.heard.append, noted=heard.notes.append, busy_ms=busy_ms)
    try:
        yield store
    finally:
        await store.close()


async def until(holds: Callable[[], object], otherwise: str = "it did not come about", within_s: float = 30.0) -> None:
    """Let the loop run until `holds`; fail after the deadline."""
    end = asyncio.get_running_loop().time() + within_s
    while not holds():
        assert asyncio.get_running_loop().time() < end, otherwise
        await asyncio.sleep(0.002)  # other threads and processes cannot set an event of ours
