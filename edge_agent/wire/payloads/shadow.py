"""`bed/{bed}/shadow`: what a model on trial says of one bed. Never alerts, and is not for nurses."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from edge_agent.domain.windows import RiskAnswer
from edge_agent.wire.envelope import Body
from edge_agent.wire.parts import BedId
from edge_agent.wire.payloads.score import NoRisk, Risk, answered


class Shadow(Body, frozen=True, kw_only=True, tag="bedside/shadow/1"):
    """The answer of a model on trial, beside that of the model in use in `bedside/score/1`. It never alerts."""

    bed: BedId
    risk: Annotated[Risk | None, Meta(description="its answer")] = None
    abstention: Annotated[NoRisk | None, Meta(description="why it gives none")] = None


def shadow(bed: str, answer: RiskAnswer) -> Shadow:
    """Return the payload of a bed's answer."""
    risk, abstention = answered(answer)
    return Shadow(bed=bed, risk=risk, abstention=abstention)


PAYLOAD = Shadow
