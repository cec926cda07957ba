"""What is heard, measured: the samples against the tables of IEC 60601-1-8, and through the real aplay into a file."""

from __future__ import annotations

import asyncio
import shutil
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from edge_agent.domain.alerts import Priority
from edge_agent.domain.local_output import Sound
from edge_agent.gateway.local import sound, tone
from edge_agent.gateway.local.bursts import BURSTS
from edge_agent.gateway.local.contract import LocalError
from edge_agent.gateway.local.output import LocalOutput
from edge_agent.gateway.local.sound import SoundOutput
from tests.delivery.parts import until
from tests.gateway.test_local_output import ended, signal

WINDOW = round(0.004 * tone.RATE)
"""Two periods of the fundamental: the height of the signal is the greatest sample around each moment."""

SILENT = 1e-4


def measured(priority: Priority) -> NDArray[np.float64]:
    return np.frombuffer(tone.samples(priority), "<i2").astype(np.float64) / 2**15


def pulses(signal: NDArray[np.float64]) -> list[tuple[float, float]]:
    """Return begin and end of each pulse in s, where it has 90 % of its height (table 4's way of measuring)."""
    padded = np.pad(np.abs(signal), (WINDOW // 2, WINDOW - WINDOW // 2 - 1))
    height = np.lib.stride_tricks.sliding_window_view(padded, WINDOW).max(axis=1)
    edges = np.flatnonzero(np.diff((height >= 0.9 * height.max()).astype(int))) / tone.RATE
    return list(zip(edges[::2], edges[1::2], strict=True))


def spectrum(signal: NDArray[np.float64], begin: float, end: float) -> tuple[NDArray[np.float64], float]:
    """Return the heights of the spectrum's bins, and how many Hz a bin is wide."""
    part = signal[round(begin * tone.RATE) : round(end * tone.RATE)]
    return np.abs(np.fft.rfft(part * np.hanning(len(part)), 1 << 16)), tone.RATE / (1 << 16)


@pytest.mark.parametrize(("priority", "count"), [(Priority.HIGH, 10), (Priority.MEDIUM, 3), (Priority.LOW, 2)])
def test_pulses_and_their_spacing_are_within_the_tables(priority: Priority, count: int) -> None:
    signal = measured(priority)
    found = pulses(signal)
    assert len(found) == count
    shortest, longest = (0.075, 0.200) if priority is Priority.HIGH else (0.125, 0.250)
    assert all(shortest <= end - begin <= longest for begin, end in found)
    gaps = [after - end for (_, end), (after, _) in pairwise(found)]
    least, most = (0.050, 0.125) if priority is Priority.HIGH else (0.125, 0.250)
    plain = [gap for number, gap in enumerate(gaps) if priority is not Priority.HIGH or number not in {2, 4, 7}]
    assert all(least <= gap <= most for gap in plain)
    assert max(plain) - min(plain) <= 0.05 * min(plain)
    pause = len(signal) / tone.RATE - found[-1][1] + found[0][0]
    assert {Priority.HIGH: 2.5 <= pause <= 15, Priority.MEDIUM: 2.5 <= pause <= 30}.get(priority, pause > 15)


def test_the_halves_of_a_high_burst_stand_apart_as_table_3_has_them() -> None:
    found = pulses(measured(Priority.HIGH))
    gaps = [after - end for (_, end), (after, _) in pairwise(found)]
    length = found[0][1] - found[0][0]
    for gap in (gaps[2], gaps[7]):
        assert gap == pytest.approx(2 * gaps[0] + length, rel=0.05)
    assert 0.35 <= gaps[4] <= 1.3
    lengths = {priority: pulses(measured(priority)) for priority in (Priority.HIGH, Priority.MEDIUM)}
    high, medium = (after - begin for (begin, _), (after, _) in (each[:2] for each in lengths.values()))
    assert medium >= high


@pytest.mark.parametrize("priority", BURSTS)
def test_the_fundamental_and_four_harmonics_are_where_table_4_wants_them(priority: Priority) -> None:
    signal = measured(priority)
    heights, width = spectrum(signal, *pulses(signal)[0])
    lowest = np.argmax(heights) * width
    assert 150 <= lowest <= 1000
    assert lowest == pytest.approx(tone.PITCH, abs=5)
    near = [
        heights[round((number * lowest - 10) / width) : round((number * lowest + 10) / width)] for number in range(1, 9)
    ]
    within = [
        number
        for number, part in enumerate(near, start=1)
        if 300 <= number * lowest <= 4000 and 20 * np.log10(part.max() / heights.max()) >= -15
    ]
    assert len([number for number in within if number > 1]) >= 4


def test_what_is_worse_is_louder_and_nothing_is_cut_off() -> None:
    power = {priority: float(np.sqrt(np.mean(_first(priority) ** 2))) for priority in BURSTS}
    assert power[Priority.HIGH] > power[Priority.MEDIUM] > power[Priority.LOW] > 0
    assert all(np.max(np.abs(measured(priority))) < 1 for priority in BURSTS)


@pytest.mark.parametrize("priority", BURSTS)
def test_it_begins_and_ends_in_silence_and_no_edge_clicks(priority: Priority) -> None:
    signal = measured(priority)
    assert max(abs(signal[0]), abs(signal[-1])) < SILENT
    steps = np.abs(np.diff(signal))
    steady = _first(priority)[round(0.03 * tone.RATE) : round(0.10 * tone.RATE)]
    assert steps.max() <= np.abs(np.diff(steady)).max() * 1.01, "an edge is steeper than the sound itself"


def _first(priority: Priority) -> NDArray[np.float64]:
    signal = measured(priority)
    begin, end = pulses(signal)[0]
    return signal[round(begin * tone.RATE) : round(end * tone.RATE)]


@pytest.fixture
def played(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the file into which ALSA's own plugin plays what is sent to the device `ward`, and nothing to hear."""
    if shutil.which("aplay") is None:
        pytest.skip("aplay (alsa-utils) is not installed here")
    heard, config = tmp_path / "heard.raw", tmp_path / "asound.conf"
    config.write_text(
        f'pcm.ward {{ type file slave.pcm {{ type null }} file "{heard}" format raw }}\n', encoding="ascii"
    )
    monkeypatch.setenv("ALSA_CONFIG_PATH", str(config))
    return heard


def content(file: Path) -> bytes:
    return file.read_bytes() if file.exists() else b""


def test_aplay_plays_every_sample_and_is_ended_when_it_has_to_be_silent(played: Path) -> None:
    troubles: list[str] = []
    whole = tone.samples(Priority.HIGH)

    async def work() -> None:
        output = LocalOutput(SoundOutput(Sound(device="ward")), troubles.append)
        task = asyncio.ensure_future(output.run())
        await until(lambda: troubles == [""])
        assert set(content(played)) == {0}
        output.sound(signal(Priority.HIGH))
        await until(lambda: len(content(played)) > len(whole) // 2)
        output.sound(signal())
        await until(lambda: troubles == [""] and set(content(played)) == {0})  # tried out anew, silently
        output.sound(signal(Priority.MEDIUM))
        await until(lambda: len(content(played)) > len(tone.samples(Priority.MEDIUM)) // 2)
        heard = content(played)
        assert heard == tone.samples(Priority.MEDIUM)[: len(heard)]
        await ended(task)

    asyncio.run(work())


def test_a_device_that_is_not_there_is_said_before_it_is_needed_and_when_it_is(played: Path) -> None:
    troubles: list[str] = []

    async def work() -> None:
        output = LocalOutput(SoundOutput(Sound(device="nowhere")), troubles.append)
        task = asyncio.ensure_future(output.run())
        await until(lambda: bool(troubles))
        await ended(task)
        with pytest.raises(LocalError, match=troubles[0].partition(":")[0]):
            await SoundOutput(Sound(device="nowhere")).play(Priority.HIGH)

    asyncio.run(work())
    assert not played.exists()
    assert troubles[0].startswith("sound device nowhere: aplay: ")


def stand_in_aplay(folder: Path, script: str, monkeypatch: pytest.MonkeyPatch) -> None:
    program = folder / "aplay"
    program.write_text(f"#!/bin/sh\n{script}\n", encoding="ascii")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")


def test_an_aplay_that_dies_while_it_plays_is_an_error_with_its_last_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stand_in_aplay(tmp_path, "head -c 1000 >/dev/null; echo first >&2; echo unplugged >&2; exit 1", monkeypatch)
    with pytest.raises(LocalError, match=r"^sound device default: unplugged$"):
        asyncio.run(SoundOutput(Sound()).play(Priority.HIGH))


def test_a_device_that_takes_nothing_is_stuck(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stand_in_aplay(tmp_path, "exec sleep 600", monkeypatch)
    monkeypatch.setattr(sound, "STUCK_S", 0.01)
    monkeypatch.setattr(sound, "BURSTS", {Priority.HIGH: BURSTS[Priority.HIGH]._replace(period=0.0)})
    for attempt in (SoundOutput(Sound()).try_out(), SoundOutput(Sound()).play(Priority.HIGH)):
        with pytest.raises(LocalError, match="takes no sound"):
            asyncio.run(attempt)


class Draining:
    """Stands in for aplay's end of the pipe: it has taken everything at the very moment when it is to be silent."""

    def __init__(self) -> None:
        self.stdin = self
        self.taken: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def write(self, _: bytes) -> None:
        """Take it."""

    async def drain(self) -> None:
        """Wait until it is taken."""
        await self.taken


@pytest.mark.parametrize("turns", range(5))
def test_silence_is_never_lost_to_a_device_that_takes_sound_at_that_moment(turns: int) -> None:
    async def work() -> None:
        process: Any = Draining()
        feeding = SoundOutput(Sound())._fed(process, b"", 60)

        async def play() -> None:
            await feeding
            await asyncio.get_running_loop().create_future()

        task = asyncio.ensure_future(play())
        await asyncio.sleep(0.01)
        process.taken.set_result(None)
        for _ in range(turns):
            await asyncio.sleep(0)
        task.cancel()
        await asyncio.wait([task], timeout=10)
        assert task.cancelled(), "it sounds on"

    asyncio.run(work())


def test_without_aplay_it_says_so(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(LocalError, match="aplay: No such file"):
        asyncio.run(SoundOutput(Sound()).try_out())
