"""Where bundles are, and how to spoil a copy of one without its hashes noticing."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from edge_agent.risk.bundle import MANIFEST
from tests.paths import CHECKOUT

MODELS = CHECKOUT / "edge_agent" / "models"
BUNDLES = sorted(path.parent for path in MODELS.glob(f"*/{MANIFEST}"))
SHIPPED = MODELS / "news2-7-within-6h-lr"


Change = Callable[[Any], object]


def edit(path: Path, change: Change) -> None:
    """Apply `change` to the JSON in `path`, and make the manifest beside it agree with what came out."""
    record = json.loads(path.read_bytes())
    change(record)
    replace(path, json.dumps(record).encode())


def replace(path: Path, content: bytes) -> None:
    """Write `content`, and make the manifest beside it agree."""
    path.write_bytes(content)
    if path.name != MANIFEST:
        sha256 = hashlib.sha256(content).hexdigest()
        edit(path.with_name(MANIFEST), lambda manifest: manifest["files"].update({path.name: sha256}))
