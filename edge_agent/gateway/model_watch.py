"""What the gateway knows of its model after a day: answers counted by cause, inputs that drift, a model on trial."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import msgspec

from edge_agent.domain.effects import RiskWanted
from edge_agent.domain.settings import SECOND
from edge_agent.domain.trial import ModelDay
from edge_agent.domain.windows import RiskAnswer, RiskScore
from edge_agent.risk.agreement import Comparison
from edge_agent.risk.drift import Sketch
from edge_agent.risk.scorer import Scorer

KEY = "model"
"""The name under which the store keeps the day."""

HOUR = 3600 * SECOND
DAY = 24 * HOUR
SCORED = "scored"


class Round(NamedTuple):
    """Windows asked together, the answers, and what a model on trial said; `shadows` is None without one."""

    asked: Sequence[RiskWanted]
    answers: Sequence[RiskAnswer]
    shadows: Sequence[RiskAnswer] | None


class Counts(msgspec.Struct):
    """A day's counts of the models `used` and `shadow` (sha256, "" for none); `watched` is how long, in ns.

    `minutes` is how far into its hour each bed was when last asked: when it falls, an hour has become whole.
    """

    used: str = ""
    shadow: str = ""
    watched: int = 0
    answers: dict[str, int] = {}
    shadow_answers: dict[str, int] = {}
    minutes: dict[str, int] = {}
    sketch: Sketch = msgspec.field(default_factory=Sketch)
    comparison: Comparison = msgspec.field(default_factory=Comparison)


class ModelWatch:
    """Counts rounds. A day is 24 h of watching; a restart goes on with it, another model begins a new one."""

    def __init__(self, now: int) -> None:
        """Begin at `now` (ns)."""
        self._counts, self._since = Counts(), now
        self._used: Scorer | None = None

    def restore(self, data: bytes) -> None:
        """Go on with what `encode` returned in an earlier run. Raises msgspec.DecodeError."""
        self._counts = msgspec.msgpack.decode(data, type=Counts)

    def encode(self, now: int) -> bytes:
        """Return the day so far, to be kept."""
        self._pass(now)
        return msgspec.msgpack.encode(self._counts)

    def models(self, used: Scorer | None, shadow: Scorer | None) -> None:
        """Take note of the models from now on."""
        self._used = used
        names = (_sha256(used), _sha256(shadow))
        if names != (self._counts.used, self._counts.shadow):
            self._counts = Counts(*names)

    def count(self, scored: Round, threshold: float | None) -> None:
        """Count one round; `threshold` is the ward's alert probability."""
        day = self._counts
        _tally(day.answers, scored.answers)
        for wanted in scored.asked:
            self._look(wanted)
        if scored.shadows is not None:
            _tally(day.shadow_answers, scored.shadows)
            for used, shadow in zip(scored.answers, scored.shadows, strict=True):
                day.comparison.add(used, shadow, threshold)

    def day(self, now: int, threshold: float | None) -> ModelDay:
        """Return the day so far; after 24 h it is whole, and a new one begins."""
        self._pass(now)
        day, spread = self._counts, self._used.manifest.spread if self._used else {}
        whole = day.watched >= DAY
        if whole:
            self._counts = Counts(day.used, day.shadow, minutes=day.minutes)
        return ModelDay(
            hours=round(day.watched / HOUR, 1),
            whole=whole,
            answers=dict(day.answers),
            drift=tuple(day.sketch.drift(spread)),
            shadow_answers=dict(day.shadow_answers) if day.shadow else None,
            agreement=day.comparison.agreement(threshold) if day.shadow else None,
        )

    def _look(self, wanted: RiskWanted) -> None:
        """Count a bed's last hour once, when it has become whole."""
        before = self._counts.minutes.get(wanted.bed)
        self._counts.minutes[wanted.bed] = wanted.window.minutes_into_hour
        if self._used and before is not None and wanted.window.minutes_into_hour < before:
            self._counts.sketch.add(wanted.window, self._used.manifest.spread)

    def _pass(self, now: int) -> None:
        """Let the day grow by the time since it was last looked at."""
        self._counts.watched += now - self._since
        self._since = now


def _sha256(scorer: Scorer | None) -> str:
    return "" if scorer is None else scorer.model_sha256


def _tally(counts: dict[str, int], answers: Sequence[RiskAnswer]) -> None:
    for answer in answers:
        cause = SCORED if isinstance(answer, RiskScore) else answer.cause
        counts[cause] = counts.get(cause, 0) + 1
