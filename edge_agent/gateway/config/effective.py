"""What is really in force, every default spelled out; its fingerprint; and what another one would change."""

from __future__ import annotations

from decimal import Decimal
from hashlib import sha256

import msgspec

from edge_agent.domain.settings import LIMIT_RULES, SECOND, Limit, WardSettings
from edge_agent.gateway.config.checks.quantities import QUANTITIES


class Diff(msgspec.Struct, frozen=True):
    """Ids that a new configuration adds, removes and changes. `rules` says that limits, ages or intervals differ.

    What is named nowhere here is not to be disturbed.
    """

    beds_added: tuple[str, ...] = ()
    beds_removed: tuple[str, ...] = ()
    beds_changed: tuple[str, ...] = ()
    devices_added: tuple[str, ...] = ()
    devices_removed: tuple[str, ...] = ()
    devices_changed: tuple[str, ...] = ()
    rules: bool = False


def effective(ward: WardSettings) -> WardSettings:
    """Return the same settings with every default written out, so that what means the same looks the same."""
    limits = {rule: _plain(ward.limit(rule)) for rule in LIMIT_RULES}
    ages = {quantity: ward.max_age(quantity) // SECOND for quantity in QUANTITIES}
    return msgspec.structs.replace(ward, limits=limits, max_age_s=ages)


def fingerprint(ward: WardSettings) -> str:
    """Return the SHA-256 of the effective settings as sorted JSON; the version is no part of it."""
    content = msgspec.structs.replace(effective(ward), version=0)
    return sha256(msgspec.json.encode(content, order="sorted")).hexdigest()


def diff(old: WardSettings, new: WardSettings) -> Diff:
    """Return what `new` changes."""
    beds = _changes({bed.id: bed for bed in old.beds}, {bed.id: bed for bed in new.beds})
    devices = _changes({device.id: device for device in old.devices}, {device.id: device for device in new.devices})
    return Diff(*beds, *devices, rules=_rules(old) != _rules(new))


def _changes(
    old: dict[str, msgspec.Struct], new: dict[str, msgspec.Struct]
) -> tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]:
    added = tuple(name for name in new if name not in old)
    removed = tuple(name for name in old if name not in new)
    changed = tuple(name for name in new if name in old and new[name] != old[name])
    return added, removed, changed


def _rules(ward: WardSettings) -> WardSettings:
    return msgspec.structs.replace(effective(ward), version=0, beds=(), devices=())


def _plain(limit: Limit) -> Limit:
    """Return the limit with decimals of one form: 38.50 is 38.5, and 90.0 is 90."""
    values = {name: getattr(limit, name) for name in ("limit", "hysteresis", "deep_limit", "burden")}
    plain = {name: None if value is None else Decimal(f"{value.normalize():f}") for name, value in values.items()}
    return msgspec.structs.replace(limit, **plain)
