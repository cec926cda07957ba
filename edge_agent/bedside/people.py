"""What people ask for, in one table: each kind of request has a file of its own that checks it, does it, answers."""

from __future__ import annotations

from edge_agent.bedside.claiming import claimed
from edge_agent.bedside.floor import Handler
from edge_agent.bedside.observing import observed
from edge_agent.domain.inputs import Claim, Observation

HANDLERS: dict[type, Handler] = {
    Observation: observed,
    Claim: claimed,
}
"""What is done with each kind of request."""
