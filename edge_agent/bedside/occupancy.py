"""Who is in a bed: what staff said since, over what the configuration says."""

from __future__ import annotations

import msgspec

from edge_agent.bedside.bed import BedUnit
from edge_agent.domain.settings import Bed, BedState
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
