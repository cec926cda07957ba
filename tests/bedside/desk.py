"""A ward with somebody to answer: nurses and doctors whose receipts the bench gives."""

from __future__ import annotations

from typing import Any

from edge_agent.domain.alerts import Alert, InactivationKind, Outcome
from edge_agent.domain.effects import LocalSignal, ReceiptTaken
from edge_agent.domain.inputs import ReceiptGiven
from edge_agent.domain.settings import SECOND, Consumer, Role, WardSettings
from tests.bedside.harness import Bench, settings

NURSE, DOCTOR = Consumer("nurse-app", Role.NURSE), Consumer("doctor-app", Role.DOCTOR, 2)
SCREEN, WORKSHOP = Consumer("screen", Role.DISPLAY), Consumer("workshop", Role.TECHNICIAN)


def staffed(*consumers: Consumer, **ward: Any) -> WardSettings:  # noqa: ANN401 - any field of the settings
    """Return a ward with consumers; a nurse and behind her a doctor, if none are given."""
    return settings(**{"consumers": consumers or (NURSE, DOCTOR), **ward})


class Desk(Bench):
    """A bench whose people answer."""

    def __init__(self, ward: WardSettings | None = None) -> None:
        super().__init__(ward or staffed())
        self._requests = 0

    def low(self, spo2: int = 80) -> Alert:
        """Let SpO2 fall until it is a high alert; return that."""
        self.feed(10, {"spo2": 88})
        self.feed(10, {"spo2": spo2})
        return self.the("spo2-low")

    def the(self, condition: str) -> Alert:
        """Return the alert of a condition, which is there."""
        alert = self.present(condition)
        assert alert is not None, condition
        return alert

    def answer(  # noqa: PLR0913 - a receipt has as many fields
        self,
        condition: str,
        outcome: Outcome,
        *,
        consumer: str = "nurse-app",
        person: str = "nurse7",
        for_s: int | None = None,
        revision: int | None = None,
        pause: InactivationKind = InactivationKind.AUDIO_PAUSED,
    ) -> ReceiptTaken:
        """Give a receipt for the alert of a condition, on its newest revision if none is given; return the answer."""
        alert = self.the(condition)
        self._requests += 1
        if for_s is None and outcome in (Outcome.PAUSED, Outcome.ACKNOWLEDGED):
            for_s = 60
        receipt = ReceiptGiven(
            bed=alert.bed,
            consumer=consumer,
            request=f"r{self._requests}",
            received_at=self.now,
            event_id=alert.event_id,
            revision=alert.revision if revision is None else revision,
            outcome=outcome,
            person="" if outcome is Outcome.RECEIVED else person,
            reason="care",
            until=None if for_s is None else self.now + for_s * SECOND,
            pause=pause if outcome is Outcome.PAUSED else None,
        )
        return next(effect for effect in self.give(receipt) if isinstance(effect, ReceiptTaken))

    def sounding(self) -> list[str]:
        """Return the conditions that sound at the gateway itself now."""
        said = [effect for effect in self.effects if isinstance(effect, LocalSignal)]
        return [cause.condition for cause in said[-1].sounding] if said else []
