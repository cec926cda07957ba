"""Ages: which quantities have one of their own. Their bounds are on the type."""

from __future__ import annotations

from edge_agent.domain.settings import WardSettings
from edge_agent.gateway.config.checks.quantities import check_quantity
from edge_agent.gateway.config.sheet import Sheet


def check_ages(ward: WardSettings, sheet: Sheet) -> None:
    """Complain of an age for something that is no quantity."""
    for quantity in ward.max_age_s:
        check_quantity(quantity, ("max_age_s", quantity), sheet)
