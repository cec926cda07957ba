"""The sound of each priority, synthesised: 16-bit mono samples of one burst and the silence after it.

IEC 60601-1-8:2006+A1:2012, 6.3.3.1 table 4, in our words: a pulse has a fundamental of 150 to 1000 Hz, at least four
harmonics within 300 to 4000 Hz and within 15 dB of it, and rises within 10 to 20 % of its length (10 to 40 % since the
amendment). How loud that is in the room is the loudspeaker's matter and has to be measured there.
"""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

from edge_agent.domain.alerts import Priority
from edge_agent.gateway.local.bursts import BURSTS, Burst

RATE = 48_000
"""Samples a second."""

PITCH = 523.25
"""Hz, C5: low enough for a large ward, high enough for a small loudspeaker."""

PARTIALS = (1.0, 0.7, 0.5, 0.4, 0.3)
"""Height of the fundamental and of the second to fifth partial: 10.5 dB apart at most."""

LEVELS = {Priority.HIGH: 0.9, Priority.MEDIUM: 0.5, Priority.LOW: 0.25}
"""Peak, of full scale."""

EDGE = 0.035
"""Seconds of a raised-cosine edge; from 10 to 90 % of the height it takes 59 % of that."""

_AT_90 = 0.795
"""The part of an edge after which 90 % of the height is reached."""


@cache
def samples(priority: Priority) -> bytes:
    """Return one period as signed 16-bit little-endian samples at `RATE`. The first time takes a while."""
    burst = BURSTS[priority]
    sounding = burst.begins[-1] + burst.pulse + 2 * EDGE
    time = np.arange(round(sounding * RATE)) / RATE
    wave = sum(part * np.sin(2 * np.pi * PITCH * number * time) for number, part in enumerate(PARTIALS, start=1))
    signal = _envelope(time, burst) * wave / np.max(np.abs(wave))
    data = bytes(np.round(signal * LEVELS[priority] * np.iinfo(np.int16).max).astype("<i2").tobytes())
    return data + silence(burst.period - sounding)


def silence(seconds: float) -> bytes:
    """Return so much silence."""
    return bytes(2 * round(seconds * RATE))


def _envelope(time: NDArray[np.float64], burst: Burst) -> NDArray[np.float64]:
    """Return the height of the signal at each moment, 0 to 1; the first pulse begins one edge after the start."""
    whole = np.zeros_like(time)
    for begin in burst.begins:
        since = time - EDGE - begin
        rise = _step((since + _AT_90 * EDGE) / EDGE)
        fall = _step((since - burst.pulse + (1 - _AT_90) * EDGE) / EDGE)
        whole += rise - fall
    return whole


def _step(part: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return a raised cosine from 0 to 1 while `part` goes from 0 to 1."""
    smooth: NDArray[np.float64] = (1 - np.cos(np.pi * np.clip(part, 0, 1))) / 2
    return smooth
