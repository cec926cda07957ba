"""`command/transfer`: the patient moves to a free bed."""

from __future__ import annotations

from edge_agent.domain.inputs import TransferAsked
from edge_agent.wire.bed_command import BedCommand, BedName, asker, read_command
from edge_agent.wire.outgoing import Stamp


class CommandTransfer(BedCommand, frozen=True, kw_only=True, tag="bedside/command-transfer/1"):
    """Move a patient with everything of the stay; a present alert ends here and starts there."""

    to: BedName


def read_transfer(payload: bytes, received_at: int, stamp: Stamp) -> TransferAsked:
    """Return the request in `payload`, arrived at `received_at` (ns). Raises RequestError, whatever the bytes."""
    command = read_command(CommandTransfer, payload, received_at, stamp)
    return TransferAsked(**asker(command, received_at), to=command.to)


PAYLOAD = CommandTransfer
