"""Everything the pure core can be told. An input is recorded before it is handled, so a recording can be replayed.

Times are ns of CLOCK_BOOTTIME. `received_at` is when it reached the gateway and may be older than the `now` it is
handled at.
"""

from __future__ import annotations

import msgspec

from edge_agent.domain.alerts import InactivationKind, Outcome
from edge_agent.domain.settings import WardSettings
from edge_agent.domain.stays import AbsenceReason, OwnLimit
from edge_agent.domain.windows import Abstention, Patient, RiskScore


class Started(msgspec.Struct, frozen=True, tag="started"):
    """The first input of every run. `run` is this process start's UUID, `boot` the kernel's boot id.

    `restored` says that state of an earlier run was loaded; `crashed` that this run did not end in order. `displays`
    are the consumers that the gateway's own file names: they confirm receipt, without a role in the ward.
    """

    run: str
    boot: str
    restored: bool = False
    crashed: bool = False
    displays: tuple[str, ...] = ()


class SettingsApplied(msgspec.Struct, frozen=True, tag="settings"):
    """The ward's effective settings from now on, whole."""

    settings: WardSettings


class LinkConnecting(msgspec.Struct, frozen=True, tag="link-connecting"):
    """The link to a device is being opened."""

    device: str
    received_at: int


class Attached(msgspec.Struct, frozen=True):
    """What the host knows of the device at a link before it says a word; empty where it cannot tell."""

    usb_serial: str = ""
    by_id: tuple[str, ...] = ()
    address: str = ""


class LinkOpened(msgspec.Struct, frozen=True, tag="link-opened"):
    """The link is up; the device may speak."""

    device: str
    received_at: int
    attached: Attached = Attached()


class LinkData(msgspec.Struct, frozen=True, tag="link-data"):
    """Bytes from one channel of a device, identity already masked."""

    device: str
    channel: str
    data: bytes
    received_at: int


class LinkClosed(msgspec.Struct, frozen=True, tag="link-closed"):
    """The link is gone, or could not be opened; `reason` in words that name the port or adapter."""

    device: str
    reason: str
    received_at: int


class BedRequest(msgspec.Struct, frozen=True, kw_only=True):
    """What every request about a bed says: which bed, who asks, under which id, when it arrived."""

    bed: str
    person: str
    request: str
    received_at: int


class Observation(BedRequest, frozen=True, kw_only=True, tag="observation"):
    """What a person saw or measured at the bedside.

    Vitals in units of their resolution; absent fields are not observed.

    `consciousness` is one of A C V P U. `spo2_scale` 2 needs `prescriber` and `spo2_target`, lowest and highest %.
    `observed_at` as far as the clock is known, else `received_at`.
    """

    observed_at: int
    vitals: dict[str, int] = {}
    consciousness: str | None = None
    supplemental_oxygen: bool | None = None
    spo2_scale: int | None = None
    spo2_target: tuple[int, int] | None = None
    prescriber: str = ""


class Claim(BedRequest, frozen=True, kw_only=True, tag="claim"):
    """A person says that what a shared device has just measured is of the patient in `bed`."""

    device: str


class AdmitAsked(BedRequest, frozen=True, kw_only=True, tag="admit"):
    """A patient comes into a bed. `encounter` is the stay's pseudonymous token."""

    encounter: str
    patient: Patient


class DischargeAsked(BedRequest, frozen=True, kw_only=True, tag="discharge"):
    """The patient in a bed goes for good."""


class TransferAsked(BedRequest, frozen=True, kw_only=True, tag="transfer"):
    """The patient in a bed moves `to` another one, with everything that is known of the stay."""

    to: str


class SwapAsked(BedRequest, frozen=True, kw_only=True, tag="swap"):
    """The patients of two beds change places."""

    to: str


class OffWardAsked(BedRequest, frozen=True, kw_only=True, tag="off-ward"):
    """The patient leaves the ward until `until` (ns) at the latest."""

    reason: AbsenceReason
    until: int


class ReturnAsked(BedRequest, frozen=True, kw_only=True, tag="return"):
    """The patient is back from off the ward."""


class LimitsAsked(BedRequest, frozen=True, kw_only=True, tag="limits"):
    """A patient's own limits by rule, all of them; none named: the ward's hold again."""

    limits: dict[str, OwnLimit]


class RiskAnswered(msgspec.Struct, frozen=True, tag="risk-answered"):
    """The model's answer to the `RiskWanted` effect with the same `request`."""

    bed: str
    request: int
    answer: RiskScore | Abstention
    received_at: int


class ReceiptGiven(msgspec.Struct, frozen=True, tag="receipt", kw_only=True):
    """What became of an alert at a consumer. `bed` is "" for an alert of the gateway itself.

    `person` is empty for `received` alone; `reason` is a code of the site's list; `until` ends a quieting, `pause` says
    which one it is.
    """

    bed: str
    consumer: str
    request: str
    received_at: int
    event_id: str
    revision: int
    outcome: Outcome
    person: str = ""
    reason: str = ""
    until: int | None = None
    pause: InactivationKind | None = None


class Listening(msgspec.Struct, frozen=True, tag="listening"):
    """A consumer says that it listens until `until` (ns), if it is not heard from before."""

    consumer: str
    received_at: int
    until: int


class NobodyListened(msgspec.Struct, frozen=True, tag="nobody-listened"):
    """The broker took an alert event, and nobody is subscribed (PUBACK 0x10)."""

    bed: str
    event_id: str
    received_at: int


class QuietAsked(msgspec.Struct, frozen=True, tag="quiet"):
    """Somebody wants the local output quiet until `until` (ns).

    At the gateway itself `consumer`, `person` and `request` are empty: who reaches its button may use it.
    """

    received_at: int
    until: int
    request: str = ""
    consumer: str = ""
    person: str = ""


class GatewayFact(msgspec.Struct, frozen=True, tag="gateway-fact"):
    """Something about the gateway itself began or ended; `code` is one of `GATEWAY_CONDITIONS`."""

    code: str
    present: bool
    detail: str
    received_at: int
    devices: tuple[str, ...] = ()


GATEWAY_CONDITIONS = (
    "broker-unreachable",
    "storage-failed",
    "dead-letter",
    "alert-not-durable",
    "adapter-lost",
    "model-refused",
    "config-fallback",
    "shared-device-refused",
    "local-output-failed",
)
"""What the shell may report about the gateway. Each is a rule in `edge_agent.bedside.rules.gateway`."""


class LocalTime(msgspec.Struct, frozen=True, tag="local-time"):
    """What the clock on the ward's wall shows: the minute of its day (0 to 1439), None while no clock is trusted."""

    minute: int | None
    received_at: int


class Wake(msgspec.Struct, frozen=True, tag="wake"):
    """Nothing but the passing of time."""


Asked = (
    Observation
    | Claim
    | QuietAsked
    | AdmitAsked
    | DischargeAsked
    | TransferAsked
    | SwapAsked
    | OffWardAsked
    | ReturnAsked
    | LimitsAsked
)
"""What people ask for by commands."""

Input = (
    Started
    | SettingsApplied
    | LinkConnecting
    | LinkOpened
    | LinkData
    | LinkClosed
    | Asked
    | RiskAnswered
    | ReceiptGiven
    | Listening
    | NobodyListened
    | GatewayFact
    | LocalTime
    | Wake
)


class Entry(msgspec.Struct, frozen=True, array_like=True):
    """One recorded input: its ordinal within the run and the `now` it was handled at."""

    ordinal: int
    now: int
    input: Input
