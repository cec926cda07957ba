"""Who is in a bed, and by which limits: what staff said since, over what the configuration says."""

from __future__ import annotations

import msgspec

from edge_agent.bedside.bed import BedUnit
from edge_agent.domain.settings import Bed, BedState, WardSettings
from edge_agent.domain.windows import Patient


def occupied(settings: Bed, unit: BedUnit) -> Bed:
    """Return the bed's settings with the patient who is in it, and its state as staff last said."""
    if unit.vacant:
        return msgspec.structs.replace(settings, state=BedState.UNASSIGNED, patient=Patient(), encounter="")
    if unit.stay is not None:
        settings = msgspec.structs.replace(
            settings, state=BedState.MONITORED, patient=unit.stay.patient, encounter=unit.stay.encounter
        )
    if unit.absence is not None and settings.state is BedState.MONITORED:
        settings = msgspec.structs.replace(settings, state=BedState.OFF_WARD)
    return settings


def individual(settings: WardSettings, unit: BedUnit) -> WardSettings:
    """Return the ward's settings with the patient's own limits in place of the ward's."""
    if unit.own_limits is None:
        return settings
    own = {
        rule: msgspec.structs.replace(settings.limit(rule), limit=each.limit, deep_limit=each.deep_limit)
        for rule, each in unit.own_limits.limits.items()
    }
    return msgspec.structs.replace(settings, limits={**settings.limits, **own})
