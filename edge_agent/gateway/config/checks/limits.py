"""Limit rules: known, within their bounds, able to end, and never all of them off (hard floors for every source)."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal

from edge_agent.domain.alerts import Priority
from edge_agent.domain.settings import LIMIT_RULES, Limit, WardSettings
from edge_agent.gateway.config.sheet import Sheet
from edge_agent.gateway.config.words import Path, one_of, shown, suggestion
from firmware_bridges.vitals import VITALS

_FLOOR = "spo2-low"
"""The one rule that no configuration may turn off, nor make quieter than medium (ISO 80601-2-61, conventions A4)."""

_DECIMALS = {vital.quantity: vital.decimals for vital in VITALS.values()}
_SPO2_MOST = Decimal(100)
"""Percent; an alert that ends only above it never ends."""


def check_limits(ward: WardSettings, sheet: Sheet) -> None:
    """Complain of every limit beyond its bounds, and of rules turned off that must stay on."""
    for rule, limit in ward.limits.items():
        path: Path = ("limits", rule)
        if rule in LIMIT_RULES:
            _check_steps(rule, limit, path, sheet)
            _check_limit(rule, limit, path, sheet)
            _check_deep_limit(rule, limit, path, sheet)
            _check_hysteresis(rule, ward, path, sheet)
            _check_burden(limit, path, sheet)
        else:
            remedy = suggestion(rule, LIMIT_RULES, "choose one of them")
            sheet.complain(path, f"the unknown rule {shown(rule)}", one_of(LIMIT_RULES), remedy)
    _check_floors(ward, sheet)


def _check_steps(rule: str, limit: Limit, path: Path, sheet: Sheet) -> None:
    """Refuse digits that no measurement has: they would be rounded without a word."""
    step = Decimal(1).scaleb(-_DECIMALS[_quantity(rule)])
    for name in ("limit", "deep_limit", "hysteresis", "burden"):
        value = getattr(limit, name)
        if value is not None and sheet.sound((*path, name)) and value % step:
            remedy = f"write {value.quantize(step, ROUND_HALF_UP)}"
            sheet.complain((*path, name), str(value), f"steps of {step}, as it is measured", remedy)


def _check_limit(rule: str, limit: Limit, path: Path, sheet: Sheet) -> None:
    bounds = LIMIT_RULES[rule]
    if sheet.sound((*path, "limit")) and not bounds.lowest <= limit.limit <= bounds.highest:
        allowed = f"{bounds.lowest} to {bounds.highest}"
        sheet.complain((*path, "limit"), str(limit.limit), allowed, "choose a limit in that range")


def _check_deep_limit(rule: str, limit: Limit, path: Path, sheet: Sheet) -> None:
    deep, bounds = limit.deep_limit, LIMIT_RULES[rule]
    if deep is None or not sheet.sound((*path, "limit"), (*path, "deep_limit")):
        return
    lowest, highest = (bounds.lowest, limit.limit) if _low(rule) else (limit.limit, bounds.highest)
    if not lowest <= deep <= highest:
        found = f"{deep}{_origin(path, 'deep_limit', sheet)}, with limit {limit.limit}"
        remedy = f"write `deep_limit: {limit.limit}`, or one {'below' if _low(rule) else 'above'} it"
        sheet.complain((*path, "deep_limit"), found, f"{lowest} to {highest}", remedy)


def _check_hysteresis(rule: str, ward: WardSettings, path: Path, sheet: Sheet) -> None:
    """Refuse a hysteresis that turns the limit round, or lets the alert end only where no healthy value is."""
    limit = ward.limit(rule)
    other = _opposite(rule)
    rivals = [(*path, "limit"), (*path, "hysteresis"), *([("limits", other, "limit")] if other else [])]
    if not sheet.sound(*rivals):
        return
    edge = ward.limit(other).limit if other else _SPO2_MOST
    room = abs(edge - limit.limit)
    if not 0 <= limit.hysteresis <= room:
        found = f"{limit.hysteresis}{_origin(path, 'hysteresis', sheet)}, with limit {limit.limit}"
        never = "write a smaller one: with this the alert would never end"
        remedy = never if limit.hysteresis > 0 else "leave the minus out: it is counted towards normal"
        sheet.complain((*path, "hysteresis"), found, f"0 to {room}", remedy)


def _check_burden(limit: Limit, path: Path, sheet: Sheet) -> None:
    """Refuse a burden that is reached at once: the delay would mean nothing."""
    if limit.burden is not None and limit.burden <= 0 and sheet.sound((*path, "burden")):
        sheet.complain((*path, "burden"), str(limit.burden), "more than 0", "leave it out to wait for `delay_s`")


def _check_floors(ward: WardSettings, sheet: Sheet) -> None:
    path: Path = ("limits", _FLOOR)
    floor = ward.limit(_FLOOR)
    if not floor.enabled and sheet.sound((*path, "enabled")):
        sheet.complain((*path, "enabled"), "false", "true: this rule cannot be turned off", "remove the line")
    if floor.priority.rank < Priority.MEDIUM.rank and sheet.sound((*path, "priority")):
        allowed = one_of((Priority.HIGH.value, Priority.MEDIUM.value))
        sheet.complain((*path, "priority"), floor.priority.value, allowed, "choose one of them")
    named = [rule for rule in ward.limits if rule != _FLOOR]
    certain = all(sheet.sound(("limits", rule, name)) for rule in named for name in ("enabled", "priority"))
    others = (ward.limit(rule) for rule in LIMIT_RULES if rule != _FLOOR)
    if certain and not any(limit.enabled and limit.priority is not Priority.INFO for limit in others):
        found, allowed = f"every rule but {_FLOOR} off or at priority info", "at least one other that alerts"
        sheet.complain(("limits",), found, allowed, "turn one of them on")


def _low(rule: str) -> bool:
    return rule.endswith("-low")


def _quantity(rule: str) -> str:
    return rule.rpartition("-")[0].replace("-", "_")


def _opposite(rule: str) -> str:
    """Return the rule at the other end of the same quantity, "" for SpO2, which has no upper limit."""
    name = f"{rule.rpartition('-')[0]}-{'high' if _low(rule) else 'low'}"
    return name if name in LIMIT_RULES else ""


def _origin(path: Path, name: str, sheet: Sheet) -> str:
    return "" if sheet.written((*path, name)) else " (the default)"
