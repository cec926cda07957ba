"""What the ward remembers of those it speaks to: consumers that listen, and the gateway's own output."""

from __future__ import annotations

import msgspec

from edge_agent.domain.effects import AlertSystem, Cause


class Audience(msgspec.Struct):
    """`until`: per consumer, until when it is taken to listen, in ns. All else: as last said."""

    until: dict[str, int] = {}
    system: AlertSystem = AlertSystem.DIS
    listeners: tuple[str, ...] = ()
    displays: tuple[str, ...] = ()


class LocalOutput(msgspec.Struct):
    """`quiet_until` in ns while it is quieted; `known`: what it was quieted about. `sounding`, `soft`: as last said."""

    quiet_until: int | None = None
    known: tuple[Cause, ...] = ()
    sounding: tuple[Cause, ...] = ()
    soft: bool = False
