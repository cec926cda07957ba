"""The night profile: a night of a length, in a time zone that is known, that calls tiers which are there."""

from __future__ import annotations

from zoneinfo import ZoneInfo, available_timezones

from edge_agent.domain.night import LONGEST_MIN, Night, minute_of
from edge_agent.domain.settings import WardSettings
from edge_agent.gateway.config.sheet import Sheet
from edge_agent.gateway.config.words import one_of, shown, suggestion

_NAME = "night"


def check_night(ward: WardSettings, sheet: Sheet) -> None:
    """Complain of a night profile that would not do what it says."""
    if ward.night is not None and not sheet.lost((_NAME,)):
        _check_hours(ward.night, sheet)
        _check_zone(ward.night, sheet)
        _check_tiers(ward, ward.night, sheet)


def _check_hours(night: Night, sheet: Sheet) -> None:
    if not sheet.sound((_NAME, "begins"), (_NAME, "ends")):
        return
    minutes = (minute_of(night.ends) - minute_of(night.begins)) % (24 * 60)
    if not 0 < minutes <= LONGEST_MIN:
        found = f"{night.ends}, with a night that begins at {night.begins}"
        allowed = f"at most {LONGEST_MIN // 60} h later"
        sheet.complain((_NAME, "ends"), found, allowed, "choose a shorter night")


def _check_zone(night: Night, sheet: Sheet) -> None:
    path = (_NAME, "time_zone")
    if not sheet.sound(path):
        return
    try:
        ZoneInfo(night.time_zone)
    except (KeyError, ValueError, OSError):  # not found is a KeyError; a folder's name, or one that climbs, the others
        remedy = suggestion(night.time_zone, available_timezones(), "see `timedatectl list-timezones`")
        sheet.complain(path, f"the unknown time zone {shown(night.time_zone)}", "an IANA name", remedy)


def _check_tiers(ward: WardSettings, night: Night, sheet: Sheet) -> None:
    """Refuse a tier in which there is nobody: the alert would call no one."""
    if not sheet.sound(("consumers",)):
        return
    tiers = sorted({consumer.tier for consumer in ward.consumers})
    for priority, level in night.levels.items():
        path = (_NAME, priority.value, "tier")
        if level.tier is not None and level.tier not in tiers and sheet.sound(path):
            sheet.complain(
                path, f"{level.tier}, a tier without a consumer", one_of(tiers), "choose a tier that is there"
            )
