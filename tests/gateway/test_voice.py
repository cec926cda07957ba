"""What an effect makes the shell do: the two that concern devices directly."""

from __future__ import annotations

from typing import Any

from edge_agent.domain.effects import HangUp, Unclaimed
from edge_agent.gateway.voice import Hands, Voice
from edge_agent.wire.outgoing import Stamp
from edge_agent.wire.topics import Topics


def test_the_wrong_device_is_hung_up_on_and_an_unclaimed_measurement_is_audited_without_its_value() -> None:
    did: list[tuple[Any, ...]] = []
    hands = Hands(
        outlet=None,  # type: ignore[arg-type]  # nothing is published here
        remember=dict,
        send=lambda *_: False,
        ask=lambda _question: None,
        freeze=lambda *_: None,
        hang_up=lambda *what: did.append(what),
        audit=lambda text: did.append((text,)),
        sound=lambda _signal: None,
        heard_by=lambda _audience: None,
    )
    voice = Voice(Topics("S", "W", "G"), lambda: Stamp("run", "boot", "unsynced", None), hands)
    gone = Unclaimed("cuff", 5, ("systolic", "diastolic"), "nobody claimed it in time")
    voice.speak([HangUp("ox", "wrong device"), gone], 5)
    assert did == [
        ("ox", "wrong device"),
        ("measurement of cuff (systolic, diastolic) goes nowhere: nobody claimed it in time",),
    ]
