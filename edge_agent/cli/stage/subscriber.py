"""The demonstration's consumer: a subscriber in another library than the agent's, that knows when it is cut off."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable

from amqtt.client import MQTTClient
from amqtt.errors import AMQTTError, ClientError, MQTTError, NoDataError, ProtocolHandlerError

TAKE = Callable[[str, bytes], None]
"""Called with topic and payload of every message, in order."""

TROUBLE = (AMQTTError, ClientError, MQTTError, NoDataError, ProtocolHandlerError, OSError, asyncio.TimeoutError)
"""What the library raises when a broker is not there or goes; its errors have no common parent."""


class Subscriber:
    """Hears everything below one root. Comes back only when told to: the stage decides when the audience returns."""

    def __init__(self, root: str, take: TAKE, lost: Callable[[], None]) -> None:
        """Take the root with its last slash, and who is told of messages and of a lost connection."""
        self._filter = f"{root}#"
        self._take = take
        self._lost = lost
        self._client: MQTTClient | None = None
        self._listening: asyncio.Task[None] | None = None

    async def connect(self, host: str, port: int) -> None:
        """Connect and subscribe; returns when the broker has confirmed. ConnectionError when it cannot."""
        client = MQTTClient(config={"auto_reconnect": False, "plugins": {}})
        try:
            await client.connect(f"mqtt://{host}:{port}/")
            await client.subscribe([(self._filter, 1)])
        except TROUBLE as error:
            raise ConnectionError(f"no broker at {host}:{port}: {error}") from error
        self._client = client
        self._listening = asyncio.ensure_future(self._listen(client))

    async def publish(self, topic: str, payload: bytes, *, retain: bool = False) -> None:
        """Publish with QoS 1 and wait for the broker's receipt."""
        if self._client is None:
            raise ConnectionError("not connected")
        await self._client.publish(topic, payload, qos=1, retain=retain)

    async def close(self) -> None:
        """Leave the broker, if it is still there."""
        client, self._client = self._client, None
        listening, self._listening = self._listening, None
        if listening is not None:
            listening.cancel()
            await asyncio.gather(listening, return_exceptions=True)
        if client is not None:
            with contextlib.suppress(*TROUBLE):
                await client.disconnect()

    async def _listen(self, client: MQTTClient) -> None:
        with contextlib.suppress(*TROUBLE):
            while (message := await client.deliver_message()) is not None:
                self._take(str(message.topic), bytes(message.data))
        self._lost()
