"""One conversation in one call, for tools that have bytes in a file and no line to listen on."""

from __future__ import annotations

from firmware_bridges.advert import ADVERT
from firmware_bridges.bridge import SERIAL, STREAMS, BleSettings, Family
from firmware_bridges.vitals import Event


def channels(family: Family) -> tuple[str, ...]:
    """Return the channels on which a device of `family` sends, its measurement first."""
    if isinstance(family.link, BleSettings):
        return (*family.link.subscribe, *family.link.read)
    return (SERIAL,) if isinstance(family.link, STREAMS) else (ADVERT,)


def decode(family: Family, data: bytes, channel: str = "") -> list[Event]:
    """Return every event of a conversation in which the device sent `data` at time 0, and then nothing.

    `channel` is by default the family's first. On a serial or TCP line `data` may be any number of frames; over
    Bluetooth it is one notification. Families without a strong check keep the first `resync_frames` frames back, here
    as on a real line.
    """
    bridge = family.bridge()
    return [*bridge.opened(0), *bridge.receive(channel or channels(family)[0], data, 0), *bridge.closed(0)]
