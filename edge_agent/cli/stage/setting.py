"""The ward's configuration for the demonstration, and the two that IT pushes: one bad, one good."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from enum import Enum
from pathlib import Path
from typing import Any

import msgspec
import yaml
from msgspec.structs import replace

from edge_agent.cli.stage.story import Role
from edge_agent.domain.settings import (
    CONFIG_SCHEMA,
    LIMIT_RULES,
    Bed,
    Broker,
    Consumer,
    Device,
    LocalSettings,
    Protocol,
    WardSettings,
)
from edge_agent.domain.settings import Role as ConsumerRole
from edge_agent.wire.topics import Topics

SITE, WARD, GATEWAY = "DEMO", "ward-1", "gateway-1"
TOPICS = Topics(SITE, WARD, GATEWAY)
CONSUMER = "demo"
DESK = Consumer("desk", ConsumerRole.NURSE)
"""A screen at which somebody may accept: `edge-agent watch --consumer desk` from a second terminal."""

SPO2_LIMIT, BAD_LIMIT, GOOD_LIMIT = Decimal(90), Decimal(70), Decimal(91)
"""In %. No configuration may go below 85 % (see `LIMIT_RULES`)."""


def ward(cast: Sequence[Role], ports: Path, spo2_limit: Decimal = SPO2_LIMIT) -> WardSettings:
    """Return the ward: like a real one's, but with the shortest delays that are allowed to be useful on a stage."""
    beds = tuple(
        Bed(id=role.bed, required=role.required, patient=role.person, encounter=f"demo-{role.bed}") for role in cast
    )
    devices = tuple(
        Device(id=role.device, bed=role.bed, family=role.family, port=str(port(ports, role))) for role in cast
    )
    usual = LIMIT_RULES["spo2-low"].default
    spo2_low = replace(
        usual, limit=spo2_limit, delay_s=8, hysteresis=Decimal(2), deep_limit=Decimal(85), deep_delay_s=5
    )
    return WardSettings(
        beds=beds,
        devices=devices,
        limits={"spo2-low": spo2_low},
        max_age_s=dict.fromkeys(("spo2", "pulse", "respiratory_rate"), 5),
        news2_delay_s=10,
        consumers=(DESK,),
    )


def port(ports: Path, role: Role) -> Path:
    """Return the name of the port of a bed's device."""
    return ports / f"bed-{role.bed}"


def gateway_file(settings: WardSettings, broker: tuple[str, int]) -> str:
    """Return the gateway's own file, YAML."""
    host, number = broker
    local = LocalSettings(
        site=SITE,
        ward=WARD,
        gateway=GATEWAY,
        broker=Broker(host=host, port=number, protocol=Protocol.MQTT_3_1_1, keepalive_s=5),
        accept_unsigned_config=True,
        consumers=(CONSUMER,),
    )
    content = {"config_schema": CONFIG_SCHEMA, **_written(local), "settings": _written(settings)}
    return yaml.safe_dump(content, sort_keys=False, allow_unicode=True)


def _written(value: Any) -> Any:  # noqa: ANN401 - whatever a setting may be
    """Return a setting as a person would write it: without what is at its default."""
    if isinstance(value, msgspec.Struct):
        return {name: _written(getattr(value, name)) for name in _changed(value)}
    if isinstance(value, tuple):
        return [_written(each) for each in value]
    if isinstance(value, dict):
        return {name: _written(each) for name, each in value.items()}
    if isinstance(value, Decimal):
        return int(value) if value == int(value) else float(value)
    return value.value if isinstance(value, Enum) else value


def _changed(settings: msgspec.Struct) -> list[str]:
    """Return the fields that have no default, or are not at it."""
    fields = msgspec.structs.fields(settings)
    made = {f.name: f.default_factory() for f in fields if f.default_factory is not msgspec.NODEFAULT}
    return [f.name for f in fields if getattr(settings, f.name) != made.get(f.name, f.default)]
