"""What people ask for and programs tell, in one table: each kind has a file that checks it, does it, answers."""

from __future__ import annotations

from edge_agent.bedside import audience, local, receipts
from edge_agent.bedside.admitting import admitted, discharged
from edge_agent.bedside.claiming import claimed
from edge_agent.bedside.floor import Handler
from edge_agent.bedside.leaving import left, returned
from edge_agent.bedside.moving import swapped, transferred
from edge_agent.bedside.observing import observed
from edge_agent.bedside.own_limits import limited
from edge_agent.domain.inputs import (
    AdmitAsked,
    Claim,
    DischargeAsked,
    LimitsAsked,
    Listening,
    NobodyListened,
    Observation,
    OffWardAsked,
    QuietAsked,
    ReceiptGiven,
    ReturnAsked,
    SwapAsked,
    TransferAsked,
)

HANDLERS: dict[type, Handler] = {
    Observation: observed,
    Claim: claimed,
    AdmitAsked: admitted,
    DischargeAsked: discharged,
    TransferAsked: transferred,
    SwapAsked: swapped,
    OffWardAsked: left,
    ReturnAsked: returned,
    LimitsAsked: limited,
    ReceiptGiven: receipts.given,
    QuietAsked: local.quieted,
    Listening: audience.listening,
    NobodyListened: local.nobody_listened,
}
"""What is done with each kind."""
