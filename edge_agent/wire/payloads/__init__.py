"""One file is one payload: its record, and how it comes from the domain's. `PAYLOADS` finds them all.

A file exports `PAYLOAD`, a subclass of `Body` (out) or `Request` (in) whose tag is its schema id. What two payloads
share stands in `wire.parts`; topics, numbering and bytes are no business of a payload.
"""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules

import msgspec

PAYLOADS: dict[str, type[msgspec.Struct]] = {
    str(payload.__struct_config__.tag): payload
    for payload in (import_module(f"{__name__}.{module.name}").PAYLOAD for module in iter_modules(__path__))
}
"""Every payload by its schema id with version, such as bedside/alert/1."""
