"""sd_notify(3): readiness, status and the watchdog, over the socket systemd names."""

from __future__ import annotations

import os
import socket

import structlog

log = structlog.get_logger(__name__)


class Notifier:
    """Speaks to systemd when it started us; silent otherwise."""

    def __init__(self) -> None:
        """Read $NOTIFY_SOCKET and $WATCHDOG_USEC once."""
        self._address = os.environ.get("NOTIFY_SOCKET", "")
        self.watchdog_s = int(os.environ.get("WATCHDOG_USEC", "0")) / 1e6

    @property
    def supervised(self) -> bool:
        """Tell whether somebody starts us again when we end."""
        return bool(self._address)

    def ready(self, status: str) -> None:
        """Say that start-up is complete."""
        self._send(f"READY=1\nSTATUS={status}")

    def alive(self, status: str) -> None:
        """Feed the watchdog; call it only when the pipeline has made progress."""
        self._send(f"WATCHDOG=1\nSTATUS={status}")

    def stopping(self) -> None:
        """Say that an orderly stop has begun."""
        self._send("STOPPING=1")

    def _send(self, message: str) -> None:
        """Never wait: a manager that does not read, or is gone, must not hold up an alert; the next beat tells it."""
        if not self._address:
            return
        address = "\0" + self._address[1:] if self._address.startswith("@") else self._address
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK) as sock:
            try:
                sock.sendto(message.encode(), address)
            except OSError as error:
                log.warning("systemd cannot be told", message=message, why=error.strerror)
