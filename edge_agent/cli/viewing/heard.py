"""What a consumer hears: a topic taken apart and its payload read by the published records."""

from __future__ import annotations

import msgspec

from edge_agent.wire.envelope import Envelope
from edge_agent.wire.payloads.alert import AlertEvent
from edge_agent.wire.payloads.alerts import Alerts
from edge_agent.wire.payloads.birth import Birth
from edge_agent.wire.payloads.command_result import CommandResult
from edge_agent.wire.payloads.config_reported import ConfigReported
from edge_agent.wire.payloads.health import Health
from edge_agent.wire.payloads.heartbeat import Heartbeat
from edge_agent.wire.payloads.missed import Missed
from edge_agent.wire.payloads.model import Model
from edge_agent.wire.payloads.receipt_result import ReceiptResult
from edge_agent.wire.payloads.score import Score
from edge_agent.wire.payloads.shadow import Shadow
from edge_agent.wire.payloads.state import State
from edge_agent.wire.payloads.stored import Stored
from edge_agent.wire.payloads.suppressed import SuppressedAlert
from edge_agent.wire.payloads.vitals import Vitals
from edge_agent.wire.topics import TOPICS, Direction, Topics

Body = (
    AlertEvent
    | Alerts
    | Birth
    | CommandResult
    | ConfigReported
    | Health
    | Heartbeat
    | Missed
    | Model
    | ReceiptResult
    | Score
    | Shadow
    | State
    | Stored
    | SuppressedAlert
    | Vitals
)
"""Everything an agent publishes, told apart by its `schema`."""


class Heard(msgspec.Struct, frozen=True):
    """One message as it arrived at `at` (ns of CLOCK_BOOTTIME). `kind` is its row in the topics table."""

    at: int
    kind: str
    body: Body
    envelope: Envelope

    @property
    def live(self) -> bool:
        """Tell whether it speaks of now; the backlog of an outage is history."""
        return not self.kind.endswith("history")


def listen(topics: Topics, topic: str, payload: bytes, at: int) -> Heard | None:
    """Return what the agent said, None for what is not its word. msgspec.DecodeError for a payload that is none."""
    parsed = topics.parse(topic)
    if parsed is None or not payload or TOPICS[parsed.name].direction is Direction.IN:
        return None
    return Heard(at, parsed.name, _BODY.decode(payload), _ENVELOPE.decode(payload))


_BODY = msgspec.json.Decoder(Body)
_ENVELOPE = msgspec.json.Decoder(Envelope)
