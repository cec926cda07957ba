"""docs/rules.md: every rule with its hazard, source and default limits, from the rules themselves."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import starmap

from edge_agent.bedside.rules import GATEWAY_RULES, RULES
from edge_agent.bedside.verdict import GatewayRule, Rule
from edge_agent.domain.settings import LIMIT_RULES, LimitRule
from tools.markdown import page, table

PAGE = "rules.md"


def write() -> str:
    """Return the page."""
    return page(
        "Alert rules",
        "Each rule guards against one hazard. Priorities are those of IEC 60601-1-8; the one given is the highest the "
        "rule can reach.",
        "## Limits",
        "A value equal to the limit is inside. Beyond it an alert comes after so many seconds at the latest; "
        "sooner when depth beyond the limit times seconds reaches the number under *or at*, at a third moment "
        "within a minute that lies half the delay after the one before, or beyond the deep limit. Where a second "
        "source of the vital is fresh, only the latest time does not wait for it to be beyond the limit too. An "
        "alert ends the hysteresis inside its limit. What a plain limit would have announced and this one did not "
        "is told as suppressed, with the time. No configuration may move a limit beyond the bounds in the last "
        "column.",
        table(
            ("Rule", "Limit", "after", "or at", "Deep limit (high)", "after", "Hysteresis", "Bounds of the limit"),
            starmap(_limit, LIMIT_RULES.items()),
        ),
        "## About a bed",
        _table(RULES.values()),
        "## About the gateway",
        _table(GATEWAY_RULES),
    )


def _limit(name: str, rule: LimitRule) -> tuple[str, ...]:
    limit = rule.default
    deep = ("", "") if limit.deep_limit is None else (str(limit.deep_limit), f"{limit.deep_delay_s} s")
    after, bounds = f"{limit.delay_s} s", f"{rule.lowest} to {rule.highest}"
    return f"`{name}`", str(limit.limit), after, str(limit.burden or ""), *deep, str(limit.hysteresis), bounds


def _table(rules: Iterable[Rule | GatewayRule]) -> str:
    heads = ("Rule", "Says", "Kind", "Priority", "Hazard", "Source")
    return table(heads, map(_row, rules))


def _row(rule: Rule | GatewayRule) -> tuple[str, ...]:
    return f"`{rule.id}`", rule.title, rule.kind.value, rule.priority.name.lower(), rule.hazard, rule.source
