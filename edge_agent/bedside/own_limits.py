"""A patient's own limits: under a name, within the bounds that no configuration may pass, gone with the stay."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from decimal import Decimal

from edge_agent.bedside.asked import answered, common
from edge_agent.bedside.floor import Floor
from edge_agent.domain.effects import Effect
from edge_agent.domain.inputs import LimitsAsked
from edge_agent.domain.settings import LIMIT_RULES, WardSettings
from edge_agent.domain.stays import OwnLimit, OwnLimits
from firmware_bridges.vitals import VITALS

_DECIMALS = {
    rule: next(v.decimals for v in VITALS.values() if v.quantity == rule.rpartition("-")[0].replace("-", "_"))
    for rule in LIMIT_RULES
}
"""Digits behind the point of what each limit rule judges."""


def limited(floor: Floor, asked: LimitsAsked, now: int, effects: list[Effect]) -> Iterable[str]:
    """Give a patient these limits instead of the ward's, and the ward's where none is named; or say why not."""
    settings = floor.state.settings
    errors = [error for rule, own in asked.limits.items() for error in _cannot_limit(settings, rule, own)]
    if not answered("limits", asked, [*common(floor, asked), *errors], now, effects):
        return ()
    own = OwnLimits(asked.limits, asked.person, now) if asked.limits else None
    floor.state.beds[asked.bed].own_limits = own
    floor.changed(asked.bed)
    return (asked.bed,)


def _cannot_limit(settings: WardSettings, rule: str, own: OwnLimit) -> Iterator[str]:
    if rule not in LIMIT_RULES:
        yield f"unknown rule {rule}: one of {', '.join(LIMIT_RULES)}"
        return
    if not settings.limit(rule).enabled:
        yield f"{rule} is off on this ward: turn it on in the configuration first"
    bounds, step = LIMIT_RULES[rule], Decimal(1).scaleb(-_DECIMALS[rule])
    for value in (own.limit, own.deep_limit or own.limit):
        if value % step:
            yield f"{rule}: {value} is no step of {step}, as it is measured"
    if not bounds.lowest <= own.limit <= bounds.highest:
        yield f"{rule}: limit {own.limit}; allowed: {bounds.lowest} to {bounds.highest}"
        return
    lowest, highest = (bounds.lowest, own.limit) if rule.endswith("-low") else (own.limit, bounds.highest)
    if own.deep_limit is not None and not lowest <= own.deep_limit <= highest:
        yield f"{rule}: deep_limit {own.deep_limit}; allowed: {lowest} to {highest}"
