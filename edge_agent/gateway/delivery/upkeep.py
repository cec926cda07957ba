"""What delivery asks of the disk besides commits: spill, read back, keep the quota, save the ledger, park."""

from __future__ import annotations

from edge_agent.gateway.delivery.outbox import Outbox
from edge_agent.gateway.delivery.tools import Tools
from edge_agent.gateway.store.records import Group, Settled

SECOND = 1_000_000_000

READ_AHEAD_S = 2
"""Seconds of backlog that are read from disk ahead of being sent."""


SHARE_AT_RISK = 0.05
"""Of a long outage's telemetry, no more than this is in memory alone."""


class Upkeep:
    """Run `once` about every second, never twice at a time; everything that waits for the disk waits here."""

    def __init__(self, outbox: Outbox, tools: Tools) -> None:
        self._outbox = outbox
        self._tools = tools
        self._limits = tools.limits
        self._replaced = tools.store.replaced
        self._spilled_at = tools.now()
        self._saved_at = tools.now()

    async def once(self) -> None:
        """Do what is due. Returns late when the disk is slow; what must not wait for it is not here."""
        if not self._outbox.complete:
            self._outbox.adopt(await self._tools.store.open())
            if self._outbox.sender.connected:
                await self._outbox.triage()
        if self._tools.store.replaced != self._replaced:
            self._replaced = self._tools.store.replaced
            self._outbox.alerts.forget_stored()
        await self._outbox.alerts.store_again()
        await self._spill()
        self._keep_quota()
        await self._save(always=False)
        await self._read_back()

    async def park(self) -> bool:
        """Leave everything so that the next run finds it exactly; return whether that worked. Call after `detach`."""
        self._outbox.abandon_slots("stopped")
        parked = await self._outbox.telemetry.park()
        if parked:
            self._tools.ledger.close()
        return await self._save(always=True) and parked

    async def _spill(self) -> None:
        telemetry, now = self._outbox.telemetry, self._tools.now()
        offline_since = self._outbox.offline_since
        offline_s = 0.0 if offline_since is None else (now - offline_since) / SECOND
        every_s = min(max(self._limits.spill_every_s, offline_s * SHARE_AT_RISK), self._limits.spill_slowest_s)
        due = offline_s >= self._limits.spill_after_s and (now - self._spilled_at) / SECOND >= every_s
        if due or len(telemetry.entries) > self._limits.memory_rows:
            self._spilled_at = now
            await telemetry.spill()
            telemetry.evict(older=self._is_old)
        telemetry.shed_memory()

    def _is_old(self, group: Group) -> bool:
        age_s = (self._tools.now() - group.made) / SECOND
        return self._outbox.offline_since is not None and age_s > self._limits.keep_s

    def _keep_quota(self) -> None:
        """Drop the oldest telemetry first; alert events only when that was not enough, so that none is left on disk."""
        telemetry, alerts = self._outbox.telemetry, self._outbox.alerts
        telemetry.shed(telemetry.size + alerts.size - self._limits.quota_bytes)
        alerts.shed(telemetry.size + alerts.size - self._limits.quota_bytes)

    async def _save(self, *, always: bool) -> bool:
        """Forget on disk what is settled, and write the ledger with it."""
        outbox, ledger = self._outbox, self._tools.ledger
        alerts, over = outbox.alerts.finished, outbox.alerts.over
        groups, dead = outbox.telemetry.finished, outbox.refusals.dead
        waited_s = (self._tools.now() - self._saved_at) / SECOND
        if not (always or ledger.short or waited_s >= self._limits.ledger_s or alerts or groups or over or dead):
            return True
        outbox.alerts.finished, outbox.alerts.over, outbox.telemetry.finished, outbox.refusals.dead = [], [], [], []
        counts = ledger.to_save()
        settled = Settled(alerts=tuple(alerts), groups=tuple(groups), over=tuple(over), dead=tuple(dead), counts=counts)
        self._saved_at = self._tools.now()
        if await self._tools.store.settle(settled):
            return True
        outbox.alerts.finished[:0], outbox.telemetry.finished[:0] = alerts, groups
        outbox.alerts.over[:0], outbox.refusals.dead[:0] = over, dead
        ledger.not_saved(counts)
        return False

    async def _read_back(self) -> None:
        ahead = min(self._limits.memory_rows, self._limits.backlog_per_s * READ_AHEAD_S)
        while self._outbox.sender.connected and self._outbox.past_waiting() < ahead:
            if not await self._outbox.telemetry.load():
                break
        self._outbox.sender.pump()
