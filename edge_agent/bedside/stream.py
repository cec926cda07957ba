"""A stream.

One vital of one device (or of the people who observe) at one bed, with its freshness and its recent past.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from edge_agent.bedside.quality import Gate
from edge_agent.domain.alerts import Evidence
from edge_agent.domain.effects import StreamView
from edge_agent.domain.settings import SECOND
from firmware_bridges.bridge import Mode, Strength
from firmware_bridges.vitals import VITALS, Reading, Reason, Validity

PERSON = "observation"
"""The source name of what people observe; no device may be called so."""

PAST_STEP = 5 * SECOND
PAST_LENGTH = 13
"""A sample every 5 s for a minute: enough for 'was 95 %, falling'."""


class Stream(msgspec.Struct):
    """State of one stream.

    `value` and `at` are the last usable value; `good_since` when it last became fresh, `lost_at` when it ceased to be.
    """

    vital: str
    device: str
    mode: Mode
    strength: Strength = Strength.STRONG
    site: str = ""
    person: str = ""
    device_time: str = ""
    value: int | None = None
    at: int | None = None
    validity: Validity = Validity.INVALID
    reason: Reason = Reason.NOT_AVAILABLE
    off: bool = True
    good_since: int | None = None
    lost_at: int | None = None
    past: list[tuple[int, int]] = []
    gate: Gate = msgspec.field(default_factory=Gate)

    @property
    def quantity(self) -> str:
        """Return what is measured, whichever way: heart rate and pulse rate are both the pulse."""
        return VITALS[self.vital].quantity

    def take(self, reading: Reading) -> bool:
        """Judge a reading and keep it if usable. Return True when the usable value or its absence changed.

        A spot measurement is news even of the same value: a person may have reset what the one before alerted about.
        """
        value, reason = self.gate.judge(reading, self.strength, self.mode)
        self.device_time = reading.device_time
        self.site = reading.site or self.site
        if value is None:
            return self._refuse(reading, reason)
        changed = self.off or value != self.value or self.reason is not Reason.OK or self.mode is Mode.SPOT
        self.validity, self.reason = Validity.VALID, Reason.OK
        self._keep(value, reading.at)
        return changed

    def observe(self, value: int, at: int, person: str) -> None:
        """Keep what a person observed: it needs no gate beyond the range check of the command."""
        self.person, self.validity, self.reason = person, Validity.VALID, Reason.OK
        self._keep(value, at)

    def _refuse(self, reading: Reading, reason: Reason) -> bool:
        before = (self.off, self.reason)
        self.reason = reason
        self.validity = reading.validity if reading.validity is not Validity.VALID else Validity.QUESTIONABLE
        if self.gate.surely_invalid(self.strength):
            self._lose(reading.at)
        return before != (self.off, self.reason)

    def _keep(self, value: int, at: int) -> None:
        self.value, self.at, self.off, self.lost_at = value, at, False, None
        self.good_since = at if self.good_since is None else self.good_since
        if not self.past or at - self.past[-1][0] >= PAST_STEP:
            self.past.append((at, value))
            del self.past[:-PAST_LENGTH]

    def expires(self, max_age: int) -> int | None:
        """Return when the present value goes stale, or None when there is none."""
        return None if self.off or self.at is None else self.at + max_age

    def went_stale(self, now: int, max_age: int) -> bool:
        """Withdraw the value if its age is due; True the first time."""
        if self.off or self.at is None or now < self.at + max_age:
            return False
        self._lose(self.at + max_age)
        self.validity, self.reason = Validity.INVALID, Reason.STALE
        return True

    def _lose(self, at: int) -> None:
        self.lost_at = at if not self.off else self.lost_at
        self.off, self.good_since = True, None

    def forget(self, now: int) -> None:
        """After a restart at `now` (ns): a device's value is no longer present, and its gate starts afresh.

        What a person said still holds.
        """
        if self.mode is Mode.CONTINUOUS:
            self._lose(now)
            self.gate = Gate()
            self.validity, self.reason = Validity.INVALID, Reason.STALE

    def shift(self, by: int) -> None:
        """Move every time by `by` ns, into another boot's clock."""
        self.at = None if self.at is None else self.at + by
        self.lost_at = None if self.lost_at is None else self.lost_at + by
        self.past = [(at + by, value) for at, value in self.past]

    def evidence(self) -> Evidence | None:
        """Return the last usable value as evidence, with the oldest value of the last minute for its trend."""
        if self.value is None or self.at is None:
            return None
        before = next((value for at, value in self.past if self.at - at <= 60 * SECOND), None)
        return Evidence(
            vital=self.vital, value=self.value, at=self.at, device=self.device, before=before, quality=self.reason
        )

    def view(self, *, chosen: bool, due: int | None) -> StreamView:
        """Return what telemetry shows: an absent value is absent, whatever its last number was."""
        return StreamView(
            vital=self.vital,
            device=self.device,
            mode=self.mode,
            value=None if self.off else self.value,
            validity=self.validity,
            reason=self.reason,
            at=self.at,
            chosen=chosen,
            site=self.site,
            device_time=self.device_time,
            person=self.person,
            due=due,
        )


def overtaken(streams: Iterable[Stream]) -> bool:
    """Tell whether the newest value of a quantity is a continuous one that is lost: what is still fresh is older.

    Such a spot value shows nothing of what has been since, and is no reason to end or lower anything.
    """
    lost, fresh = -1, -1
    for stream in streams:
        if not stream.off and stream.mode is Mode.CONTINUOUS:
            return False
        at = -1 if stream.at is None else stream.at
        lost, fresh = (max(lost, at), fresh) if stream.off else (lost, max(fresh, at))
    return lost > fresh
