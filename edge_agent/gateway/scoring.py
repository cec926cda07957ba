"""The model's worker: one thread, several beds in one invoke. No rule ever waits for it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from edge_agent.domain.effects import RiskWanted
from edge_agent.domain.errors import AgentError
from edge_agent.domain.inputs import Input, RiskAnswered
from edge_agent.domain.windows import Abstention, RiskAnswer
from edge_agent.gateway.clock import boottime
from edge_agent.risk.bundle import BundleError, load
from edge_agent.risk.runtime import RuntimeUnavailableError
from edge_agent.risk.scorer import Scorer

MODELS = Path(__file__).parents[1] / "models"
"""The bundles that come with the agent; a path with a slash names one elsewhere."""


def open_scorer(name: str) -> Scorer:
    """Open and self-test a bundle; AgentError saying why it is refused. Takes up to a second: not on the loop."""
    folder = Path(name) if "/" in name else MODELS / name
    try:
        scorer = Scorer(load(folder))
        scorer.selftest()
    except (BundleError, RuntimeUnavailableError) as error:
        raise AgentError(str(error)) from error
    return scorer


class Scoring:
    """Takes questions on the loop and gives answers as inputs. Without a scorer every answer is an abstention."""

    def __init__(self, take: Callable[[Input], None]) -> None:
        """Answers go to `take`."""
        self.scorer: Scorer | None = None
        self.refused = "no model was loaded yet"
        self._take = take
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="scoring")
        self._waiting: list[RiskWanted] = []
        self._running: asyncio.Task[None] | None = None

    async def load(self, name: str) -> None:
        """Open the bundle in the worker; `refused` then says why not, or is empty."""
        loop = asyncio.get_running_loop()
        try:
            self.scorer = await loop.run_in_executor(self._pool, open_scorer, name)
            self.refused = ""
        except AgentError as error:
            self.scorer, self.refused = None, str(error)

    def ask(self, wanted: RiskWanted) -> None:
        """Score a window soon, together with whatever else is waiting then."""
        self._waiting.append(wanted)
        if self._running is None:
            self._running = asyncio.get_running_loop().create_task(self._work(), name="scoring")

    def close(self) -> None:
        """Ask nothing any more."""
        if self._running is not None:
            self._running.cancel()
        self._pool.shutdown(wait=False, cancel_futures=True)

    async def _work(self) -> None:
        try:
            while self._waiting:
                batch, self._waiting = self._waiting, []
                await self._answer(batch)
        finally:
            self._running = None

    async def _answer(self, batch: list[RiskWanted]) -> None:
        scorer = self.scorer
        answers: list[RiskAnswer] = [Abstention("no-model", self.refused)] * len(batch)
        if scorer is not None:
            windows = [wanted.window for wanted in batch]
            loop = asyncio.get_running_loop()
            answers = await loop.run_in_executor(self._pool, scorer.score, windows)
        for wanted, answer in zip(batch, answers, strict=True):
            self._take(RiskAnswered(wanted.bed, wanted.request, answer, boottime()))
