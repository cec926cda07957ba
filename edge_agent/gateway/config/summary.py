"""What a checked configuration comes to, for whoever wrote it: defaults included, and where each limit is from."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import msgspec

from edge_agent.domain.local_output import InputSettings, OutputSettings
from edge_agent.domain.settings import LIMIT_RULES, SECOND, Broker, LocalSettings, WardSettings
from edge_agent.gateway.config.checks.quantities import QUANTITIES
from edge_agent.gateway.config.effective import effective, fingerprint
from edge_agent.gateway.config.load import Loaded
from edge_agent.gateway.config.migrations import SECTION
from edge_agent.gateway.config.sheet import Sheet

_NO_BEDS = "No beds: this gateway waits for a configuration on config/desired."
_LIMIT_HEADS = ("Limit", "alerts", "after", "or at", "high", "after", "ends at", "Priority", "From")


def as_text(loaded: Loaded) -> str:
    """Return the summary as a terminal shows it."""
    local, ward = loaded.settings.local, loaded.settings.ward
    blocks = [_gateway(local), *([_beds(ward), _devices(ward)] if ward.beds else [[_NO_BEDS]])]
    blocks += [_limits(ward, loaded.sheet), _intervals(ward)]
    return "\n\n".join("\n".join(block) for block in blocks)


def as_json(loaded: Loaded) -> dict[str, Any]:
    """Return the effective settings, their fingerprint, and where each limit is from, without the credential's name."""
    local, ward = loaded.settings.local, effective(loaded.settings.ward)
    if local.broker.password:
        hidden = msgspec.structs.replace(local.broker, password="(hidden)")  # noqa: S106 - hides one
        local = msgspec.structs.replace(local, broker=hidden)
    origins = {rule: _origin(rule, loaded.sheet) for rule in LIMIT_RULES}
    return {"local": local, "settings": ward, "sha256": fingerprint(ward), "limits_from": origins}


def _gateway(local: LocalSettings) -> Iterable[str]:
    return _aligned(
        [
            ("Gateway", f"{local.gateway} of ward {local.ward}, site {local.site}"),
            ("Broker", _broker(local.broker)),
            ("Pushes", "accepted without signature" if local.accept_unsigned_config else "all refused: none is signed"),
            ("Model", local.model),
            ("Displays", ", ".join(local.consumers) or "none"),
            ("Local output", _local(local.local_output)),
            ("Local input", _local(local.local_input)),
        ]
    )


def _local(choice: OutputSettings | InputSettings) -> str:
    if choice.gpio is not None:
        low = ", active low" if choice.gpio.active_low else ""
        return f"line {choice.gpio.line} of {choice.gpio.chip}{low}"
    if isinstance(choice, OutputSettings) and choice.sound is not None:
        return f"sound device {choice.sound.device}"
    return " ".join(choice.command) or "none"


def _broker(broker: Broker) -> str:
    tls = "TLS" if broker.tls else "without TLS"
    account = f", user {broker.username}" if broker.username else ""
    certificate = ", client certificate" if broker.tls and broker.tls.certificate else ""
    return f"{broker.host} port {broker.port}, MQTT {broker.protocol.value}, {tls}{certificate}{account}"


def _beds(ward: WardSettings) -> Iterable[str]:
    rows = [("Bed", "State", "Required", "Devices")]
    for bed in ward.beds:
        devices = ", ".join(device.id for device in ward.devices if device.bed == bed.id)
        rows.append((bed.id, bed.state.value, ", ".join(bed.required), devices or "none"))
    return _aligned(rows)


def _devices(ward: WardSettings) -> Iterable[str]:
    rows = [
        (device.id, device.bed or "shared", device.family, device.port or device.address or device.listen)
        for device in ward.devices
    ]
    return _aligned([("Device", "Bed", "Family", "Link"), *rows])


def _limits(ward: WardSettings, sheet: Sheet) -> Iterable[str]:
    return _aligned([_LIMIT_HEADS, *(_limit(rule, ward, sheet) for rule in LIMIT_RULES)])


def _limit(rule: str, ward: WardSettings, sheet: Sheet) -> Sequence[str]:
    limit, low = ward.limit(rule), rule.endswith("-low")
    sign = "<" if low else ">"
    if not limit.enabled:
        return (rule, "off", "", "", "", "", "", "", _origin(rule, sheet))
    deep = ("", "") if limit.deep_limit is None else (f"{sign} {limit.deep_limit}", f"{limit.deep_delay_s} s")
    ends = limit.limit + limit.hysteresis if low else limit.limit - limit.hysteresis
    first = (rule, f"{sign} {limit.limit}", f"{limit.delay_s} s", "" if limit.burden is None else str(limit.burden))
    return (*first, *deep, str(ends), limit.priority.value, _origin(rule, sheet))


def _intervals(ward: WardSettings) -> Iterable[str]:
    ages = ", ".join(f"{name} {ward.max_age(name) // SECOND} s" for name in QUANTITIES)
    answering = ", ".join(f"{each.id} ({each.role.value}, tier {each.tier})" for each in ward.consumers)
    return _aligned(
        [
            ("Stale after", ages),
            ("Spot", f"due every {ward.spot_interval_min} min, counts for {ward.spot_max_age_min} min"),
            ("Vitals", f"published every {ward.telemetry_interval_s} s"),
            ("Score", f"alerts after {ward.news2_delay_s} s"),
            ("SpO2 fall", "off" if ward.spo2_fall is None else f"alerts {ward.spo2_fall} points below the usual"),
            ("Risk", _risk(ward)),
            ("Consumers", answering or "none: nobody can accept an alert, and it sounds at the gateway itself"),
        ]
    )


def _risk(ward: WardSettings) -> str:
    risk = ward.risk_alert_probability
    used = f", by {ward.model}" if ward.model else ""
    shadow = f"; on trial: {ward.shadow_model}" if ward.shadow_model else ""
    return f"{'shown, never alerts' if risk is None else f'advises from {risk:g}'}{used}{shadow}"


def _origin(rule: str, sheet: Sheet) -> str:
    path = (SECTION, "limits", rule)
    return sheet.place(path).text if sheet.written(path) else "default"


def _aligned(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        yield "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
