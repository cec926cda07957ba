"""Settings, typed. Two owners: the gateway's own file (`LocalSettings`) and the ward's, which IT may push (`WardSettings`).

Limits are decimals in the vital's unit. Bounds that no source of configuration may pass are in `LIMIT_RULES` and the `Meta`
annotations; what only the whole can show (unknown bed, no device for a required vital) is checked by the configuration layer.
"""

from __future__ import annotations

from decimal import Decimal
from enum import Enum
from typing import Annotated

import msgspec
from msgspec import Meta

from edge_agent.domain.alerts import Priority
from edge_agent.domain.windows import Patient

CONFIG_SCHEMA = 1
"""The version of both settings records; older files are migrated, newer refused."""

SECOND = 1_000_000_000
"""Nanoseconds."""

Id = Annotated[str, Meta(pattern=r"^[A-Za-z0-9_-]{1,64}$", description="letters, digits, _ and -; part of a topic")]
Port = Annotated[int, Meta(ge=1, le=65535)]


class BedState(str, Enum):
    """What the ward expects of a bed. Only a `MONITORED` bed can be NOT-MONITORED."""

    MONITORED = "monitored"
    OFF_WARD = "off-ward"
    STANDBY = "standby"
    UNASSIGNED = "unassigned"


class Protocol(str, Enum):
    """MQTT version. 5 tells when nobody listens; 3.1.1 is for brokers that have no 5."""

    MQTT_5 = "5"
    MQTT_3_1_1 = "3.1.1"


class Tls(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Files of the broker connection's TLS; a relative name is looked up in the service's credentials directory."""

    ca: str
    certificate: str = ""
    key: str = ""


class Broker(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The hospital's broker. `password` names a credential, it never is one."""

    host: str
    port: Port = 8883
    protocol: Protocol = Protocol.MQTT_5
    tls: Tls | None = None
    username: str = ""
    password: str = ""
    keepalive_s: Annotated[int, Meta(ge=2, le=300)] = 10


class LocalSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the gateway's own file alone decides: who it is, where the broker is, and whom it believes."""

    site: Id
    ward: Id
    gateway: Id
    broker: Broker
    accept_unsigned_config: bool = False
    model: str = "news2-7-within-6h-lr"
    consumers: tuple[Id, ...] = ()


class Device(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One bedside device. Exactly one of `port` (serial) and `address` (BLE) is set."""

    id: Id
    bed: Id
    family: str
    port: str = ""
    address: str = ""
    adapter: str = ""
    site: str = ""
    baudrate: int | None = None


class Bed(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One bed. `required` lists the quantities whose absence makes it NOT-MONITORED; `sources` orders devices per quantity."""

    id: Id
    state: BedState = BedState.MONITORED
    required: tuple[str, ...] = ("spo2",)
    sources: dict[str, tuple[Id, ...]] = {}
    patient: Patient = Patient()
    encounter: Annotated[str, Meta(pattern=r"^[A-Za-z0-9_-]{0,64}$", description="a pseudonymous token")] = ""


class Limit(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One limit rule. Beyond `limit` for `delay_s` it alerts with `priority`; beyond `deep_limit` for `deep_delay_s`, high.

    It ends `hysteresis` inside the limit. A value equal to the limit is inside.
    """

    limit: Decimal
    delay_s: Annotated[int, Meta(ge=0, le=60)] = 15
    priority: Priority = Priority.MEDIUM
    hysteresis: Decimal = Decimal(0)
    deep_limit: Decimal | None = None
    deep_delay_s: Annotated[int, Meta(ge=0, le=30)] = 5
    enabled: bool = True


class LimitRule(msgspec.Struct, frozen=True):
    """A limit rule's default and the bounds no configuration may pass: the limit stays within `lowest` to `highest`."""

    default: Limit
    lowest: Decimal
    highest: Decimal


def _rule(limit: str, hysteresis: str, lowest: str, highest: str, deep: str | None = None, delay_s: int = 15) -> LimitRule:
    deep_limit = None if deep is None else Decimal(deep)
    default = Limit(limit=Decimal(limit), delay_s=delay_s, hysteresis=Decimal(hysteresis), deep_limit=deep_limit)
    return LimitRule(default=default, lowest=Decimal(lowest), highest=Decimal(highest))


LIMIT_RULES: dict[str, LimitRule] = {
    "spo2-low": _rule("90", "2", "85", "100", deep="85"),
    "pulse-low": _rule("45", "3", "30", "70", deep="40"),
    "pulse-high": _rule("130", "5", "80", "200", deep="150"),
    "respiratory-rate-low": _rule("9", "1", "5", "15", deep="7"),
    "respiratory-rate-high": _rule("24", "2", "18", "40", deep="35", delay_s=30),
    "systolic-low": _rule("100", "5", "60", "140", deep="90"),
    "systolic-high": _rule("200", "5", "140", "260", deep="219"),
    "temperature-low": _rule("35.5", "0.2", "32.0", "36.5", deep="35.0"),
    "temperature-high": _rule("38.5", "0.2", "37.5", "42.0", deep="40.0"),
}
"""Every limit rule by id. A low SpO2 limit is never below 85 % (ISO 80601-2-61, reference conventions A4)."""

Seconds = Annotated[int, Meta(ge=2, le=60)]
MAX_AGE_S: dict[str, int] = {"pulse": 10, "spo2": 10, "respiratory_rate": 20, "systolic": 30, "temperature": 60}
"""Default age in seconds at which a continuous quantity is stale; others: 30 s."""


class WardSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the ward decides and IT may push, always whole. `version` grows with every push; the local seed is version 0."""

    version: Annotated[int, Meta(ge=0)] = 0
    config_schema: int = CONFIG_SCHEMA
    beds: tuple[Bed, ...] = ()
    devices: tuple[Device, ...] = ()
    limits: dict[str, Limit] = {}
    max_age_s: dict[str, Seconds] = {}
    spot_interval_min: Annotated[int, Meta(ge=5, le=1440)] = 240
    spot_max_age_min: Annotated[int, Meta(ge=5, le=720)] = 360
    telemetry_interval_s: Annotated[int, Meta(ge=1, le=60)] = 1
    news2_delay_s: Annotated[int, Meta(ge=0, le=120)] = 30
    risk_alert_probability: Annotated[float, Meta(gt=0.0, le=1.0)] | None = None

    def limit(self, rule: str) -> Limit:
        """Return the effective limit of `rule`: the ward's own, or the default."""
        return self.limits.get(rule) or LIMIT_RULES[rule].default

    def max_age(self, quantity: str) -> int:
        """Return the age in ns at which a continuous quantity is stale."""
        return self.max_age_s.get(quantity, MAX_AGE_S.get(quantity, 30)) * SECOND


class Settings(msgspec.Struct, frozen=True):
    """Both halves together: what `check` validates and `run` starts with."""

    local: LocalSettings
    ward: WardSettings
