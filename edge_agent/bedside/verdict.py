"""What a rule sees, what it says, and what a rule is."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import msgspec

from edge_agent.bedside.stream import Stream
from edge_agent.domain.alerts import Evidence, Kind, Priority, SetBy, Why
from edge_agent.domain.effects import LinkState
from edge_agent.domain.inputs import GatewayFact
from edge_agent.domain.scores import RuleScore
from edge_agent.domain.settings import SECOND, Bed, Expected, WardSettings
from edge_agent.domain.windows import Abstention, RiskScore
from firmware_bridges.vitals import Reason


class DeviceView(msgspec.Struct, frozen=True):
    """A device of this bed as a rule sees it. `port` names the cable or address a person can look for.

    `refused` says why it is the wrong device; `unproven_since` since when the right one has not shown who it is (ns).
    """

    id: str
    port: str
    state: LinkState
    reason: str
    since: int
    conditions: tuple[Reason, ...] = ()
    expected: Expected | None = None
    refused: str = ""
    unproven_since: int | None = None

    @property
    def why(self) -> str:
        """Return the reason for its state, without the port that it may begin with."""
        return self.reason.removeprefix(f"{self.port}: ") or self.state.value


class BedView(msgspec.Struct, frozen=True, kw_only=True):
    """Everything about one bed at `now` (ns). `streams` holds all streams by quantity, the chosen one first.

    `active` are the conditions with an alert now, for hysteresis; `blind` since when no required vital has been
    seen, None while one is; `facts` are the gateway's own troubles, whose devices need no alert of their own.
    `displaced`: per quantity the worst priority of the alerts that cannot be verified for want of it, `witnesses` the
    values behind them. `dismissed`: per condition the time up to which a person has reset spot values. `baseline_spo2`:
    this patient's own usual. `own`: who set those of the limits in `settings` that are this patient's own.
    """

    now: int
    settings: WardSettings
    bed: Bed
    streams: dict[str, list[Stream]]
    devices: tuple[DeviceView, ...]
    active: frozenset[str]
    blind: bool
    last_seen: int | None
    score: RuleScore | None
    risk: RiskScore | Abstention | None
    spo2_scale: int = 1
    baseline_spo2: int | None = None
    excused_devices: frozenset[str] = frozenset()
    displaced: dict[str, Priority] = {}
    witnesses: tuple[Evidence, ...] = ()
    dismissed: dict[str, int] = {}
    own: dict[str, SetBy] = {}


class GatewayView(msgspec.Struct, frozen=True, kw_only=True):
    """What a rule about the gateway sees: present facts, and the beds not seen yet since the restart."""

    now: int
    facts: dict[str, GatewayFact]
    beds_of: dict[str, str]
    unseen_beds: tuple[str, ...]


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """A rule's word on one condition. `present` is None when nobody can tell: then nothing is raised and nothing ends.

    `support` names the inputs behind a present finding, `missing` those that are gone: an alert is lowered or ended
    only while none of the inputs that had supported it is missing. `spot`: rests on a spot value, so no delay and
    no waiting to clear. `material` changes when an update is worth a message. `at_least`: the priority of the alert it
    displaces, which it has from the moment it is declared.

    `depth`: how far beyond the limit, in units of the resolution; `deep`: beyond the deep limit; `confirmed`: no fresh
    second source says otherwise; `plain`: what a rule without hysteresis would say, None: the same.
    """

    condition: str
    present: bool | None
    priority: Priority = Priority.INFO
    why: Why
    since: int | None = None
    spot: bool = False
    support: frozenset[str] = frozenset()
    missing: frozenset[str] = frozenset()
    material: tuple[str, ...] = ()
    depth: int = 0
    deep: bool = False
    confirmed: bool = True
    plain: bool | None = None
    at_least: Priority = Priority.INFO


class Timing(msgspec.Struct, frozen=True):
    """Delays in ns: how long a condition must hold before it is declared at each priority, and be gone before it ends.

    `clear_after_loss`: an alert whose input had been gone ends only after this much valid data (conventions A4,
    issue text). `deep`: the delay of what is beyond the deep limit. `burden`: depth times ns at which the quietest
    priority is declared before its delay. `held`: for how much longer the night holds an announcement back.
    """

    delays: dict[Priority, int]
    clear_after: int = 10 * SECOND
    clear_after_loss: int = 30 * SECOND
    deep: int | None = None
    burden: int | None = None
    held: dict[Priority, int] = {}

    @property
    def quietest(self) -> Priority:
        """Return the priority that comes first as a condition worsens."""
        return min(self.delays, key=lambda priority: priority.rank)

    @property
    def gap(self) -> int:
        """Return how far apart, in ns, the moments lie of which three within a minute are declared."""
        return self.delays[self.quietest] // 2


class Rule(msgspec.Struct, frozen=True, kw_only=True):
    """One rule as audited data with its pure function.

    `hazard` is the harm it guards against, `source` where it comes from.
    """

    id: str
    title: str
    kind: Kind
    priority: Priority
    hazard: str
    source: str
    evaluate: Callable[[BedView], Iterable[Finding]]
    timing: Callable[[WardSettings], Timing]


class GatewayRule(msgspec.Struct, frozen=True, kw_only=True):
    """One rule about the gateway itself."""

    id: str
    title: str
    kind: Kind
    priority: Priority
    hazard: str
    source: str
    evaluate: Callable[[GatewayView], Finding]
    timing: Timing
