"""`make fuzz`: 10^6 conversations per family of tier A, guided by coverage where atheris has a wheel.

make fuzz ARGS="sensor_link nonin_df2 --runs 50000 --seed 7"; with --plain without atheris; --replay shows one again.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from importlib.util import find_spec

from firmware_bridges.families import FAMILIES
from tests.fuzz.choices import Choices
from tests.fuzz.driver import LawBrokenError, drive
from tests.fuzz.oracle import execute
from tests.fuzz.streams import conversation
from tests.fuzz.targets import TIER_A, target

LAST_LINES = 40
"""Of what a run that failed said: the exception and how to see it again."""


def main() -> int:
    """Fuzz the families asked for; return 1 if a law was broken."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("families", nargs="*", metavar="FAMILY", help="all of tier A if none is named")
    parser.add_argument("--runs", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--plain", action="store_true", help="random conversations, without atheris")
    parser.add_argument("--replay", metavar="HEX", help="run one conversation of one family and show it")
    asked = parser.parse_args()
    unknown = [name for name in asked.families if name not in FAMILIES]
    if unknown:
        parser.error(f"no such family: {', '.join(unknown)}")
    if asked.replay is not None:
        return replay(asked.families[0], bytes.fromhex(asked.replay))
    guided = not asked.plain and find_spec("atheris") is not None
    say("guided by coverage" if guided else "random: atheris is not used")
    run = fuzz_guided if guided else fuzz_plain
    return int(sum(run(name, asked.runs, asked.seed) for name in asked.families or TIER_A) > 0)


def fuzz_plain(name: str, runs: int, seed: int) -> bool:
    """Run random conversations; return whether a law was broken."""
    begun = time.monotonic()
    try:
        events = drive(target(name), runs, seed)
    except LawBrokenError as broken:
        say(f"{name}: {broken}")
        return True
    say(f"{name}: {runs} executions, seed {seed}, {events} events, {time.monotonic() - begun:.0f} s: all laws held")
    return False


def fuzz_guided(name: str, runs: int, seed: int) -> bool:
    """Let atheris choose conversations, in a process of its own; return whether a law was broken."""
    begun = time.monotonic()
    command = [sys.executable, "-m", "tests.fuzz.guided", name, str(runs), str(seed)]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    if done.returncode:
        last = "\n".join((done.stdout + done.stderr).splitlines()[-LAST_LINES:])
        say(f"{name}: ended with {done.returncode}, the last that was said:\n{last}")
        return True
    seen = [line for line in done.stderr.splitlines() if " cov: " in line][-1]
    say(f"{name}: {runs} executions, seed {seed}, {time.monotonic() - begun:.0f} s: all laws held; {seen}")
    return False


def replay(name: str, data: bytes) -> int:
    """Show what one conversation sends, then run it: what is wrong is raised."""
    for piece in conversation(target(name), Choices(data)):
        say(f"{piece.after / 1e9:8.3f} s  {piece.channel or 'closed, opened'}  {piece.data.hex()}")
    say(f"{execute(target(name), data)} events: all laws held")
    return 0


def say(text: str) -> None:
    """Print a line at once: a run may take hours."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
