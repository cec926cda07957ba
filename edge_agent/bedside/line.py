"""One device's line as the ward knows it: link state, counters, conditions. Its bridge lives beside it in the ward."""

from __future__ import annotations

import msgspec

from edge_agent.bedside.identity import Proof, Shown
from edge_agent.domain.effects import DeviceReport, LinkReport, LinkState
from edge_agent.domain.settings import SECOND, Device
from firmware_bridges.vitals import DeviceStatus, Reading, Reason

REPORT_EVERY = 30 * SECOND


class Line(msgspec.Struct):
    """State of one device's line. Times in ns; counters since the run began.

    `refused` says why its device is the wrong one, until the right one has shown itself or it was unplugged.
    `waiting`: what a shared device measured and nobody has claimed yet.
    """

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
    shown: Shown = msgspec.field(default_factory=Shown)
    proof: Proof = Proof.AGREED
    unproven_since: int = 0
    refused: str = ""
    waiting: tuple[Reading, ...] = ()

    def enter(self, state: LinkState, reason: str, at: int) -> LinkReport | None:
        """Change the link state; the report when it really changed. A line with the wrong device stays lost."""
        if self.refused and state is not LinkState.LOST:
            return None
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

    def prove(self, device: Device, at: int) -> None:
        """Compare what the device has shown with what it is expected to be."""
        before, self.proof = self.proof, self.shown.proof(device, at)
        if self.proof is not before:
            self.unproven_since = at

    def count(self, reading: Reading) -> None:
        """Count the frame that a reading is from, once."""
        if reading.frame != self.last_frame:
            self.last_frame = reading.frame
            self.frames += 1

    def reject(self, reason: Reason | str) -> None:
        """Count a reading that is not used."""
        name = reason.value if isinstance(reason, Reason) else reason
        self.rejected[name] = self.rejected.get(name, 0) + 1

    def quiet_deadline(self, after: int | None) -> int | None:
        """Return when `after` ns of silence make a streaming link quiet; None for one that may be silent."""
        if after is None or self.last_data is None or self.state is not LinkState.STREAMING:
            return None
        return self.last_data + after

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
            model=self.shown.model,
            serial=self.shown.serial,
        )
