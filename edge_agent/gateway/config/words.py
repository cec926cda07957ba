"""How an error speaks: values shown safely, choices in a row, and the nearest name to a misspelled one."""

from __future__ import annotations

import re
from collections.abc import Iterable
from difflib import get_close_matches

from edge_agent.gateway.config.nodes import Kind, ListNode, MapNode, Node, Scalar

Path = tuple[str | int, ...]
"""Keys and positions (from 0) from the root to one setting."""

_LONGEST_SHOWN = 48
_NUMERIC = re.compile(r"-?[\d.]+")
_USER_INFO = re.compile(r"//[^/@\s]*@")


def dotted(path: Path) -> str:
    """Return `path` as yq and jq take it, such as ward_settings.devices[2].bed; the root is a dot."""
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{clean(part)}" for part in path)
    return text[1:] if len(text) > 1 and text.startswith(".") else text or "."


def clean(text: str) -> str:
    """Return `text` on one line, with everything unprintable as its code."""
    return "".join(letter if letter.isprintable() else f"<U+{ord(letter):04X}>" for letter in text)


def short(text: str) -> str:
    """Return as much of `text` as an error has room for, without the account of an URL."""
    text = clean(_USER_INFO.sub("//***@", text))
    return text if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]}..."


def shown(text: str) -> str:
    """Return `text` shortened, in quotes."""
    return f'"{short(text)}"'


def described(node: Node, *, secret: bool = False) -> str:
    """Say what stands at `node`; of a `secret` only that something does."""
    if isinstance(node, MapNode):
        return "a section" if node.entries else "an empty section"
    if isinstance(node, ListNode):
        return "a list" if node.items else "an empty list"
    if not isinstance(node, Scalar) or node.kind is Kind.NOTHING:
        return "nothing"
    if secret:
        return "a value that is not shown here"
    bare = node.kind is Kind.PLAIN and _NUMERIC.fullmatch(node.text)
    quoted = node.kind in {Kind.PLAIN, Kind.TEXT} and not bare
    return shown(node.text) if quoted else short(node.text)


def one_of(names: Iterable[object]) -> str:
    """Return the choices in a row."""
    return ", ".join(dict.fromkeys(str(name) for name in names)) or "none"


def nearest(name: str, names: Iterable[str], likeness: float = 0.6) -> str | None:
    """Return the one of `names` that was probably meant by `name`, hyphens and capitals aside."""
    plain = {known.lower().replace("-", "_"): known for known in names}
    close = get_close_matches(name.lower().replace("-", "_"), plain, n=1, cutoff=likeness)
    return plain[close[0]] if close else None


def suggestion(name: str, names: Iterable[str], otherwise: str) -> str:
    """Return "did you mean X?", or `otherwise` where nothing is near."""
    near = nearest(name, names)
    return f"did you mean {near}?" if near else otherwise
