"""`python -m benchmarks.ward`: what a reading costs on its way through the ward, and how fast a backtest is.

The beds are generated ones (docs/alarm-load.md), each with an ECG and an oximeter that speak once a second. The script
is what everybody writes first: it decodes the same frames and compares each value with two limits. Both run alternately
in one process; the best of the rounds counts, because whatever else the machine does can only add. Asserts nothing.
"""

from __future__ import annotations

import platform
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from typing import NamedTuple
from uuid import UUID

from edge_agent.bedside.ward import Ward
from edge_agent.cli.load.playing import backtest
from edge_agent.cli.load.sources import FAMILY, Labelled, sources
from edge_agent.domain.inputs import LinkConnecting, LinkData, LinkOpened, SettingsApplied, Started, Wake
from edge_agent.domain.settings import SECOND, Bed, Device, WardSettings
from firmware_bridges.bridge import Bridge, Encoder
from firmware_bridges.families import FAMILIES
from firmware_bridges.vitals import Reading, Validity

ROUNDS = 5
HOUR = 3600
BED_SECONDS = 1920
"""Seconds of recording in a round, shared among the beds."""

START = 1000 * SECOND
LIMITS = {"heart_rate": (45, 130), "pulse_rate": (45, 130), "respiratory_rate": (9, 24), "spo2": (90, 100)}
"""The lowest and the highest value that do not alarm the script."""


class Frame(NamedTuple):
    """What a device said: at which bed, when (ns), on which channel."""

    bed: int
    device: str
    at: int
    channel: str
    data: bytes


def main() -> None:
    """Measure 1, 8 and 32 beds, then a backtest, and print what came out."""
    print(f"Python {platform.python_version()}, {platform.machine()}; best of {ROUNDS} rounds\n")
    print(f"{'beds':>4}{'readings':>10}{'ward, us each':>15}{'script, us each':>17}{'ratio':>7}{'share of a core':>17}")
    for beds in (1, 8, 32):
        seconds = BED_SECONDS // beds
        frames = list(recorded(beds, seconds))
        count = sum(isinstance(event, Reading) for event in decoded(frames))
        ward, bare = alternately(partial(in_ward, frames), partial(script, frames))
        each, other = ward / count * 1e6, bare / count * 1e6
        print(f"{beds:4}{count:10}{each:15.1f}{other:17.1f}{ward / bare:7.1f}{ward / seconds:17.2%}", flush=True)
    print("\nshare of a core: with every device of every bed speaking once a second\n")
    tested, bare = alternately(backtested, lambda: script(recorded(1, HOUR)))
    print(f"backtest of an hour of a bed: {HOUR / tested:,.0f} times real time")
    print(f"the script on the same recording: {HOUR / bare:,.0f} times real time, ratio {tested / bare:.1f}")


def recorded(beds: int, seconds: int) -> Iterator[Frame]:
    """Yield what the devices of `beds` generated beds send, in order; within a second bed after bed."""
    values = [source.made.seconds() for source in sources(f"labelled:{beds}x1") if isinstance(source, Labelled)]
    encoders = [defaultdict[str, Encoder](FAMILIES[FAMILY].encoder) for _ in range(beds)]
    for second in range(seconds):
        for bed in range(beds):
            at = START + second * SECOND + bed * SECOND // beds
            for device, sample in next(values[bed]).items():
                for channel, data in encoders[bed][device].encode(sample):
                    yield Frame(bed, device, at, channel, data)


def decoded(frames: Iterable[Frame]) -> Iterator[object]:
    """Yield what the bridges make of the frames, one bridge a device."""
    bridges = defaultdict[tuple[int, str], Bridge](FAMILIES[FAMILY].bridge)
    for bed, device, at, channel, data in frames:
        yield from bridges[bed, device].receive(channel, data, at)


def script(frames: Iterable[Frame]) -> float:
    """Return the CPU seconds that decoding and comparing take."""
    begun, alarms = time.process_time(), 0
    for event in decoded(frames):
        if isinstance(event, Reading) and event.validity is Validity.VALID and event.value is not None:
            lowest, highest = LIMITS[event.vital]
            alarms += not lowest <= event.value <= highest
    return time.process_time() - begun


def in_ward(frames: Sequence[Frame]) -> float:
    """Return the CPU seconds that a ward with our defaults takes for the frames and for all that falls due between."""
    ward = opened({(frame.bed, frame.device) for frame in frames})
    begun = time.process_time()
    for bed, device, at, channel, data in frames:
        while (due := ward.next_deadline()) is not None and due <= at:
            ward.handle(Wake(), due)
        ward.handle(LinkData(f"{device}-{bed}", channel, data, at), at)
    return time.process_time() - begun


def opened(connected: set[tuple[int, str]]) -> Ward:
    """Return a ward with these devices, by bed and name, connected."""
    ward = Ward()
    devices = tuple(
        Device(id=f"{name}-{bed}", bed=str(bed), family=FAMILY, port=f"/{name}-{bed}")
        for bed, name in sorted(connected)
    )
    beds = tuple(Bed(id=bed, required=("spo2", "pulse")) for bed in dict.fromkeys(device.bed for device in devices))
    ward.handle(Started(str(UUID(int=1)), "benchmark"), START)
    ward.handle(SettingsApplied(WardSettings(beds=beds, devices=devices)), START)
    for device in devices:
        ward.handle(LinkConnecting(device.id, START), START)
        ward.handle(LinkOpened(device.id, START), START)
    return ward


def backtested() -> float:
    """Return the CPU seconds of a backtest of an hour of a bed under our defaults."""
    begun = time.process_time()
    backtest(sources("labelled:1x1"), WardSettings())
    return time.process_time() - begun


def alternately(one: Callable[[], float], other: Callable[[], float]) -> tuple[float, float]:
    """Run both in turn and return the best of each."""
    pairs = [(one(), other()) for _ in range(ROUNDS)]
    return min(first for first, _ in pairs), min(second for _, second in pairs)


if __name__ == "__main__":
    main()
