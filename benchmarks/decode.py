"""`python -m benchmarks.decode`: what it costs to decode a frame of each device family, in microseconds.

The frames are those of the family's encoder, measurements of a well patient, each handed over whole as a link would.
The bare loop hands the same frames to a function that does nothing. Both run alternately in one process; the best of
the rounds counts, because whatever else the machine does can only add. Asserts nothing.
"""

from __future__ import annotations

import argparse
import platform
import time
from collections.abc import Callable
from random import Random
from typing import NamedTuple

from firmware_bridges.bridge import Family
from firmware_bridges.families import FAMILIES
from firmware_bridges.vitals import Event, Reading
from tests.firmware_bridges.devices import Frames, encoded
from tests.fuzz.targets import sample_of

SAMPLES = 200
ROUNDS = 30

Receive = Callable[[str, bytes, int], list[Event]]


class Cost(NamedTuple):
    """Of one family: bytes and readings per frame, microseconds per frame, and those of the bare loop."""

    size: float
    readings: float
    decoding: float
    bare: float


def main() -> None:
    """Measure the families asked for, all if none is named, and print a table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.decode", description=__doc__)
    parser.add_argument("families", nargs="*", metavar="FAMILY")
    asked = parser.parse_args()
    print(f"Python {platform.python_version()}, {platform.machine()}; best of {ROUNDS} rounds of {SAMPLES} samples\n")
    print(f"{'family':31}{'bytes':>7}{'readings':>10}{'us/frame':>10}{'bare us':>9}{'ratio':>7}{'share of a core':>17}")
    for name in asked.families or FAMILIES:
        family = FAMILIES[name]
        cost = measure(family)
        share = cost.decoding * 1000 / family.period
        print(
            f"{name:31}{cost.size:7.1f}{cost.readings:10.1f}{cost.decoding:10.1f}{cost.bare:9.3f}"
            f"{cost.decoding / cost.bare:7.0f}{share:17.5%}",
            flush=True,
        )
    print("\nshare of a core: at the rate at which a device of the family sends")


def measure(family: Family) -> Cost:
    """Return what a frame of `family` costs."""
    randomness = Random(family.name)
    frames = encoded(family.encoder(), [sample_of(family, randomness, well=True) for _ in range(SAMPLES)])
    decoding = bare = float("inf")
    for _ in range(ROUNDS):
        decoding = min(decoding, _timed(_receiver(family), frames))
        bare = min(bare, _timed(_ignore, frames))
    receive = _receiver(family)
    found = [event for channel, data in frames for event in receive(channel, data, 0)]
    return Cost(
        size=sum(len(data) for _, data in frames) / len(frames),
        readings=sum(isinstance(event, Reading) for event in found) / len(frames),
        decoding=decoding / len(frames) / 1000,
        bare=bare / len(frames) / 1000,
    )


def _receiver(family: Family) -> Receive:
    bridge = family.bridge()
    bridge.opened(0)
    return bridge.receive


def _ignore(_channel: str, _data: bytes, _at: int) -> list[Event]:
    return []


def _timed(receive: Receive, frames: Frames) -> int:
    """Return how many ns of this process it takes to hand over all frames."""
    begun = time.process_time_ns()
    for at, (channel, data) in enumerate(frames):
        receive(channel, data, at)
    return time.process_time_ns() - begun


if __name__ == "__main__":
    main()
