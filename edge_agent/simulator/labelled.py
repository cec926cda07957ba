"""Recordings at 1 Hz whose artefacts and events are known: what alarm settings are judged by. docs/alarm-load.md.

A bed has two devices, `ecg` (heart rate, respiration) and `ox` (SpO2, pulse rate). Seeded: the same seed, bed and
hours are the same recording, second by second. Frozen: changing a number here makes every published figure void.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import floor
from random import Random
from typing import NamedTuple

from edge_agent.simulator.labels import ARTEFACTS, EVENTS, Artefact, Event, Label
from firmware_bridges.bridge import Sample
from firmware_bridges.vitals import VITALS, Reason

HOUR = 3600
MARGIN = 60
"""Seconds around an event that stay free of other events and of artefacts, so that its label is unambiguous."""

DEVICES = {"ecg": ("heart_rate", "respiratory_rate"), "ox": ("spo2", "pulse_rate")}
RANGE = {"spo2": (50, 100), "pulse": (25, 200), "respiratory_rate": (2, 60)}
UNSURE_BREATH = 0.2
"""Share of seconds in which respiration is counted one too high or low."""

DRIFT = {"spo2": (0.05, 0.13), "pulse": (0.03, 0.7), "respiratory_rate": (0.05, 0.4)}
"""Per second and quantity: how strongly a wandering value is pulled back, and the standard deviation of its step."""


class Episode(NamedTuple):
    """One thing that happens from second `start` to before `end`; `depth` is drawn from what its kind allows."""

    kind: Event | Artefact
    start: int
    end: int
    depth: float
    flagged: bool = False


class Watch:
    """Notes for every event since when the patient was beyond its limit for good."""

    def __init__(self, events: list[Episode]) -> None:
        """Take the events, in order."""
        self._events = events
        self._crossed: list[int | None] = [None] * len(events)

    def see(self, second: int, samples: dict[str, Sample]) -> None:
        """Look at one second."""
        for place, each in enumerate(self._events):
            if each.start <= second < _held_until(each):
                since = self._crossed[place]
                self._crossed[place] = (second if since is None else since) if _beyond(each, samples) else None

    def labels(self) -> tuple[Label, ...]:
        """Return the events that were beyond their limit at the end."""
        pairs = zip(self._events, self._crossed, strict=True)
        return tuple(_label(each, since) for each, since in pairs if since is not None)


class LabelledBed(NamedTuple):
    """One bed for `hours`, from `seed`. Every eighth bed hovers around the SpO2 limit: a few patients ring most."""

    seed: int
    bed: int
    hours: int

    @property
    def name(self) -> str:
        """Return the recording's name."""
        return f"labelled-{self.seed}-{self.bed:03}"

    def seconds(self) -> Iterator[dict[str, Sample]]:
        """Yield what each device measures, second by second."""
        chance = Random(f"{self.seed}/{self.bed}/values")
        base, episodes = self._baseline(), self._episodes()
        wander = dict.fromkeys(base, 0.0)
        active: list[Episode] = []
        for second in range(self.hours * HOUR):
            while episodes and episodes[0].start <= second:
                active.append(episodes.pop(0))
            active = [each for each in active if second < each.end]
            for quantity, (pull, step) in DRIFT.items():
                wander[quantity] += chance.gauss(0, step) - pull * wander[quantity]
            truth = {quantity: base[quantity] + wander[quantity] for quantity in base}
            yield _measured(truth, active, second, chance)

    def labels(self) -> tuple[Label, ...]:
        """Return the events, each from the second in which the patient was beyond the limit for good."""
        watch = self.watch()
        for second, samples in enumerate(self.seconds()):
            watch.see(second, samples)
        return watch.labels()

    def watch(self) -> Watch:
        """Return what labels the events while somebody else plays the seconds."""
        return Watch([each for each in self._episodes() if isinstance(each.kind, Event)])

    @property
    def hovers(self) -> bool:
        """Tell whether this patient lives at the limit."""
        return self.bed % 8 == 0

    def _baseline(self) -> dict[str, float]:
        chance = Random(f"{self.seed}/{self.bed}/baseline")
        spo2 = chance.uniform(90.6, 91.6) if self.hovers else min(max(chance.gauss(96, 1.3), 93.5), 98.5)
        return {
            "spo2": spo2,
            "pulse": min(max(chance.gauss(80, 11), 58), 106),
            "respiratory_rate": min(max(chance.gauss(16, 2.2), 12), 20.5),
        }

    def _episodes(self) -> list[Episode]:
        """Return everything that happens, in order; artefacts keep clear of events."""
        chance = Random(f"{self.seed}/{self.bed}/episodes")
        events: list[Episode] = []
        for event in EVENTS:
            for _ in range(_count(event.per_hour * self.hours, chance)):
                placed = _drawn(event, self.hours, chance)
                if not any(_near(placed, other) for other in events):
                    events.append(placed)
        others: list[Episode] = []
        for artefact in ARTEFACTS:
            rate = artefact.per_hour * (artefact.hovering if self.hovers else 1)
            for _ in range(_count(rate * self.hours, chance)):
                placed = _drawn(artefact, self.hours, chance)
                if not any(_near(placed, event) for event in events):
                    others.append(placed)
        return sorted([*events, *others], key=lambda each: each.start)


def _count(expected: float, chance: Random) -> int:
    """Return a whole number with this mean: its whole part, and one more as often as its fraction says."""
    return int(expected) + (chance.random() < expected % 1)


def _drawn(kind: Event | Artefact, hours: int, chance: Random) -> Episode:
    start = chance.randrange(2 * MARGIN, hours * HOUR - 20 * MARGIN)
    lasting = round(chance.triangular(*kind.lasts))
    flagged = isinstance(kind, Artefact) and chance.random() < kind.flagged
    return Episode(kind, start, start + lasting, chance.uniform(*kind.depth), flagged)


def _near(one: Episode, other: Episode) -> bool:
    return one.start < other.end + MARGIN and other.start < one.end + MARGIN


def _event(episode: Episode) -> Event:
    if not isinstance(episode.kind, Event):
        raise TypeError(episode.kind)
    return episode.kind


def _held_until(episode: Episode) -> int:
    return episode.end - _event(episode).ramp


def _beyond(episode: Episode, samples: dict[str, Sample]) -> bool:
    """Tell whether every source shows the quantity beyond the event's limit."""
    event = _event(episode)
    shown = [s.values[v] for s in samples.values() for v in s.values if VITALS[v].quantity == event.quantity]
    return all(value < event.limit if event.rule.endswith("-low") else value > event.limit for value in shown)


def _label(episode: Episode, crossed: int) -> Label:
    event = _event(episode)
    return Label(event.rule, crossed, _held_until(episode), event.deep, event.cap_s)


def _measured(truth: dict[str, float], active: list[Episode], second: int, chance: Random) -> dict[str, Sample]:
    """Return one second of both devices."""
    breath = chance.choice((-1, 1)) if chance.random() < UNSURE_BREATH else 0
    for each in active:
        if isinstance(each.kind, Event):
            share = min(1.0, (second - each.start) / each.kind.ramp, (each.end - second) / each.kind.ramp)
            truth[each.kind.quantity] += (each.depth + chance.uniform(-0.4, 0.4) - truth[each.kind.quantity]) * share
            breath *= share < 1
    values = {
        "heart_rate": truth["pulse"],
        "pulse_rate": truth["pulse"] + chance.gauss(0, 0.5),
        "respiratory_rate": truth["respiratory_rate"] + breath,
        "spo2": truth["spo2"],
    }
    spoilt = {vital: each for each in active if isinstance(each.kind, Artefact) for vital in each.kind.vitals}
    return {name: _sample(values, vitals, spoilt) for name, vitals in DEVICES.items()}


def _sample(values: dict[str, float], vitals: tuple[str, ...], spoilt: dict[str, Episode]) -> Sample:
    """Return what one device shows: with its sensor off, nothing; a flagged artefact is flagged for all it measures."""
    shown: dict[str, int] = {}
    conditions: set[Reason] = set()
    for vital in vitals:
        episode = spoilt.get(vital)
        value = values[vital]
        if episode is not None and isinstance(episode.kind, Artefact):
            if episode.kind.absent:
                return Sample(conditions=frozenset({Reason.SENSOR_OFF}))
            value += episode.depth * (-1 if vital == "pulse_rate" and "spo2" in episode.kind.vitals else 1)
            conditions |= {Reason.ARTEFACT} if episode.flagged else set()
        lowest, highest = RANGE[VITALS[vital].quantity]
        shown[vital] = floor(min(max(value, lowest), highest) + 0.5)
    return Sample(values=shown, conditions=frozenset(conditions))
