"""One recording through one ward, as fast as the machine allows."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple, Protocol
from uuid import UUID

import msgspec

from edge_agent.bedside.ward import Ward
from edge_agent.cli.load.outcome import Collector, Outcome
from edge_agent.domain.effects import Effect, RiskWanted
from edge_agent.domain.inputs import (
    Input,
    LinkConnecting,
    LinkData,
    LinkOpened,
    RiskAnswered,
    SettingsApplied,
    Started,
    Wake,
)
from edge_agent.domain.settings import SECOND, Bed, Device, WardSettings
from edge_agent.gateway.scoring import MODELS, open_scorer
from edge_agent.risk.scorer import Scorer
from edge_agent.simulator.labels import Label
from firmware_bridges.bridge import Encoder, Sample
from firmware_bridges.families import FAMILIES

START = 1000 * SECOND
RUN = str(UUID(int=1))
TELEMETRY_S = 60
"""Vitals messages are not what is looked at; alerts do not depend on them."""

Mapper = Callable[[Callable[["Task"], Outcome], Iterable["Task"]], Iterable[Outcome]]
"""`map`, a process pool's, or that of a cluster."""


class Source(Protocol):
    """One bed's recording: a small record that another process can be given."""

    @property
    def name(self) -> str:
        """Return the name for reports."""

    def play(self, run: Run) -> Played:
        """Tell the ward everything, in its time."""


class Played(NamedTuple):
    """How long a recording was, what had to be told, and how many beds it has."""

    seconds: float
    labels: tuple[Label, ...] = ()
    beds: int = 1


class Task(NamedTuple):
    """One recording under one set of settings; `model` is the bundle that is asked, "" for none."""

    source: Source
    settings: WardSettings
    model: str = ""


class Run:
    """A ward that is told a recording."""

    def __init__(self, settings: WardSettings, model: str = "") -> None:
        """Take the settings whose rules count; the bed and its devices are the recording's."""
        self.ward, self.now, self.start = Ward(), START, START
        self.settings = msgspec.structs.replace(settings, telemetry_interval_s=TELEMETRY_S)
        self.collected = Collector(START)
        self._encoders: dict[str, Encoder] = {}
        self._scorer: Scorer | None = open_scorer(model, MODELS) if model else None

    def begin(self, bed: Bed, families: dict[str, str]) -> None:
        """Put devices, by name and family, at a bed."""
        devices = tuple(
            Device(id=name, bed=bed.id, family=family, port=f"/{name}") for name, family in families.items()
        )
        self.give(Started(RUN, "backtest"))
        self.give(SettingsApplied(msgspec.structs.replace(self.settings, beds=(bed,), devices=devices)))
        for name, family in families.items():
            self._encoders[name] = FAMILIES[family].encoder()
            self.give(LinkConnecting(name, self.now))
            self.give(LinkOpened(name, self.now))

    def resume(self, state: bytes, now: int) -> None:
        """Continue from a ward's checkpoint, with its own beds and devices under our settings."""
        self.ward.restore(state)
        self.now = self.start = now
        self.collected = Collector(now)
        was = self.ward.settings
        self.give(SettingsApplied(msgspec.structs.replace(self.settings, beds=was.beds, devices=was.devices)))

    def until(self, at: int) -> None:
        """Let time pass up to `at` (ns)."""
        while (due := self.ward.next_deadline()) is not None and due <= at:
            self.now = max(self.now, due)
            self.give(Wake())
        self.now = max(self.now, at)

    def say(self, device: str, sample: Sample) -> None:
        """Let a device send a sample now."""
        for channel, data in self._encoders[device].encode(sample):
            self.give(LinkData(device, channel, data, self.now))

    def give(self, given: Input) -> None:
        """Hand the ward one input now; the model answers at once."""
        effects: list[Effect] = self.ward.handle(given, self.now)
        self.collected.take(effects)
        if self._scorer is not None:
            for wanted in [effect for effect in effects if isinstance(effect, RiskWanted)]:
                (answer,) = self._scorer.score([wanted.window])
                self.give(RiskAnswered(wanted.bed, wanted.request, answer, self.now))


def play(task: Task) -> Outcome:
    """Return what one recording comes to."""
    run = Run(task.settings, task.model)
    played = task.source.play(run)
    outcome = run.collected.outcome(task.source.name, played.seconds, played.labels)
    return msgspec.structs.replace(outcome, hours=outcome.hours * played.beds)


def backtest(sources: Iterable[Source], settings: WardSettings, model: str = "", mapper: Any = map) -> list[Outcome]:  # noqa: ANN401 - anybody's map
    """Return every recording's outcome, in order. `mapper` as `map`: a pool's, or a cluster's."""
    return list(mapper(play, [Task(source, settings, model) for source in sources]))
