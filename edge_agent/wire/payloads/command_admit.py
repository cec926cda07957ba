"""`command/admit`: a patient comes into an empty bed."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from edge_agent.domain.inputs import AdmitAsked
from edge_agent.domain.windows import Patient
from edge_agent.wire.bed_command import BedCommand, PatientAge, PatientSex, Token, asker, read_command
from edge_agent.wire.outgoing import Stamp


class CommandAdmit(BedCommand, frozen=True, kw_only=True, tag="bedside/command-admit/1"):
    """Put a patient into a bed. No name, no number, no date of birth: a token and what scores need."""

    encounter: Token
    age_years: PatientAge = None
    sex: PatientSex = None
    pregnant: Annotated[bool, Meta(description="NEWS2 and the risk model are not for pregnancy")] = False


def read_admit(payload: bytes, received_at: int, stamp: Stamp) -> AdmitAsked:
    """Return the request in `payload`, arrived at `received_at` (ns). Raises RequestError, whatever the bytes."""
    command = read_command(CommandAdmit, payload, received_at, stamp)
    return AdmitAsked(
        **asker(command, received_at),
        encounter=command.encounter,
        patient=Patient(command.age_years, command.sex, command.pregnant),
    )


PAYLOAD = CommandAdmit
