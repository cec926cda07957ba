"""How a line is probed: listened to with every setting that a family declares, then asked, one family at a time."""

from __future__ import annotations

from typing import NamedTuple

from msgspec.structs import replace

from edge_agent.domain.settings import SECOND
from firmware_bridges.bridge import Family, SerialSettings
from firmware_bridges.families import FAMILIES

LISTEN_S = 4.0
"""For the first byte: longer than any talker pauses between two frames."""

UNDERSTAND_S = 12.0
"""For enough frames once bytes come: five lines of the slowest talker."""

GREETING_S, PERIODS, ANSWERED_PERIODS = 4.0, 4, 6
"""A device that was asked has so long, and so many of its periods, to say anything; in all, so many once it did."""


class Probe(NamedTuple):
    """One attempt: families that use `settings`, for how long at most without a byte, and in all."""

    settings: SerialSettings
    families: tuple[Family, ...]
    quiet_s: float
    longest_s: float


def listening() -> list[Probe]:
    """Return what to listen with, the setting of most families first."""
    by_line: dict[SerialSettings, list[Family]] = {}
    for family in FAMILIES.values():
        for settings in _lines(family):
            # Listening needs no handshake of the line's own.
            by_line.setdefault(replace(settings, rtscts=False), []).append(family)
    ranked = sorted(by_line.items(), key=lambda each: (-len(each[1]), -each[0].baudrate))
    return [Probe(settings, tuple(families), LISTEN_S, UNDERSTAND_S) for settings, families in ranked]


def asking() -> list[Probe]:
    """Return whom to ask, with what: every polite family at its usual speed, then at those also seen."""
    asked = [
        (place, _question(family, settings, 1 if place else PERIODS))
        for family in FAMILIES.values()
        if family.polite
        for place, settings in enumerate(_lines(family))
    ]
    return [probe for _, probe in sorted(asked, key=lambda each: (each[0] > 0, each[1].longest_s))]


def _question(family: Family, settings: SerialSettings, periods: int) -> Probe:
    period_s = family.period / SECOND
    return Probe(settings, (family,), GREETING_S + periods * period_s, GREETING_S + ANSWERED_PERIODS * period_s)


def _lines(family: Family) -> list[SerialSettings]:
    link = family.link
    if not isinstance(link, SerialSettings):
        return []
    return [replace(link, baudrate=baudrate, alternatives=()) for baudrate in (link.baudrate, *link.alternatives)]
