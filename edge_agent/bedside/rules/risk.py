"""The model's advice: deterioration is likely. Advisory, at most medium, off until the ward sets a probability."""

from __future__ import annotations

from collections.abc import Iterable

from edge_agent.bedside.verdict import BedView, Finding, Rule, Timing
from edge_agent.bedside.words import in_text
from edge_agent.domain.alerts import Kind, Priority, Why
from edge_agent.domain.settings import SECOND, WardSettings
from edge_agent.domain.windows import RiskScore

ID = "risk"


def _evaluate(view: BedView) -> Iterable[Finding]:
    threshold = view.settings.risk_alert_probability
    if threshold is None:
        return
    if not isinstance(view.risk, RiskScore) or view.spo2_scale != 1:
        yield Finding(condition=ID, present=None, why=Why(text="no usable model score", rule=ID))
        return
    drivers = ", ".join(in_text(d.quantity) for d in view.risk.drivers[:3] if d.contribution > 0)
    percent = round(view.risk.probability * 100)
    why = Why(
        text=f"Risk of NEWS2 7 or more within 6 h: {percent} %{', driven by ' + drivers if drivers else ''}",
        rule=ID,
        probability=view.risk.probability,
        drivers=view.risk.drivers,
    )
    yield Finding(condition=ID, present=view.risk.probability >= threshold, priority=Priority.MEDIUM, why=why)


def _timing(_settings: WardSettings) -> Timing:
    return Timing(delays={Priority.MEDIUM: 0}, clear_after=600 * SECOND)


RULE = Rule(
    id=ID,
    title="Risk of deterioration",
    kind=Kind.ADVISORY,
    priority=Priority.MEDIUM,
    hazard="Deterioration that is coming and that no present value shows.",
    source="The model bundle's card; it never lowers, delays, ends or silences anything",
    evaluate=_evaluate,
    timing=_timing,
)
