"""What a fuzzer needs of a family: frames a real device would send, and by what it shows that it reads again."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from random import Random
from typing import NamedTuple

from edge_agent.simulator.conversations import begin
from firmware_bridges.bridge import SERIAL, Bridge, Family, Sample
from firmware_bridges.decoding import channels
from firmware_bridges.families import FAMILIES
from firmware_bridges.gatt import DATE_TIME
from firmware_bridges.racp import CONTROL
from firmware_bridges.vitals import Event, Send
from tests.firmware_bridges.devices import HISTORY, RANGES, REACH, Frames, encoded, settling
from tests.fuzz.envelopes import content_of

TIER_B = frozenset(
    {
        "advertised_scale",
        "contec_cms50_5byte",
        "contec_cms50d_bt_ble",
        "ivy_450c_ansarb",
        "jumper_jpd500f",
        "omron_hem_7142t2",
        "philips_intellivue",
        "polar_pmd",
        "viatom_o2ring",
        "viatom_oxyii",
        "viatom_pc60fw",
        "yuwell_oximeter",
    }
)
"""Families that are fuzzed less. A new one is of tier A until somebody says otherwise."""

TIER_A = tuple(name for name in FAMILIES if name not in TIER_B)

SECOND = 1_000_000_000
STEP = SECOND // 10
LONGEST = 300 * SECOND
FRAMES = 100

REPLIES = (*(bytes((6, 0, 1, code)) for code in (1, 2, 4, 6, 8)), bytes((5, 0, 3, 0)))
"""What a Record Access Control Point says: success, not supported, no records, not completed; a count."""

CLOCKS = tuple(bytes.fromhex(text) for text in ("ea0709190c0000", "ea070919170000", "00000000000000"))
"""Dates and times of 0x2A08: a noon, eleven hours later, not set."""


class Target(NamedTuple):
    """A family to fuzz.

    `pool` is what its device sent, in order, each with its content where that can be told apart from a checksum.
    `good` must be read as `values` from its frame number `resync_frames` on. `remembers`: what it sends in answer to a
    question is history.
    """

    family: Family
    channels: tuple[str, ...]
    pool: tuple[tuple[str, bytes, bytes | None], ...]
    remembers: bool
    good: tuple[tuple[str, bytes], ...]
    values: dict[str, int]


@cache
def target(name: str) -> Target:
    """Return the target `name`; the same one on every machine."""
    family = FAMILIES[name]
    where = channels(family)
    randomness = Random(name)
    frames = [*_recorded(family, randomness), *_answers(where)]
    encoder, sample = family.encoder(), sample_of(family, randomness, well=True)
    good = (*settling(family, encoder, sample), *encoded(encoder, [sample]))
    remembers = CONTROL in where or name in HISTORY
    pool = tuple((channel, data, content_of(name, data)) for channel, data in frames)
    return Target(family, where, pool, remembers, good, sample.values)


def _answers(where: tuple[str, ...]) -> Frames:
    """Return what a Bluetooth device answers that its encoder does not say: replies, clocks, short values."""
    replies = [(CONTROL, reply) for reply in REPLIES if CONTROL in where]
    clocks = [(DATE_TIME, clock) for clock in CLOCKS if DATE_TIME in where]
    short = [(channel, bytes(size)) for channel in where if channel != SERIAL for size in (1, 2, 9)]
    return replies + clocks + short


def _recorded(family: Family, randomness: Random) -> Frames:
    """Let a simulated device converse with the family's bridge and return what the device sent, frame by frame."""
    bridge = family.bridge()
    device = begin(family, lambda _: sample_of(family, randomness, well=randomness.random() < 0.4))
    frames: Frames = []
    events = bridge.opened(0)
    for now in range(STEP, LONGEST, STEP):
        if len(frames) > FRAMES:
            break
        for event in events:
            if isinstance(event, Send):
                device.hear(event.channel, event.data, now)
        events = []
        for channel, data in device.say(now):
            frames += _split(family, channel, data)
            events += bridge.receive(channel, data, now)
        events += _woken(bridge, now)
    return frames


def _woken(bridge: Bridge, now: int) -> list[Event]:
    due = bridge.next_deadline()
    return bridge.wake(now) if due is not None and due <= now else []


def _split(family: Family, channel: str, data: bytes) -> Iterator[tuple[str, bytes]]:
    """Yield the messages of families that send several at once."""
    if family.name == "drager_medibus":
        yield from ((channel, message + b"\r") for message in data.split(b"\r")[:-1])
    elif data:
        yield channel, data


def sample_of(family: Family, randomness: Random, *, well: bool) -> Sample:
    """Return what a device of `family` may measure; `well` without anything missing or wrong."""
    values = {measure.vital: _value(family, measure.vital, randomness) for measure in family.measures}
    if not well and randomness.random() < 0.3:
        values.pop(randomness.choice(sorted(values)))
    reasons = [] if well or not family.conditions else randomness.sample(family.conditions, 1)
    return Sample(values, frozenset(reasons), randomness.randrange(2**32))


def _value(family: Family, vital: str, randomness: Random) -> int:
    steps = REACH.get(family.name, {}).get(vital)
    return randomness.randint(*RANGES[vital]) if steps is None else randomness.choice(steps)
