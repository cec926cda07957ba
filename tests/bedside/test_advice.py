"""Law 11: the model never lowers, delays, ends or silences anything; its alert is advisory, at most medium.

Law 6: old data.
"""

from __future__ import annotations

import msgspec
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st

from edge_agent.domain.alerts import Alert, Kind, Priority
from edge_agent.domain.effects import RiskWanted, StoredReadings
from edge_agent.domain.inputs import LinkData, RiskAnswered
from edge_agent.domain.settings import SECOND
from edge_agent.domain.windows import Abstention, Driver, RiskAnswer, RiskScore
from firmware_bridges.bridge import SERIAL, Sample
from firmware_bridges.vitals import Reason
from tests.bedside.harness import Bench, settings
from tests.bedside.test_time import STORY, tell


def said(probability: float) -> RiskScore:
    driver = Driver(quantity="respiratory_rate", contribution=0.8, value=24.0, trend=6.0)
    return RiskScore(probability, (driver,), 12, "model", "0" * 64, "runtime")


def answer(bench: Bench, what: RiskAnswer) -> None:
    asked = [effect for effect in bench.effects if isinstance(effect, RiskWanted)][-1]
    bench.give(RiskAnswered("1", asked.request, what, bench.now))


def but_for_the_model(alert: Alert) -> Alert:
    """Return the alert without the probability that its card shows beside the rule score."""
    why = msgspec.structs.replace(alert.why, probability=None)
    return msgspec.structs.replace(alert, why=why)


ANSWERS = st.one_of(st.floats(0, 1).map(said), st.just(Abstention("no-model", "none")))


@examples(max_examples=40)
@given(STORY, st.lists(ANSWERS, min_size=1, max_size=3))
def test_whatever_the_model_says_every_other_alert_is_the_same(
    story: list[tuple[str, int, int, float]], answers: list[RiskAnswer]
) -> None:
    silent, advised = (Bench(settings(risk_alert_probability=0.2)) for _ in range(2))
    for bench in (silent, advised):
        bench.feed(8, {"spo2": 97})
    for each in answers:
        answer(advised, each)
    for bench in (silent, advised):
        tell(bench, story)
    rest = [alert for alert in advised.alerts() if alert.condition != "risk"]
    assert list(map(but_for_the_model, rest)) == list(map(but_for_the_model, silent.alerts()))
    risk = advised.alerts("risk")
    assert all(alert.kind is Kind.ADVISORY and alert.priority.rank <= Priority.MEDIUM.rank for alert in risk)


def test_risk_alerts_only_where_the_ward_set_a_probability() -> None:
    for threshold, expected in ((None, []), (0.2, ["start"])):
        bench = Bench(settings(risk_alert_probability=threshold))
        bench.feed(8, {"spo2": 97})
        answer(bench, said(0.4))
        assert bench.phases("risk") == expected
    assert "driven by respiration" in bench.alerts("risk")[0].why.text
    assert bench.score().risk == said(0.4)


def test_on_scale_2_it_is_shown_and_never_alerts() -> None:
    bench = Bench(settings(risk_alert_probability=0.2))
    bench.observe(spo2_scale=2, spo2_target=(88, 92), prescriber="dr3")
    bench.feed(8, {"spo2": 90})
    answer(bench, said(0.9))
    assert not bench.alerts("risk")
    assert bench.score().risk == said(0.9)


def test_an_abstention_is_told_and_ends_nothing() -> None:
    bench = Bench(settings(risk_alert_probability=0.2))
    bench.feed(8, {"spo2": 97})
    answer(bench, said(0.4))
    bench.feed(310, {"spo2": 97})
    answer(bench, Abstention("too-few-vitals", "one of five"))
    kept = bench.present("risk")
    assert kept
    assert not kept.verifiable
    assert bench.score().risk == Abstention("too-few-vitals", "one of five")


def test_values_from_a_device_s_memory_are_history_and_never_sound() -> None:
    bench = Bench(settings(family="contec_cms50_5byte", required=()))
    stored = frozenset({Reason.STORED})
    for _ in range(60):
        for channel, data in bench.encoders["link1"].encode(
            Sample(values={"spo2": 70, "pulse_rate": 30}, conditions=stored)
        ):
            bench.give(LinkData("link1", channel, data, bench.now))
        bench.wait(1)
    assert not [a for a in bench.alerts() if a.kind is Kind.PHYSIOLOGICAL]
    kept = [effect for effect in bench.effects if isinstance(effect, StoredReadings)]
    assert any(reading.value == 70 for effect in kept for reading in effect.readings)


def test_a_reading_that_waited_too_long_is_late_and_not_live() -> None:
    bench = Bench()
    data = b"".join(data for _, data in bench.encoders["link1"].encode(Sample(values={"spo2": 70})))
    arrived = bench.now
    bench.wait(20)
    bench.give(LinkData("link1", SERIAL, data, arrived))
    bench.wait(20)
    assert not bench.alerts("spo2-low")
    assert [e.readings[0].value for e in bench.effects if isinstance(e, StoredReadings)] == [70]
    assert bench.now - arrived == 40 * SECOND
