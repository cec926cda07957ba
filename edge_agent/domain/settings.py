"""Settings, typed. Two owners: the gateway's own file (`LocalSettings`) and the ward (`WardSettings`, IT may push).

Limits are decimals in the vital's unit. Bounds that no source of configuration may pass are in `LIMIT_RULES` and the
`Meta` annotations; what only the whole can show (unknown bed, no device for a required vital) is checked by the
configuration layer. A field's `description` is its line in docs/configuration.md; `extra["form"]` says in words what a
pattern allows, `extra["secret"]` that a wrong value is never repeated in an error, `extra["listed"]` for which setting
of a section a plain list stands.
"""

from __future__ import annotations

from decimal import Decimal
from enum import Enum
from typing import Annotated

import msgspec
from msgspec import Meta

from edge_agent.domain.alerts import Priority
from edge_agent.domain.local_output import InputSettings, OutputSettings
from edge_agent.domain.night import Night
from edge_agent.domain.windows import Patient

CONFIG_SCHEMA = 1
"""The version of both settings records; older files are migrated, newer refused."""

MAX_VERSION = 2**53 - 1
"""The greatest configuration version: JSON readers elsewhere hold integers exactly up to here."""

SECOND = 1_000_000_000
"""Nanoseconds."""

Id = Annotated[str, Meta(pattern=r"^[A-Za-z0-9_-]{1,64}$", extra={"form": "letters, digits, _ and -, at most 64"})]
"""A name that becomes part of a topic."""
BedId = Annotated[str, Meta(pattern=r"^[A-Za-z0-9_-]{0,64}$", extra={"form": "the id of one of the beds"})]
Host = Annotated[
    str, Meta(pattern=r"^[A-Za-z0-9._:-]{1,253}$", extra={"form": "a host name or an IP address, without mqtt://"})
]
Port = Annotated[int, Meta(ge=1, le=65535)]
FileName = Annotated[str, Meta(extra={"form": "the name of a file", "secret": True})]
CredentialName = Annotated[
    str,
    Meta(
        pattern=r"^([a-z][a-z0-9._-]{0,63})?$",
        extra={"form": "the name of a credential that holds it (lower-case letters, digits, . _ -)", "secret": True},
    ),
]
Quantity = str
"""The name of a quantity, one of those that `firmware_bridges.vitals` knows."""
ScoreName = str
"""The name of a score, one of those in `edge_agent.bedside.scores`."""
Adapter = Annotated[str, Meta(pattern=r"^(hci\d{1,2})?$", extra={"form": "the name of an adapter such as hci0"})]
BodySite = Annotated[str, Meta(pattern=r"^[a-z -]{0,32}$", extra={"form": "lower-case words such as left earlobe"})]
Proof = Annotated[
    str, Meta(pattern=r"^[ -~]{0,128}$", extra={"form": "plain text as the device or port says it, at most 128"})
]
"""What a device must show of itself; compared without regard to upper or lower case. Empty: anything will do."""
Points = Annotated[int, Meta(ge=3, le=20)]
Probability = Annotated[float, Meta(gt=0.0, le=1.0)]
BundleName = Annotated[
    str, Meta(pattern=r"^[A-Za-z0-9_-]{0,64}$", extra={"form": "the name of a bundle: letters, digits, _ and -"})
]
Sources = Annotated[tuple[Id, ...], Meta(max_length=16)]
Baudrate = Annotated[int, Meta(ge=300, le=4_000_000)]
Listen = Annotated[str, Meta(extra={"form": "an address of this gateway and a port, such as 192.0.2.10:2575"})]
Peers = Annotated[tuple[str, ...], Meta(max_length=8)]
Encounter = Annotated[
    str,
    Meta(
        pattern=r"^[A-Za-z0-9_-]{0,64}$",
        extra={"form": "a token of letters, digits, _ and - that names nobody", "secret": True},
    ),
]


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

    ca: Annotated[FileName, Meta(description="Certificate of the authority that signed the broker's.", min_length=1)]
    certificate: Annotated[FileName, Meta(description="This gateway's certificate, for mutual TLS.")] = ""
    key: Annotated[FileName, Meta(description="The key of that certificate.")] = ""


class Broker(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The hospital's broker. `password` names a credential, it never is one."""

    host: Annotated[Host, Meta(description="Name or address of the broker, without its port.")]
    port: Annotated[Port, Meta(description="TCP port: 8883 with TLS, mostly 1883 without.")] = 8883
    protocol: Annotated[Protocol, Meta(description="MQTT; 3.1.1 cannot tell that nobody listens.")] = Protocol.MQTT_5
    tls: Annotated[Tls | None, Meta(description="TLS files; without this section the connection is plain.")] = None
    username: Annotated[str, Meta(description="Account at the broker, if it wants one.")] = ""
    password: Annotated[
        CredentialName, Meta(description="Name of the credential that holds the password; never the password itself.")
    ] = ""
    keepalive_s: Annotated[int, Meta(ge=2, le=300, description="MQTT keep-alive in seconds.")] = 10


class LocalSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the gateway's own file alone decides: who it is, where the broker is, and whom it believes."""

    site: Annotated[Id, Meta(description="The hospital, as in its topics.")]
    ward: Annotated[Id, Meta(description="The ward, as in its topics.")]
    gateway: Annotated[Id, Meta(description="This gateway; different on every one of a ward.")]
    broker: Annotated[Broker, Meta(description="Where to publish.")]
    accept_unsigned_config: Annotated[
        bool, Meta(description="Whether a configuration pushed without a signature may be applied.")
    ] = False
    model: Annotated[str, Meta(description="Name or folder of the risk model's bundle.", min_length=1)] = (
        "news2-7-within-6h-cnn"
    )
    consumers: Annotated[
        tuple[Id, ...],
        Meta(
            max_length=32,
            description="Programs that show alerts; without a role below they only confirm receipt.",
        ),
    ] = ()
    local_output: Annotated[
        OutputSettings,
        Meta(description="What sounds here while an alert reaches nobody else.", extra={"listed": "command"}),
    ] = OutputSettings()
    local_input: Annotated[
        InputSettings,
        Meta(description="What quiets that output for two minutes.", extra={"listed": "command"}),
    ] = InputSettings()


class Role(str, Enum):
    """What a consumer is for: a `DISPLAY` confirms receipt, the others answer for people.

    A `TECHNICIAN` answers technical alerts alone.
    """

    DISPLAY = "display"
    NURSE = "nurse"
    DOCTOR = "doctor"
    TECHNICIAN = "technician"


class Consumer(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One program whose receipts count in this ward. A high alert calls tier 1 first, and escalates tier by tier."""

    id: Annotated[Id, Meta(description="The program's name in its topics.")]
    role: Annotated[Role, Meta(description="Whom it speaks for.")]
    tier: Annotated[int, Meta(ge=1, le=5, description="When it is called: 1 first.")] = 1


class Expected(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Who a device must be. What is set is compared with what answers; until all of it is shown nothing counts."""

    by_id: Annotated[Proof, Meta(description="Serial only: its name in /dev/serial/by-id, without the folder.")] = ""
    usb_serial: Annotated[Proof, Meta(description="Serial only: the serial number of its USB adapter.")] = ""
    model: Annotated[Proof, Meta(description="The model, as the device itself says it.")] = ""
    serial: Annotated[Proof, Meta(description="The serial number, as the device itself says it.")] = ""


class Device(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One bedside device. Exactly one of `port` (serial), `address` (BLE) and `listen` (TCP) is set.

    It stands at a `bed` or is `shared`.
    """

    id: Annotated[Id, Meta(description="The device's name in messages and alerts.")]
    family: Annotated[str, Meta(description="What it speaks; one of the supported families.")]
    bed: Annotated[BedId, Meta(description="The bed it stands at; a shared device has none.")] = ""
    port: Annotated[str, Meta(description="Serial only: its device file, best one of /dev/serial/by-id.")] = ""
    address: Annotated[str, Meta(description="Bluetooth only: its address, such as C0:26:DA:00:12:34.")] = ""
    adapter: Annotated[Adapter, Meta(description="Bluetooth only: the adapter; empty: the first.")] = ""
    listen: Annotated[
        Listen, Meta(description="Network only: where the device calls this gateway, an address and a port of it.")
    ] = ""
    peers: Annotated[
        Peers, Meta(description="Network only: the addresses from which the device may call; nobody else is let in.")
    ] = ()
    site: Annotated[BodySite, Meta(description="Where on the body it measures.")] = ""
    baudrate: Annotated[Baudrate | None, Meta(description="Serial only: speed, if not the family's own.")] = None
    expected: Annotated[
        Expected | None, Meta(description="Who must answer; another device is refused as the wrong one.")
    ] = None
    shared: Annotated[
        bool, Meta(description="Spot devices only: carried from bed to bed; a person claims each measurement.")
    ] = False


class Bed(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One bed. `required`: quantities whose absence makes it NOT-MONITORED; `sources` orders devices per quantity."""

    id: Annotated[Id, Meta(description="The bed's name in topics and alerts; 012 stays 012.")]
    state: Annotated[BedState, Meta(description="Only a monitored bed can be NOT-MONITORED.")] = BedState.MONITORED
    required: Annotated[
        tuple[Quantity, ...],
        Meta(
            max_length=16,
            description="Quantities that must stay fresh; each needs a device that measures it continuously.",
        ),
    ] = ("spo2",)
    sources: Annotated[
        dict[Quantity, Sources], Meta(description="Per quantity its devices, the preferred one first.")
    ] = {}
    score: Annotated[
        ScoreName, Meta(description="The one score that alerts here; a child's bed needs `bedside_pews`.")
    ] = "news2"
    age_band: Annotated[str, Meta(description="The band table of a score that has several, such as 1-4y.")] = ""
    patient: Annotated[Patient, Meta(description="What scores need to know of the person, no name.")] = Patient()
    encounter: Annotated[
        Encounter, Meta(description="A pseudonymous token of the stay; protects the bed from removal.")
    ] = ""


class Limit(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One limit rule: beyond `limit` it alerts with `priority` after `delay_s` at the latest; beyond `deep_limit` high.

    It ends `hysteresis` inside the limit. A value equal to the limit is inside.
    """

    limit: Annotated[Decimal, Meta(description="Beyond this it alerts; a value equal to it is inside.")]
    delay_s: Annotated[
        int, Meta(ge=0, le=60, description="Seconds beyond the limit until it alerts at the latest.")
    ] = 15
    burden: Annotated[
        Decimal | None,
        Meta(description="Depth beyond the limit times seconds at which it alerts sooner; empty: never."),
    ] = None
    priority: Annotated[Priority, Meta(description="How loudly.")] = Priority.MEDIUM
    hysteresis: Annotated[Decimal, Meta(description="The alert ends this far inside the limit.")] = Decimal(0)
    deep_limit: Annotated[Decimal | None, Meta(description="Beyond this it alerts with high priority.")] = None
    deep_delay_s: Annotated[int, Meta(ge=0, le=30, description="Seconds beyond the deep limit until then.")] = 1
    enabled: Annotated[bool, Meta(description="False turns the rule off; spo2-low and one other stay on.")] = True


class LimitRule(msgspec.Struct, frozen=True):
    """A limit rule's default and the bounds no configuration may pass: the limit stays within `lowest` to `highest`."""

    default: Limit
    lowest: Decimal
    highest: Decimal


def _rule(limit: str, bounds: tuple[str, str], *, hysteresis: str, deep: str, told: tuple[str, int]) -> LimitRule:
    """Return a rule; `told`: the burden and the seconds of which the first to be reached alerts."""
    lowest, highest = map(Decimal, bounds)
    default = Limit(
        limit=Decimal(limit),
        burden=Decimal(told[0]),
        delay_s=told[1],
        hysteresis=Decimal(hysteresis),
        deep_limit=Decimal(deep),
    )
    return LimitRule(default=default, lowest=lowest, highest=highest)


LIMIT_RULES: dict[str, LimitRule] = {
    "spo2-low": _rule("90", ("85", "100"), hysteresis="2", deep="85", told=("60", 25)),
    "pulse-low": _rule("45", ("30", "70"), hysteresis="3", deep="40", told=("60", 20)),
    "pulse-high": _rule("130", ("80", "200"), hysteresis="5", deep="150", told=("200", 20)),
    "respiratory-rate-low": _rule("9", ("5", "15"), hysteresis="2", deep="7", told=("40", 25)),
    "respiratory-rate-high": _rule("24", ("18", "40"), hysteresis="2", deep="40", told=("300", 30)),
    "systolic-low": _rule("100", ("60", "140"), hysteresis="5", deep="90", told=("150", 15)),
    "systolic-high": _rule("200", ("140", "260"), hysteresis="5", deep="219", told=("150", 15)),
    "temperature-low": _rule("35.5", ("32.0", "36.5"), hysteresis="0.2", deep="35.0", told=("3.0", 15)),
    "temperature-high": _rule("38.5", ("37.5", "42.0"), hysteresis="0.2", deep="40.0", told=("3.0", 15)),
}
"""Every limit rule by id. A low SpO2 limit is never below 85 % (ISO 80601-2-61, reference conventions A4)."""

Seconds = Annotated[int, Meta(ge=2, le=60)]
MAX_AGE_S: dict[str, int] = {"pulse": 10, "spo2": 10, "respiratory_rate": 20, "systolic": 30, "temperature": 60}
"""Default age in seconds at which a continuous quantity is stale; others: 30 s."""


SPOT_MAX_AGE_MIN = 360
"""Minutes a spot measurement counts for a score unless the ward says otherwise."""


class WardSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the ward decides and IT may push, always whole. `version` grows with every push; the local seed's is 0."""

    version: Annotated[
        int, Meta(ge=0, le=MAX_VERSION, description="Grows with every push; the local file's own is 0.")
    ] = 0
    config_schema: Annotated[int, Meta(description="Version of this layout.")] = CONFIG_SCHEMA
    beds: Annotated[tuple[Bed, ...], Meta(max_length=64, description="The beds of this gateway.")] = ()
    devices: Annotated[tuple[Device, ...], Meta(max_length=128, description="The devices at those beds.")] = ()
    limits: Annotated[
        dict[str, Limit], Meta(description="Limit rules that differ from their default; what is not written keeps it.")
    ] = {}
    max_age_s: Annotated[
        dict[Quantity, Seconds],
        Meta(description="Seconds until a continuous quantity is stale, where not the default."),
    ] = {}
    spot_interval_min: Annotated[
        int, Meta(ge=5, le=1440, description="Minutes between two spot measurements before one is overdue.")
    ] = 240
    spot_max_age_min: Annotated[
        int, Meta(ge=5, le=720, description="Minutes a spot measurement counts for a score.")
    ] = SPOT_MAX_AGE_MIN
    telemetry_interval_s: Annotated[
        int, Meta(ge=1, le=60, description="Seconds between two vitals messages of a bed.")
    ] = 1
    news2_delay_s: Annotated[
        int, Meta(ge=0, le=120, description="Seconds a band of the bed's score must last before it alerts.")
    ] = 60
    spo2_fall: Annotated[
        Points | None, Meta(description="Points of SpO2 below the patient's own usual that alert, low; empty: never.")
    ] = None
    risk_alert_probability: Annotated[
        Probability | None, Meta(description="Probability from which the risk model advises; empty: it never alerts.")
    ] = None
    model: Annotated[BundleName, Meta(description="Name of the risk model's bundle; empty: the gateway's own.")] = ""
    shadow_model: Annotated[
        BundleName, Meta(description="Bundle on trial: its scores are published as such and never alert; empty: none.")
    ] = ""
    consumers: Annotated[
        tuple[Consumer, ...], Meta(max_length=32, description="Programs whose receipts count, with role and tier.")
    ] = ()
    latch_high: Annotated[
        bool,
        Meta(
            description="A high alert that nobody took stays until a person resets it; not without a consumer who can."
        ),
    ] = True
    received_within_s: Annotated[
        int, Meta(ge=5, le=60, description="Seconds for a high alert to be received, else it escalates.")
    ] = 15
    accepted_within_s: Annotated[
        int, Meta(ge=30, le=600, description="Seconds for a person to accept a high alert, else it escalates.")
    ] = 180
    night: Annotated[
        Night | None, Meta(description="What of medium and low alerts is otherwise at night; empty: nothing.")
    ] = None
    pause_most_s: Annotated[
        int, Meta(ge=10, le=600, description="The longest pause of a signal a person may ask for, in seconds.")
    ] = 120
    acknowledge_most_s: Annotated[
        int, Meta(ge=60, le=3600, description="The longest acknowledgement before a signal comes back, in seconds.")
    ] = 1800

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
