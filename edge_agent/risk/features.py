"""From hourly medians to what a model sees: one code path for training and agent, for one window or thousands.

A window is the last `SIGHT` hours, oldest first, of which the model sees the last `ROWS`. No row looks further back
than the window, so what is older than 24 h never matters, and nothing here tells how long a stay has lasted: hours
before a bed's first value repeat that hour, instead of showing a model how much history there is.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from edge_agent.domain.bands import NEWS2_BANDS
from edge_agent.domain.windows import QUANTITIES, Window
from edge_agent.risk.manifest import Channel
from firmware_bridges.vitals import VITALS

Array = npt.NDArray[Any]
Floats = npt.NDArray[np.float32]

DEFINITION: Literal["vitals-window/1"] = "vitals-window/1"
"""Name of what this file computes, and what a bundle was trained on. Any change of a value here needs a new name."""

SIGHT = 24
"""Hours that can influence a score, and so the furthest that a value is carried forward."""

ROWS = 12
"""Hours that the model sees."""

TREND_HOURS = 3
"""Hours over which a driver's trend is told."""

VIEWS = 1 + len(QUANTITIES)
"""Windows that explain one bed: whole, and without each quantity."""

RANGES = {
    "pulse": (20, 250),
    "spo2": (40, 100),
    "respiratory_rate": (3, 60),
    "systolic": (40, 260),
    "temperature": (300, 430),
}
"""Physiological range per quantity in units of its resolution, inclusive. What lies outside is missing, never carried.

Source: the task definition, the same for every data set that we train or score on.
"""

STEP = {vital.quantity: 10.0**-vital.decimals for vital in VITALS.values()}
"""The vital's unit per unit of resolution."""

CHANNELS = (
    *QUANTITIES,
    *(f"{quantity}_observed" for quantity in QUANTITIES),
    *(f"{quantity}_age" for quantity in QUANTITIES),
    *(f"{quantity}_news2" for quantity in QUANTITIES),
    "news2_total",
    "shock_index",
    "age",
    "sex",
)
"""All channels in their one order; a bundle uses all or some of them.

Value (in the vital's unit), seen in that hour (0, 1), log age (0 fresh to 1 old or never), NEWS2 points per vital and
in total, pulse over systolic, age in years, sex (-1 female, 1 male, 0 unknown).
"""

_LOW = np.array([RANGES[quantity][0] for quantity in QUANTITIES], np.float32)
_HIGH = np.array([RANGES[quantity][1] for quantity in QUANTITIES], np.float32)
_STEP = np.array([STEP[quantity] for quantity in QUANTITIES], np.float32)
_EDGES = [np.array([b.up_to for b in NEWS2_BANDS[q] if b.up_to is not None], np.float32) for q in QUANTITIES]
_POINTS = [np.array([band.points for band in NEWS2_BANDS[quantity]], np.float32) for quantity in QUANTITIES]
_LOG_AGE = (np.log1p(np.arange(SIGHT + 1)) / np.log1p(SIGHT)).astype(np.float32)
SEX = {"female": -1.0, "male": 1.0}
"""The channel `sex` of what a patient record says; 0 for anything else."""
_PULSE, _SYSTOLIC = QUANTITIES.index("pulse"), QUANTITIES.index("systolic")
TOTAL = CHANNELS.index("news2_total")


class Beds(NamedTuple):
    """`n` windows side by side; NaN is missing.

    `medians` [n, SIGHT, 5] in units of resolution, order of `QUANTITIES`; `age` [n] in years; `sex` [n] as in
    `CHANNELS`; `pregnant` [n]; `news2` [n], the bedside total where it is known.
    """

    medians: Floats
    age: Floats
    sex: Floats
    pregnant: npt.NDArray[np.bool_]
    news2: Floats


class Derived(NamedTuple):
    """What follows from `n` windows.

    `raw` [n, ROWS, 24]: every channel before normalisation, NaN where missing; `carried` [n, SIGHT, 5]: values carried
    forward in the vital's unit; `hours_since` [n, 5]: hours since each was last seen, SIGHT if never.
    """

    raw: Floats
    carried: Floats
    hours_since: Floats


def from_windows(windows: Sequence[Window]) -> Beds:
    """Lay windows of any length side by side: cut to the last `SIGHT` hours, missing where shorter."""
    medians = np.full((len(windows), SIGHT, len(QUANTITIES)), np.nan, np.float32)
    for bed, window in enumerate(windows):
        for column, quantity in enumerate(QUANTITIES):
            values = window.medians.get(quantity, ())[-SIGHT:]
            if values:
                medians[bed, -len(values) :, column] = values
    people = [window.patient for window in windows]
    return Beds(
        medians,
        np.array([np.nan if person.age_years is None else person.age_years for person in people], np.float32),
        np.array([SEX.get(person.sex or "", 0.0) for person in people], np.float32),
        np.array([person.pregnant for person in people], np.bool_),
        np.array([np.nan if window.news2_total is None else window.news2_total for window in windows], np.float32),
    )


def gated(medians: Floats) -> Floats:
    """Return `medians` [..., 5] with every value outside its physiological range missing."""
    with np.errstate(invalid="ignore"):
        return np.where((medians >= _LOW) & (medians <= _HIGH), medians, np.float32(np.nan))


def points(values: Floats) -> Floats:
    """Return the NEWS2 points (SpO2 scale 1) of `values` [..., 5] in units of resolution; 0 where missing."""
    columns = [_POINTS[i][np.searchsorted(_EDGES[i], values[..., i], side="left")] for i in range(len(QUANTITIES))]
    return np.where(np.isnan(values), np.float32(0), np.stack(columns, axis=-1))


def derive(beds: Beds) -> Derived:
    """Carry values forward and compute every channel of every window."""
    medians = gated(beds.medians)
    observed = ~np.isnan(medians)
    row = np.arange(SIGHT)[None, :, None]
    last = np.maximum.accumulate(np.where(observed, row, -1), axis=1)
    hours = np.where(last < 0, SIGHT, row - last)
    filled = _take(medians, np.where(last < 0, observed.argmax(axis=1)[:, None, :], last))
    shown = np.maximum(row[:, -ROWS:, :], observed.any(axis=2).argmax(axis=1)[:, None, None])
    values = _take(filled, shown)
    raw = _channels(values, _take(observed, shown), _take(hours, shown), beds)
    carried = np.where(last < 0, np.float32(np.nan), filled) * _STEP
    return Derived(raw, carried, hours[:, -1].astype(np.float32))


def normalised(raw: Floats, channels: Sequence[Channel]) -> Floats:
    """Return the model's input [n, ROWS, C]: the bundle's channels, centred, scaled and clipped, 0 where missing."""
    if len(channels) != len(CHANNELS):
        raw = raw[..., [CHANNELS.index(channel.name) for channel in channels]]
    centre = np.array([channel.centre for channel in channels], np.float32)
    scale = np.array([channel.scale for channel in channels], np.float32)
    clip = np.array([channel.clip for channel in channels], np.float32)
    scaled = np.clip((raw - centre) / scale, -clip, clip)
    return np.where(np.isnan(scaled), np.float32(0), scaled)


def with_occlusions(beds: Beds) -> Beds:
    """Return `VIEWS` windows per bed: as it is, then with each quantity never seen, in the order of `QUANTITIES`."""
    medians = np.repeat(beds.medians, VIEWS, axis=0)
    for column in range(len(QUANTITIES)):
        medians[column + 1 :: VIEWS, :, column] = np.nan
    again: list[Array] = [np.repeat(part, VIEWS) for part in beds[1:]]
    return Beds(medians, *again)


def _take(array: Array, rows: npt.NDArray[np.intp]) -> Array:
    """Pick rows along the time axis, the same for all quantities where `rows` has one column."""
    return np.take_along_axis(array, np.broadcast_to(rows, (*rows.shape[:2], array.shape[2])), axis=1)


def _channels(values: Floats, observed: npt.NDArray[np.bool_], hours: npt.NDArray[np.intp], beds: Beds) -> Floats:
    """Lay all channels side by side, [n, ROWS, 24], in the order of `CHANNELS`."""
    parts = points(values)
    shock = values[..., _PULSE] / values[..., _SYSTOLIC]
    person = (np.broadcast_to(part[:, None], shock.shape) for part in (beds.age, beds.sex))
    singles = np.stack([parts.sum(axis=-1), shock, *person], axis=-1)
    return np.concatenate([values * _STEP, observed, _LOG_AGE[hours], parts, singles], axis=-1, dtype=np.float32)
