"""A small physiology: a resting person, courses, and the few couplings that make vitals move together.

Three rules of thumb couple the quantities: fever quickens the heart (about 8 /min per Cel) and the breath, a lack of
oxygen quickens both, and a falling pressure quickens the heart. They make a picture to look at and are no evidence.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from edge_agent.simulator.courses import Course
from edge_agent.simulator.noise import noise


class Resting(msgspec.Struct, frozen=True, kw_only=True):
    """A person at rest.

    Rates in /min, SpO2 and perfusion index in %, pressures in mmHg, temperature in Cel, glucose in mg/dL, weight in kg.
    """

    pulse: float = 76
    spo2: float = 97
    respiratory_rate: float = 15
    systolic: float = 124
    diastolic: float = 76
    temperature: float = 36.7
    perfusion_index: float = 4.2
    glucose: float = 104
    weight: float = 74


FEVER_PULSE, FEVER_BREATH = 8.0, 2.0
"""Beats and breaths per minute for each Cel above rest."""

ENOUGH_SPO2, HYPOXIC_PULSE, HYPOXIC_BREATH = 93.0, 1.2, 0.5
"""SpO2 in % below which heart and breath quicken, and by how much per missing %."""

BAROREFLEX = 0.4
"""Beats per minute for each mmHg that the systolic pressure is below rest."""

_WANDER: dict[str, tuple[float, float, float]] = {
    "pulse": (2.5, 1.2, 0.6),
    "spo2": (0.5, 0.25, 0.1),
    "respiratory_rate": (1.0, 0.5, 0.2),
    "systolic": (3.0, 1.5, 0.5),
    "diastolic": (2.0, 1.0, 0.3),
    "temperature": (0.06, 0.01, 0.0),
    "perfusion_index": (0.5, 0.2, 0.1),
    "glucose": (6.0, 0.0, 0.0),
    "weight": (0.0, 0.0, 0.0),
}
"""Size of the noise per quantity at each of `_PERIODS`, in its unit."""

_PERIODS = (300.0, 8.0, 1.0)
"""Seconds between the knots of the noise: minutes, breaths, beats."""

_AROUSAL = {"pulse": 2.0, "respiratory_rate": 0.6, "systolic": 3.0, "diastolic": 1.5}
"""What one unit of arousal, the same for all quantities, adds to each."""

_POSSIBLE = {
    "pulse": (20, 240),
    "spo2": (50, 100),
    "respiratory_rate": (4, 60),
    "systolic": (40, 250),
    "diastolic": (25, 150),
    "temperature": (33, 42),
    "perfusion_index": (0.1, 20),
    "glucose": (40, 500),
    "weight": (20, 250),
}
"""No patient of ours leaves these."""


def vitals(resting: Resting, courses: Iterable[Course], seed: int, t_s: float) -> dict[str, float]:
    """Return every quantity at `t_s` of patient time; a pure function of its arguments."""
    body = {quantity: getattr(resting, quantity) + change for quantity, change in _changes(courses, t_s).items()}
    fever = max(body["temperature"] - resting.temperature, 0.0)
    hypoxia = max(ENOUGH_SPO2 - body["spo2"], 0.0)
    fallen = max(resting.systolic - body["systolic"], 0.0)
    body["pulse"] += FEVER_PULSE * fever + HYPOXIC_PULSE * hypoxia + BAROREFLEX * fallen
    body["respiratory_rate"] += FEVER_BREATH * fever + HYPOXIC_BREATH * hypoxia
    body["diastolic"] -= 0.5 * fallen
    arousal = noise(seed, "arousal", t_s, 90)
    for quantity, sizes in _WANDER.items():
        wander = sum(
            size * noise(seed, f"{quantity}/{period}", t_s, period)
            for size, period in zip(sizes, _PERIODS, strict=True)
        )
        lowest, highest = _POSSIBLE[quantity]
        body[quantity] = min(max(body[quantity] + wander + _AROUSAL.get(quantity, 0) * arousal, lowest), highest)
    return body


def _changes(courses: Iterable[Course], t_s: float) -> dict[str, float]:
    """Return the sum of all courses' changes per quantity."""
    changes = dict.fromkeys(_WANDER, 0.0)
    for course in courses:
        level = course.level(t_s)
        for quantity, change in course.effects.items():
            changes[quantity] += change * level
    return changes
