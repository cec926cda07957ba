"""The input contract of the window models: every channel with its codes, centre, scale and clip.

Centres and scales are round numbers near the mean and spread of adults in hospital, not fitted to one data set. All
channels are clipped to +-4, so that one int8 scale of 8/255 serves them all.
"""

from __future__ import annotations

from edge_agent.domain.windows import QUANTITIES
from edge_agent.risk.features import CHANNELS
from edge_agent.risk.manifest import Channel
from firmware_bridges.vitals import VITALS

CLIP = 4.0
"""Where every normalised channel ends."""

VITAL = {
    "pulse": "pulse_rate",
    "spo2": "spo2",
    "respiratory_rate": "respiratory_rate",
    "systolic": "systolic",
    "temperature": "temperature",
}
"""The vital whose codes stand for each quantity."""

_NORMAL = {
    "pulse": (85.0, 17.0),
    "spo2": (97.0, 2.5),
    "respiratory_rate": (18.5, 5.0),
    "systolic": (120.0, 22.0),
    "temperature": (37.0, 0.7),
    "news2_total": (2.0, 1.5),
    "shock_index": (0.72, 0.2),
    "age": (62.0, 16.0),
    "sex": (0.0, 1.0),
}
_FLAG, _POINTS = (0.0, 1.0), (0.0, 1.0)
_UNITS = {"shock_index": "1", "age": "a", "sex": "1", "news2_total": "{score}"}


def channels() -> tuple[Channel, ...]:
    """Return the contract of all channels, in the one order that features has."""
    return tuple(_channel(name) for name in CHANNELS)


def _channel(name: str) -> Channel:
    """Return the contract of one channel. Flags, log ages and points are used as they are."""
    centre, scale = _NORMAL.get(name, (0.0, 1.0))
    if name not in QUANTITIES:
        unit = _UNITS.get(name, "{score}" if name.endswith("_news2") else "1")
        return Channel(name=name, unit=unit, centre=centre, scale=scale, clip=CLIP)
    vital = VITALS[VITAL[name]]
    return Channel(name=name, unit=vital.ucum, loinc=vital.loinc, mdc=vital.mdc, centre=centre, scale=scale, clip=CLIP)
