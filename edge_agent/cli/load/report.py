"""From outcomes to figures, to a table, and to the differences between two settings."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from statistics import median
from typing import Any

import msgspec

from edge_agent.cli.load.outcome import Announced, Outcome
from edge_agent.domain.alerts import LOUDEST_FIRST
from edge_agent.domain.settings import LIMIT_RULES

HOURS_A_DAY = 24
COLUMN = 16
"""Characters of a column, if the name at its head is not longer."""


class Line(msgspec.Struct, frozen=True):
    """One rule at one priority."""

    rule: str
    priority: str
    count: int
    per_bed_day: float
    median_s: float | None


class Missed(msgspec.Struct, frozen=True):
    """An event that was not told, or after its cap; `told_s` in seconds after the crossing."""

    recording: str
    rule: str
    crossed: int
    cap_s: int
    told_s: float | None


class Hidden(msgspec.Struct, frozen=True):
    """One suppressed announcement, with the second at which a plain limit would have sounded."""

    recording: str
    rule: str
    by: str
    would_have: float


class Counted(msgspec.Struct, frozen=True):
    """The announcements of one recording."""

    recording: str
    hours: float
    announced: int


class Load(msgspec.Struct, frozen=True):
    """The alarm load of one set of settings. `limits` counts the announcements of limit rules alone."""

    config: str
    recordings: int
    hours: float
    announced: int
    per_bed_day: float
    limits: int
    lines: tuple[Line, ...]
    median_s: float | None
    noisiest_decile: float | None
    suppressed: dict[str, int]
    events: int
    missed: tuple[Missed, ...]
    late: tuple[Missed, ...]
    beds: tuple[Counted, ...]
    hidden: tuple[Hidden, ...]


def load(config: str, outcomes: Sequence[Outcome], counted: Iterable[str] | None = None) -> Load:
    """Return the figures; of `counted` rules alone, where only those mean something."""
    days = sum(outcome.hours for outcome in outcomes) / HOURS_A_DAY
    calls = [[each for each in outcome.announced if _counts(each.rule, counted)] for outcome in outcomes]
    every = [call for bed in calls for call in bed]
    hidden = [Hidden(o.name, w.rule, w.by, w.would_have) for o in outcomes for w in o.withheld]
    judged = [(outcome.name, event) for outcome in outcomes for event in outcome.events]
    misses = [
        (Missed(name, e.rule, e.crossed, e.cap_s, None if e.told is None else round(e.told - e.crossed, 3)), e)
        for name, e in judged
    ]
    return Load(
        config=config,
        recordings=len(outcomes),
        hours=round(days * HOURS_A_DAY, 3),
        announced=len(every),
        per_bed_day=_rate(len(every), days),
        limits=sum(call.rule in LIMIT_RULES for call in every),
        lines=tuple(_lines(every, days)),
        median_s=_median(every),
        noisiest_decile=_decile([len(bed) for bed in calls]),
        suppressed=dict(sorted(Counter(f"{each.rule} {each.by}" for each in hidden).items())),
        events=len(judged),
        missed=tuple(miss for miss, event in misses if event.told is None),
        late=tuple(miss for miss, event in misses if event.late),
        beds=tuple(Counted(o.name, round(o.hours, 3), len(bed)) for o, bed in zip(outcomes, calls, strict=True)),
        hidden=tuple(hidden),
    )


def text(loads: Sequence[Load]) -> Iterator[str]:
    """Yield the lines of a table; of two loads side by side, with the change."""
    first = loads[0]
    yield extent(first)
    yield ""
    heads = [load.config for load in loads]
    width = max(COLUMN, *(len(head) + 2 for head in heads))
    yield _row(width, ("Announcements per bed-day", *heads), _change_head(loads))
    for rule, priority in _keys(loads):
        found = [_find(load, rule, priority) for load in loads]
        rates = [0.0 if line is None else line.per_bed_day for line in found]
        yield _row(width, (f"  {rule} {priority}", *(f"{rate:.2f}" for rate in rates)), _change(rates))
    yield _row(
        width, ("all", *(f"{load.per_bed_day:.2f}" for load in loads)), _change([load.per_bed_day for load in loads])
    )
    yield _row(
        width, ("limit rules, count", *(str(load.limits) for load in loads)), _change([load.limits for load in loads])
    )
    yield _row(width, ("median duration, s", *(_shown(load.median_s) for load in loads)), "")
    yield _row(width, ("share of the noisiest decile", *(_percent(load.noisiest_decile) for load in loads)), "")
    yield _row(width, ("suppressed, count", *(str(len(load.hidden)) for load in loads)), "")
    yield _row(width, ("events that had to be told", *(str(load.events) for load in loads)), "")
    yield _row(width, ("  missed", *(str(len(load.missed)) for load in loads)), "")
    yield _row(width, ("  later than their cap", *(str(len(load.late)) for load in loads)), "")
    for load in loads:
        for miss in (*load.missed, *load.late):
            told = "missed" if miss.told_s is None else f"after {miss.told_s:.1f} s, cap {miss.cap_s} s"
            yield f"  {load.config}: {miss.recording} {miss.rule} at {miss.crossed} s: {told}"


def extent(load: Load) -> str:
    """Return such as '21 recordings, 504.0 bed-hours'."""
    digits = 1 if load.hours >= HOURS_A_DAY else 2
    return f"{load.recordings} recording{'' if load.recordings == 1 else 's'}, {load.hours:.{digits}f} bed-hours"


def as_json(loads: Sequence[Load]) -> dict[str, Any]:
    """Return the loads as they are, and the relative change of announcements from the first to the second."""
    change = _relative([load.per_bed_day for load in loads])
    limits = _relative([load.limits for load in loads])
    return {"loads": loads, "change": {"announced": change, "limits": limits}}


def _counts(rule: str, counted: Iterable[str] | None) -> bool:
    return counted is None or rule in counted


def _rate(count: int, days: float) -> float:
    return round(count / days, 4) if days else 0.0


def _lines(calls: Sequence[Announced], days: float) -> Iterator[Line]:
    order = {priority: place for place, priority in enumerate(LOUDEST_FIRST)}
    for rule, priority in sorted({(each.rule, each.priority) for each in calls}, key=lambda k: (k[0], order[k[1]])):
        these = [each for each in calls if (each.rule, each.priority) == (rule, priority)]
        yield Line(rule, priority.value, len(these), _rate(len(these), days), _median(these))


def _median(calls: Sequence[Announced]) -> float | None:
    lasted = [each.lasted for each in calls if each.lasted is not None]
    return round(median(lasted), 1) if lasted else None


def _decile(counts: Sequence[int]) -> float | None:
    """Return the share of all announcements that the noisiest tenth of the beds, at least one, has."""
    top = sorted(counts, reverse=True)[: max(1, len(counts) // 10)]
    return round(sum(top) / sum(counts), 4) if sum(counts) else None


def _keys(loads: Sequence[Load]) -> list[tuple[str, str]]:
    return list(dict.fromkeys((line.rule, line.priority) for load in loads for line in load.lines))


def _find(load: Load, rule: str, priority: str) -> Line | None:
    return next((line for line in load.lines if (line.rule, line.priority) == (rule, priority)), None)


def _relative(numbers: Sequence[float]) -> float | None:
    return round(numbers[1] / numbers[0] - 1, 4) if len(numbers) > 1 and numbers[0] else None


def _change(numbers: Sequence[float]) -> str:
    change = _relative(numbers)
    return "" if change is None else f"{change:+.1%}"


def _change_head(loads: Sequence[Load]) -> str:
    return "change" if len(loads) > 1 else ""


def _shown(number: float | None) -> str:
    return "-" if number is None else f"{number:.1f}"


def _percent(share: float | None) -> str:
    return "-" if share is None else f"{share:.0%}"


def _row(width: int, cells: Sequence[str], change: str) -> str:
    first, *rest = cells
    return f"{first:42}{''.join(f'{cell:>{width}}' for cell in rest)}{change:>10}".rstrip()
