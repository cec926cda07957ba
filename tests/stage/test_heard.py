"""A consumer can read everything that an agent publishes."""

from __future__ import annotations

from typing import get_args

from edge_agent.cli.viewing import heard
from edge_agent.wire import envelope
from edge_agent.wire.payloads import PAYLOADS


def test_every_published_payload_is_heard() -> None:
    published = {payload for payload in PAYLOADS.values() if issubclass(payload, envelope.Body)}
    assert published == {*get_args(heard.Body)}
