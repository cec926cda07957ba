"""The model's worker: answers in order, several beds at once, and abstains with the reason when there is no model."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

from edge_agent.domain.effects import RiskWanted
from edge_agent.domain.inputs import Input, RiskAnswered
from edge_agent.domain.settings import Broker, LocalSettings
from edge_agent.domain.windows import HOURS, QUANTITIES, Abstention, Patient, RiskScore, Window
from edge_agent.gateway.scoring import MODELS, Scoring

WELL = {"pulse": 80, "spo2": 97, "respiratory_rate": 16, "systolic": 120, "temperature": 370}
SHIPPED = LocalSettings(site="s", ward="w", gateway="g", broker=Broker(host="h")).model


def wanted(bed: str, request: int) -> RiskWanted:
    medians: dict[str, tuple[int | None, ...]] = {quantity: (WELL[quantity],) * HOURS for quantity in QUANTITIES}
    window = Window(medians=medians, patient=Patient(age_years=70, sex="female"), news2_total=0)
    return RiskWanted(bed, request, 0, window)


def answers(ask: Callable[[Scoring], Awaitable[None]], number: int) -> list[RiskAnswered]:
    """Run a worker, ask it, and return its first `number` answers."""

    async def run() -> list[RiskAnswered]:
        got: asyncio.Queue[Input] = asyncio.Queue()
        scoring = Scoring(got.put_nowait)
        try:
            await ask(scoring)
            found = [await asyncio.wait_for(got.get(), 20) for _ in range(number)]
        finally:
            scoring.close()
        assert all(isinstance(each, RiskAnswered) for each in found)
        return [each for each in found if isinstance(each, RiskAnswered)]

    return asyncio.run(run())


def test_the_shipped_model_answers_every_bed() -> None:
    async def ask(scoring: Scoring) -> None:
        await scoring.load(SHIPPED)
        assert scoring.refused == ""
        for number in range(8):
            scoring.ask(wanted(f"bed{number}", number))

    found = answers(ask, 8)
    assert [(each.bed, each.request) for each in found] == [(f"bed{n}", n) for n in range(8)]
    first = found[0].answer
    assert isinstance(first, RiskScore)
    assert 0 < first.probability < 1
    assert all(isinstance(each.answer, RiskScore) and each.answer.logit_q == first.logit_q for each in found)


def test_without_a_model_every_answer_says_why() -> None:
    async def ask(scoring: Scoring) -> None:
        scoring.ask(wanted("1", 1))
        await asyncio.sleep(0)

    (found,) = answers(ask, 1)
    assert found.answer == Abstention("no-model", "no model was loaded yet")


def test_a_refused_bundle_is_told_and_leaves_an_abstention(tmp_path: Path) -> None:
    async def ask(scoring: Scoring) -> None:
        await scoring.load(f"{tmp_path}/no-such-bundle")
        assert "no-such-bundle" in scoring.refused
        scoring.ask(wanted("1", 1))

    (found,) = answers(ask, 1)
    assert isinstance(found.answer, Abstention)
    assert found.answer.cause == "no-model"


def test_the_default_model_is_shipped() -> None:
    assert (MODELS / SHIPPED / "model.tflite").exists()
