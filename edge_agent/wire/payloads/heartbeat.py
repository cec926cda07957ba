"""`heartbeat`: the agent hears itself through the broker, or knows that nobody hears it."""

from __future__ import annotations

import msgspec

from edge_agent.wire.envelope import Body


class Heartbeat(Body, frozen=True, kw_only=True, tag="bedside/heartbeat/1"):
    """The agent's message to itself: the envelope says all. Its way back proves that the broker passes messages on."""


class _Echo(msgspec.Struct):
    run: str
    monotonic_us: int


def echo(payload: bytes, run: str) -> int | None:
    """Return when this run sent the heartbeat that came back, in ns cut to microseconds; None for any other bytes."""
    try:
        heard = msgspec.json.decode(payload, type=_Echo)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        return None
    return heard.monotonic_us * 1_000 if heard.run == run else None


PAYLOAD = Heartbeat
