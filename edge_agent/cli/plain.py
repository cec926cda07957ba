"""Output to terminals and files that know fewer characters than we use: each gets a stand-in instead of an error."""

from __future__ import annotations

import codecs
import io
import sys

_STAND_INS = {"≥": ">=", "≤": "<=", "…": "~", "─": "-", "·": ".", "°": " ", "↑": "+", "↓": "-"}
_STAND_INS |= dict(zip("▁▂▃▄▅▆▇█", "__..--''", strict=True))


def stand_in(error: UnicodeError) -> tuple[str, int]:
    """Return what is written for characters that the encoding lacks, a question mark for those we do not know."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    missing = error.object[error.start : error.end]
    return "".join(_STAND_INS.get(each, "?") for each in missing), error.end


def write_plainly() -> None:
    """Let nothing that is printed fail for its characters."""
    codecs.register_error("stand-in", stand_in)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="stand-in")
