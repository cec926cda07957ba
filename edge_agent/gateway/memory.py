"""What a restart finds again.

The ward's snapshot, with the boot and the wall time it was taken at, and the requests already done.
"""

from __future__ import annotations

import msgspec

from edge_agent.bedside.ward import Ward
from edge_agent.wire.outgoing import Stamp

KEY = "ward"
"""The name under which the store keeps it."""


class Memory(msgspec.Struct, frozen=True):
    """`now` in ns of CLOCK_BOOTTIME of `boot`; `wall` in ns of UTC, None without a trusted clock.

    `done` newest last.
    """

    boot: str
    now: int
    wall: int | None
    ward: bytes
    done: tuple[str, ...] = ()


def encode(ward: bytes, now: int, stamp: Stamp, done: tuple[str, ...]) -> bytes:
    """Return the bytes to keep."""
    wall = None if stamp.wall_offset is None else now + stamp.wall_offset
    return msgspec.msgpack.encode(Memory(stamp.boot, now, wall, ward, done))


def decode(data: bytes) -> Memory:
    """Return what was kept; msgspec.DecodeError when it is none."""
    return msgspec.msgpack.decode(data, type=Memory)


def restore(ward: Ward, memory: Memory, now: int, stamp: Stamp) -> None:
    """Load the ward's state.

    After a reboot move it into the new boot's clock, by the wall clock if that may be trusted.
    """
    ward.restore(memory.ward)
    if memory.boot == stamp.boot:
        return
    off_for = None
    if memory.wall is not None and stamp.wall_offset is not None:
        off_for = max(0, now + stamp.wall_offset - memory.wall) + memory.now - ward.last
    ward.rebase(now, off_for)
