"""Accepted pushes on disk, one file per version: a kill or a power cut at any step leaves the old one or the new one.

Files, not the SQLite memory of alerts: this is read before anything else can be, must survive when that store is set
aside as damaged, and a person can look at it, copy it, and delete it with the tools every Linux has.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from contextlib import suppress
from hashlib import sha256
from pathlib import Path

import msgspec

from edge_agent.domain.errors import AgentError
from edge_agent.gateway.config.durable import replace_file, sync_directory

_NAME = re.compile(r"pushed-(\d{1,16})\.json")


class Stored(msgspec.Struct, frozen=True):
    """One accepted push as it came, byte for byte. `applied_at` is UTC, None where the clock was not trusted."""

    version: int
    applied_at: str | None
    sha256: str
    settings: msgspec.Raw


class StoreError(AgentError):
    """A stored configuration cannot be used; the text says why."""


def stored(version: int, applied_at: str | None, settings: bytes) -> Stored:
    """Return a record that can later tell whether it is whole."""
    return Stored(version, applied_at, sha256(settings).hexdigest(), msgspec.Raw(settings))


class ConfigStore:
    """The directory with the accepted pushes. Every method blocks on the disk: not for the loop."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def save(self, record: Stored) -> None:
        """Make `record` the newest, durably. OSError leaves things as they were."""
        self._directory.mkdir(mode=0o750, parents=True, exist_ok=True)
        final = self._file(record.version)
        try:
            replace_file(final, msgspec.json.encode(record))
        except OSError:
            final.unlink(missing_ok=True)
            raise

    def versions(self) -> list[int]:
        """Return the stored versions, newest first. OSError if the directory is there and cannot be read."""
        if not self._directory.exists():
            return []
        names = (_NAME.fullmatch(file.name) for file in self._directory.iterdir())
        return sorted((int(name[1]) for name in names if name), reverse=True)

    def read(self, version: int) -> Stored:
        """Return one stored push. Raises StoreError if it is torn, empty, or not what was written."""
        try:
            record = msgspec.json.decode(self._file(version).read_bytes(), type=Stored)
        except (OSError, msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise StoreError(f"unreadable ({error})") from error
        if record.version != version or sha256(bytes(record.settings)).hexdigest() != record.sha256:
            raise StoreError("damaged: it is not what was written")
        return record

    def keep(self, versions: Collection[int]) -> None:
        """Remove every other version, and drafts that a kill left behind. What cannot be removed does no harm."""
        names = {self._file(version).name for version in versions}
        with suppress(OSError):
            for file in self._directory.iterdir():
                if file.name not in names:
                    file.unlink()

    def remove(self, version: int) -> None:
        """Forget one version, durably."""
        self._file(version).unlink(missing_ok=True)
        sync_directory(self._directory)

    def _file(self, version: int) -> Path:
        return self._directory / f"pushed-{version}.json"
