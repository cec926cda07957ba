"""A patient's own limits: under a name, within the bounds that no configuration may pass, gone with the stay."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from decimal import Decimal

from edge_agent.bedside.asked import answered, common
from edge_agent.bedside.bed_limits import limit_of
from edge_agent.bedside.floor import Floor
from edge_agent.domain.effects import Effect
from edge_agent.domain.inputs import LimitsAsked
from edge_agent.domain.settings import LIMIT_RULES, Limit, WardSettings
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
    unit, band = floor.state.beds[asked.bed], floor.context(asked.bed).bed.age_band
    whole = {rule: _whole(limit_of(settings, rule, band), rule, own) for rule, own in asked.limits.items()}
    unit.own_limits = OwnLimits(whole, asked.person, now) if whole else None
    unit.snapshot_due = True
    floor.changed(asked.bed)
    return (asked.bed,)


def _whole(of_the_ward: Limit, rule: str, own: OwnLimit) -> OwnLimit:
    """Return the limit with a deep one: nobody's own limit takes the high priority away."""
    deep = own.deep_limit or of_the_ward.deep_limit
    if deep is None:
        return own
    return OwnLimit(own.limit, (min if rule.endswith("-low") else max)(deep, own.limit))


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
