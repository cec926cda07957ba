"""The night profile, as a setting: what of medium and low alerts is otherwise at night. It cannot reach high ones."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta

from edge_agent.domain.alerts import Priority

ClockTime = Annotated[str, Meta(pattern=r"^([01]\d|2[0-3]):[0-5]\d$", extra={"form": "a time such as 22:00"})]
"""On the clock on the wall, in the ward's time zone."""
TimeZone = Annotated[
    str, Meta(pattern=r"^[A-Za-z0-9_+/-]{1,64}$", extra={"form": "a time zone's IANA name, such as Europe/Berlin"})
]
LONGEST_MIN = 12 * 60
"""A night is no longer than this."""


class NightLevel(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is otherwise for one priority."""

    delay_s: Annotated[
        int, Meta(ge=0, le=30, description="Seconds for which an alert about a patient has to last longer than by day.")
    ] = 0
    tier: Annotated[
        Annotated[int, Meta(ge=1, le=5)] | None, Meta(description="Tier that is called first; empty: as by day.")
    ] = None


class Night(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """From when to when it is night, and what is otherwise then."""

    begins: Annotated[ClockTime, Meta(description="First minute of the night.")]
    ends: Annotated[ClockTime, Meta(description="First minute of the day.")]
    time_zone: Annotated[TimeZone, Meta(description="The ward's time zone.")]
    medium: Annotated[NightLevel, Meta(description="Of medium alerts.")] = NightLevel()
    low: Annotated[NightLevel, Meta(description="Of low alerts.")] = NightLevel()
    soft: Annotated[bool, Meta(description="Medium alerts sound as softly as low ones at the gateway itself.")] = True

    def covers(self, minute: int) -> bool:
        """Tell whether a minute of the day (0 to 1439) is one of the night."""
        begins, ends = minute_of(self.begins), minute_of(self.ends)
        return begins <= minute < ends if begins < ends else minute >= begins or minute < ends

    @property
    def levels(self) -> dict[Priority, NightLevel]:
        """Return what is otherwise, by priority."""
        return {Priority.MEDIUM: self.medium, Priority.LOW: self.low}


def minute_of(time: str) -> int:
    """Return a time such as 22:00 as minute of the day."""
    hours, minutes = time.split(":")
    return 60 * int(hours) + int(minutes)
