"""Numbers in three rows of half blocks, to be read from a step away."""

from __future__ import annotations

GLYPHS = {
    "0": ("█▀█", "█ █", "▀▀▀"),
    "1": ("▀█ ", " █ ", "▀▀▀"),
    "2": ("▀▀█", "█▀▀", "▀▀▀"),
    "3": ("▀▀█", " ▀█", "▀▀▀"),
    "4": ("█ █", "▀▀█", "  ▀"),
    "5": ("█▀▀", "▀▀█", "▀▀▀"),
    "6": ("█▀▀", "█▀█", "▀▀▀"),
    "7": ("▀▀█", "  █", "  ▀"),
    "8": ("█▀█", "█▀█", "▀▀▀"),
    "9": ("█▀█", "▀▀█", "▀▀▀"),
    "-": ("   ", "▀▀▀", "   "),
    " ": ("   ", "   ", "   "),
}
"""Three rows of three cells each."""

ROWS = 3


def large(text: str, places: int) -> list[str]:
    """Return `text` (digits, '-' and spaces) as `ROWS` lines, right-aligned to `places` characters."""
    glyphs = [GLYPHS[character] for character in text.rjust(places)]
    return [" ".join(glyph[row] for glyph in glyphs) for row in range(ROWS)]
