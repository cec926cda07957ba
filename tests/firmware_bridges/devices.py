"""Virtual devices for the laws: samples within every family's reach, their frames, and frames after an accident."""

from __future__ import annotations

from collections.abc import Iterable

import pytest
from hypothesis import settings
from hypothesis import strategies as st

from firmware_bridges.bridge import SERIAL, Bridge, Encoder, Family, Sample, SerialSettings, TcpSettings
from firmware_bridges.decoding import channels
from firmware_bridges.families import FAMILIES
from firmware_bridges.vitals import Event, Reading, Reason, Validity

Frames = list[tuple[str, bytes]]

every_family = pytest.mark.parametrize("family", FAMILIES.values(), ids=list(FAMILIES))
STREAMS = {name: family for name, family in FAMILIES.items() if isinstance(family.link, SerialSettings | TcpSettings)}
every_stream = pytest.mark.parametrize("family", STREAMS.values(), ids=list(STREAMS))
law = settings(deadline=None, max_examples=40)
thorough = settings(deadline=None, max_examples=150)
exhaustive = settings(deadline=None, max_examples=15)

NEVER_EVEN_QUESTIONABLE = frozenset(
    {Reason.DEMO, Reason.TEST, Reason.STORED, Reason.HELD, Reason.SEARCHING, Reason.CALIBRATING, Reason.SENSOR_OFF}
)
"""Conditions under which a number is no live measurement at all."""

RANGES = {
    "heart_rate": (0, 350),
    "pulse_rate": (1, 254),
    "pulse_rate_nibp": (1, 254),
    "spo2": (1, 100),
    "respiratory_rate": (0, 120),
    "systolic": (20, 300),
    "diastolic": (10, 250),
    "mean_pressure": (10, 280),
    "temperature": (200, 450),
    "perfusion_index": (0, 2000),
    "glucose": (1, 2000),
    "glucose_interstitial": (1, 2000),
    "weight": (1, 30000),
}
"""What any device of ours can say of a living patient, in units of the vital's resolution."""


HISTORY = frozenset({"omron_hem_7142t2"})
"""Families that read a device's memory alone: what they pass on is stored, never valid."""

_TENTHS = {"perfusion_index": range(10, 2001, 10)}
REACH: dict[str, dict[str, range]] = {
    "healthypi_v4": {"heart_rate": range(1, 256), "respiratory_rate": range(1, 121)},
    "omron_hem_7142t2": {"systolic": range(26, 251)},
    "viatom_o2ring": _TENTHS,
    "viatom_pc60fw": _TENTHS,
    "jumper_jpd500f": _TENTHS,
    "yuwell_oximeter": {"perfusion_index": range(1, 2001)},
}
"""What a family's protocol cannot say finer, or at all: perfusion in tenths of a percent, of which 0 says nothing."""

Conditions = st.SearchStrategy[frozenset[Reason]]
_UNTROUBLED: Conditions = st.just(frozenset())


def samples(family: Family, conditions: Conditions = _UNTROUBLED) -> st.SearchStrategy[Sample]:
    """Draw what a device of `family` measures at one moment; by default without conditions."""
    values = {measure.vital: _reach(family, measure.vital) for measure in family.measures}
    return st.builds(
        Sample,
        values=st.fixed_dictionaries(values),
        conditions=conditions,
        device_ms=st.integers(0, 2**32 - 1),
    )


def _reach(family: Family, vital: str) -> st.SearchStrategy[int]:
    steps = REACH.get(family.name, {}).get(vital)
    return st.integers(*RANGES[vital]) if steps is None else st.sampled_from(steps)


def troubled(family: Family, least: int = 0) -> Conditions:
    """Draw at least `least` of the conditions that the family's encoder can express."""
    return st.frozensets(st.sampled_from(family.conditions), min_size=least)


def encoded(encoder: Encoder, drawn: Iterable[Sample]) -> Frames:
    """Return all frames of `drawn`, in order."""
    return [frame for sample in drawn for frame in encoder.encode(sample)]


def warm(encoder: Encoder, sample: Sample) -> Encoder:
    """Let the encoder say what it says only once; from then on one frame is one measurement."""
    encoder.encode(sample)
    return encoder


def settling(family: Family, encoder: Encoder, sample: Sample) -> Frames:
    """Return frames enough for a fresh bridge to trust the line."""
    return encoded(encoder, [sample] * (family.resync_frames + 1))


def feed(bridge: Bridge, frames: Frames, at: int = 0) -> list[Event]:
    """Return what the bridge says to `frames`, each received whole at `at`."""
    return [event for channel, data in frames for event in bridge.receive(channel, data, at)]


def readings(events: Iterable[Event]) -> list[Reading]:
    return [event for event in events if isinstance(event, Reading)]


def valid(events: Iterable[Event]) -> dict[str, int | None]:
    """Return the last valid value of each vital."""
    return {each.vital: each.value for each in readings(events) if each.validity is Validity.VALID}


def passed(family: Family, reading: Reading) -> bool:
    """Say whether `family` vouches for a reading: it is valid, or for a memory nothing but old."""
    if family.name in HISTORY:
        return reading.stored and reading.reason is Reason.STORED and reading.value is not None
    return reading.validity is Validity.VALID


def taken(family: Family, events: Iterable[Event]) -> dict[str, int | None]:
    """Return the last value of each vital that `family` vouches for."""
    return {each.vital: each.value for each in readings(events) if passed(family, each)}


_NOISE = st.one_of(st.binary(max_size=40), st.binary(min_size=1, max_size=3).map(lambda some: some * 100))
"""Bytes of no meaning: few, or the same for long, as a wrong baud rate or a jammed line makes them."""


@st.composite
def accidents(draw: st.DrawFn, family: Family, encoder: Encoder) -> Frames:
    """Draw frames of which some were cut, doubled, flipped or overwritten, and noise on any channel between them.

    The encoder goes on where it was, as a device does.
    """
    frames = encoded(encoder, draw(st.lists(samples(family, troubled(family)), max_size=6)))
    noise = st.tuples(st.sampled_from((*channels(family), "unheard-of")), _NOISE)
    broken = [(channel, draw(_damaged(data))) for channel, data in frames]
    for position in draw(st.lists(st.integers(0, len(broken)), max_size=3)):
        broken.insert(position, draw(noise))
    return broken


def stream(frames: Frames) -> bytes:
    """Return what a serial or TCP line carries of `frames`."""
    return b"".join(data for channel, data in frames if channel == SERIAL)


def smallest_steps(family: Family, frames: Frames) -> Frames:
    """Return `frames` in the smallest pieces that can arrive: bytes of a stream, notifications over Bluetooth."""
    return [(SERIAL, bytes((byte,))) for byte in stream(frames)] if family.name in STREAMS else frames


def _damaged(data: bytes) -> st.SearchStrategy[bytes]:
    position = st.integers(0, len(data) - 1)
    return st.one_of(
        st.just(data),
        st.just(data + data),
        position.map(lambda at: data[:at]),
        position.map(lambda at: data[at:]),
        st.tuples(position, st.integers(0, 7)).map(lambda flip: flipped(data, *flip)),
        st.tuples(position, st.binary(max_size=3)).map(lambda new: data[: new[0]] + new[1] + data[new[0] + 1 :]),
        st.tuples(position, st.binary(min_size=1, max_size=3)).map(
            lambda new: data[: new[0]] + new[1] + data[new[0] :]
        ),
    )


def flipped(data: bytes, position: int, bit: int) -> bytes:
    """Return `data` with one bit of one byte changed."""
    return data[:position] + bytes((data[position] ^ 1 << bit,)) + data[position + 1 :]
