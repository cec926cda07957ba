"""Makes what an agent says, by the agent's own wire layer: effects become messages with numbers."""

from __future__ import annotations

from collections import Counter
from uuid import UUID

from edge_agent.cli.stage.setting import TOPICS
from edge_agent.cli.viewing.heard import Heard, listen
from edge_agent.domain.alerts import (
    Alert,
    ConditionState,
    Evidence,
    Kind,
    Phase,
    Priority,
    SignalState,
    Why,
)
from edge_agent.domain.effects import (
    AlertsSnapshot,
    Effect,
    LinkReport,
    LinkState,
    ScoreReport,
    StreamView,
    VitalsReport,
)
from edge_agent.domain.scores import Part, RuleScore
from edge_agent.domain.settings import SECOND, BedState
from edge_agent.domain.windows import Abstention, Driver, RiskScore
from edge_agent.wire import compose
from edge_agent.wire.outgoing import Draft, Outgoing, Stamp
from firmware_bridges.bridge import Mode
from firmware_bridges.vitals import Reason, Validity

NOW = 10**6 * SECOND
"""When the story is told, ns."""

STAMP = Stamp(run=str(UUID(int=7)), boot=str(UUID(int=8)), trust="synced", wall_offset=1_700_000_000 * SECOND - NOW)


class Speaker:
    """Numbers messages as an agent would. `links` go with the vitals."""

    def __init__(self) -> None:
        self.links: list[LinkReport] = []
        self._numbers = Counter[str]()

    def say(self, effect: Effect, at: int = NOW, *, history: bool = False) -> Heard:
        """Return an effect as it arrives at `at`."""
        (draft,) = compose.compose(effect, TOPICS, STAMP, self.links)
        return self.send(draft, at, history=history)

    def sealed(self, draft: Draft) -> Outgoing:
        """Return a draft as it goes out."""
        self._numbers[draft.stream] += 1
        return compose.seal(draft, self._numbers[draft.stream], STAMP)

    def send(self, draft: Draft, at: int = NOW, *, history: bool = False) -> Heard:
        """Return a draft as it arrives at `at`."""
        sealed = self.sealed(draft)
        message = listen(TOPICS, sealed.history_topic if history else sealed.topic, sealed.payload, at)
        assert message is not None
        return message


def stream(vital: str, value: int | None, *, at: int = NOW, mode: Mode = Mode.CONTINUOUS, **more: object) -> StreamView:
    """Return a stream that is valid if it has a value."""
    given: dict[str, object] = {
        "validity": Validity.VALID if value is not None else Validity.INVALID,
        "reason": Reason.OK if value is not None else Reason.SENSOR_OFF,
        "device": "sensor-3",
        **more,
    }
    return StreamView(vital=vital, value=value, at=at, chosen=True, mode=mode, **given)  # type: ignore[arg-type] # a test's own choice


def vitals(bed: str, *streams: StreamView, at: int = NOW) -> VitalsReport:
    """Return a bed's vitals."""
    return VitalsReport(bed, at, BedState.MONITORED, streams)


def alert(bed: str, condition: str, text: str, **more: object) -> Alert:
    """Return an alert that has just been raised."""
    given: dict[str, object] = {
        "kind": Kind.PHYSIOLOGICAL,
        "priority": Priority.MEDIUM,
        "phase": Phase.START,
        "began": NOW - 8 * SECOND,
        "why": Why(text=text, rule=condition),
        "event_id": str(UUID(int=abs(hash((bed, condition))) % 2**64)),
        **more,
    }
    return Alert(
        bed=bed,
        condition=condition,
        ordinal=1,
        revision=1,
        state=ConditionState.ACTIVE,
        signal=SignalState.ON,
        raised=NOW,
        changed=NOW,
        **given,  # type: ignore[arg-type] # as above
    )


def low_spo2(bed: str) -> Alert:
    """Return the alert of the issue's example."""
    evidence = Evidence(vital="spo2", value=86, at=NOW, device="sensor-3", before=95)
    why = Why(text="SpO2 86 % for 8 s, was 95 %, falling", rule="spo2-low", limit=90, evidence=(evidence,))
    return alert(bed, "spo2-low", "", why=why)


def snapshot(bed: str, *alerts: Alert, monitored: bool = True, since: int = NOW) -> AlertsSnapshot:
    """Return a bed's present alerts."""
    return AlertsSnapshot(bed, NOW, BedState.MONITORED if bed else None, monitored, since, alerts)


def news2(bed: str, total: int, risk: str, missing: tuple[str, ...] = ()) -> ScoreReport:
    """Return a score with a risk of 38 %, or an abstention where something is missing."""
    rule = RuleScore(
        score="news2", version="1", total=total, parts=(Part("spo2", 3, "86 %"),), missing=missing, risk=risk
    )
    drivers = (
        Driver("respiratory_rate", 0.8, 24.0, 6.0),
        Driver("spo2", 0.4, 88.0, -3.0),
        Driver("pulse", -0.1, 80.0, 0.0),
    )
    answer = Abstention("too-few-vitals", "2 of 5 vitals") if missing else RiskScore(0.38, drivers, 3, "m", "s", "r")
    return ScoreReport(bed, NOW, rule, answer, NOW)


def pulled(device: str, bed: str, port: str) -> LinkReport:
    """Return the report of a pulled cable."""
    return LinkReport(device, bed, LinkState.LOST, f"{port} is not there", NOW)
