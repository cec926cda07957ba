"""What a bed needs from outside itself."""

from __future__ import annotations

import msgspec

from edge_agent.bedside.escalation import Callers
from edge_agent.bedside.stream import Stream
from edge_agent.bedside.verdict import DeviceView
from edge_agent.domain.settings import SECOND, Bed, Device, WardSettings
from firmware_bridges.bridge import Mode


class Context(msgspec.Struct, frozen=True):
    """Run, settings, its own settings, devices excused by a gateway alert, who can be called.

    `devices` are its own and all shared ones, `views` its own as seen now.
    """

    run: str
    settings: WardSettings
    bed: Bed
    devices: tuple[Device, ...]
    views: tuple[DeviceView, ...]
    excused: frozenset[str]
    callers: Callers

    @property
    def latches(self) -> bool:
        """Tell whether high alerts wait for a person: only where somebody could reset them."""
        return self.settings.latch_high and self.callers.answering

    def max_age(self, stream: Stream) -> int:
        """Return the age in ns at which the stream's value is stale."""
        if stream.mode is Mode.SPOT:
            return self.settings.spot_max_age_min * 60 * SECOND
        return self.settings.max_age(stream.quantity)

    def blind_after(self) -> int:
        """Return how long nothing may be seen: the longest max_age of the required vitals and a second."""
        return max((self.settings.max_age(quantity) for quantity in self.bed.required), default=0) + SECOND
