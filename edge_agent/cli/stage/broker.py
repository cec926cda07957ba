"""The demonstration's own broker: amqtt in this process, on a free port of the loopback, MQTT 3.1.1.

It keeps nothing: a stopped broker forgets sessions and retained messages, as a hospital's may after a power cut.
"""

from __future__ import annotations

import logging
import socket

from amqtt.broker import Broker

LOOPBACK = "127.0.0.1"
_ANYBODY = {"amqtt.plugins.authentication.AnonymousAuthPlugin": {"allow_anonymous": True}}


class EmbeddedBroker:
    """A broker that can be stopped and started again."""

    def __init__(self) -> None:
        """Silence the library: it logs every connection that ends, which here is the point."""
        logging.getLogger("amqtt").setLevel(logging.CRITICAL + 1)
        logging.getLogger("transitions").setLevel(logging.CRITICAL + 1)
        self._broker: Broker | None = None

    async def start(self) -> tuple[str, int]:
        """Start it and return its address."""
        port = free_port()
        listener = {"type": "tcp", "bind": f"{LOOPBACK}:{port}"}
        self._broker = Broker({"listeners": {"default": listener}, "plugins": dict(_ANYBODY)})
        await self._broker.start()
        return LOOPBACK, port

    async def stop(self) -> None:
        """Stop it, if it runs."""
        broker, self._broker = self._broker, None
        if broker is not None:
            await broker.shutdown()


def free_port() -> int:
    """Return a port of the loopback that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        return int(probe.getsockname()[1])
