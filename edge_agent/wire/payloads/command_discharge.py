"""`command/discharge`: the patient goes for good; the bed is empty until the next one is admitted."""

from __future__ import annotations

from edge_agent.domain.inputs import DischargeAsked
from edge_agent.wire.bed_command import BedCommand, asker, read_command
from edge_agent.wire.outgoing import Stamp


class CommandDischarge(BedCommand, frozen=True, kw_only=True, tag="bedside/command-discharge/1"):
    """Empty a bed: its alerts end by the word of `person`, and every fact of the stay is forgotten."""


def read_discharge(payload: bytes, received_at: int, stamp: Stamp) -> DischargeAsked:
    """Return the request in `payload`, arrived at `received_at` (ns). Raises RequestError, whatever the bytes."""
    command = read_command(CommandDischarge, payload, received_at, stamp)
    return DischargeAsked(**asker(command, received_at))


PAYLOAD = CommandDischarge
