"""Troubles of the gateway itself: one alert for all the beds it concerns, instead of one a bed."""

from __future__ import annotations

from collections.abc import Callable

from edge_agent.bedside.verdict import Finding, GatewayRule, GatewayView, Timing
from edge_agent.domain.alerts import Kind, Priority, Why
from edge_agent.domain.settings import SECOND

RESTARTED = "gateway-restarted"
SOURCE = "IEC 60601-1-8:2006+A2:2020, 6.11 distributed alarm systems: any loss on the way is a technical alarm"

_TROUBLES: tuple[tuple[str, str, Priority, str], ...] = (
    ("broker-unreachable", "Alerts are not leaving this gateway", Priority.MEDIUM, "Alerts reach nobody."),
    ("storage-failed", "Storage fails", Priority.MEDIUM, "Alerts may be lost with the next power cut."),
    ("dead-letter", "The broker refuses messages", Priority.MEDIUM, "Some alerts or vitals reach nobody."),
    ("alert-not-durable", "An alert could not be stored", Priority.MEDIUM, "It may be lost with the next power cut."),
    ("adapter-lost", "A radio adapter is gone", Priority.MEDIUM, "All its devices are silent at once."),
    ("model-refused", "The risk model is refused", Priority.LOW, "No risk is predicted; rule scores go on."),
    (
        "local-output-failed",
        "The local output does not sound",
        Priority.MEDIUM,
        "Nobody hears what reaches nobody else.",
    ),
    ("config-fallback", "Not the wanted configuration", Priority.MEDIUM, "Limits may not be those the ward expects."),
    ("shared-device-refused", "A shared device is the wrong one", Priority.MEDIUM, "What it measures goes nowhere."),
)


def _trouble(code: str, title: str, priority: Priority, hazard: str) -> GatewayRule:
    def evaluate(view: GatewayView) -> Finding:
        fact = view.facts.get(code)
        if fact is None:
            return Finding(condition=code, present=False, why=Why(text=f"{title}: over", rule=code))
        beds = tuple(sorted({view.beds_of[device] for device in fact.devices if device in view.beds_of}))
        listed = f" (beds {', '.join(beds)})" if beds else ""
        why = Why(text=f"{title}: {fact.detail}{listed}", rule=code, devices=fact.devices, beds=beds)
        return Finding(condition=code, present=True, priority=priority, why=why, material=(fact.detail, *beds))

    return _rule(code, title, priority, hazard, evaluate)


def _rule(
    code: str, title: str, priority: Priority, hazard: str, evaluate: Callable[[GatewayView], Finding]
) -> GatewayRule:
    timing = Timing(delays={priority: 0}, clear_after=2 * SECOND, clear_after_loss=2 * SECOND)
    return GatewayRule(
        id=code,
        title=title,
        kind=Kind.TECHNICAL,
        priority=priority,
        hazard=hazard,
        source=SOURCE,
        evaluate=evaluate,
        timing=timing,
    )


def _restarted(view: GatewayView) -> Finding:
    if not view.unseen_beds:
        return Finding(condition=RESTARTED, present=False, why=Why(text="All beds seen again", rule=RESTARTED))
    why = Why(
        text=f"Gateway restarted, not yet seen again: beds {', '.join(view.unseen_beds)}",
        rule=RESTARTED,
        beds=view.unseen_beds,
    )
    return Finding(condition=RESTARTED, present=True, priority=Priority.LOW, why=why)


GATEWAY_RULES: tuple[GatewayRule, ...] = (
    _rule(RESTARTED, "Gateway restarted", Priority.LOW, "Nobody watched while it was down.", _restarted),
    *(_trouble(*row) for row in _TROUBLES),
)
"""Every rule about the gateway, in the order of display."""
