"""The screen's line to the broker: subscribed to one ward, back by itself, and honest about being down."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from uuid import uuid4

from edge_agent.gateway.backoff import Backoff
from edge_agent.gateway.clock import boottime
from edge_agent.gateway.mqtt import BrokerError, Callbacks, Connection, Endpoint, Inbound
from edge_agent.wire.outgoing import Outgoing, Urgency

FIRST_S, LONGEST_S = 0.2, 3.0
"""Between two attempts to connect."""

QOS = 1


class Uplink:
    """Hears everything of one ward below `root`. `changed(up, why)` and `received` are called on the loop."""

    def __init__(
        self, endpoint: Endpoint, root: str, received: Callable[[Inbound], None], changed: Callable[[bool, str], None]
    ) -> None:
        """Take whom to tell; `run` connects."""
        self._endpoint, self._root = endpoint, root
        self._received, self._changed = received, changed
        self._connection: Connection | None = None

    async def run(self) -> None:
        """Stay connected until cancelled."""
        backoff = Backoff(FIRST_S, LONGEST_S)
        while True:
            connection = Connection(self._endpoint, None, Callbacks(_acked, self._received, _failed))
            try:
                await self._once(connection)
                backoff.reset()
                why = (await connection.lost).why
            except BrokerError as error:
                why = str(error)
            finally:
                self._connection = None
                connection.drop()
            self._changed(False, why)  # noqa: FBT003 - the hook's own signature
            await asyncio.sleep(backoff.next())

    def send(self, topic: str, payload: bytes) -> bool:
        """Publish with QoS 1; False when there is no broker to take it."""
        message = Outgoing(
            id=str(uuid4()), run="", stream="", seq=1, topic=topic, payload=payload, qos=QOS, retain=False,
            urgency=Urgency.LIVE, made=boottime(),
        )  # fmt: skip
        return self._connection is not None and self._connection.send(message, topic, None) is not None

    async def close(self) -> None:
        """Leave the broker politely."""
        if self._connection is not None:
            await self._connection.close()

    async def _once(self, connection: Connection) -> None:
        await connection.open()
        if refused := await connection.subscribe([(f"{self._root}#", QOS)]):
            raise BrokerError(f"the broker refused the subscription to {', '.join(refused)}")
        self._connection = connection
        self._changed(True, "")  # noqa: FBT003 - as above


def _acked(_packet: int, _code: int) -> None:
    """Do nothing: the answer to a receipt is what the agent then says of the alert."""


def _failed(error: BaseException) -> None:
    raise error
