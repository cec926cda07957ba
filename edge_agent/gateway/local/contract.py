"""What a kind of output and a kind of input has to do."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from edge_agent.domain.alerts import Priority
from edge_agent.domain.errors import AgentError


class LocalError(AgentError):
    """An output or input does not work; the text says which, why, and what to do."""


class Output(Protocol):
    """Something that can be heard or seen from the ward."""

    async def try_out(self) -> None:
        """Find out silently whether it could sound. LocalError if not."""

    async def play(self, priority: Priority) -> None:
        """Sound as `priority` does until cancelled, or for once; is silent afterwards. LocalError if it cannot."""


class Press(Protocol):
    """Something that can be pressed."""

    async def listen(self, pressed: Callable[[], None]) -> None:
        """Call `pressed` for each press until cancelled. LocalError if it cannot, or no longer."""
