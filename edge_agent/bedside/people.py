"""What people and their programs say, in one table: each kind has a file of its own that checks, does, answers."""

from __future__ import annotations

from edge_agent.bedside import audience, local, receipts
from edge_agent.bedside.claiming import claimed
from edge_agent.bedside.floor import Handler
from edge_agent.bedside.observing import observed
from edge_agent.domain.inputs import Claim, Listening, NobodyListened, Observation, QuietAsked, ReceiptGiven

HANDLERS: dict[type, Handler] = {
    Observation: observed,
    Claim: claimed,
    ReceiptGiven: receipts.given,
    QuietAsked: local.quieted,
    Listening: audience.listening,
    NobodyListened: local.nobody_listened,
}
"""What is done with each kind."""
