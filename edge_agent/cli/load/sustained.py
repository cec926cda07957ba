"""What had to be told of a recording without labels: a minute beyond a limit, in every source that there was."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from edge_agent.domain.settings import LIMIT_RULES
from edge_agent.simulator.labels import Label
from firmware_bridges.vitals import VITALS

LASTING = 60
"""Seconds beyond the default limit that make an event, and the cap within which it must be told."""


def sustained(seconds: Sequence[dict[str, int]]) -> tuple[Label, ...]:
    """Return every stretch of a minute or more beyond a default limit, oldest first."""
    found = [label for rule in LIMIT_RULES for label in _of_rule(rule, seconds)]
    return tuple(sorted(found, key=lambda label: label.crossed))


def _of_rule(rule: str, seconds: Sequence[dict[str, int]]) -> Iterator[Label]:
    since: int | None = None
    for second, values in enumerate([*seconds, {}]):
        beyond = _beyond(rule, values)
        if beyond and since is None:
            since = second
        elif not beyond and since is not None:
            if second - since >= LASTING:
                yield Label(rule, since, second, deep=False, cap_s=LASTING)
            since = None


def _beyond(rule: str, values: dict[str, int]) -> bool:
    quantity, _, side = rule.rpartition("-")
    shown = [(vital, v) for vital, v in values.items() if VITALS[vital].quantity == quantity.replace("-", "_")]
    return bool(shown) and all(_past(rule, vital, value, low=side == "low") for vital, value in shown)


def _past(rule: str, vital: str, value: int, *, low: bool) -> bool:
    edge = VITALS[vital].scaled(LIMIT_RULES[rule].default.limit)
    return value < edge if low else value > edge
