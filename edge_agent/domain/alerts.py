"""The words of an alert, after IEC 60601-1-8:2006+A2:2020 and IHE ACM (PCD-04): condition and signal are two things.

A condition is what is wrong with the patient or the equipment; its signal is what a person is told about it. Here
are the vocabulary and the record of one alert; the transitions live in `edge_agent.bedside.machine` and `signal`.
"""

from __future__ import annotations

from enum import Enum

import msgspec

from edge_agent.domain.windows import Driver
from firmware_bridges.vitals import Reason


class Priority(str, Enum):
    """How soon a person must act (IEC 60601-1-8 table 1). `INFO` never sounds."""

    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"
    INFO = "info"

    @property
    def rank(self) -> int:
        """Return 0 for info up to 3 for high, for comparisons."""
        return _RANK[self]


_RANK = {Priority.INFO: 0, Priority.LOW: 1, Priority.MEDIUM: 2, Priority.HIGH: 3}
LOUDEST_FIRST = tuple(Priority)
"""Every priority, high first."""


class Kind(str, Enum):
    """IHE ACM alert type: about the patient (SP), about the equipment (ST), or advice (SA)."""

    PHYSIOLOGICAL = "physiological"
    TECHNICAL = "technical"
    ADVISORY = "advisory"


class Phase(str, Enum):
    """IHE ACM event phase: what this message says of the condition."""

    START = "start"
    CONTINUE = "continue"
    UPDATE = "update"
    ESCALATE = "escalate"
    DEESCALATE = "deescalate"
    END = "end"
    RESET = "reset"


OVER = frozenset({Phase.END, Phase.RESET})
"""The only two phases after which a condition is gone."""


class ConditionState(str, Enum):
    """The condition's machine. `LATCHED`: gone, but its signal stays until a person resets it."""

    INACTIVE = "inactive"
    ACTIVE = "active"
    LATCHED = "latched"


class SignalState(str, Enum):
    """The signal's machine: what a person is told now."""

    OFF = "off"
    ON = "on"
    PAUSED = "paused"
    ACKNOWLEDGED = "acknowledged"


class SignalEvent(str, Enum):
    """What moves the signal's machine, and says why a signal is as it is.

    `DISPLACED`: its input is gone, and a technical alert of at least its priority speaks for it. `SPEAKS`: no longer.
    `NEW_CAUSE`: an input supports the alert that had not supported it when it was quieted. `CLOCK_LOST`: the gateway
    was off, and nobody knows for how long.
    """

    RAISED = "raised"
    ACKNOWLEDGED = "acknowledged"
    PAUSED = "paused"
    TIME_UP = "time-up"
    WORSE = "worse"
    NEW_CAUSE = "new-cause"
    CLOCK_LOST = "clock-lost"
    DISPLACED = "displaced"
    SPEAKS = "speaks"
    OVER = "over"


class Outcome(str, Enum):
    """What became of an alert: it reached a consumer, a person took or refused it, quieted it, or saw that it is over.

    Only a latched alert, or one that cannot be verified or rests on a spot value, is reset.
    """

    RECEIVED = "received"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    ACKNOWLEDGED = "acknowledged"
    PAUSED = "paused"
    RESET = "reset"


class InactivationKind(str, Enum):
    """Ways a person may quiet a signal; none without deadline, owner and coded reason."""

    AUDIO_PAUSED = "audio-paused"
    ALARM_PAUSED = "alarm-paused"
    ACKNOWLEDGED = "acknowledged"


class Inactivation(msgspec.Struct, frozen=True):
    """One quieting of one signal. `until` in ns of CLOCK_BOOTTIME; `reason` is a code of the site's list."""

    kind: InactivationKind
    owner: str
    reason: str
    until: int


class Evidence(msgspec.Struct, frozen=True):
    """One value behind an alert, in units of the vital's resolution, with the time it arrived and where from.

    `before` is the value about a minute earlier, for the trend; None where there was none. `quality` is what the device
    and the gate say of its stream now: anything but OK means that this is the last usable value, not a present one.
    """

    vital: str
    value: int
    at: int
    device: str
    before: int | None = None
    quality: Reason = Reason.OK


class SetBy(msgspec.Struct, frozen=True):
    """Whose word a patient's own limit is: `person` set it, at `since` (ns). It holds until the stay ends."""

    person: str
    since: int


class Why(msgspec.Struct, frozen=True, kw_only=True):
    """The reasons an alert carries: plain words, the rule and its limit, the values behind it, and what was missing.

    `limit` in units of the vital's resolution, `own` who set it for this patient alone; `devices` names the equipment
    concerned; `beds` the beds of a gateway alert. Every alert about a bed has its rule score (a lower bound unless
    complete) and the model's probability beside each other, as far as there are any; `drivers` are those of the model's
    own alert.
    """

    text: str
    rule: str
    limit: int | None = None
    own: SetBy | None = None
    evidence: tuple[Evidence, ...] = ()
    missing: tuple[str, ...] = ()
    devices: tuple[str, ...] = ()
    beds: tuple[str, ...] = ()
    score: int | None = None
    score_name: str = ""
    score_complete: bool = True
    probability: float | None = None
    drivers: tuple[Driver, ...] = ()
    response: str = ""


class Alert(msgspec.Struct, frozen=True, kw_only=True):
    """One alert at one revision: the whole state of its condition and its signal.

    `bed` is "" for an alert of the gateway itself. `event_id` is UUIDv5(run, bed, condition, ordinal) of the run
    that started it; `revision` counts its changes from 1. `began` is when the condition was first seen, `raised`
    when it was declared, `changed` when this revision came to be, all ns of CLOCK_BOOTTIME. `verifiable` is False
    while its input is gone: the alert then stays, and says the last valid value and its age. `signal_event` says why
    the signal is as it is, `tier` who is called: it escalates from the first tier of consumers to the next.
    """

    bed: str
    condition: str
    kind: Kind
    priority: Priority
    event_id: str
    ordinal: int
    revision: int
    phase: Phase
    state: ConditionState
    signal: SignalState
    began: int
    raised: int
    changed: int
    why: Why
    verifiable: bool = True
    ended: int | None = None
    end_reason: str = ""
    inactivations: tuple[Inactivation, ...] = ()
    accepted_by: str = ""
    signal_event: SignalEvent = SignalEvent.RAISED
    tier: int = 1
