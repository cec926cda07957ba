"""What holds for every score's data, and which patient gets which score."""

from __future__ import annotations

import json
from hashlib import sha256
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st

from edge_agent.bedside.quality import PLAUSIBLE
from edge_agent.bedside.score_evaluator import evaluate, points
from edge_agent.bedside.score_table import Laboratory, Measured, ScoreTable, Stated
from edge_agent.bedside.scores import DIGESTS, SCORES
from edge_agent.domain.settings import Bed
from edge_agent.domain.windows import Patient
from tests.bedside.harness import Bench, settings
from tests.paths import CHECKOUT

TABLES = pytest.mark.parametrize("table", SCORES.values(), ids=list(SCORES))


def inputs(table: ScoreTable) -> st.SearchStrategy[dict[str, Any]]:
    """Return any inputs of a score, each of them possibly missing."""
    known: dict[str, st.SearchStrategy[Any]] = {name: st.sampled_from(values) for name, values in table.chosen.items()}
    for each in table.parameters:
        if isinstance(each, Stated):
            known[each.name] = st.sampled_from(list(each.levels))
        elif isinstance(each, Laboratory):
            known[each.name] = st.integers(0, each.highest)
        else:
            known[each.name] = st.integers(PLAUSIBLE[each.vital].lowest, PLAUSIBLE[each.vital].highest)
    return st.fixed_dictionaries({}, optional=known)


@TABLES
def test_a_table_is_whole(table: ScoreTable) -> None:
    measured = [each for each in table.parameters if isinstance(each, Measured)]
    assert table.tiers[0].points == 0
    assert [tier.points for tier in table.tiers] == sorted({tier.points for tier in table.tiers})
    bands = [row.bands for each in measured for row in each.rows]
    bands += [each.bands for each in table.parameters if isinstance(each, Laboratory)]
    for row in bands:
        edges = [band.up_to for band in row]
        assert edges[-1] is None
        assert edges[:-1] == sorted({edge for edge in edges[:-1] if edge is not None})
        assert min(band.points for band in row) == 0
    chosen = {
        name for each in table.parameters if isinstance(each, Measured) for row in each.rows for name in row.where
    }
    assert chosen - {each.name for each in table.parameters} == set(table.chosen)


@TABLES
@examples(max_examples=60)
@given(data=st.data())
def test_the_total_is_the_sum_and_what_is_missing_can_only_raise_it(table: ScoreTable, data: st.DataObject) -> None:
    whole = data.draw(inputs(table))
    result = evaluate(table, whole)
    assert result.total == sum(part.points or 0 for part in result.parts)
    assert result.sha256 == DIGESTS[table.name]
    named = {part.name for part in result.parts}
    assert set(result.missing) >= named - whole.keys()
    for gone in named & whole.keys():
        less = evaluate(table, {name: value for name, value in whole.items() if name != gone})
        assert gone in less.missing or gone not in {part.name for part in less.parts}
        assert less.total <= result.total


@TABLES
def test_the_hash_is_of_what_scores(table: ScoreTable) -> None:
    assert msgspec.structs.replace(table, notes=("other words",)).digest() == table.digest()
    assert msgspec.structs.replace(table, version="0").digest() != table.digest()
    assert len(set(DIGESTS.values())) == len(SCORES)


@TABLES
def test_the_page_shows_where_a_score_comes_from_and_a_hash_that_anybody_can_compute(table: ScoreTable) -> None:
    """Recomputed by the standard library from the data as plain JSON: sorted keys, no spaces, notes left out."""
    data = msgspec.to_builtins({**msgspec.structs.asdict(table), "notes": []})
    plain = json.dumps(data, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    digest = sha256(plain.encode()).hexdigest()
    assert digest == table.digest() == DIGESTS[table.name]
    section = (CHECKOUT / "docs" / "scores.md").read_text("utf-8").split(f"## {table.title}\n")[1].split("\n## ")[0]
    oldest = "" if table.ages.oldest is None else f" to {table.ages.oldest}"
    names = [*(each.name for each in table.parameters), *table.chosen]
    for said in (
        f"`{digest}`", f"edition {table.version}", table.source, f"Ages from {table.ages.youngest}{oldest} years",
        f"count for {table.max_age_min} min", *(f"`{name}`" for name in names),
        *(tier.response for tier in table.tiers),
    ):  # fmt: skip
        assert said in section, said


def test_pediatric_bands_never_grow_milder_towards_either_end() -> None:
    for each in SCORES["bedside_pews"].parameters:
        for row in each.rows if isinstance(each, Measured) else ():
            found = [points(row.bands, value) for value in range(301)]
            best = found.index(0)
            assert found[:best] == sorted(found[:best], reverse=True)
            assert found[best:] == sorted(found[best:])


def test_mews_at_35_degrees_follows_the_second_of_two_published_versions() -> None:
    for tenths, expected in ((349, 2), (350, 0)):
        (part,) = (p for p in evaluate(SCORES["mews"], {"temperature": tenths}).parts if p.name == "temperature")
        assert part.points == expected


@pytest.mark.parametrize("patient", [Patient(age_years=9), Patient(age_years=15), Patient(pregnant=True)])
def test_news2_is_neither_shown_nor_alerts_for_whom_it_is_not_made(patient: Patient) -> None:
    bench = Bench(settings(beds=(Bed(id="1", patient=patient),)))
    bench.feed(40, {"spo2": 80, "pulse_rate": 140})
    assert not bench.alerts("news2")
    assert bench.present("spo2-low")


def test_a_bed_alerts_by_the_score_the_ward_chose_and_by_no_other() -> None:
    bench = Bench(settings(beds=(Bed(id="1", score="mews"),)))
    bench.observe(vitals={"systolic": 85, "respiratory_rate": 31}, consciousness="A")
    bench.feed(10, {"spo2": 97, "pulse_rate": 115})
    alert = bench.present("mews")
    assert alert
    assert (alert.why.score, alert.why.text) == (
        6,
        "MEWS ≥ 6 (temperature missing): 3 for respiration, 2 for pulse, 1 for systolic pressure",
    )
    assert alert.why.response.startswith("A doctor assesses")
    assert not bench.alerts("news2")


def test_a_child_is_scored_by_its_age_band() -> None:
    for band, expected in (("0-3m", 0), ("4-12y", 4)):
        bench = Bench(settings(beds=(Bed(id="1", score="bedside_pews", age_band=band),)))
        bench.feed(3, {"spo2": 97, "heart_rate": 145, "respiratory_rate": 40})
        score = bench.score().rule
        assert score
        assert {part.name: part.points for part in score.parts}["pulse"] == {"0-3m": 0, "4-12y": 2}[band]
        assert score.missing[0] == "systolic"
        assert score.total - (2 if expected else 0) == {"0-3m": 0, "4-12y": 1}[band]


def test_another_score_at_the_same_bed_ends_the_first_one_s_alert() -> None:
    bench = Bench()
    bench.observe(vitals={"respiratory_rate": 30, "systolic": 85}, consciousness="V")
    bench.feed(3, {"spo2": 97})
    assert bench.present("news2")
    bench.restart(settings(beds=(Bed(id="1", score="qsofa"),)))
    assert bench.phases("news2")[-1] == "end"
    assert bench.present("qsofa")
