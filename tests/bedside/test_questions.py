"""When the model is asked, and of what: the bed's own past, which a restart does not lose."""

from __future__ import annotations

from itertools import pairwise

from edge_agent.domain.effects import RiskWanted
from edge_agent.domain.settings import SECOND
from edge_agent.domain.windows import HOURS
from tests.bedside.harness import Bench


def _asked(bench: Bench) -> list[RiskWanted]:
    return [effect for effect in bench.effects if isinstance(effect, RiskWanted)]


def test_it_is_asked_at_least_every_five_minutes() -> None:
    bench = Bench()
    bench.feed(1000, {"spo2": 97})
    times = [each.at for each in _asked(bench)]
    assert len(times) >= 4
    assert max(b - a for a, b in pairwise(times)) <= 300 * SECOND


def test_a_changed_rule_score_is_news_and_an_unchanged_one_is_not() -> None:
    bench = Bench()
    bench.feed(100, {"spo2": 97})
    before = len(_asked(bench))
    bench.feed(20, {"spo2": 92})
    assert [each.window.news2_total for each in _asked(bench)[before:]] == [2]
    bench.feed(100, {"spo2": 92})
    assert len(_asked(bench)) == before + 1


def test_a_score_that_goes_to_and_fro_is_asked_about_once_a_minute() -> None:
    bench = Bench()
    for spo2 in [97, 92] * 30:
        bench.feed(10, {"spo2": spo2})
    times = [each.at for each in _asked(bench)]
    assert 5 < len(times) < 13
    assert min(b - a for a, b in pairwise(times)) >= 60 * SECOND


def test_the_past_of_a_bed_survives_a_restart() -> None:
    bench = Bench()
    bench.feed(30, {"spo2": 91})
    bench.wait(3600)
    bench.restart()
    bench.feed(30, {"spo2": 97})
    last = _asked(bench)[-1].window.medians["spo2"]
    assert last == (*(None,) * (HOURS - 2), 91, 97)
