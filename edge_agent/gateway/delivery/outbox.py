"""Every message until the broker has it: numbered, kept, placed, sent, settled. Nothing here waits for a disk."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence

from edge_agent.gateway.delivery.alerts import Alerts
from edge_agent.gateway.delivery.entry import PAST, Entry, Lane
from edge_agent.gateway.delivery.late import LATE, missed_lists, noted
from edge_agent.gateway.delivery.ledger import Key
from edge_agent.gateway.delivery.refusals import Refusals
from edge_agent.gateway.delivery.sender import NO_MATCHING_SUBSCRIBERS, Parcel, Sender
from edge_agent.gateway.delivery.telemetry import Telemetry
from edge_agent.gateway.delivery.tools import Link, Tools
from edge_agent.gateway.delivery.triage import Place
from edge_agent.gateway.store.records import Kept, Opening
from edge_agent.wire.outgoing import Draft, Outgoing, Stamp, Urgency

SECOND = 1_000_000_000

UNSEEN = 2**40
"""Where the order of production begins while the store cannot be read: after everything that may be in it."""


class Outbox:
    """What is on its way out: alert events, which are durable; slots, of which only the newest matters; telemetry.

    `opening`: what the last run left. `stamp`: of this run, now.
    """

    def __init__(self, tools: Tools, opening: Opening, stamp: Callable[[], Stamp]) -> None:
        self.sender = Sender(self, tools.limits, tools.now)
        self.alerts = Alerts(tools, self._released)
        self.telemetry = Telemetry(tools, self._read_back)
        self.refusals = Refusals(tools.hooks)
        self.offline_since: int | None = tools.now()
        self._tools = tools
        self._stamp = stamp
        self._boot = stamp().boot
        self.complete = False
        self._ordinals = itertools.count(opening.last_ordinal + 1 if opening.complete else UNSEEN)
        self._slots: dict[str, Entry] = {}
        self._front: dict[str, int] = {}
        self._will: tuple[Key, int] | None = None
        self._triaged = False
        self._listed: set[str] = set()
        self.adopt(opening)

    def publish(self, draft: Draft) -> None:
        """Give a message its number, keep it until the broker has it, and send it when its turn comes."""
        if draft.event_id:
            self.publish_alert([draft], {})
            return
        entry = self._enter(draft)
        if draft.qos == 0:
            self._send_or_drop(entry)
            return
        self._place(entry)
        self.sender.pump()

    def publish_alert(self, drafts: Sequence[Draft], memory: Mapping[str, bytes]) -> None:
        """Commit alert events and `memory` as one, then send them.

        Slots that show these events come along in `drafts`: they are not stored, but wait for the commit as well.
        """
        self.alerts.commit([self._enter(draft) for draft in drafts], memory, live=self._triaged)

    def will(self, draft: Draft) -> Outgoing:
        """Give a will its number and finish it. Until `will_taken`, the next one takes over its number."""
        stamp = self._stamp()
        if self._will is None:
            self._will = (stamp.run, draft.stream), self._tools.ledger.produce(draft.stream)
        return self._tools.seal(draft, self._will[1], stamp)

    def will_taken(self) -> None:
        """Note that the broker has the will."""
        if self._will is not None:
            self._tools.ledger.accept(self._will[0])
            self._will = None

    def attach(self, link: Link) -> None:
        """Send on `link` from now on; alert events wait for `triage`."""
        self.offline_since = None
        self.sender.attach(link)
        self.sender.pump()

    async def triage(self) -> None:
        """Decide which of the alert events that wait for it are announced live and which are history, and send them."""
        places = self.alerts.place()
        await self.alerts.announce([place.entry for place in places if place.lane is not Lane.PAST_ALERTS])
        if not self.sender.connected:
            return
        self._triaged = True
        for place in places:
            entry = place.entry
            if not entry.gone and not entry.placed:
                self._note_late(place)
                entry.past, entry.rank, entry.placed = place.lane is Lane.PAST_ALERTS, place.rank, True
                self.sender.lanes.push(place.lane, entry)
        self._released(self.alerts.held())
        for draft in missed_lists(places, self._listed, self._tools.now()):
            self.publish(draft)
        self._listed = {place.entry.message.event_id for place in places if place.missed}

    def _note_late(self, place: Place) -> None:
        """Let an alert that began during an outage say so, before it is first announced."""
        entry, start = place.entry, place.start
        if start is None or place.over or entry.tries or self._age_s(start) * SECOND <= LATE:
            return
        entry.message = noted(entry.message, None if start.boot != self._boot else int(self._age_s(start) * SECOND))

    def detach(self, code: int = 0) -> None:
        """Keep everything from now on. `code`: the broker's DISCONNECT reason, 0 for none."""
        self._triaged = False
        if self.offline_since is None:
            self.offline_since = self._tools.now()
        self.sender.detach(code)
        for entry in self.alerts.entries.values():
            entry.lane, entry.rank, entry.past, entry.placed = None, 0, False, False

    def abandon_slots(self, reason: str) -> None:
        """Drop what only matters while this run lasts."""
        for entry in self._slots.values():
            entry.gone = True
            self._tools.ledger.drop(entry.key, reason)
        self._slots = {}
        if self._will is not None:
            self._tools.ledger.drop(self._will[0], reason)
            self._will = None

    def queued(self) -> Counter[Key]:
        """Count what is neither accepted nor dropped, from the queues themselves, not from counters."""
        superseded = [entry.key for entry in self.sender.flying.values() if self._is_superseded(entry)]
        slots = [entry.key for entry in self._slots.values()]
        will = [] if self._will is None else [self._will[0]]
        return self.alerts.queued() + self.telemetry.queued() + Counter([*superseded, *slots, *will])

    def past_waiting(self) -> int:
        """Return how much telemetry waits in memory to become history."""
        return len(self.sender.lanes.waiting(Lane.PAST))

    def urgent_left(self) -> bool:
        """Return whether anything but backlog has still to be sent or answered."""
        live = (lane for lane in Lane if lane not in PAST)
        committing = any(entry.committing for entry in self.alerts.entries.values())
        return committing or bool(self.sender.flying) or any(self.sender.lanes.head(lane) for lane in live)

    def waiting(self) -> dict[str, int]:
        """Count what waits, by lane; also what rests on disk, and what is held for its commit or triage."""
        waiting = {lane.name.lower().replace("_", "-"): len(self.sender.lanes.waiting(lane)) for lane in Lane}
        unlaned = (entry for entry in self.alerts.entries.values() if entry.lane is None and not entry.flying)
        on_disk = sum(sum(group.counts.values()) for group in self.telemetry.resting)
        return waiting | {"held": sum(1 for _ in unlaned), "on-disk": on_disk}

    def oldest_age_s(self) -> float | None:
        """Return the age of the oldest message made in this boot that is not settled, None when there is none."""
        here = [*self.alerts.entries.values(), *self.telemetry.entries.values(), *self._slots.values()]
        made = [entry.message.made for entry in here if entry.boot == self._boot]
        made += [group.made for group in self.telemetry.resting[:1] if group.boot == self._boot]
        return (self._tools.now() - min(made)) / SECOND if made else None

    def hours_left(self) -> float | None:
        """Return for how many hours the store can take telemetry at the present rate, None before there was any."""
        free = self._tools.limits.quota_bytes - self.telemetry.size - self.alerts.size
        return self.telemetry.forecast.hours_left(free, self._tools.now())

    def adopt(self, opening: Opening) -> None:
        """Take over what earlier runs left: at the start, or when the store could not be read until now.

        Alert events wait for a triage: with the next connection, or called for.
        """
        for kept in opening.alerts:
            entry = Entry(kept.ordinal, kept.boot, kept.message, stored=True)
            self.alerts.entries.setdefault(kept.message.id, entry)
        self.alerts.announced |= opening.announced
        self.telemetry.adopt(opening.groups)
        self._tools.ledger.adopt(opening.counts, self.queued())
        self.complete = opening.complete

    # ------------------------------------------------------------------------------- what the sender asks of its owner

    def parcel(self, entry: Entry) -> Parcel | None:
        """Return `entry` as it goes out now; None when it has become history, or has expired."""
        message = entry.message
        if entry.past:
            return Parcel(message, _topic(entry), None)
        if self._is_late(entry):
            self._place(entry)
            return None
        if message.expires_s is None:
            return Parcel(message, message.topic, None)
        left = message.expires_s - self._age_s(entry)
        if left > 0:
            return Parcel(message, message.topic, max(1, round(left)))
        self._drop(entry, "expired")
        return None

    def may_send_past(self, head: Entry) -> bool:
        """Return whether nothing older than `head` rests on disk."""
        return not self.telemetry.is_due_before(head.ordinal)

    def accepted(self, entry: Entry, code: int) -> None:
        """Let go of `entry`: the broker has it, perhaps for nobody."""
        message = entry.message
        self._tools.ledger.accept(entry.key)
        self._settle(entry)
        if message.live_s is not None and not entry.past:
            self._front[message.topic] = max(entry.ordinal, self._front.get(message.topic, 0))
        self.refusals.healed(_topic(entry))
        if code == NO_MATCHING_SUBSCRIBERS:
            self._tools.hooks.nobody_listens(message)

    def refused(self, entry: Entry, code: int) -> None:
        """Let go of `entry`: the broker will never take it."""
        self._drop(entry, f"refused-0x{code:02x}")
        self.refusals.add(entry.message, _topic(entry), code)

    def is_wanted(self, entry: Entry) -> bool:
        """Return whether `entry` is to be sent again; a slot that has been superseded meanwhile is dropped."""
        if self._is_superseded(entry):
            self._drop(entry, "superseded")
            return False
        return True

    def restored(self, entry: Entry) -> None:
        """Take back `entry`, which was in flight or resting."""
        if entry.is_alert:
            if self._triaged:
                self.sender.lanes.push(Lane.PAST_ALERTS if entry.past else Lane(entry.message.urgency), entry)
        elif self.is_wanted(entry):
            self._place(entry)

    # ---------------------------------------------------------------------------------------------- keep, place, settle

    def _enter(self, draft: Draft) -> Entry:
        """Give a message its number, finish it and keep it."""
        stamp = self._stamp()
        seq = self._tools.ledger.produce(draft.stream, exact=bool(draft.event_id))
        message = self._tools.seal(draft, seq, stamp)
        entry = Entry(next(self._ordinals), stamp.boot, message, source=(draft, stamp) if draft.event_id else None)
        if entry.is_alert:
            self.alerts.entries[message.id] = entry
        elif draft.slot and draft.qos:
            self._supersede(entry)
        elif draft.qos:
            self.telemetry.add(entry)
        return entry

    def _read_back(self, kept: Kept) -> Entry:
        entry = Entry(kept.ordinal, kept.boot, kept.message)
        self.telemetry.entries[kept.message.id] = entry
        self._place(entry)
        return entry

    def _supersede(self, entry: Entry) -> None:
        older = self._slots.get(entry.message.topic)
        self._slots[entry.message.topic] = entry
        if older is not None and not older.flying:
            self._drop(older, "superseded")

    def _is_superseded(self, entry: Entry) -> bool:
        return entry.message.slot and self._slots.get(entry.message.topic) is not entry

    def _place(self, entry: Entry) -> None:
        """Let a slot or telemetry wait in its lane."""
        urgency = entry.message.urgency
        entry.past = entry.past or urgency is Urgency.BACKLOG or self._is_late(entry)
        self.sender.lanes.push(Lane.PAST if entry.past else Lane(urgency), entry)

    def _released(self, entries: Iterable[Entry]) -> None:
        """Let the entries of a commit go: an alert event to its lane while connected, else it waits for the triage."""
        for entry in entries:
            if entry.gone:
                continue
            if not entry.is_alert:
                self._place(entry)
            elif self._triaged:
                entry.placed = True
                self.alerts.remember_announced(entry)
                for earlier in self.alerts.waiting_before(entry):
                    self.sender.lanes.push(Lane(entry.message.urgency), earlier)
                self.sender.lanes.push(Lane(entry.message.urgency), entry)
        self.sender.pump()

    def _send_or_drop(self, entry: Entry) -> None:
        parcel = self.parcel(entry)
        if parcel is not None and self.sender.send_now(parcel):
            self._tools.ledger.accept(entry.key)
        elif not entry.gone:
            self._drop(entry, "offline")

    def _drop(self, entry: Entry, reason: str) -> None:
        self._tools.ledger.drop(entry.key, reason)
        self._settle(entry)

    def _settle(self, entry: Entry) -> None:
        entry.gone = True
        if entry.is_alert:
            self.alerts.remove(entry)
        elif entry.message.id in self.telemetry.entries:
            self.telemetry.remove(entry)
        elif self._slots.get(entry.message.topic) is entry:
            del self._slots[entry.message.topic]

    def _is_late(self, entry: Entry) -> bool:
        """Return whether `entry` is history now: too old, or a newer one of its topic has been live already."""
        message = entry.message
        if message.live_s is None or not message.history_topic:
            return False
        return self._age_s(entry) > message.live_s or entry.ordinal < self._front.get(message.topic, 0)

    def _age_s(self, entry: Entry) -> float:
        """Return the age in s; infinite for a message of an earlier boot, whose clock is gone."""
        return (self._tools.now() - entry.message.made) / SECOND if entry.boot == self._boot else float("inf")


def _topic(entry: Entry) -> str:
    return entry.message.history_topic or entry.message.topic if entry.past else entry.message.topic
