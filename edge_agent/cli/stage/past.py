"""Twelve simulated hours before the curtain, put where a restart of the agent looks for its past.

No door of its own: the ward's snapshot goes into the agent's store, and the agent restores it as it would its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from uuid import uuid4

import msgspec

from edge_agent.bedside.floor import WardState
from edge_agent.bedside.hours import HOUR
from edge_agent.bedside.ward import Ward
from edge_agent.cli.stage.story import Role
from edge_agent.domain.inputs import SettingsApplied, Started
from edge_agent.domain.settings import WardSettings
from edge_agent.gateway import memory
from edge_agent.gateway.clock import boot_id
from edge_agent.gateway.store.store import Store
from edge_agent.simulator.histories import medians
from edge_agent.wire.envelope import UNSYNCED
from edge_agent.wire.outgoing import Stamp

HOURS = 12


async def leave(folder: Path, ward: bytes, now: int) -> None:
    """Write the `ward`'s snapshot of `now` (ns) into the store in `folder`. OSError where the disk failed."""
    store = Store(folder, troubled=lambda _: None, noted=lambda _: None)
    await store.open()
    stamp = Stamp(run="", boot=boot_id(), trust=UNSYNCED, wall_offset=None)
    written = await store.remember({memory.KEY: memory.encode(ward, now, stamp, ())})
    await store.close()
    if not written:
        raise OSError(f"{folder}: {store.failing}")


def snapshot(settings: WardSettings, cast: Sequence[Role], seed: int, now: int) -> bytes:
    """Return the state of a ward that has watched the cast for `HOURS` until `now` (ns)."""
    ward = Ward()
    ward.handle(Started(str(uuid4()), ""), now)
    ward.handle(SettingsApplied(settings), now)
    state = msgspec.msgpack.decode(ward.snapshot(), type=WardState)
    for role in cast:
        hours = state.beds[role.bed].hours
        hours.epoch, hours.hour = now - HOURS * HOUR, HOURS
        hours.done = {quantity: list(row[:-1]) for quantity, row in medians(role.patient(seed), HOURS).items()}
    return msgspec.msgpack.encode(state)
