"""What an effect makes the shell do: a change is committed before it is answered, and devices are hung up on."""

from __future__ import annotations

from typing import Any

import pytest

from edge_agent.domain.effects import HangUp, Profile, ProfileChanged, RequestTaken, Unclaimed, Waits
from edge_agent.gateway.voice import Hands, Voice
from edge_agent.wire.outgoing import Draft, Stamp
from edge_agent.wire.topics import Topics


class Kept:
    """What would be sent: `durable` waits for the commit of `memory`, `plain` does not."""

    def __init__(self) -> None:
        """Nothing yet."""
        self.durable: list[tuple[list[str], dict[str, bytes]]] = []
        self.plain: list[str] = []

    def publish(self, draft: Draft) -> None:
        """Take a message that needs no commit."""
        self.plain.append(draft.correlation)

    def publish_alert(self, drafts: list[Draft], memory: dict[str, bytes]) -> None:
        """Take messages that are sent once they are on the disk with the memory."""
        self.durable.append(([draft.correlation for draft in drafts], memory))

    def confirmed(self, stream: str, *, by_person: bool) -> None:
        """Refuse: nobody answers an alert here."""
        raise AssertionError(stream, by_person)


def hands(outlet: Kept, did: list[tuple[Any, ...]]) -> Hands:
    """Note in `did` what is done to devices and written to the audit log."""
    return Hands(
        outlet=outlet,
        remember=lambda: {"ward": b"state"},
        send=lambda *_: False,
        ask=lambda _question: None,
        freeze=lambda *_: None,
        hang_up=lambda *what: did.append(what),
        audit=lambda text: did.append((text,)),
        sound=lambda _signal: None,
        heard_by=lambda _audience: None,
    )


def voice(outlet: Kept, did: list[tuple[Any, ...]]) -> Voice:
    """Speak as gateway G, whose clock is not synchronised."""
    return Voice(Topics("S", "W", "G"), lambda: Stamp("run", "boot", "unsynced", None), hands(outlet, did))


def test_another_profile_is_audited_and_kept_for_health() -> None:
    outlet, did = Kept(), list[tuple[Any, ...]]()
    speaking = voice(outlet, did)
    speaking.speak([ProfileChanged(5, Profile.CLOCK_UNTRUSTED)], 5)
    assert did == [("profile: day: the clock is not trusted",)]
    assert speaking.profile is Profile.CLOCK_UNTRUSTED


@pytest.mark.parametrize("command", ["observe", "claim", "transfer", "set_limits"])
def test_what_a_command_changed_is_on_the_disk_before_it_is_answered(command: str) -> None:
    outlet, did = Kept(), list[tuple[Any, ...]]()
    voice(outlet, did).speak([RequestTaken(command, "3", "r-1", "nurse-7", 5)], 5)
    assert outlet.plain == []
    [(answered, memory)] = outlet.durable
    assert answered == ["r-1"]
    assert memory == {"ward": b"state"}
    assert "r-1" in did[0][0]


def test_what_was_refused_changed_nothing_and_is_answered_at_once() -> None:
    outlet = Kept()
    voice(outlet, []).speak([RequestTaken("observe", "3", "r-1", "nurse-7", 5, ("spo2: not a number",))], 5)
    assert outlet.durable == []
    assert outlet.plain == ["r-1"]


@pytest.mark.parametrize(
    "effect", [Waits("ear", 5), Unclaimed("ear", 5, ("temperature",), "nobody claimed it in time")]
)
def test_what_waits_for_a_claim_and_what_does_so_no_more_is_on_the_disk(effect: Waits | Unclaimed) -> None:
    outlet = Kept()
    voice(outlet, []).speak([effect], 5)
    assert outlet.durable == [([], {"ward": b"state"})]


def test_the_wrong_device_is_hung_up_on_and_an_unclaimed_measurement_is_audited_without_its_value() -> None:
    did: list[tuple[Any, ...]] = []
    gone = Unclaimed("cuff", 5, ("systolic", "diastolic"), "nobody claimed it in time")
    voice(Kept(), did).speak([HangUp("ox", "wrong device"), gone], 5)
    assert did == [
        ("ox", "wrong device"),
        ("measurement of cuff (systolic, diastolic) goes nowhere: nobody claimed it in time",),
    ]
