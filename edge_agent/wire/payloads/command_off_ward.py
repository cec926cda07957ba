"""`command/off-ward`: the patient leaves the ward for a while."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from edge_agent.domain.inputs import OffWardAsked
from edge_agent.domain.settings import SECOND
from edge_agent.domain.stays import AbsenceReason
from edge_agent.wire.bed_command import BedCommand, asker, read_command
from edge_agent.wire.outgoing import Stamp


class CommandOffWard(BedCommand, frozen=True, kw_only=True, tag="bedside/command-off-ward/1"):
    """Stop watching a bed until a deadline. It ends sooner when 30 s of valid data show that the patient is back."""

    reason: Annotated[AbsenceReason, Meta(description="coded, so that absences can be counted")]
    for_min: Annotated[int, Meta(ge=1, le=60, description="minutes until somebody must say so again")]


def read_off_ward(payload: bytes, received_at: int, stamp: Stamp) -> OffWardAsked:
    """Return the request in `payload`, arrived at `received_at` (ns). Raises RequestError, whatever the bytes."""
    command = read_command(CommandOffWard, payload, received_at, stamp)
    return OffWardAsked(
        **asker(command, received_at), reason=command.reason, until=received_at + command.for_min * 60 * SECOND
    )


PAYLOAD = CommandOffWard
