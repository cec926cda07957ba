"""The hours before the simulation began, as a ward would have them: hourly medians of a virtual patient's life."""

from __future__ import annotations

from statistics import median_low

from edge_agent.domain.settings import SECOND
from edge_agent.domain.windows import HOURS, QUANTITIES
from edge_agent.simulator.patients import Measurable
from firmware_bridges.vitals import VITALS

HOUR_S = 3600
SAMPLE_S = 300
"""Patient time between two of the samples behind a median, s."""

_CODES = {vital.quantity: code for code, vital in VITALS.items()}


def medians(patient: Measurable, hours: int) -> dict[str, tuple[int | None, ...]]:
    """Return `HOURS` medians per quantity, oldest first: the `hours` up to patient time 0, then the one just begun.

    Hours before those, and the one just begun, are None.
    """
    lived = [_hour(patient, -back * HOUR_S) for back in range(hours, 0, -1)]
    unknown = HOURS - 1 - hours
    return {quantity: (*(None,) * unknown, *(hour[quantity] for hour in lived), None) for quantity in QUANTITIES}


def _hour(patient: Measurable, start_s: int) -> dict[str, int]:
    samples = [patient.sample(second * SECOND) for second in range(start_s, start_s + HOUR_S, SAMPLE_S)]
    return {quantity: median_low(sample[_CODES[quantity]] for sample in samples) for quantity in QUANTITIES}
