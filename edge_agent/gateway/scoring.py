"""The model's worker: one thread, several beds in one invoke. No rule ever waits for it.

A second model may be on trial (shadow): it is asked of the same windows, after the answers that count are out, and what
it says never reaches the ward. So it cannot alert.
"""

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
from edge_agent.gateway.model_watch import Round
from edge_agent.risk.bundle import BundleError, load
from edge_agent.risk.runtime import RuntimeUnavailableError
from edge_agent.risk.scorer import Scorer

MODELS = Path(__file__).parents[1] / "models"
"""The bundles that come with the agent; a path with a slash names one elsewhere."""

FOLDER = "models"
"""The folder in the state directory where a site keeps its own bundles. They come before ours of the same name."""


def open_scorer(name: str, own: Path) -> Scorer:
    """Open and self-test a bundle, looked for in the folder `own` first; AgentError saying why it is refused.

    Takes up to a second: not on the loop.
    """
    folder = Path(name) if "/" in name else own / name if (own / name).is_dir() else MODELS / name
    try:
        scorer = Scorer(load(folder))
        scorer.selftest()
    except (BundleError, RuntimeUnavailableError) as error:
        raise AgentError(str(error)) from error
    return scorer


class Seat:
    """The place of one model: the `scorer`, or why there is none in `refused`; `name` as configured, "" for none."""

    def __init__(self, refused: str) -> None:
        """Begin empty."""
        self.name, self.refused = "", refused
        self.scorer: Scorer | None = None


class Scoring:
    """Takes questions on the loop and gives answers as inputs. Without a scorer every answer is an abstention."""

    def __init__(self, take: Callable[[Input], None], told: Callable[[Round], None], own: Path) -> None:
        """Answers go to `take`, then every round with its answers and the shadow's to `told`; bundles are in `own`."""
        self.used, self.shadow = Seat("no model was loaded yet"), Seat("")
        self._take, self._told, self._own = take, told, own
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="scoring")
        self._waiting: list[RiskWanted] = []
        self._running: asyncio.Task[None] | None = None

    async def load(self, used: str, shadow: str = "") -> None:
        """Open both bundles in the worker and run their golden vectors; a seat's `refused` then says why not.

        A bundle that is refused leaves its seat empty: nothing scores that was not asked for.
        """
        await self._seat(self.used, used)
        await self._seat(self.shadow, shadow)

    async def _seat(self, seat: Seat, name: str) -> None:
        loop = asyncio.get_running_loop()
        seat.name = name
        try:
            scorer = await loop.run_in_executor(self._pool, open_scorer, name, self._own) if name else None
            found, refused = scorer, ""
        except AgentError as error:
            found, refused = None, str(error)
        if seat.name == name:  # else another was asked for meanwhile, and its answer is the one that counts
            seat.scorer, seat.refused = found, refused

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
        answers = await self._said(self.used.scorer, batch)
        if answers is None:
            answers = [Abstention("no-model", self.used.refused)] * len(batch)
        for wanted, answer in zip(batch, answers, strict=True):
            self._take(RiskAnswered(wanted.bed, wanted.request, answer, boottime()))
        self._told(Round(batch, answers, await self._said(self.shadow.scorer, batch)))

    async def _said(self, scorer: Scorer | None, batch: list[RiskWanted]) -> list[RiskAnswer] | None:
        """Return what a model says of all windows in one invoke, None without a model."""
        if scorer is None:
            return None
        windows = [wanted.window for wanted in batch]
        return await asyncio.get_running_loop().run_in_executor(self._pool, scorer.score, windows)
