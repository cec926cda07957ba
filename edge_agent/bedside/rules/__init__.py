"""One file is one rule and exports `RULE`: id, hazard, source, priority and a pure `evaluate`; `RULES` finds them all.

What several rules share stands in `edge_agent.bedside`, never in here; rules about the gateway itself are in `gateway`.
"""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules

from edge_agent.bedside.rules.gateway import GATEWAY_RULES
from edge_agent.bedside.verdict import Rule

RULES: dict[str, Rule] = {
    rule.id: rule
    for rule in (
        import_module(f"{__name__}.{module.name}").RULE for module in iter_modules(__path__) if module.name != "gateway"
    )
}
"""Every rule about a bed by its id."""

__all__ = ["GATEWAY_RULES", "RULES"]
