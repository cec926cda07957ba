"""What is sent next, how much at once, and what the broker's answer means (MQTT 5.0, 3.4.2.1).

Never more in flight than the broker allows; backlog at a limited rate and in half of the window, so that an alert never
waits for its receipts. 0x00 and 0x10 end a message; 0x97 makes it rest; any other code from 0x80 refuses it for good.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import NamedTuple, Protocol

from edge_agent.gateway.delivery.entry import PAST, Entry, Lane
from edge_agent.gateway.delivery.lanes import Lanes
from edge_agent.gateway.delivery.limits import Limits
from edge_agent.gateway.delivery.tools import Link
from edge_agent.wire.outgoing import Outgoing

NO_MATCHING_SUBSCRIBERS = 0x10
REFUSED = 0x80
PACKET_TOO_LARGE = 0x95
QUOTA_EXCEEDED = 0x97

POISON = frozenset({0x81, 0x82, 0x83, 0x87, 0x90, PACKET_TOO_LARGE, 0x99, 0x9A, 0x9B})
"""DISCONNECT codes with which a broker answers a message instead of refusing it (MQTT 5.0, 3.14.2.1)."""

CAUTION = 8
"""After such a DISCONNECT, messages are sent one by one: those that were in flight and this many more."""

SECOND = 1_000_000_000


class Parcel(NamedTuple):
    """A message as it goes out now."""

    message: Outgoing
    topic: str
    expires_s: int | None


class Owner(Protocol):
    """Who the messages belong to."""

    def parcel(self, entry: Entry) -> Parcel | None:
        """Return `entry` as it goes out now; None when it has been dropped or has moved to another lane."""

    def may_send_past(self, head: Entry) -> bool:
        """Return whether nothing older than `head` must be read from disk first."""

    def accepted(self, entry: Entry, code: int) -> None:
        """Let go of `entry`: the broker has it, and answered with `code`."""

    def refused(self, entry: Entry, code: int) -> None:
        """Let go of `entry`: the broker will never take it."""

    def is_wanted(self, entry: Entry) -> bool:
        """Return whether `entry` is to be sent again; if not, let go of it."""

    def restored(self, entry: Entry) -> None:
        """Take back `entry`, which was in flight or resting."""


class Sender:
    """The lanes and what is in flight."""

    def __init__(self, owner: Owner, limits: Limits, now: Callable[[], int]) -> None:
        self.lanes = Lanes()
        self.flying: dict[int, Entry] = {}
        self._owner = owner
        self._limits = limits
        self._now = now
        self._link: Link | None = None
        self._resting: dict[str, tuple[int, Entry]] = {}
        self._allowance = 0.0
        self._allowed_at = now()
        self._caution = 0
        self._timer: asyncio.TimerHandle | None = None

    @property
    def connected(self) -> bool:
        """Return whether there is a connection to send on."""
        return self._link is not None

    def attach(self, link: Link) -> None:
        """Send on `link` from now on."""
        self._link = link

    def detach(self, code: int = 0) -> None:
        """Send no more, and give back what was in flight or resting. `code`: the broker's DISCONNECT reason, or 0.

        When the broker answers a message by disconnecting, the only one in flight is to blame; were there more, they
        are sent again one by one.
        """
        self._link = None
        flying, self.flying = list(self.flying.values()), {}
        resting, self._resting = [entry for _, entry in self._resting.values()], {}
        if code in POISON:
            self._caution = len(flying) + CAUTION
        for entry in flying:
            entry.flying = False
            if code in POISON and len(flying) == 1:
                self._owner.refused(entry, code)
            else:
                self._owner.restored(entry)
        for entry in resting:
            if not entry.gone:
                self._owner.restored(entry)

    def send_now(self, parcel: Parcel) -> bool:
        """Send a message of QoS 0; return whether there was a connection for it."""
        return self._link is not None and self._link.send(*parcel) is not None

    def pump(self) -> None:
        """Send as much as may be sent."""
        self._wake_rested()
        while self._link is not None and len(self.flying) < self._window():
            entry = self.lanes.pop(self._closed())
            if entry is None:
                return
            parcel = self._owner.parcel(entry)
            if parcel is not None and not self._send(self._link, entry, parcel):
                return

    def acknowledged(self, packet: int, code: int) -> None:
        """Take the broker's answer to a message. On MQTT 3.1.1 there is no code, and 0 is given."""
        entry = self.flying.pop(packet, None)
        if entry is None:
            return
        entry.flying = False
        if code == QUOTA_EXCEEDED:
            if self._owner.is_wanted(entry):
                self._rest(entry)
        elif code >= REFUSED:
            self._owner.refused(entry, code)
        else:
            self._caution = max(0, self._caution - 1)
            self._owner.accepted(entry, code)
        self.pump()

    def _send(self, link: Link, entry: Entry, parcel: Parcel) -> bool:
        if link.largest is not None and len(parcel.message.payload) + len(parcel.topic) > link.largest:
            self._owner.refused(entry, PACKET_TOO_LARGE)
            return True
        packet = link.send(*parcel)
        if packet is None:
            self._link = None
            self._owner.restored(entry)
            return False
        if entry.past:
            self._allowance -= 1
        entry.tries += 1
        entry.flying = True
        self.flying[packet] = entry
        return True

    def _window(self) -> int:
        return 1 if self._caution or self._link is None else self._link.window

    def _closed(self) -> frozenset[Lane]:
        """Return the lanes that may not be sent from now."""
        past = self.lanes.head(Lane.PAST)
        if past is None and self.lanes.head(Lane.PAST_ALERTS) is None:
            return frozenset()
        flying = sum(entry.past for entry in self.flying.values())
        if flying >= max(1, self._window() // 2) or not self._allowed():
            return PAST
        return frozenset() if past is None or self._owner.may_send_past(past) else frozenset({Lane.PAST})

    def _allowed(self) -> bool:
        """Return whether the backlog's rate allows one more; if not, come back when it does."""
        rate, now = self._limits.backlog_per_s, self._now()
        gained = (now - self._allowed_at) / SECOND * rate
        self._allowance = min(max(1.0, rate / 10), self._allowance + gained)
        self._allowed_at = now
        if self._allowance >= 1:
            return True
        self._come_back((1 - self._allowance) / rate)
        return False

    def _rest(self, entry: Entry) -> None:
        delay = min(self._limits.rest_longest_s, self._limits.rest_s * 2 ** min(entry.tries - 1, 20))
        self._resting[entry.message.id] = (self._now() + int(delay * SECOND), entry)
        self._come_back(delay)

    def _wake_rested(self) -> None:
        now = self._now()
        for name, (due, entry) in list(self._resting.items()):
            if due <= now:
                del self._resting[name]
                if not entry.gone:
                    self._owner.restored(entry)
        if self._resting:
            self._come_back((min(due for due, _ in self._resting.values()) - now) / SECOND)

    def _come_back(self, delay_s: float) -> None:
        """Pump again after `delay_s`, or sooner when somebody else asked for it."""
        loop = asyncio.get_running_loop()
        due = loop.time() + delay_s
        if self._timer is not None and not self._timer.cancelled() and loop.time() < self._timer.when() <= due:
            return
        if self._timer is not None:
            self._timer.cancel()
        self._timer = loop.call_at(due, self.pump)
