from __future__ import annotations

import sys
from collections.abc import Callable

import msgspec
import pytest

from firmware_bridges.bridge import Bridge, Family
from firmware_bridges.families import FAMILIES, nonin_df2, sensor_link
from firmware_bridges.vitals import Event, Reading
from tests.fuzz.driver import LawBrokenError, drive
from tests.fuzz.envelopes import ENVELOPES
from tests.fuzz.targets import TIER_A, TIER_B, target

SEED = 1
RUNS = {**dict.fromkeys(TIER_A, 10_000), **dict.fromkeys(sorted(TIER_B), 1000)}


def test_every_family_is_fuzzed() -> None:
    assert set(RUNS) == set(FAMILIES)


@pytest.mark.timeout(600)  # seconds on a quiet machine; the usual minute may pass on a busy one
@pytest.mark.parametrize("name", RUNS)
def test_the_laws_hold_for_frame_shaped_streams(name: str) -> None:
    events = drive(target(name), RUNS[name], SEED)
    sys.stdout.write(f"{name}: {RUNS[name]} executions, seed {SEED}, {events} events\n")
    assert events > RUNS[name]


@pytest.mark.parametrize("name", ENVELOPES)
def test_damage_can_be_given_a_right_checksum(name: str) -> None:
    pool = target(name).pool
    assert sum(content is not None for _, _, content in pool) > len(pool) / 2


Receive = Callable[[Bridge, str, bytes, int], list[Event]]


def raises(bridge: Bridge, channel: str, data: bytes, at: int) -> list[Event]:
    if len(data) % 7 == 1:
        raise IndexError(data)
    return bridge.receive(channel, data, at)


def forgets_the_rest(bridge: Bridge, channel: str, data: bytes, at: int) -> list[Event]:
    return bridge.receive(channel, data[:13], at)


def invents(bridge: Bridge, channel: str, data: bytes, at: int) -> list[Event]:
    return [*bridge.receive(channel, data, at), Reading(at, 1, "spo2", None)]


def measures_in_fractions(bridge: Bridge, channel: str, data: bytes, at: int) -> list[Event]:
    events = bridge.receive(channel, data, at)
    return [
        msgspec.structs.replace(each, value=each.value + 0.5) if isinstance(each, Reading) and each.value else each
        for each in events
    ]


@pytest.mark.parametrize("family", [nonin_df2.FAMILY, sensor_link.FAMILY], ids=lambda each: each.name)
@pytest.mark.parametrize("receive", [raises, forgets_the_rest, invents, measures_in_fractions])
def test_a_bad_bridge_is_found_out(family: Family, receive: Receive) -> None:
    good = target(family.name)

    class Bad:
        """The family's bridge with a defect in `receive`."""

        def __init__(self) -> None:
            self._good = good.family.bridge()

        def __getattr__(self, name: str) -> object:
            return getattr(self._good, name)

        def receive(self, channel: str, data: bytes, at: int) -> list[Event]:
            return receive(self._good, channel, data, at)

    bad = good._replace(family=msgspec.structs.replace(good.family, bridge=Bad))
    with pytest.raises(LawBrokenError, match=f"python -m tests.fuzz {good.family.name} --replay"):
        drive(bad, 200, SEED)
