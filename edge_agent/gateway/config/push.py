"""Judges what arrives on `config/desired`: nothing new, new settings for the ward, or a refusal with every reason.

Only unsigned pushes exist so far, and only where the gateway's own file accepts them. A signed one is refused: a
signature that nobody checks is worth less than none.
"""

from __future__ import annotations

from collections.abc import Collection

import msgspec

from edge_agent.domain.errors import ConfigError, Problem
from edge_agent.domain.settings import Bed, WardSettings
from edge_agent.domain.windows import Patient
from edge_agent.gateway.config.load import parse_ward, version_of
from edge_agent.wire.envelope import utc
from edge_agent.wire.inbound import RequestError, expired, read
from edge_agent.wire.outgoing import Stamp
from edge_agent.wire.payloads.config_desired import ConfigDesired


class Offer(msgspec.Struct, frozen=True):
    """A push without a fault: what it asks for, and its settings as they came."""

    request: str
    ward: WardSettings
    settings: bytes


class PushError(ConfigError):
    """A push is refused. `request` and `version` as far as they could be read."""

    def __init__(self, problems: tuple[Problem, ...], request: str, version: int | None) -> None:
        """Take all `problems`."""
        super().__init__(problems)
        self.request = request
        self.version = version


def judge(payload: bytes, running: int, now: int, stamp: Stamp, *, accept_unsigned: bool) -> Offer | None:
    """Return what to apply, None if nothing is new (empty, or not above version `running`). Raises PushError."""
    if not payload:
        return None
    try:
        desired = read(ConfigDesired, payload)
    except RequestError as error:
        remedy = "correct the message; edge-agent schema prints what it must look like"
        problem = Problem(error.pointer or "/", ".", error.why, "a message of bedside/config-desired/1", remedy)
        raise PushError((problem,), error.request, None) from error
    settings = bytes(desired.settings)
    version = version_of(settings)
    if version is not None and version <= running:
        return None
    objections = _envelope(desired, now, stamp, accept_unsigned=accept_unsigned)
    try:
        ward = parse_ward(settings)
    except ConfigError as error:
        raise PushError(objections + error.problems, desired.request, version) from error
    if objections:
        raise PushError(objections, desired.request, version)
    return Offer(desired.request, ward, settings)


def refuse_removal(offer: Offer, running: WardSettings, alerting: Collection[str]) -> None:
    """Raise PushError if a bed is gone that has a patient, or is one of those with an active alert."""
    kept = {bed.id for bed in offer.ward.beds}
    gone = [bed for bed in running.beds if bed.id not in kept]
    problems = [_removal(bed, "a patient") for bed in gone if bed.encounter or bed.patient != Patient()]
    problems += [_removal(bed, "an active alert") for bed in gone if bed.id in alerting]
    if problems:
        raise PushError(tuple(problems), offer.request, offer.ward.version)


def _removal(bed: Bed, what: str) -> Problem:
    remedy = f"keep bed {bed.id} until that is over"
    return Problem("/settings/beds", "beds", f"bed {bed.id} removed, which has {what}", "every bed in use", remedy)


def _envelope(desired: ConfigDesired, now: int, stamp: Stamp, *, accept_unsigned: bool) -> tuple[Problem, ...]:
    """Return what is wrong around the settings."""
    problems = []
    if desired.signature is not None:
        remedy = "push without one to a gateway that accepts that"
        problems.append(Problem("/signature", "signature", "a signature", "none: it cannot be checked yet", remedy))
    elif not accept_unsigned:
        remedy = "set accept_unsigned_config: true in the gateway's own file, if its broker can be trusted"
        problems.append(Problem("/signature", "signature", "no signature", "signed pushes alone", remedy))
    if expired(desired.expires_at, now, stamp):
        found, allowed = desired.expires_at.isoformat(), f"a time after {utc(now, stamp)}"
        problems.append(Problem("/expires_at", "expires_at", found, allowed, "push it again with a later one"))
    return tuple(problems)
