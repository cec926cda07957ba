"""What can be played: labelled beds, recordings at 1 Hz, our own flight recordings, hourly charts."""

from __future__ import annotations

import csv
import gzip
import re
import zlib
from collections.abc import Iterator
from pathlib import Path

import msgspec

from edge_agent.cli.load.charts import charts
from edge_agent.cli.load.playing import Played, Run, Source
from edge_agent.cli.load.sustained import sustained
from edge_agent.domain.errors import AgentError
from edge_agent.domain.inputs import Started
from edge_agent.domain.settings import SECOND, Bed
from edge_agent.domain.windows import Patient
from edge_agent.gateway.recorder import BROKEN, SUFFIX, Checkpoint, Noted, Record, read
from edge_agent.gateway.replay import header
from edge_agent.simulator import recordings
from edge_agent.simulator.labelled import DEVICES, LabelledBed
from firmware_bridges.bridge import Sample

_LABELLED = re.compile(r"labelled:([1-9]\d*)x([1-9]\d*)(?::(\d+))?")
FAMILY = "sensor_link"
"""The protocol that recorded values are played in: it carries every vital of ours."""
ONE = "recorded"


class Labelled(msgspec.Struct, frozen=True):
    """A generated bed, whose events are known."""

    made: LabelledBed

    @property
    def name(self) -> str:
        """Return the bed's name."""
        return self.made.name

    def play(self, run: Run) -> Played:
        """Let both devices speak once a second."""
        run.begin(Bed(id="1", required=("spo2", "pulse")), dict.fromkeys(DEVICES, FAMILY))
        watch, seconds = self.made.watch(), 0
        for seconds, samples in enumerate(self.made.seconds(), 1):
            run.until(run.start + (seconds - 1) * SECOND)
            watch.see(seconds - 1, samples)
            for device, sample in samples.items():
                run.say(device, sample)
        return Played(seconds, watch.labels())


class Seconds(msgspec.Struct, frozen=True):
    """A real patient at 1 Hz; what must be told is what was beyond a limit for a minute."""

    name: str
    seconds: tuple[dict[str, int], ...]
    person: Patient

    def play(self, run: Run) -> Played:
        """Let one device say what there is of each second."""
        run.begin(Bed(id="1", patient=self.person), {ONE: FAMILY})
        for second, values in enumerate(self.seconds):
            run.until(run.start + second * SECOND)
            if values:
                run.say(ONE, Sample(values=values))
        run.until(run.start + len(self.seconds) * SECOND)
        return Played(len(self.seconds), sustained(self.seconds))


class Flight(msgspec.Struct, frozen=True):
    """A flight recording: the ward as it was, then its inputs, under other settings."""

    path: str

    @property
    def name(self) -> str:
        """Return the recording's name, that of its alert."""
        return Path(self.path).stem

    def play(self, run: Run) -> Played:
        """Continue from the first checkpoint; settings and runs of the recording itself do not count.

        A recording that breaks off, as they do when power is cut, counts up to there.
        """
        state: bytes | None = None
        begun = False
        for record in _unbroken(Path(self.path)):
            if isinstance(record, Checkpoint) and state is None:
                state = record.ward
            elif isinstance(record, Noted) and state is not None:
                if not begun:
                    self._resume(run, state, record.entry.now)
                    begun = True
                run.until(record.entry.now)
                if not isinstance(record.entry.input, Started) and not _settings(record):
                    run.give(record.entry.input)
        return Played((run.now - run.start) / SECOND, beds=len(run.ward.settings.beds))

    def _resume(self, run: Run, state: bytes, now: int) -> None:
        try:
            run.resume(state, now)
        except msgspec.DecodeError as error:
            raise AgentError(f"{self.path}: made by another version of the agent ({error})") from error


def _unbroken(path: Path) -> Iterator[Record]:
    try:
        yield from read(path)
    except BROKEN:
        return


def _settings(record: Noted) -> bool:
    return type(record.entry.input).__name__ == "SettingsApplied"


def sources(data: str, at_most: int | None = None) -> list[Source]:
    """Return what `data` names: labelled:BEDSxHOURS[:SEED], a file, a folder of recordings. AgentError if nothing."""
    if data.startswith("labelled:"):
        return _labelled(data)[:at_most]
    path = Path(data)
    each: list[Source]
    if path.is_dir():
        each = [source for file in sorted(path.glob(f"*{SUFFIX}")) for source in sources(str(file))]
    elif path.suffix == SUFFIX:
        header(path)
        each = [Flight(str(path))]
    else:
        each = _tables(path, at_most)
    if not each:
        raise AgentError(f"{data}: nothing to play{f', no {SUFFIX} in it' if path.is_dir() else ''}")
    return each[:at_most]


def _labelled(data: str) -> list[Source]:
    found = _LABELLED.fullmatch(data)
    if found is None:
        raise AgentError(f"{data}: write labelled:BEDSxHOURS or labelled:BEDSxHOURS:SEED, such as labelled:21x24:1")
    beds, hours, seed = int(found[1]), int(found[2]), int(found[3] or 1)
    return [Labelled(LabelledBed(seed, bed, hours)) for bed in range(beds)]


def _tables(path: Path, at_most: int | None) -> list[Source]:
    try:
        return list(charts(path, at_most)) or [
            Seconds(f"{path.name.partition('.')[0]}-{name}", patient.seconds, patient.person)
            for name, patient in recordings.read_all(path).items()
        ]
    except (UnicodeDecodeError, EOFError, gzip.BadGzipFile, zlib.error, csv.Error) as error:
        raise AgentError(f"{path}: cannot be read as CSV ({error})") from error
