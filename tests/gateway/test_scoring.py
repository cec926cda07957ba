"""The model's worker: answers in order, several beds in one invoke, and abstains with the reason without a model.

A model on trial is asked of the same windows, and its answers go nowhere but to those who compare.
"""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from edge_agent.domain.effects import RiskWanted
from edge_agent.domain.inputs import Input, RiskAnswered
from edge_agent.domain.settings import Broker, LocalSettings
from edge_agent.domain.windows import HOURS, QUANTITIES, Abstention, Patient, RiskScore, Window
from edge_agent.gateway.model_watch import Round
from edge_agent.gateway.scoring import MODELS, Scoring
from edge_agent.risk.bundle import GOLDEN
from edge_agent.risk.features import VIEWS
from edge_agent.risk.runtime import Array, Model
from tests.risk.bundles import SHIPPED as SECOND
from tests.risk.bundles import edit

WELL = {"pulse": 80, "spo2": 97, "respiratory_rate": 16, "systolic": 120, "temperature": 370}
SHIPPED = LocalSettings(site="s", ward="w", gateway="g", broker=Broker(host="h")).model


def wanted(bed: str, request: int) -> RiskWanted:
    medians: dict[str, tuple[int | None, ...]] = {quantity: (WELL[quantity],) * HOURS for quantity in QUANTITIES}
    window = Window(medians=medians, patient=Patient(age_years=70, sex="female"), news2_total=0)
    return RiskWanted(bed, request, 0, window)


def answers(
    ask: Callable[[Scoring], Awaitable[None]],
    number: int,
    told: Callable[[Round], None] = lambda _: None,
    own: Path = MODELS / "none",
) -> list[RiskAnswered]:
    """Run a worker, ask it, and return its first `number` answers."""

    async def run() -> list[RiskAnswered]:
        got: asyncio.Queue[Input] = asyncio.Queue()
        scoring = Scoring(got.put_nowait, told, own)
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
        assert scoring.used.refused == ""
        for number in range(8):
            scoring.ask(wanted(f"bed{number}", number))

    found = answers(ask, 8)
    assert [(each.bed, each.request) for each in found] == [(f"bed{n}", n) for n in range(8)]
    first = found[0].answer
    assert isinstance(first, RiskScore)
    assert 0 < first.probability < 1
    assert all(isinstance(each.answer, RiskScore) and each.answer.logit_q == first.logit_q for each in found)


def test_beds_that_ask_together_are_scored_in_one_invoke(monkeypatch: pytest.MonkeyPatch) -> None:
    invokes: list[int] = []
    invoke = Model.invoke

    def counted(model: Model, batch: Array) -> Array:
        invokes.append(len(batch))
        return invoke(model, batch)

    async def ask(scoring: Scoring) -> None:
        await scoring.load(SHIPPED)
        monkeypatch.setattr(Model, "invoke", counted)
        for number in range(8):
            scoring.ask(wanted(f"bed{number}", number))

    answers(ask, 8)
    assert invokes == [8 * VIEWS]


def test_a_model_on_trial_is_asked_the_same_and_answers_nobody(tmp_path: Path) -> None:
    rounds: asyncio.Queue[Round] = asyncio.Queue()

    async def ask(scoring: Scoring) -> None:
        await scoring.load(SHIPPED, SECOND.name)
        assert not scoring.shadow.refused
        scoring.ask(wanted("1", 1))
        scored = await asyncio.wait_for(rounds.get(), 20)
        assert scored.shadows is not None
        used, shadow = scored.answers[0], scored.shadows[0]
        assert isinstance(used, RiskScore)
        assert isinstance(shadow, RiskScore)
        assert (used.model, shadow.model) == (SHIPPED, SECOND.name)
        await scoring.load(SHIPPED)
        scoring.ask(wanted("1", 2))
        assert (await asyncio.wait_for(rounds.get(), 20)).shadows is None

    found = answers(ask, 2, rounds.put_nowait, tmp_path)
    assert [each.answer.model for each in found] == [SHIPPED] * 2


def test_a_bundle_of_the_site_comes_before_ours_and_is_tested_when_the_model_changes(tmp_path: Path) -> None:
    own = tmp_path / SECOND.name
    shutil.copytree(SECOND, own)
    edit(own / GOLDEN, lambda golden: golden["vectors"][3].update(output="fw=="))

    async def ask(scoring: Scoring) -> None:
        await scoring.load(SHIPPED)
        await scoring.load(SECOND.name)
        assert "golden.json vector 3" in scoring.used.refused
        scoring.ask(wanted("1", 1))

    (found,) = answers(ask, 1, own=tmp_path)
    assert isinstance(found.answer, Abstention)
    assert "golden.json vector 3" in found.answer.detail


def test_without_a_model_every_answer_says_why() -> None:
    async def ask(scoring: Scoring) -> None:
        scoring.ask(wanted("1", 1))
        await asyncio.sleep(0)

    (found,) = answers(ask, 1)
    assert found.answer == Abstention("no-model", "no model was loaded yet")


def test_a_refused_bundle_is_told_and_leaves_an_abstention(tmp_path: Path) -> None:
    async def ask(scoring: Scoring) -> None:
        await scoring.load(f"{tmp_path}/no-such-bundle")
        assert "no-such-bundle" in scoring.used.refused
        scoring.ask(wanted("1", 1))

    (found,) = answers(ask, 1)
    assert isinstance(found.answer, Abstention)
    assert found.answer.cause == "no-model"


def test_the_default_model_is_shipped() -> None:
    assert (MODELS / SHIPPED / "model.tflite").exists()
