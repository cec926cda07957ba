"""What a rule score says: parts, total, what is missing, and the risk band of its own standard."""

from __future__ import annotations

import msgspec

from edge_agent.domain.alerts import Priority


class Part(msgspec.Struct, frozen=True):
    """One parameter's points. `points` is None when the input is missing; `value` as text a person reads."""

    name: str
    points: int | None
    value: str = ""


class RuleScore(msgspec.Struct, frozen=True, kw_only=True):
    """One evaluation of a versioned score. With `missing` inputs `total` is a lower bound, never an estimate.

    `risk` is the standard's own band (NEWS2: low, low-medium, medium, high), `response` its recommended response,
    `priority` that of the alert it is worth, None for none. `sha256` is that of the score's data.
    """

    score: str
    version: str
    total: int
    parts: tuple[Part, ...]
    missing: tuple[str, ...]
    risk: str
    response: str = ""
    priority: Priority | None = None
    sha256: str = ""
    spo2_scale: int = 1

    @property
    def complete(self) -> bool:
        """Tell whether every input was there, so that `total` is the score and not its lower bound."""
        return not self.missing
