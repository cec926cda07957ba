"""What can happen in a labelled recording, as two tables: artefacts and passing trifles, and events. Frozen.

Rates and durations are ours, after what wards report: alarms of a median of 17 s (Gorges 2009), nine in ten not
actionable (Bonafide 2015), a tenth of the patients with most of the SpO2 alarms (Lansdowne 2016).
"""

from __future__ import annotations

from typing import NamedTuple

Range = tuple[float, float]
Lasting = tuple[float, float, float]
"""Shortest, longest and most frequent duration in s, as of a triangular distribution."""


class Artefact(NamedTuple):
    """Nothing a nurse should run for. `flagged`: share of them that the device itself calls an artefact.

    `vitals` are spoilt by adding a value from `depth`, or, with `absent`, gone with the sensor off. `hovering`: how
    many times as often at a bed that hovers at the limit.
    """

    name: str
    vitals: tuple[str, ...]
    per_hour: float
    lasts: Lasting
    depth: Range
    flagged: float = 0.0
    absent: bool = False
    hovering: float = 1.0


class Event(NamedTuple):
    """Something a nurse must know: a fall or rise over `ramp` seconds to a value from `depth`, held, and back.

    `limit` is what counts as beyond, `cap_s` how many seconds after the last crossing of it an alert of `rule` may come
    at the latest; a `deep` one must be of high priority.
    """

    rule: str
    quantity: str
    per_hour: float
    lasts: Lasting
    depth: Range
    ramp: int
    limit: int
    cap_s: int
    deep: bool = False


class Label(NamedTuple):
    """One event as it happened: beyond the limit in every second from `crossed` to before `end`."""

    rule: str
    crossed: int
    end: int
    deep: bool
    cap_s: int


ARTEFACTS = (
    Artefact("motion", ("spo2",), 1.2, (3, 25, 8), (-22, -6), flagged=0.5),
    Artefact("motion, pulse too", ("spo2", "pulse_rate"), 0.4, (3, 20, 7), (-30, -8), flagged=0.5),
    Artefact("pulse counted double", ("pulse_rate",), 0.3, (3, 14, 6), (55, 90)),
    Artefact("noise on the leads", ("heart_rate",), 0.4, (3, 14, 6), (60, 110), flagged=0.3),
    Artefact("ectopic beats", ("heart_rate", "pulse_rate"), 0.15, (2, 8, 4), (45, 65)),
    Artefact("talking, moving", ("respiratory_rate",), 1.0, (5, 28, 12), (10, 20)),
    Artefact("shallow breath", ("respiratory_rate",), 0.3, (5, 20, 9), (-11, -7)),
    Artefact("passing desaturation", ("spo2",), 0.3, (5, 14, 8), (-9, -6), hovering=0.0),
    Artefact("passing dip at the limit", ("spo2",), 0.02, (4, 14, 7), (-4, -2), hovering=200.0),
    Artefact("probe off", ("spo2", "pulse_rate"), 0.25, (20, 240, 60), (0, 0), absent=True),
    Artefact("leads off", ("heart_rate", "respiratory_rate"), 0.15, (20, 240, 60), (0, 0), absent=True),
)

EVENTS = (
    Event("spo2-low", "spo2", 0.03, (90, 600, 200), (86, 87), ramp=20, limit=90, cap_s=30),
    Event("spo2-low", "spo2", 0.03, (60, 240, 90), (64, 81), ramp=15, limit=85, cap_s=3, deep=True),
    Event("pulse-high", "pulse", 0.02, (90, 600, 200), (136, 145), ramp=15, limit=130, cap_s=30),
    Event("pulse-high", "pulse", 0.01, (60, 300, 120), (156, 185), ramp=10, limit=150, cap_s=3, deep=True),
    Event("pulse-low", "pulse", 0.02, (60, 300, 120), (41.6, 42.4), ramp=12, limit=45, cap_s=30),
    Event("pulse-low", "pulse", 0.01, (60, 240, 90), (30, 36), ramp=8, limit=40, cap_s=3, deep=True),
    Event("respiratory-rate-high", "respiratory_rate", 0.03, (120, 900, 300), (28, 32), ramp=20, limit=24, cap_s=45),
    Event(
        "respiratory-rate-low", "respiratory_rate", 0.02, (90, 400, 150), (3, 4), ramp=15, limit=7, cap_s=3, deep=True
    ),
)
