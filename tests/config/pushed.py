"""Pushes as IT sends them, and a keeper that receives them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec

from edge_agent.domain.settings import WardSettings
from edge_agent.gateway.config.effective import Diff
from edge_agent.gateway.config.keeper import ConfigKeeper
from edge_agent.gateway.config.store import ConfigStore
from edge_agent.wire.outgoing import Stamp

NOW = 5_000_000_000
STAMP = Stamp(
    run="6d3c7d2e-0b0a-4a58-9f0c-7f7a1d6f3c11", boot="b", trust="synced", wall_offset=1_750_000_000_000_000_000
)
LATER = "2099-01-01T00:00:00Z"
SEED = WardSettings()


def settings(version: int, *beds: str, **changes: object) -> dict[str, Any]:
    """Return the settings of a push: each of `beds` (one bed "1" if none is named) with an oximeter."""
    names = beds or ("1",)
    devices = [
        {"id": f"ox-{name}", "bed": name, "family": "contec_cms50_9byte", "port": f"/dev/ttyUSB{name}"}
        for name in names
    ]
    content = {"config_schema": 1, "version": version, "beds": [{"id": name} for name in names], "devices": devices}
    return {**content, **changes}


def push(content: dict[str, Any] | str, **envelope: object) -> bytes:
    """Return a message of `config/desired` with these settings."""
    whole = {"schema": "bedside/config-desired/1", "request": "r-1", "consumer": "it", "expires_at": LATER, **envelope}
    text = content if isinstance(content, str) else json.dumps(content)
    return json.dumps({**whole, "settings": "SETTINGS"}).replace('"SETTINGS"', text).encode()


class Applied:
    """What a keeper has had applied, and beds that somebody else says are alerting."""

    def __init__(self, directory: Path, seed: WardSettings = SEED, *, accept_unsigned: bool = True) -> None:
        self.calls: list[tuple[WardSettings, Diff]] = []
        self.alerting: set[str] = set()
        self.keeper = ConfigKeeper(
            ConfigStore(directory), seed, self._apply, lambda: self.alerting, accept_unsigned=accept_unsigned
        )

    def _apply(self, ward: WardSettings, difference: Diff) -> None:
        self.calls.append((ward, difference))

    def state(self) -> bytes:
        """Return the report without its refusal: what must not change when a push is refused."""
        return msgspec.json.encode(msgspec.structs.replace(self.keeper.report(), refused=None))
