"""Each press of the local input asks the ward for two minutes of quiet."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import structlog

from edge_agent.bedside.local import LONGEST_QUIET
from edge_agent.domain.inputs import QuietAsked
from edge_agent.gateway.clock import boottime
from edge_agent.gateway.local.contract import LocalError, Press

AGAIN_S = 5.0
"""Before an input that has failed is tried again."""

log = structlog.get_logger(__name__)


async def listen(button: Press | None, take: Callable[[QuietAsked], None]) -> None:
    """Ask for quiet at every press until cancelled; None is no input."""

    def pressed() -> None:
        now = boottime()
        take(QuietAsked(now, now + LONGEST_QUIET))

    while button is not None:
        try:
            await button.listen(pressed)
        except LocalError as error:
            log.warning("the local input does not work", why=str(error))
        await asyncio.sleep(AGAIN_S)
