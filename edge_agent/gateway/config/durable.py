"""One file, replaced so that a kill or a power cut at any step leaves the old one or the new one, whole."""

from __future__ import annotations

import os
from pathlib import Path


def replace_file(final: Path, data: bytes) -> None:
    """Give the file `final` the content `data`, durably. OSError leaves no draft behind."""
    draft = final.with_suffix(".new")
    try:
        _write(draft, data)
        os.replace(draft, final)  # noqa: PTH105 - one way to the system for all steps, which the tests count
        sync_directory(final.parent)
    except OSError:
        draft.unlink(missing_ok=True)
        raise


def sync_directory(directory: Path) -> None:
    """Make names that came or went in `directory` durable. Raises OSError."""
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _write(path: Path, data: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o640)
    try:
        rest = memoryview(data)
        while rest:
            rest = rest[os.write(descriptor, rest) :]
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
