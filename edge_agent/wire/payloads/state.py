"""`state`: is the agent there? Retained, and the will that the broker publishes when the agent is lost."""

from __future__ import annotations

from enum import Enum
from typing import Annotated

from msgspec import Meta

from edge_agent.wire.envelope import Body


class Presence(str, Enum):
    """`OFFLINE` is said by the broker for an agent it lost, `STOPPED` by an agent that was told to stop."""

    ONLINE = "online"
    OFFLINE = "offline"
    STOPPED = "stopped"


class State(Body, frozen=True, kw_only=True, tag="bedside/state/1"):
    """Is the agent there? In `offline`, the will, `measured` is when the connection was made, not when it was lost."""

    state: Annotated[Presence, Meta(description="online; offline: lost without a word; stopped: told to")]
    birth: Annotated[int, Meta(ge=0, description="connections of this run so far: equal to that of the latest `birth`")]


PAYLOAD = State
