"""What people and IT send in the demonstration: observations at the bedside, and configurations."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from itertools import count

import msgspec

from edge_agent.cli.stage.setting import CONSUMER
from edge_agent.domain.settings import WardSettings
from edge_agent.wire.payloads.command_observe import CommandObserve, Observed
from edge_agent.wire.payloads.config_desired import ConfigDesired

NURSE = "nurse-demo"
VALID_FOR = timedelta(minutes=5)
BY_HAND = (Observed("systolic", 138.0, "mm[Hg]"), Observed("diastolic", 79.0, "mm[Hg]"))
TAKEN_AGO = timedelta(minutes=25)

_NUMBERS = count(1)


def observations(now: datetime, beds: frozenset[str]) -> Iterator[bytes]:
    """Yield the nurse's round: bed 1's pressure `TAKEN_AGO`; consciousness and oxygen of bed 3 now."""
    if "1" in beds:
        yield _encoded(
            CommandObserve(
                request=_request(),
                consumer=CONSUMER,
                expires_at=now + VALID_FOR,
                bed="1",
                person=NURSE,
                observed_at=now - TAKEN_AGO,
                vitals=BY_HAND,
            )
        )
    if "3" in beds:
        yield _encoded(
            CommandObserve(
                request=_request(),
                consumer=CONSUMER,
                expires_at=now + VALID_FOR,
                bed="3",
                person=NURSE,
                consciousness="A",
                supplemental_oxygen=False,
            )
        )


def desired(now: datetime, settings: WardSettings) -> bytes:
    """Return a configuration as IT pushes it."""
    whole = msgspec.Raw(msgspec.json.encode(settings))
    return _encoded(ConfigDesired(request=_request(), consumer=CONSUMER, expires_at=now + VALID_FOR, settings=whole))


def utc_now() -> datetime:
    """Return the wall time."""
    return datetime.now(timezone.utc)


def _request() -> str:
    return f"demo-{next(_NUMBERS)}"


def _encoded(request: msgspec.Struct) -> bytes:
    return msgspec.json.encode(request)
