"""What comes in over MQTT: commands and receipts.

A request that is retained, expired or already done acts no second time.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable

import structlog

from edge_agent.domain.inputs import Claim, Input, Observation
from edge_agent.gateway.clock import boottime
from edge_agent.wire import compose
from edge_agent.wire.inbound import RequestError, read
from edge_agent.wire.outgoing import Draft, Stamp
from edge_agent.wire.payloads.command_claim import read_claim
from edge_agent.wire.payloads.command_observe import read_observation
from edge_agent.wire.payloads.command_result import CommandResult
from edge_agent.wire.payloads.receipt import Receipt
from edge_agent.wire.topics import Topics

REMEMBERED = 500
"""Requests remembered as done, across restarts: more than a ward sends in the minutes a request lives."""

_READERS: dict[str, Callable[[bytes, int, Stamp], Observation | Claim]] = {
    "observe": read_observation,
    "claim": read_claim,
}
"""Every command by its name, and what reads it."""

log = structlog.get_logger(__name__)


class Commands:
    """Turns requests into inputs and answers what is refused. `audit` gets one line for each, done or not."""

    def __init__(
        self,
        topics: Topics,
        stamp: Callable[[], Stamp],
        take: Callable[[Input], None],
        publish: Callable[[Draft], None],
        audit: Callable[[str], object],
    ) -> None:
        """`take` handles inputs, `publish` sends answers."""
        self._topics, self._stamp, self._take, self._publish, self._audit = topics, stamp, take, publish, audit
        self._done: OrderedDict[str, None] = OrderedDict()

    @property
    def done(self) -> tuple[str, ...]:
        """Return the requests done lately, oldest first: part of what a restart must know."""
        return tuple(self._done)

    def remember(self, done: Iterable[str]) -> None:
        """Take over what an earlier run had done."""
        self._done.update(dict.fromkeys(done))

    def command(self, name: str, payload: bytes, *, retained: bool) -> None:
        """Do one command, or say why not."""
        if retained:
            self._ignore(name, "retained: a command is never kept by the broker")
            return
        reader = _READERS.get(name)
        if reader is None:
            self._refuse(name, "", f"unknown command `{name}`; known: {', '.join(_READERS)}")
            return
        try:
            asked = reader(payload, boottime(), self._stamp())
        except RequestError as error:
            self._refuse(name, error.request, str(error))
            return
        if asked.request in self._done:
            self._ignore(name, f"request {asked.request} was done already")
            return
        self._done[asked.request] = None
        while len(self._done) > REMEMBERED:
            self._done.popitem(last=False)
        self._audit(f"command {name}: request {asked.request} by {asked.person} for bed {asked.bed}")
        self._take(asked)

    def receipt(self, bed: str, consumer: str, payload: bytes, *, retained: bool) -> None:
        """Audit a receipt. It changes nothing yet: accepting and pausing are transitions still to come."""
        try:
            receipt = read(Receipt, payload)
        except RequestError as error:
            self._ignore("receipt", f"bed {bed}, consumer {consumer}: {error}")
            return
        kind = "retained, ignored" if retained else receipt.outcome.value
        self._audit(f"receipt {kind}: event {receipt.event_id} revision {receipt.revision} from {consumer}, bed {bed}")

    def _refuse(self, name: str, request: str, why: str) -> None:
        self._ignore(name, why)
        body = CommandResult(command=name, request=request, done=False, errors=(why,))
        self._publish(compose.command_result(self._topics, boottime(), body))

    def _ignore(self, name: str, why: str) -> None:
        log.warning("request not done", name=name, why=why)
        self._audit(f"{name} not done: {why}")
