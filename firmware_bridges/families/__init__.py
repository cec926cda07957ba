"""One file is one device family and exports `FAMILY`; `FAMILIES` finds them all by name.

A family file holds frames, link settings, decoder, encoder and its source documents. What two families share stands
beside `bridge.py`, never in here.
"""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules

from firmware_bridges.bridge import Family

FAMILIES: dict[str, Family] = {
    family.name: family
    for family in (import_module(f"{__name__}.{module.name}").FAMILY for module in iter_modules(__path__))
}
"""Every supported family by its name, which is the file's name."""
