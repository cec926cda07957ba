"""`config/desired`: the ward's settings as IT wants them, whole. Retained."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta

from edge_agent.wire.inbound import Request


class ConfigDesired(Request, frozen=True, kw_only=True, tag="bedside/config-desired/1"):
    """The ward's settings as IT wants them. A version not above the running one changes nothing."""

    settings: Annotated[msgspec.Raw, Meta(description="the ward's settings, whole, with a version above any before")]
    signature: Annotated[
        str | None, Meta(description="kept free: until it can be checked, a push with one is refused")
    ] = None


PAYLOAD = ConfigDesired
