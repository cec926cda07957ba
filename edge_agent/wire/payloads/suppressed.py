"""`bed/{bed}/suppressed`: what a plain limit would have announced, and this agent did not. For reports alone."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from edge_agent.domain.alerts import Priority
from edge_agent.domain.effects import Suppressed, SuppressedBy
from edge_agent.wire.envelope import Body, Micros, Utc, micros, utc
from edge_agent.wire.outgoing import Stamp
from edge_agent.wire.parts import BedId, Encounter


class SuppressedAlert(Body, frozen=True, kw_only=True, tag="bedside/suppressed/1"):
    """One crossing that nobody was called for. Announced and suppressed ones add up to all crossings."""

    bed: BedId
    encounter: Encounter = None
    condition: Annotated[str, Meta(description="what was crossed, coded, such as spo2-low")]
    priority: Annotated[Priority, Meta(description="the loudest it would have had")]
    by: Annotated[
        SuppressedBy,
        Meta(description="delay: over before it; night: over before its longer one; second-source; standing: an alert"),
    ]
    would_have: Annotated[Utc, Meta(description="when a plain limit would have sounded; night: the day's delay")]
    would_have_us: Micros


def suppressed(effect: Suppressed, stamp: Stamp) -> SuppressedAlert:
    """Return the payload of a suppressed announcement."""
    return SuppressedAlert(
        bed=effect.bed,
        encounter=effect.encounter or None,
        condition=effect.condition,
        priority=effect.priority,
        by=effect.by,
        would_have=utc(effect.would_have, stamp),
        would_have_us=micros(effect.would_have),
    )


PAYLOAD = SuppressedAlert
