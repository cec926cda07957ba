"""The flight recorder: a ring of every input in memory, frozen to disk around an alert.

The ring is cut into segments; each begins with a checkpoint of the ward (state, bridges and settings), so that
whatever is kept can be replayed from its first byte. A freeze writes the part before the alert first, then what
follows for a minute, as two gzip members of one file; size per freeze and per day is bounded, and the oldest
recordings go first.
"""

from __future__ import annotations

import gzip
import zlib
from collections import deque
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec

from edge_agent.domain.effects import Effect
from edge_agent.domain.inputs import Entry
from edge_agent.domain.settings import SECOND

FORMAT = 1
SEGMENT = 60 * SECOND
SEGMENTS = 5
AFTER = 60 * SECOND
FREEZE_BYTES = 8 << 20
DAY_BYTES = 64 << 20
DAY = 24 * 3600 * SECOND
FOLDER_BYTES = 512 << 20
SUFFIX = ".rec"


class Header(msgspec.Struct, frozen=True, tag="header"):
    """What a recording was made with.

    `event_id` is the alert it belongs to; the model's hash is in each of its answers.
    """

    format: int
    agent: str
    python: str
    run: str
    boot: str
    event_id: str


class Checkpoint(msgspec.Struct, frozen=True, tag="checkpoint"):
    """The ward's whole state before the next entry."""

    ward: bytes


class Noted(msgspec.Struct, frozen=True, tag="entry"):
    """One input and the checksum of the effects it had, 0 for none; a replay must reach the same."""

    entry: Entry
    effects: int


Record = Header | Checkpoint | Noted
_ENCODER = msgspec.msgpack.Encoder()
_DECODER = msgspec.msgpack.Decoder(Record)
_JSON = msgspec.json.Encoder()


def effects_json(effects: list[Effect]) -> bytes:
    """Return effects as JSON lines: what `replay` prints and what the checksum is taken of."""
    return b"".join(_JSON.encode(effect) + b"\n" for effect in effects)


def checksum(effects: list[Effect]) -> int:
    """Return the CRC-32 of the effects' JSON lines, 0 when there are none."""
    return zlib.crc32(effects_json(effects)) if effects else 0


BROKEN = (OSError, EOFError, zlib.error, msgspec.DecodeError)
"""What reading raises where a recording breaks off, as when power was cut, and of a file that is none."""


def read(path: Path) -> Iterator[Record]:
    """Yield the records of a recording; one of `BROKEN` where it is none any more."""
    with gzip.open(path) as file:
        while size := file.read(4):
            yield _DECODER.decode(file.read(int.from_bytes(size, "big")))


def _framed(record: Record) -> bytes:
    data = _ENCODER.encode(record)
    return len(data).to_bytes(4, "big") + data


def append(path: Path, data: bytes) -> None:
    """Append to a recording, and keep its folder within its size: the oldest recordings go first. Blocks; OSError."""
    with path.open("ab") as file:
        file.write(data)
    recordings = sorted(path.parent.glob(f"*{SUFFIX}"), key=lambda each: each.stat().st_mtime)
    total = sum(each.stat().st_size for each in recordings)
    for oldest in recordings[:-1]:
        if total <= FOLDER_BYTES:
            return
        total -= oldest.stat().st_size
        oldest.unlink()


class Recorder:
    """The ring and its freezes. `append(path, data)` does the file work elsewhere: nothing here waits for a disk."""

    def __init__(
        self, folder: Path, header: Header, snapshot: Callable[[], bytes], append: Callable[[Path, bytes], None]
    ) -> None:
        """Take the folder for recordings and the ward's `snapshot`, asked for once a minute."""
        self._folder, self._header, self._snapshot, self._append = folder, header, snapshot, append
        self._segments: deque[list[bytes]] = deque(maxlen=SEGMENTS)
        self._next_segment = 0
        self._after: list[bytes] = []
        self._after_bytes = 0
        self._frozen: Path | None = None
        self._freeze_ends = 0
        self._day_began = 0
        self._day_bytes = 0

    def before(self, now: int) -> None:
        """Call before an input is handled at `now`: begins a segment with a checkpoint when one is due."""
        if now >= self._next_segment or not self._segments:
            self._next_segment = now + SEGMENT
            self._segments.append([_framed(Checkpoint(self._snapshot()))])
        if self._frozen is not None and now >= self._freeze_ends:
            self.finish()

    def note(self, entry: Entry, effects: list[Effect]) -> None:
        """Keep one input after it was handled."""
        data = _framed(Noted(entry, checksum(effects)))
        self._segments[-1].append(data)
        if self._frozen is not None and self._after_bytes < FREEZE_BYTES:
            self._after.append(data)
            self._after_bytes += len(data)

    def freeze(self, event_id: str, now: int) -> Path | None:
        """Write the ring to disk for an alert; None while another freeze runs or the day's bytes are spent."""
        if now >= self._day_began + DAY:
            self._day_began, self._day_bytes = now, 0
        if self._frozen is not None or self._day_bytes >= DAY_BYTES:
            return None
        header = msgspec.structs.replace(self._header, event_id=event_id)
        data = gzip.compress(_framed(header) + b"".join(self._newest()), 1)
        path = self._folder / f"{event_id}{SUFFIX}"
        self._day_bytes += len(data)
        self._frozen, self._freeze_ends, self._after, self._after_bytes = path, now + AFTER, [], 0
        self._append(path, data)
        return path

    def finish(self) -> None:
        """End the present freeze: what followed the alert is added to its file."""
        if self._frozen is None:
            return
        if self._after:
            data = gzip.compress(b"".join(self._after), 1)
            self._day_bytes += len(data)
            self._append(self._frozen, data)
        self._frozen, self._after = None, []

    def _newest(self) -> list[bytes]:
        """Return whole segments, newest ones that fit, oldest first: each begins with its checkpoint."""
        kept: list[list[bytes]] = []
        size = 0
        for segment in reversed(self._segments):
            size += sum(map(len, segment))
            if kept and size > FREEZE_BYTES:
                break
            kept.append(segment)
        return [data for segment in reversed(kept) for data in segment]
