"""What the parts of delivery are given, and whom they tell."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple, Protocol

from edge_agent.gateway.delivery.ledger import Ledger
from edge_agent.gateway.delivery.limits import Limits
from edge_agent.gateway.store.store import Store
from edge_agent.wire.outgoing import Draft, Outgoing, Stamp


class Seal(Protocol):
    """How a draft becomes a message; `edge_agent.wire.compose.seal` is one."""

    def __call__(self, draft: Draft, seq: int, stamp: Stamp, *, durable: bool = True) -> Outgoing:
        """Return `draft` finished: number `seq` of its stream, its id and payload fixed."""


class Hooks(NamedTuple):
    """Whom delivery tells, on the loop.

    `trouble(code, present, detail)`: a gateway condition (`domain.inputs.GATEWAY_CONDITIONS`) began, changed its detail
    or ended. `nobody_listens(message)`: the broker took it, and nobody is subscribed (PUBACK 0x10).
    """

    trouble: Callable[[str, bool, str], None]
    nobody_listens: Callable[[Outgoing], None]


class Tools(NamedTuple):
    """What every part works with. `now` is CLOCK_BOOTTIME in ns."""

    store: Store
    ledger: Ledger
    seal: Seal
    hooks: Hooks
    limits: Limits
    now: Callable[[], int]


class Link(Protocol):
    """A connection to the broker as the outbox sees it.

    `window`: messages of QoS 1 it takes at once; `largest`: bytes of payload and topic it takes in one, None for any.
    """

    window: int
    largest: int | None

    def send(self, message: Outgoing, topic: str, expires_s: int | None) -> int | None:
        """Hand over a message; return the packet id its PUBACK will bear, None when the connection is gone."""
