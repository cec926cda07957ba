"""What a bed needs from outside itself."""

from __future__ import annotations

import msgspec

from edge_agent.bedside.escalation import Callers
from edge_agent.bedside.machine import Origin
from edge_agent.bedside.rules import RULES
from edge_agent.bedside.stream import Stream
from edge_agent.bedside.verdict import DeviceView, Timing
from edge_agent.domain.alerts import Kind
from edge_agent.domain.night import Night
from edge_agent.domain.settings import SECOND, Bed, Device, WardSettings
from firmware_bridges.bridge import Mode


class Context(msgspec.Struct, frozen=True):
    """Settings, its own settings, devices excused by a gateway alert, who can be called.

    `devices` are its own and all shared ones, `views` its own as seen now. `timings` by rule and `origins` by kind are
    what its conditions step with.
    """

    settings: WardSettings
    bed: Bed
    devices: tuple[Device, ...]
    views: tuple[DeviceView, ...]
    excused: frozenset[str]
    callers: Callers
    timings: dict[str, Timing]
    origins: dict[Kind, Origin]

    def max_age(self, stream: Stream) -> int:
        """Return the age in ns at which the stream's value is stale."""
        if stream.mode is Mode.SPOT:
            return self.settings.spot_max_age_min * 60 * SECOND
        return self.settings.max_age(stream.quantity)

    def blind_after(self) -> int:
        """Return how long nothing may be seen: the longest max_age of the required vitals and a second."""
        return max((self.settings.max_age(quantity) for quantity in self.bed.required), default=0) + SECOND


def timings(settings: WardSettings, night: Night | None) -> dict[str, Timing]:
    """Return the delays of every rule about a bed under these settings, by rule.

    The night holds back what rules say of patients alone: of devices there are delays enough.
    """
    by_day = {rule.id: rule.timing(settings) for rule in RULES.values()}
    held = {} if night is None else {p: level.delay_s * SECOND for p, level in night.levels.items() if level.delay_s}
    return {
        name: msgspec.structs.replace(timing, held=held) if RULES[name].kind is not Kind.TECHNICAL else timing
        for name, timing in by_day.items()
    }


def origins(run: str, bed: str, settings: WardSettings, callers: Callers) -> dict[Kind, Origin]:
    """Return who speaks at a bed, by kind. A patient's high alerts wait for a person where one could reset them."""
    latches = settings.latch_high and callers.answering
    return {kind: Origin(run, bed, kind, latches and kind is Kind.PHYSIOLOGICAL, callers.firsts) for kind in Kind}
