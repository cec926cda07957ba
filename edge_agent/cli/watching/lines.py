"""Text in a given width and height: wrapped below its own beginning, cropped, and shared out. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from textwrap import wrap

from rich.text import Text

Lead = Sequence[tuple[str, str]]
"""Pieces of text with their styles, such as a badge, that stand before what is wrapped."""


def cropped(text: Text, width: int) -> Text:
    """Return a text of one line that ends in an ellipsis where the screen does."""
    text = text.copy()
    text.truncate(max(width, 1), overflow="ellipsis")
    return text


def hung(lead: Lead, words: str, style: str, width: int, hang: int) -> list[Text]:
    """Return `words` behind `lead`, wrapped, each further line `hang` columns in."""
    begun = sum(len(text) for text, _ in lead)
    lines = wrap(words, max(width, 1), initial_indent=" " * begun, subsequent_indent=" " * min(hang, width // 2))
    first, *more = lines or [" " * begun]
    return [
        cropped(line, width) for line in (Text.assemble(*lead, (first[begun:], style)), *(Text(w, style) for w in more))
    ]


def shared(room: int, first: int, second: int) -> tuple[int, int]:
    """Share `room` lines between two blocks that want so many: neither gets less than half while it needs it."""
    given = min(first, max(room - second, room // 2))
    return max(given, 0), max(min(second, room - given), 0)
