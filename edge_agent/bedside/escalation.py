"""Calling somebody: a high alert that is not received, or that nobody accepts in time, calls the next tier.

Pure: `Call` is a few facts and times, and the deadlines are worked off with all the others. After the last tier, and
when the broker says that nobody listens, the alert is `alone`: the gateway's own output has to sound.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import msgspec

from edge_agent.domain.alerts import Alert, Priority, SignalState
from edge_agent.domain.night import Night
from edge_agent.domain.settings import SECOND, Role, WardSettings

FIRST_TIER = 1


class Callers(NamedTuple):
    """Who can be called, from the settings: the tiers in use, and whether anybody in them answers for people.

    `received_within` and `accepted_within` in ns. `firsts`: which tier the night calls first, by priority.
    """

    tiers: tuple[int, ...]
    answering: bool
    received_within: int
    accepted_within: int
    firsts: dict[Priority, int]


def callers(settings: WardSettings, displays: Iterable[str], night: Night | None) -> Callers:
    """Return who can be called; `displays` without a role of their own belong to the first tier.

    `night`: the night profile while it is night.
    """
    tiers = {consumer.tier for consumer in settings.consumers} | {FIRST_TIER for _ in displays}
    return Callers(
        tiers=tuple(sorted(tiers)),
        answering=any(consumer.role is not Role.DISPLAY for consumer in settings.consumers),
        received_within=settings.received_within_s * SECOND,
        accepted_within=settings.accepted_within_s * SECOND,
        firsts=first_tiers(night),
    )


def first_tiers(night: Night | None) -> dict[Priority, int]:
    """Return which tier the night calls first, by priority; what is not in it calls as by day."""
    levels = {} if night is None else night.levels
    return {priority: level.tier for priority, level in levels.items() if level.tier is not None}


class Call(msgspec.Struct):
    """One alert's call for somebody.

    `since`: when the present tier was called, in ns; `asked`: since when this run waits for the alert to be received:
    a new one does not know whether the screens that had it are still there. `unheard`: the broker had nobody to give
    it to. `spent`: the last tier has not answered.
    """

    tier: int
    since: int
    received: bool = False
    unheard: bool = False
    spent: bool = False
    asked: int | None = None

    @property
    def alone(self) -> bool:
        """Tell whether only the gateway's own output is left."""
        return self.unheard or self.spent

    def ask_again(self, now: int) -> None:
        """After a restart at `now` (ns): the tier has to receive the alert anew; its time to accept goes on."""
        self.asked, self.received = now, False

    def shift(self, by: int) -> None:
        """Move the call's times by `by` ns, into another boot's clock."""
        self.since += by
        self.asked = None if self.asked is None else self.asked + by

    def heard(self, tier: int) -> None:
        """Note that a consumer of `tier` has received the alert."""
        self.unheard = False
        self.received |= tier == self.tier

    def deadline(self, alert: Alert, who: Callers) -> int | None:
        """Return when the present tier has had its time, in ns; None while nobody needs to be called."""
        if not wanted(alert) or alert.priority is not Priority.HIGH or self.spent or not who.tiers:
            return None
        times = [] if self.received else [(self.since if self.asked is None else self.asked) + who.received_within]
        if who.answering:
            times.append(self.since + who.accepted_within)
        return min(times, default=None)

    def next_tier(self, who: Callers, now: int) -> bool:
        """Call the next tier at `now` (ns); False when there is none, and then the call is spent."""
        further = [tier for tier in who.tiers if tier > self.tier]
        if not further:
            self.spent = True
            return False
        self.tier, self.since, self.asked, self.received = further[0], now, None, False
        return True


def wanted(alert: Alert) -> bool:
    """Tell whether an alert wants somebody: it speaks, and nobody has it in hand."""
    return alert.signal is SignalState.ON and not alert.accepted_by


def called(who: Callers, priority: Priority, now: int) -> Call:
    """Return a new call, to the first tier in use, or to the one that the night calls first."""
    return Call(who.firsts.get(priority, min(who.tiers, default=FIRST_TIER)), now)
