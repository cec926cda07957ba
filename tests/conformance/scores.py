"""Published score cases, whatever file of the folder they stand in, as lines for `edge-agent score`."""

from __future__ import annotations

import json
import operator
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from edge_agent.bedside.quality import PLAUSIBLE

Json = dict[str, Any]


class ScoreCase(NamedTuple):
    """One line for `edge-agent score`, and what it must say: points by part, the rest where it is known."""

    id: str
    score: str
    given: Json
    parts: Mapping[str, int | None]
    total: int | None = None
    risk: str | None = None
    response: str = ""


NEWS2 = {
    "rr": "respiratory_rate",
    "spo2": "spo2",
    "scale": "spo2_scale",
    "on_oxygen": "supplemental_oxygen",
    "sbp": "systolic",
    "pulse": "pulse",
    "temp_c": "temperature",
}
MEWS = {
    "rr": "respiratory_rate",
    "pulse": "pulse",
    "sbp": "systolic",
    "temp_c": "temperature",
    "urine_ml_24h": "urine_ml_24h",
}
PARTS = {"temp": "temperature", "loc": "consciousness", "urine": "urine_ml_24h", **NEWS2}
BOUNDARIES = {
    "respiratory_rate": ("rr", "respiratory_rate"),
    "spo2_scale1": ("spo2", "spo2"),
    "spo2_scale2": ("spo2", "spo2"),
    "temperature": ("temp_c", "temperature"),
    "systolic_bp": ("sbp", "systolic"),
    "heart_rate": ("pulse", "pulse"),
}
MONITORING = {
    "Minimum every 12 hrs": "every 12 hours",
    "Minimum every 4-6 hrs": "every 4 to 6 hours",
    "Minimum every hr": "every hour",
    "Continuous monitoring of vital signs": "continuously",
}
LETTERS = {"Alert": "A", "Voice": "V", "Pain": "P", "Unresponsive": "U"}
JUDGED = {"behaviour": "behaviour", "cardio": "cardiovascular", "resp": "respiratory"}
ADDED = {"neb15": "nebuliser_quarter_hourly", "vomit": "vomiting_after_surgery"}
COMPARE: dict[str, Callable[[int, int], bool]] = {
    ">": operator.gt,
    "<": operator.lt,
    ">=": operator.ge,
    "<=": operator.le,
}
COLUMNS = (0, 1, 2, 4)
PEWS = {"hr": ("pulse", "heart_rate"), "sbp": ("systolic", "systolic"), "rr": ("respiratory_rate", "respiratory_rate")}


def check(case: ScoreCase, said: Json) -> None:
    """Compare what the command said with all that is known of a case."""
    assert {name: said["parts"].get(name) for name in case.parts} == dict(case.parts), case
    assert said["missing"] == [name for name, points in said["parts"].items() if points is None], case
    assert case.total in (None, said["total"]), case
    assert case.risk in (None, said["risk"]), case
    assert case.response in said["response"], case


def cases(path: Path) -> Iterator[ScoreCase]:
    """Yield every score case of one file; KeyError for a shape nobody here knows."""
    content = json.loads(path.read_text("utf-8"))
    if "cases" in content:
        source = str(content["source"].get("path", ""))
        for case in content["cases"]:
            yield _news2(case) if "acvpu" in case["input"] else _mews(case, source)
        return
    if "boundaries" in content:
        yield from _boundaries(content)
        return
    for key, group in content.items():
        if key in GROUPS:
            yield from GROUPS[key](group)


def _news2(case: Json) -> ScoreCase:
    given, expected = case["input"], case["expected"]
    line = {**{NEWS2[name]: value for name, value in given.items() if name in NEWS2}, **_level(given["acvpu"])}
    parts = {PARTS[name]: points for name, points in expected.items() if name in PARTS}
    response = MONITORING[expected["monitoring"]]
    return ScoreCase(case["id"], "news2", line, parts, expected["total"], expected["risk"].lower(), response)


def _level(words: str) -> Json:
    return {"consciousness": LETTERS.get(words, "C")}


def _mews(case: Json, source: str) -> ScoreCase:
    """Return a case; what it takes for 0 because it is missing is missing here. See `mews` for 35.0 Cel."""
    given, expected = case["input"], dict(case["expected"])
    if given["temp_c"] == 35 and "MEWS.v1.1" in source:
        expected["total"] -= expected["temp"]
        expected["temp"] = 0
    level = LETTERS[given["avpu"]]
    line = {MEWS[name]: value for name, value in given.items() if name in MEWS}
    line["consciousness"] = "C" if level == "A" and given["new_confusion"] else level
    parts = {PARTS[name]: points for name, points in expected.items() if name in PARTS}
    return ScoreCase(
        case["id"],
        "mews",
        line,
        {name: None if line[name] is None else points for name, points in parts.items()},
        expected["total"],
    )


def _boundaries(content: Json) -> Iterator[ScoreCase]:
    """Yield a row each. Scale 2 rows above 92 % are right with oxygen only, as the file says; on air they are 0."""
    base = {NEWS2[name]: value for name, value in content["base"].items() if name in NEWS2}
    base |= _level(content["base"]["acvpu"])
    for row, pairs in content["boundaries"].items():
        field, part = BOUNDARIES[row]
        for value, points in pairs:
            line = {**base, NEWS2[field]: value}
            if row != "spo2_scale2":
                yield ScoreCase(f"{row} {value}", "news2", line, {part: int(points)})
                continue
            line["spo2_scale"] = 2
            oxygen, air = {**line, "supplemental_oxygen": True}, {**line, "supplemental_oxygen": False}
            yield ScoreCase(f"{row} {value} on oxygen", "news2", oxygen, {part: int(points)})
            yield ScoreCase(f"{row} {value} on air", "news2", air, {part: int(points) if value < 93 else 0})


def _qsofa(group: list[Json]) -> Iterator[ScoreCase]:
    for each in group:
        line = {
            "respiratory_rate": 22 if each["rr_ge22"] else 21,
            "systolic": 100 if each["sbp_le100"] else 101,
            "consciousness": "C" if each["altered"] else "A",
        }
        parts = {"respiratory_rate": each["rr_ge22"], "systolic": each["sbp_le100"], "consciousness": each["altered"]}
        yield ScoreCase(f"{each}", "qsofa", line, parts, each["total"], "high" if each["high"] else "low")


def _sirs(group: list[Json]) -> Iterator[ScoreCase]:
    """Yield each case at both edges of what has two."""
    for each in group:
        for temperature, cells in ((38.1, 12.1), (35.9, 3.9)) if each["temp"] or each["wbc"] else ((38.0, 12.0),):
            line = {
                "temperature": temperature if each["temp"] else 36.0,
                "pulse": 91 if each["hr"] else 90,
                "respiratory_rate": 21 if each["rr"] else 20,
                "white_cells": cells if each["wbc"] else 4.0,
            }
            parts = {
                "temperature": each["temp"],
                "pulse": each["hr"],
                "respiratory_rate": each["rr"],
                "white_cells": each["wbc"],
            }
            risk = "met" if each["met"] else "not met"
            yield ScoreCase(f"{each} {temperature}", "sirs", line, parts, each["total"], risk)


def _brighton(group: list[Json]) -> Iterator[ScoreCase]:
    for each in group:
        line: Json = {name: each[field] for field, name in JUDGED.items()}
        parts = {**line, **{name: each[field] for field, name in ADDED.items()}}
        line |= {name: bool(each[field]) for field, name in ADDED.items()}
        yield ScoreCase(f"{each}", "brighton_pews", line, parts, each["total"], each["risk"].lower())


def _bedside_pews(group: Json) -> Iterator[ScoreCase]:
    """Yield every possible value of every printed row: of the columns that hold, the worst counts."""
    for item, (part, vital) in PEWS.items():
        for band, columns in group[item].items():
            for value in range(PLAUSIBLE[vital].lowest, PLAUSIBLE[vital].highest + 1):
                held = [points for points, words in zip(COLUMNS, columns, strict=True) if _holds(words, value)]
                line = {"age_band": band, part: value}
                yield ScoreCase(f"{part} {band} {value}", "bedside_pews", line, {part: max(held)})


def _holds(words: str, value: int) -> bool:
    """Evaluate such as '>110&<150' or '>=150|<=110'."""
    return any(
        all(COMPARE[sign](value, int(edge)) for sign, edge in re.findall(r"([<>]=?)(\d+)", both))
        for both in words.split("|")
    )


GROUPS: dict[str, Callable[[Any], Iterator[ScoreCase]]] = {
    "qsofa": _qsofa,
    "sirs": _sirs,
    "brighton_pews": _brighton,
    "bedside_pews_table": _bedside_pews,
}
"""Groups of cases by their key in a file."""
