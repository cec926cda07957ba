"""What a link reports, stamped where it happens: connecting, opened, data, closed. It judges nothing.

A fact is told when it is news: a link that tries for hours says once why it fails, and again when the reason changes.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from edge_agent.domain.inputs import Attached, Input, LinkClosed, LinkConnecting, LinkData, LinkOpened
from edge_agent.gateway.clock import boottime

Sink = Callable[[Input], None]
"""Takes an input on the loop. What it raises ends the link's run, which its supervisor reports and starts again."""


class LinkFacts:
    """One device's link reports. `place` (port or address) stands before every reason.

    `heard` is when the last bytes came, or else when the link opened: ns of CLOCK_BOOTTIME.
    """

    def __init__(self, device: str, place: str, sink: Sink) -> None:
        self.heard = 0
        self._device = device
        self._place = place
        self._sink = sink
        self._last: type[LinkConnecting | LinkOpened] | str | None = None

    @contextmanager
    def run(self) -> Iterator[None]:
        """Report the start and the end of a link's run, whatever ends it."""
        self.connecting()
        try:
            yield
        except asyncio.CancelledError as cancelled:
            try:
                self.closed("closed on request")
            except Exception as error:
                raise cancelled from error  # whatever the sink does, a link that is cancelled ends
            raise
        except Exception as error:
            self.closed(f"internal error, {type(error).__name__}: {error}")
            raise

    def connecting(self) -> None:
        """Report that the link is being opened."""
        if self._last is not LinkConnecting:
            self._last = LinkConnecting
            self._sink(LinkConnecting(self._device, boottime()))

    def opened(self, attached: Attached) -> None:
        """Report that the link is up, and what the host knows of the device there."""
        self._last = LinkOpened
        self.heard = boottime()
        self._sink(LinkOpened(self._device, self.heard, attached))

    def data(self, channel: str, data: bytes) -> None:
        """Report bytes that arrived just now."""
        self.heard = boottime()
        self._sink(LinkData(self._device, channel, data, self.heard))

    def closed(self, reason: str) -> None:
        """Report that the link is gone or could not be opened."""
        if self._last != reason:
            self._last = reason
            self._sink(LinkClosed(self._device, f"{self._place}: {reason}", boottime()))
