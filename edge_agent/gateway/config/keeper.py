"""Keeps the ward's configuration: has a push judged, makes it durable, has it applied, and says what became of it.

Whole or not at all: durable first, then applied, then reported. Whoever is killed in between runs the old configuration
or the new one at the next start, and whichever it is can be read in the report.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection
from enum import Enum

from edge_agent.domain.errors import ConfigError, Problem
from edge_agent.domain.inputs import GatewayFact
from edge_agent.domain.settings import WardSettings
from edge_agent.gateway.config.effective import Diff, diff, effective, fingerprint
from edge_agent.gateway.config.load import parse_ward
from edge_agent.gateway.config.push import Offer, PushError, judge, refuse_removal
from edge_agent.gateway.config.store import ConfigStore, StoreError, stored
from edge_agent.wire.envelope import utc
from edge_agent.wire.outgoing import Stamp
from edge_agent.wire.payloads.config_reported import ConfigReported, Refusal, Source, fault

Apply = Callable[[WardSettings, Diff], None]
"""Puts settings into force at once, on the loop: tells the ward, opens and closes what the diff names, and no more."""


class Outcome(str, Enum):
    """What became of a push. After `REFUSED` and `APPLIED` there is something new to report."""

    UNCHANGED = "unchanged"
    REFUSED = "refused"
    APPLIED = "applied"


class ConfigKeeper:
    """The ward's settings in force: those of the last accepted push, else those of the gateway's own file."""

    def __init__(
        self,
        store: ConfigStore,
        seed: WardSettings,
        apply: Apply,
        alerting: Callable[[], Collection[str]],
        *,
        accept_unsigned: bool,
    ) -> None:
        """Take the local file's settings as `seed`; `alerting` names the beds that have an active alert now."""
        self._store = store
        self._apply = apply
        self._alerting = alerting
        self._accept_unsigned = accept_unsigned
        self._one_at_a_time = asyncio.Lock()
        self._refusal: Refusal | None = None
        self._applied_at: str | None = None
        self.settings = seed
        self.fallback = ""
        """Why this runs on something else than the newest accepted push; empty while it does not."""
        self.file_trouble = ""
        """Why the seed is not from the file that IT wrote, empty if it is. No push mends that."""

    def start(self) -> WardSettings:
        """Return the newest stored push that is sound, else the seed, noting what was wrong. Blocks on the disk."""
        failures: list[str] = []
        for version in self._stored(failures):
            if self._restore(version, failures):
                break
        if failures:
            self.fallback = f"{'; '.join(failures)}; running {self._in_force()}"
        return self.settings

    async def receive(self, payload: bytes, now: int, stamp: Stamp) -> Outcome:
        """Judge one message of `config/desired` that came at `now` (ns), and apply it if it is new and sound."""
        async with self._one_at_a_time:
            try:
                offer = await asyncio.to_thread(self._judge, payload, now, stamp)
                if offer is None:
                    return Outcome.UNCHANGED
                await self._commit(offer, utc(now, stamp))
            except PushError as error:
                self._refusal = Refusal(
                    request=error.request,
                    version=error.version,
                    at=utc(now, stamp),
                    faults=tuple(map(fault, error.problems)),
                )
                return Outcome.REFUSED
            return Outcome.APPLIED

    def report(self) -> ConfigReported:
        """Return what runs and the last refusal since, for `config/reported`."""
        return ConfigReported(
            version=self.settings.version,
            sha256=fingerprint(self.settings),
            source=Source.PUSHED if self.settings.version else Source.LOCAL,
            applied_at=self._applied_at,
            settings=effective(self.settings),
            refused=self._refusal,
        )

    def fact(self, now: int) -> GatewayFact:
        """Return whether the agent runs on a fallback, of either half, as an input for the ward."""
        detail = "; ".join(filter(None, (self.file_trouble, self.fallback)))
        return GatewayFact("config-fallback", bool(detail), detail, now)

    def _judge(self, payload: bytes, now: int, stamp: Stamp) -> Offer | None:
        return judge(payload, self.settings.version, now, stamp, accept_unsigned=self._accept_unsigned)

    async def _commit(self, offer: Offer, applied_at: str | None) -> None:
        """Store, then apply. What cannot be stored or applied is not there at the next start either."""
        refuse_removal(offer, self.settings, self._alerting())
        version = offer.ward.version
        try:
            await asyncio.to_thread(self._store.save, stored(version, applied_at, offer.settings))
        except OSError as error:
            raise PushError((_unstorable(error),), offer.request, version) from error
        try:
            refuse_removal(offer, self.settings, self._alerting())  # an alert may have begun while the disk was busy
            self._apply(offer.ward, diff(self.settings, offer.ward))
        except BaseException:
            await asyncio.to_thread(self._store.remove, version)
            raise
        before, self.settings = self.settings.version, offer.ward
        self._applied_at, self._refusal, self.fallback = applied_at, None, ""
        await asyncio.to_thread(self._store.keep, {before, version})

    def _restore(self, version: int, failures: list[str]) -> bool:
        try:
            record = self._store.read(version)
            self.settings = parse_ward(bytes(record.settings))
        except ConfigError as error:
            failures.append(f"pushed configuration {version} is no longer valid: {error.summary}")
            return False
        except StoreError as error:
            failures.append(f"pushed configuration {version} is {error}")
            return False
        self._applied_at = record.applied_at
        return True

    def _stored(self, failures: list[str]) -> list[int]:
        try:
            return self._store.versions()
        except OSError as error:
            failures.append(f"pushed configurations cannot be read ({error})")
            return []

    def _in_force(self) -> str:
        version = self.settings.version
        return f"pushed configuration {version}" if version else "the gateway's own file"


def _unstorable(error: OSError) -> Problem:
    remedy = "make room or repair the disk of the gateway, then push it again with a higher version"
    return Problem("/", ".", f"a state directory that cannot be written ({error.strerror})", "one that can", remedy)
