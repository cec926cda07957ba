"""Everything the pure core can ask for or say. The core does not log and does not act: it returns these.

Times are ns of CLOCK_BOOTTIME; values are integers in units of the vital's resolution.
"""

from __future__ import annotations

from enum import Enum

import msgspec

from edge_agent.domain.alerts import Alert, Outcome, Priority
from edge_agent.domain.scores import RuleScore
from edge_agent.domain.settings import BedState
from edge_agent.domain.stays import Absence, OwnLimits
from edge_agent.domain.windows import Abstention, RiskScore, Window
from firmware_bridges.bridge import Mode
from firmware_bridges.vitals import Reading, Reason, Validity


class LinkState(str, Enum):
    """A device link's five states."""

    STARTING = "starting"
    CONNECTING = "connecting"
    STREAMING = "streaming"
    QUIET = "quiet"
    LOST = "lost"


class SendToDevice(msgspec.Struct, frozen=True, tag="send"):
    """Write bytes to one channel of a device."""

    device: str
    channel: str
    data: bytes


class HangUp(msgspec.Struct, frozen=True, tag="hang-up"):
    """Close a device's link, for this reason, and try again after a while."""

    device: str
    reason: str


class LinkReport(msgspec.Struct, frozen=True, tag="link"):
    """A device's link changed state; `since` is when it entered it."""

    device: str
    bed: str
    state: LinkState
    reason: str
    since: int


class DeviceReport(msgspec.Struct, frozen=True, tag="device"):
    """What one device did since the run began: counters for health and for a biomedical engineer."""

    device: str
    state: LinkState
    reason: str
    since: int
    bytes_received: int
    frames: int
    malformed: int
    rejected: dict[str, int]
    conditions: tuple[Reason, ...] = ()
    battery: int | None = None
    model: str = ""
    serial: str = ""


class StreamView(msgspec.Struct, frozen=True, kw_only=True):
    """One vital of one device (or of a person's observation) at one bed, as shown now.

    `value` is None when there is no present one: a stale or invalid value is absent, its age stays. `at` is the
    arrival of the last usable value. `chosen` marks the stream that feeds the scores for its quantity. A spot
    stream has `due`.
    """

    vital: str
    device: str
    mode: Mode
    value: int | None
    validity: Validity
    reason: Reason
    at: int | None
    chosen: bool
    site: str = ""
    device_time: str = ""
    person: str = ""
    due: int | None = None


class VitalsReport(msgspec.Struct, frozen=True, tag="vitals"):
    """All streams of one bed at one moment."""

    bed: str
    at: int
    state: BedState
    streams: tuple[StreamView, ...]
    encounter: str = ""


class StoredReadings(msgspec.Struct, frozen=True, tag="stored"):
    """Values from a device's memory, or that came too late to be live: history only, they never alert."""

    bed: str
    device: str
    at: int
    readings: tuple[Reading, ...]
    encounter: str = ""


class ScoreReport(msgspec.Struct, frozen=True, tag="score"):
    """The rule score and the model's answer for one bed, side by side. `risk_at` is when the risk was computed."""

    bed: str
    at: int
    rule: RuleScore | None
    risk: RiskScore | Abstention | None
    risk_at: int | None = None
    encounter: str = ""


class AlertChanged(msgspec.Struct, frozen=True, tag="alert"):
    """One alert event: to be committed, then announced."""

    alert: Alert
    encounter: str = ""


class SuppressedBy(str, Enum):
    """Why a crossing was not announced.

    Over before its delay, or before the night's longer one; not seen by the second source; or an alert stands.
    """

    DELAY = "delay"
    SECOND_SOURCE = "second-source"
    STANDING = "standing"
    NIGHT = "night"


class Suppressed(msgspec.Struct, frozen=True, tag="suppressed"):
    """A plain rule would have sounded at `would_have` and nobody was told; `at` is when that was certain.

    By `NIGHT` the day's rule would have.
    """

    bed: str
    condition: str
    priority: Priority
    by: SuppressedBy
    would_have: int
    at: int
    encounter: str = ""


class AlertsSnapshot(msgspec.Struct, frozen=True, tag="alerts"):
    """All present alerts of a bed ("" is the gateway) and the bed's state, for whoever joins late."""

    bed: str
    at: int
    state: BedState | None
    monitored: bool
    since: int
    alerts: tuple[Alert, ...]
    encounter: str = ""
    absence: Absence | None = None
    own_limits: OwnLimits | None = None


class RiskWanted(msgspec.Struct, frozen=True, tag="risk-wanted"):
    """Score this window; the answer comes back as `RiskAnswered` with the same request number."""

    bed: str
    request: int
    at: int
    window: Window


class Waits(msgspec.Struct, frozen=True, tag="waits"):
    """A shared device's measurement waits for a claim: to be on the disk, so that its loss by a kill can be told."""

    device: str
    at: int


class Unclaimed(msgspec.Struct, frozen=True, tag="unclaimed"):
    """A shared device's measurement goes nowhere; `vitals` are what it was of, no value is kept."""

    device: str
    at: int
    vitals: tuple[str, ...]
    why: str


class RequestTaken(msgspec.Struct, frozen=True, tag="request-taken"):
    """The answer to the request `command` about a bed: empty `errors` means it was done. `device`: of a claim."""

    command: str
    bed: str
    request: str
    person: str
    at: int
    errors: tuple[str, ...] = ()
    device: str = ""


class ReceiptCode(str, Enum):
    """What became of a receipt: it counts, or the reason why not."""

    DONE = "done"
    NOT_CONFIGURED = "not-configured"
    NOT_ALLOWED = "not-allowed"
    UNKNOWN_EVENT = "unknown-event"
    SUPERSEDED = "superseded"
    TOO_LONG = "too-long"
    STILL_PRESENT = "still-present"


class ReceiptTaken(msgspec.Struct, frozen=True, tag="receipt-taken", kw_only=True):
    """The answer to a receipt. `why` in words where it does not count.

    `revision` is the alert's present one, 0 where there is none; `accepted_by` who has it in hand, "" for nobody.
    """

    bed: str
    consumer: str
    request: str
    person: str
    event_id: str
    outcome: Outcome
    at: int
    code: ReceiptCode
    why: str = ""
    revision: int = 0
    accepted_by: str = ""
    until: int | None = None


class AlertSystem(str, Enum):
    """What kind of distributed alert system this is, after IEC 60601-1-8:2006+A2:2020.

    `DIS`: the broker's receipt only, so it may not be relied on. `DAS`: consumers confirm. `CDAS`: people do.
    """

    DIS = "DIS"
    DAS = "DAS"
    CDAS = "CDAS"


class AudienceChanged(msgspec.Struct, frozen=True, tag="audience"):
    """Which consumers listen now, which of them only show, and what kind of alert system that makes."""

    at: int
    system: AlertSystem
    listeners: tuple[str, ...]
    displays: tuple[str, ...] = ()


class Cause(msgspec.Struct, frozen=True):
    """An alert that wants somebody, for the local output."""

    bed: str
    event_id: str
    condition: str
    priority: Priority


class LocalSignal(msgspec.Struct, frozen=True, tag="local-signal"):
    """What the gateway's own output does from now on: `sounding` is empty while it is silent.

    `quiet_until`: it has been quieted; causes that were not there then sound all the same. `soft`: it is night, and
    medium sounds as low does.
    """

    at: int
    sounding: tuple[Cause, ...]
    quiet_until: int | None = None
    soft: bool = False


class Profile(str, Enum):
    """By which profile the ward alerts."""

    DAY = "day"
    NIGHT = "night"
    CLOCK_UNTRUSTED = "day: the clock is not trusted"
    NOT_TOLD = "day: the time is not known"


class ProfileChanged(msgspec.Struct, frozen=True, tag="profile"):
    """Another profile holds from now on."""

    at: int
    profile: Profile


class QuietTaken(msgspec.Struct, frozen=True, tag="quiet-taken"):
    """The answer to a wish for quiet: empty `errors` means it counts until `until`."""

    request: str
    person: str
    at: int
    until: int
    errors: tuple[str, ...] = ()


Effect = (
    SendToDevice
    | HangUp
    | LinkReport
    | DeviceReport
    | VitalsReport
    | StoredReadings
    | ScoreReport
    | AlertChanged
    | Suppressed
    | AlertsSnapshot
    | RiskWanted
    | Waits
    | Unclaimed
    | ReceiptTaken
    | AudienceChanged
    | LocalSignal
    | ProfileChanged
    | QuietTaken
    | RequestTaken
)
