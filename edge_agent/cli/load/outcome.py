"""What one bed's recording came to under one set of settings."""

from __future__ import annotations

import msgspec

from edge_agent.domain.alerts import OVER, Alert, Kind, Phase, Priority
from edge_agent.domain.effects import AlertChanged, Effect, Suppressed
from edge_agent.domain.settings import SECOND
from edge_agent.simulator.labels import Label


class Announced(msgspec.Struct, frozen=True):
    """One call. Times are seconds from the recording's start; `lasted` None while it stands at the end."""

    rule: str
    kind: Kind
    priority: Priority
    at: float
    lasted: float | None = None


class Withheld(msgspec.Struct, frozen=True):
    """What a plain limit would have announced, and when."""

    rule: str
    by: str
    would_have: float


class Judged(msgspec.Struct, frozen=True):
    """One event that had to be told. `told` is when an alert first stood for it, None: missed."""

    rule: str
    crossed: int
    cap_s: int
    told: float | None

    @property
    def late(self) -> bool:
        """Tell whether it was told, and after its cap."""
        return self.told is not None and self.told > self.crossed + self.cap_s


class Outcome(msgspec.Struct, frozen=True):
    """All of one recording; `hours` are those of all its beds."""

    name: str
    hours: float
    announced: tuple[Announced, ...] = ()
    withheld: tuple[Withheld, ...] = ()
    events: tuple[Judged, ...] = ()


class Collector:
    """Takes effects as they come."""

    def __init__(self, start: int) -> None:
        """Count seconds from `start` (ns)."""
        self._start = start
        self._calls: list[tuple[Alert, float]] = []
        self._ended: dict[str, float] = {}
        self._stood: list[tuple[str, Priority, float, float]] = []
        self._standing: dict[str, tuple[Alert, float]] = {}
        self._withheld: list[Withheld] = []

    def take(self, effects: list[Effect]) -> None:
        """Keep what is said of alerts."""
        for effect in effects:
            if isinstance(effect, AlertChanged) and effect.alert.bed:
                self._alert(effect.alert)
            elif isinstance(effect, Suppressed):
                self._withheld.append(Withheld(effect.condition, effect.by.value, self._seconds(effect.would_have)))

    def outcome(self, name: str, seconds: float, labels: tuple[Label, ...]) -> Outcome:
        """Return everything of a recording of `seconds`."""
        for alert, since in self._standing.values():
            self._stood.append((alert.condition, alert.priority, since, seconds))
        calls = [
            Announced(alert.condition, alert.kind, alert.priority, at, self._lasted(alert, at))
            for alert, at in self._calls
        ]
        events = tuple(Judged(each.rule, each.crossed, each.cap_s, self._told(each)) for each in labels)
        return Outcome(name, seconds / 3600, tuple(calls), tuple(self._withheld), events)

    def _alert(self, alert: Alert) -> None:
        at = self._seconds(alert.changed)
        before = self._standing.get(alert.event_id)
        if alert.phase is Phase.START or (before and alert.priority.rank > before[0].priority.rank):
            self._calls.append((alert, at))
        if alert.event_id in self._standing:
            stood, since = self._standing.pop(alert.event_id)
            self._stood.append((stood.condition, stood.priority, since, at))
        if alert.phase in OVER:
            self._ended[alert.event_id] = at
        else:
            self._standing[alert.event_id] = (alert, at)

    def _lasted(self, alert: Alert, at: float) -> float | None:
        ended = self._ended.get(alert.event_id)
        return None if ended is None else round(ended - at, 3)

    def _told(self, label: Label) -> float | None:
        """Return when an alert of the event's rule, a high one for a deep event, first stood in its time."""
        times = [
            max(since, float(label.crossed))
            for rule, priority, since, until in self._stood
            if rule == label.rule and since <= label.end and until >= label.crossed
            if priority is Priority.HIGH or not label.deep
        ]
        return min(times, default=None)

    def _seconds(self, at: int) -> float:
        return round((at - self._start) / SECOND, 3)
