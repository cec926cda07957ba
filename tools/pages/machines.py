"""docs/machines.md: both machines of an alert, drawn from their tables."""

from __future__ import annotations

from collections.abc import Iterable

from edge_agent.bedside.machine import TRANSITIONS as CONDITION
from edge_agent.bedside.signal import TRANSITIONS as SIGNAL
from tools.markdown import page

PAGE = "machines.md"


def write() -> str:
    """Return the page."""
    condition = ((a, b, f"{event}{f' ({phase.value})' if phase else ''}") for a, event, b, phase in CONDITION)
    signal = ((a.value, b.value, event.value) for a, event, b in SIGNAL)
    return page(
        "The two machines of an alert",
        "A condition is what is wrong, its signal is what a person is told of it. Every alert has both; each step of "
        "either is a revision of the alert. What stands in brackets is the phase that is announced.",
        "## Condition",
        _drawn("idle", condition),
        "## Signal",
        "An event without an arrow changes nothing: a lost signal does not end a pause, and the technical alert that "
        "tells of it has a signal of its own.",
        _drawn("off", signal),
    )


def _drawn(first: str, arrows: Iterable[tuple[str, str, str]]) -> str:
    """Return a state diagram; arrows between the same two states are one, with all their labels."""
    labels: dict[tuple[str, str], list[str]] = {}
    for before, after, label in arrows:
        labels.setdefault((before, after), []).append(label)
    drawn = [f"    {before} --> {after}: {'<br/>'.join(each)}" for (before, after), each in labels.items()]
    return "\n".join(["```mermaid", "stateDiagram-v2", f"    [*] --> {first}", *drawn, "```"])
