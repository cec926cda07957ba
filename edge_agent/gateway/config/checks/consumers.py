"""Consumers: each has a name of its own."""

from __future__ import annotations

from edge_agent.domain.settings import WardSettings
from edge_agent.gateway.config.checks.repeats import refuse_repeats
from edge_agent.gateway.config.sheet import Sheet


def check_consumers(ward: WardSettings, sheet: Sheet) -> None:
    """Complain of two consumers of one name."""
    ids = [(("consumers", index, "id"), consumer.id) for index, consumer in enumerate(ward.consumers)]
    refuse_repeats(ids, sheet, "every consumer once")
