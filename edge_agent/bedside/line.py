"""One device's line as the ward knows it: link state, counters, conditions. Its bridge lives beside it in the ward."""

from __future__ import annotations

import msgspec

from edge_agent.domain.effects import DeviceReport, LinkReport, LinkState
from edge_agent.domain.settings import SECOND
from firmware_bridges.vitals import DeviceStatus, Identity, Reason

QUIET_AFTER = 5 * SECOND
"""An open link of a continuous device that says nothing for this long is quiet."""

REPORT_EVERY = 30 * SECOND


class Line(msgspec.Struct):
    """State of one device's line. Times in ns; counters since the run began."""

    id: str
    bed: str
    since: int
    next_report: int
    state: LinkState = LinkState.STARTING
    reason: str = ""
    last_data: int | None = None
    bytes_received: int = 0
    frames: int = 0
    malformed: int = 0
    last_frame: int = -1
    rejected: dict[str, int] = {}
    conditions: tuple[Reason, ...] = ()
    battery: int | None = None
    model: str = ""
    serial: str = ""

    def enter(self, state: LinkState, reason: str, at: int) -> LinkReport | None:
        """Change the link state; the report when it really changed."""
        if state is self.state and (reason == self.reason or not reason):
            return None
        if state is LinkState.CONNECTING and self.state is LinkState.LOST:
            # Trying again is not yet news: the cause of the loss stays readable until the device speaks.
            return None
        self.since = at if state is not self.state else self.since
        self.state, self.reason = state, reason
        return LinkReport(self.id, self.bed, state, reason, self.since)

    def heard(self, size: int, at: int) -> LinkReport | None:
        """Count bytes; the link is streaming."""
        self.bytes_received += size
        self.last_data = at
        return self.enter(LinkState.STREAMING, "", at) if self.state is not LinkState.STREAMING else None

    def status(self, status: DeviceStatus) -> bool:
        """Keep the device's conditions; True when they changed."""
        changed = status.conditions != self.conditions
        self.conditions = status.conditions
        self.battery = status.battery if status.battery is not None else self.battery
        return changed

    def identify(self, identity: Identity) -> None:
        """Keep what the device says it is."""
        self.model = identity.model or self.model
        self.serial = identity.serial or self.serial

    def reject(self, reason: Reason | str) -> None:
        """Count a reading that is not used."""
        name = reason.value if isinstance(reason, Reason) else reason
        self.rejected[name] = self.rejected.get(name, 0) + 1

    def quiet_deadline(self) -> int | None:
        """Return when silence makes a streaming link quiet."""
        if self.state is not LinkState.STREAMING or self.last_data is None:
            return None
        return self.last_data + QUIET_AFTER

    def report(self) -> DeviceReport:
        """Return the counters for health."""
        return DeviceReport(
            device=self.id,
            state=self.state,
            reason=self.reason,
            since=self.since,
            bytes_received=self.bytes_received,
            frames=self.frames,
            malformed=self.malformed,
            rejected=dict(sorted(self.rejected.items())),
            conditions=self.conditions,
            battery=self.battery,
            model=self.model,
            serial=self.serial,
        )
