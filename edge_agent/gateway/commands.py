"""What comes in over MQTT: commands, receipts, and consumers that say that they listen.

A request that is retained, expired or already done acts no second time.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable

import structlog

from edge_agent.domain.inputs import Asked, Input, QuietAsked
from edge_agent.gateway.clock import boottime
from edge_agent.wire import compose
from edge_agent.wire.inbound import RequestError
from edge_agent.wire.outgoing import Draft, Stamp
from edge_agent.wire.payloads.command_admit import read_admit
from edge_agent.wire.payloads.command_claim import read_claim
from edge_agent.wire.payloads.command_discharge import read_discharge
from edge_agent.wire.payloads.command_limits import read_limits
from edge_agent.wire.payloads.command_observe import read_observation
from edge_agent.wire.payloads.command_off_ward import read_off_ward
from edge_agent.wire.payloads.command_quiet import read_quiet
from edge_agent.wire.payloads.command_result import CommandResult
from edge_agent.wire.payloads.command_return import read_return
from edge_agent.wire.payloads.command_swap import read_swap
from edge_agent.wire.payloads.command_transfer import read_transfer
from edge_agent.wire.payloads.listening import read_listening
from edge_agent.wire.payloads.receipt import read_receipt
from edge_agent.wire.topics import Parsed, Topics

REMEMBERED = 500
"""Requests remembered as done, across restarts: more than a ward sends in the minutes a request lives."""

READERS: dict[str, Callable[[bytes, int, Stamp], Asked]] = {
    "observe": read_observation,
    "claim": read_claim,
    "quiet": read_quiet,
    "admit": read_admit,
    "discharge": read_discharge,
    "transfer": read_transfer,
    "swap": read_swap,
    "off-ward": read_off_ward,
    "return": read_return,
    "limits": read_limits,
}
"""How each command is read: (payload, arrival in ns, stamp) to an input of the ward, or RequestError."""

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

    def hear(self, parsed: Parsed, payload: bytes, *, retained: bool) -> None:
        """Take what came on one of the topics of requests."""
        fields = parsed.fields
        if parsed.name == "command":
            self.command(fields["command"], payload, retained=retained)
        elif parsed.name in {"receipt", "gateway-receipt"}:
            self.receipt(fields.get("bed", ""), fields["consumer"], payload, retained=retained)
        elif parsed.name == "listener":
            self.listening(fields["consumer"], payload, retained=retained)

    def command(self, name: str, payload: bytes, *, retained: bool) -> None:
        """Do one command, or say why not."""
        if retained:
            self._ignore(name, "retained: a command is never kept by the broker")
            return
        reader = READERS.get(name)
        if reader is None:
            self._refuse(name, "", f"unknown command `{name}`; known: {', '.join(READERS)}")
            return
        try:
            asked = reader(payload, boottime(), self._stamp())
        except RequestError as error:
            self._refuse(name, error.request, str(error))
            return
        if self._is_new(asked.request, name):
            about = "" if isinstance(asked, QuietAsked) else f" for bed {asked.bed}"
            self._audit(f"command {name}: request {asked.request} by {asked.person}{about}")
            self._take(asked)

    def receipt(self, bed: str, consumer: str, payload: bytes, *, retained: bool) -> None:
        """Let the ward judge a receipt of `consumer`; `bed` is "" for an alert of the gateway itself."""
        name = f"receipt of {consumer}, bed {bed or '(gateway)'}"
        if retained:
            self._ignore(name, "retained: a receipt is never kept by the broker")
            return
        try:
            receipt = read_receipt(payload, bed, consumer, boottime(), self._stamp())
        except RequestError as error:
            self._ignore(name, str(error))
            return
        if self._is_new(f"{consumer}/{receipt.request}", name):
            self._take(receipt)

    def listening(self, consumer: str, payload: bytes, *, retained: bool) -> None:
        """Let the ward know that `consumer` listens. Said every minute or so: nothing of it is audited."""
        try:
            said = read_listening(payload, consumer, boottime(), self._stamp())
        except RequestError as error:
            log.warning("not taken for a listener", consumer=consumer, why=str(error))
            return
        if not retained:
            self._take(said)

    def _is_new(self, request: str, name: str) -> bool:
        """Remember a request as done; False when it was done already."""
        if request in self._done:
            self._ignore(name, f"request {request} was done already")
            return False
        self._done[request] = None
        while len(self._done) > REMEMBERED:
            self._done.popitem(last=False)
        return True

    def _refuse(self, name: str, request: str, why: str) -> None:
        self._ignore(name, why)
        body = CommandResult(command=name, request=request, done=False, errors=(why,))
        self._publish(compose.command_result(self._topics, boottime(), body))

    def _ignore(self, name: str, why: str) -> None:
        log.warning("request not done", name=name, why=why)
        self._audit(f"{name} not done: {why}")
