"""`command/return`: the patient is back from off the ward."""

from __future__ import annotations

from edge_agent.domain.inputs import ReturnAsked
from edge_agent.wire.bed_command import BedCommand, asker, read_command
from edge_agent.wire.outgoing import Stamp


class CommandReturn(BedCommand, frozen=True, kw_only=True, tag="bedside/command-return/1"):
    """Watch a bed again before its absence is over."""


def read_return(payload: bytes, received_at: int, stamp: Stamp) -> ReturnAsked:
    """Return the request in `payload`, arrived at `received_at` (ns). Raises RequestError, whatever the bytes."""
    command = read_command(CommandReturn, payload, received_at, stamp)
    return ReturnAsked(**asker(command, received_at))


PAYLOAD = CommandReturn
