"""`command/limits`: a patient gets limits of their own."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated

import msgspec
from msgspec import Meta

from edge_agent.domain.inputs import LimitsAsked
from edge_agent.domain.stays import OwnLimit
from edge_agent.wire.bed_command import BedCommand, asker, read_command
from edge_agent.wire.outgoing import Stamp


class Own(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One limit of one patient, within the bounds that no configuration may pass."""

    limit: Annotated[float, Meta(description="beyond this it alerts, in the vital's unit")]
    deep_limit: Annotated[
        float | None,
        Meta(
            description="beyond this with high priority; left out: the ward's, or `limit` where that is not beyond it"
        ),
    ] = None


class CommandLimits(BedCommand, frozen=True, kw_only=True, tag="bedside/command-limits/1"):
    """Set all of a patient's own limits; none given: the ward's hold again."""

    limits: Annotated[dict[str, Own], Meta(description="by rule, such as spo2-low")]


def read_limits(payload: bytes, received_at: int, stamp: Stamp) -> LimitsAsked:
    """Return the request in `payload`, arrived at `received_at` (ns). Raises RequestError, whatever the bytes."""
    command = read_command(CommandLimits, payload, received_at, stamp)
    return LimitsAsked(**asker(command, received_at), limits=_limits(command))


def _limits(command: CommandLimits) -> dict[str, OwnLimit]:
    return {rule: OwnLimit(_exact(own.limit), _exact_or_none(own.deep_limit)) for rule, own in command.limits.items()}


def _exact(value: float) -> Decimal:
    """Return the decimal that was written: 36.05 as JSON is not the float next to it."""
    return Decimal(repr(value))


def _exact_or_none(value: float | None) -> Decimal | None:
    return None if value is None else _exact(value)


PAYLOAD = CommandLimits
