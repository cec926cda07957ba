"""Compiles C and C++ for the host, and talks to what came out."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from types import TracebackType
from typing import final

import pytest

from tests.paths import CHECKOUT

FIRMWARE = CHECKOUT / "firmware_bridges" / "firmware"
"""What a firmware's author gets: the header, its README, the example."""

HOST = CHECKOUT / "tests" / "firmware" / "host"
"""What stands in for a board: programs of the tests, and a pretended Arduino."""

STRICT = ("-Wall", "-Wextra", "-Wconversion", "-Wshadow", "-pedantic", "-Werror")
C99 = ("-std=c99", *STRICT)
CPP11 = ("-std=c++11", *STRICT)
SANITIZERS = ("-g", "-fsanitize=address,undefined", "-fno-sanitize-recover=all")


def build(source: Path, output: Path, *options: str) -> Path:
    """Compile one program; skip the calling test if there is no compiler, fail it on any warning."""
    compiler = "c++" if source.suffix in {".cpp", ".ino"} else "cc"
    if shutil.which(compiler) is None:
        pytest.skip(f"no compiler: {compiler} is not installed")
    command = [compiler, *options, f"-I{FIRMWARE}", f"-I{HOST}", str(source), "-o", str(output)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
    return output


def sanitizers(folder: Path) -> tuple[str, ...]:
    """Return the sanitizers' options, none where the compiler came without them."""
    source = folder / "empty.c"
    source.write_text("int main(void) { return 0; }\n")
    command = ["cc", *SANITIZERS, str(source), "-o", str(folder / "empty")]
    there = shutil.which("cc") is not None and subprocess.run(command, capture_output=True, check=False).returncode == 0
    return SANITIZERS if there else ()


@final
class Harness:
    """The header, one request and one answer at a time."""

    def __init__(self, program: Path) -> None:
        """Start `program`, a build of harness.c."""
        pipe = subprocess.PIPE
        self._process = subprocess.Popen([str(program)], stdin=pipe, stdout=pipe, stderr=pipe, text=True)

    def __enter__(self) -> Harness:
        """Return itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End the program; it must not have complained."""
        _, complaints = self._process.communicate(timeout=20)
        assert (self._process.returncode, complaints) == (0, "")

    def ask(self, *words: object) -> str:
        """Return the answer to a request."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(" ".join(map(str, words)) + "\n")
        self._process.stdin.flush()
        return self._process.stdout.readline().removesuffix("\n")

    def frame(self, *words: object) -> bytes:
        """Return the frame that a request makes."""
        return bytes.fromhex(self.ask(*words))
