"""`command/swap`: the patients of two beds change places."""

from __future__ import annotations

from edge_agent.domain.inputs import SwapAsked
from edge_agent.wire.bed_command import BedCommand, BedName, asker, read_command
from edge_agent.wire.outgoing import Stamp


class CommandSwap(BedCommand, frozen=True, kw_only=True, tag="bedside/command-swap/1"):
    """Exchange two patients with everything of their stays."""

    to: BedName


def read_swap(payload: bytes, received_at: int, stamp: Stamp) -> SwapAsked:
    """Return the request in `payload`, arrived at `received_at` (ns). Raises RequestError, whatever the bytes."""
    command = read_command(CommandSwap, payload, received_at, stamp)
    return SwapAsked(**asker(command, received_at), to=command.to)


PAYLOAD = CommandSwap
