"""Ages, trends, pressures and scores, said to somebody who stands a step away. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

from edge_agent.bedside.scores import SCORES
from edge_agent.domain.settings import SECOND
from edge_agent.wire.payloads.score import RiskDriver, Score
from edge_agent.wire.payloads.vitals import Stream
from firmware_bridges.bridge import Mode

NONE = "--"
"""Stands where there is no number."""

BARS = "▁▂▃▄▅▆▇█"
LEAST_SPAN = {"spo2": 8, "pulse": 20, "respiratory_rate": 10}
"""Units that fill a trend line's height, so that noise stays small; more where the values need it."""

NAMES = {"pulse": "pulse", "spo2": "SpO2", "respiratory_rate": "RR", "systolic": "BP", "temperature": "temp"}


def printable(text: str) -> str:
    """Return text of the same length in which nothing steers a terminal, whoever sent it."""
    return text if text.isprintable() else "".join(each if each.isprintable() else "?" for each in text)


def clock(at: int, wall_offset: int) -> str:
    """Return the local wall time of `at` (ns of CLOCK_BOOTTIME) as 11:42:07."""
    return f"{datetime.fromtimestamp((at + wall_offset) / 1e9).astimezone():%H:%M:%S}"


def moment(at: int, now: int, wall_offset: int) -> str:
    """Return the local wall time of `at` as 11:42, with its day where that was not within twelve hours of `now`."""
    local = datetime.fromtimestamp((at + wall_offset) / 1e9).astimezone()
    return f"{local:%H:%M}" if abs(now - at) < 12 * 3600 * SECOND else f"{local:%d %b %H:%M}"


def utc_ns(text: str) -> int:
    """Return RFC 3339 UTC as ns since 1970, to the millisecond that it is told with."""
    return round(datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp() * 1_000) * 1_000_000


def short(ns: int) -> str:
    """Return an age that fits beside a value: '7s', '3m', '2h' or '4d'."""
    seconds = max(ns, 0) // SECOND
    for size, unit in ((86_400, "d"), (3_600, "h"), (60, "m")):
        if seconds >= size:
            return f"{seconds // size}{unit}"
    return f"{seconds}s"


def span(ns: int) -> str:
    """Return a duration as '7 s', '3 min 20 s' or '2 h 05 min'."""
    minutes, seconds = divmod(max(ns, 0) // SECOND, 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes:02d} min"
    return f"{minutes} min {seconds:02d} s" if minutes else f"{seconds} s"


def ago(ns: int) -> str:
    """Return such as '7 s ago', or 'just now' within a second."""
    return "just now" if ns < SECOND else f"{span(ns)} ago"


def trend(quantity: str, points: Sequence[Decimal | None], width: int) -> str:
    """Return the last `width` points as a line of bars, oldest first; a gap stays a gap."""
    shown = list(points)[-width:]
    known = [point for point in shown if point is not None]
    high, low = max(known, default=Decimal(0)), min(known, default=Decimal(0))
    height = max(high - low, Decimal(LEAST_SPAN.get(quantity, 10)))
    bottom = (high + low - height) / 2
    bars = ["·" if p is None else BARS[min(int((p - bottom) / height * len(BARS)), len(BARS) - 1)] for p in shown]
    return "".join(bars).rjust(width)


def spot(name: str, stream: Stream, heard: int, wall_offset: int) -> str:
    """Return such as 'BP 11:40, next 15:40' of a spot stream heard at `heard` (ns)."""
    if stream.mode is not Mode.SPOT or stream.age_ms is None:
        return ""
    taken = clock(heard - stream.age_ms * 1_000_000, wall_offset)[:5]
    if stream.due_ms is None:
        return f"{name} {taken}"
    due = clock(heard + stream.due_ms * 1_000_000, wall_offset)[:5]
    return f"{name} {taken}, {'next' if stream.due_ms > 0 else 'overdue since'} {due}"


def news2(score: Score | None) -> str:
    """Return such as '7 high', or '≥ 3, 4 missing': a bound is never shown as a score."""
    if score is None or score.rule is None:
        return NONE
    rule = score.rule
    return f"{rule.total} {rule.risk}" if rule.complete else f"≥ {rule.total}, {len(rule.missing)} missing"


def rule_score(score: Score | None) -> str:
    """Return `news2` behind the name of the score, and of the SpO2 scale where that is not the usual one."""
    if score is None or score.rule is None:
        return NONE
    rule = score.rule
    title = SCORES[rule.name].title if rule.name in SCORES else rule.name
    return f"{title}{f' SCALE {rule.spo2_scale}' if rule.spo2_scale != 1 else ''} {news2(score)}"


def risk(score: Score | None) -> str:
    """Return such as '38 %', or `NONE` when the model abstains."""
    return NONE if score is None or score.risk is None else f"{round(score.risk.probability * 100)} %"


def reasons(score: Score | None, most: int = 3) -> str:
    """Return what drives the risk, such as 'RR ↑6, SpO2 ↓3', or why there is none."""
    if score is None:
        return "not scored yet"
    if score.abstention is not None:
        return f"no risk score: {score.abstention.detail}"
    if score.risk is None:
        return "not scored yet"
    drivers = raising(score.risk.drivers)[:most]
    return ", ".join(f"{NAMES.get(d.quantity, d.quantity)}{_arrow(d.trend)}" for d in drivers)


def raising(drivers: Sequence[RiskDriver]) -> list[RiskDriver]:
    """Return what raises a risk, of what is known about it."""
    return [driver for driver in drivers if driver.contribution is not None and driver.contribution > 0]


def _arrow(change: Decimal | None) -> str:
    if not change:
        return ""
    return f" {'↑' if change > 0 else '↓'}{abs(change).normalize():f}"
