"""The limits in force at one bed: the ward's, moved by a child's age band, a prescribed SpO2 target, or a person."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

import msgspec

from edge_agent.bedside.bed import SPO2_LOW, BedUnit
from edge_agent.bedside.score_table import Measured
from edge_agent.bedside.scores import SCORES
from edge_agent.domain.settings import Bed, Limit, WardSettings
from edge_agent.domain.stays import OwnLimit


def in_force(settings: WardSettings, bed: Bed, unit: BedUnit) -> WardSettings:
    """Return the ward's settings with the limits of whoever is in the bed; what is the patient's own comes first."""
    own = {} if unit.own_limits is None else unit.own_limits.limits
    moved = {rule for band, rule in CHILD_LIMITS if band == bed.age_band} | own.keys()
    if unit.spo2_target is not None:
        moved.add(SPO2_LOW)
    limits = {rule: limit_of(settings, rule, bed.age_band, unit.spo2_target, own.get(rule)) for rule in moved}
    return msgspec.structs.replace(settings, limits={**settings.limits, **limits}) if limits else settings


def limit_of(
    settings: WardSettings,
    rule: str,
    age_band: str,
    spo2_target: tuple[int, int] | None = None,
    own: OwnLimit | None = None,
) -> Limit:
    """Return a rule's limit at a bed; delay, priority and hysteresis are always the ward's."""
    limit = settings.limit(rule)
    if own is not None:
        return msgspec.structs.replace(limit, limit=own.limit, deep_limit=own.deep_limit)
    if rule == SPO2_LOW and spo2_target is not None:
        low = Decimal(spo2_target[0])
        deep = None if limit.deep_limit is None else min(limit.deep_limit, low)
        return msgspec.structs.replace(limit, limit=low, deep_limit=deep)
    if (age_band, rule) in CHILD_LIMITS:
        edge, deep = CHILD_LIMITS[age_band, rule]
        return msgspec.structs.replace(limit, limit=edge, deep_limit=deep)
    return limit


def _child_limits() -> Iterator[tuple[tuple[str, str], tuple[Decimal, Decimal]]]:
    """Yield ((age band, rule), (limit, deep limit)): what has 2 points is beyond the limit, what has 4 beyond both."""
    for parameter in SCORES["bedside_pews"].parameters:
        for row in parameter.rows if isinstance(parameter, Measured) else ():
            deep_low, low, _, _, high, deep_high, _ = (Decimal(band.up_to or 0) for band in row.bands)
            rule = parameter.name.replace("_", "-")
            yield (row.where["age_band"], f"{rule}-low"), (low + 1, deep_low + 1)
            yield (row.where["age_band"], f"{rule}-high"), (high, deep_high)


CHILD_LIMITS = dict(_child_limits())
"""Limits by age band and rule, from the bands of Bedside PEWS (Parshuram 2009, table 1)."""
