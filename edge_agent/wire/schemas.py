"""JSON Schemas 2020-12 of every payload, made from the records themselves."""

from __future__ import annotations

from inspect import cleandoc
from typing import Any

import msgspec

from edge_agent.domain.settings import WardSettings
from edge_agent.wire.envelope import Body, Envelope
from edge_agent.wire.payloads import PAYLOADS
from edge_agent.wire.payloads.config_desired import ConfigDesired

Schema = dict[str, Any]
DIALECT = "https://json-schema.org/draft/2020-12/schema"
_REF = "#/$defs/{name}"


def schemas() -> dict[str, Schema]:
    """Return every schema by its id, such as bedside/alert/1."""
    return {name: schema(name) for name in PAYLOADS}


def schema(name: str) -> Schema:
    """Return the schema of the payload with id `name`. KeyError for an unknown one."""
    kind = PAYLOADS[name]
    inner = [WardSettings] if kind is ConfigDesired else []
    _, defs = msgspec.json.schema_components([kind, Envelope, *inner], ref_template=_REF)
    top, envelope = defs.pop(kind.__name__), defs.pop(Envelope.__name__)
    properties, required = top["properties"], top["required"]
    if issubclass(kind, Body):
        properties, required = {**properties, **envelope["properties"]}, [*required, *envelope["required"]]
    if kind is ConfigDesired:
        properties["settings"] |= {"$ref": _REF.format(name=WardSettings.__name__)}
    said = {"$schema": DIALECT, "$id": f"urn:{name.replace('/', ':')}", "title": name}
    whole = {**said, **top, "title": name, "properties": properties, "required": required, "$defs": defs}
    corrected: Schema = _mended(whole)
    return corrected


def _mended(node: Any) -> Any:  # noqa: ANN401 - any JSON
    """Say that decimals are JSON numbers, as our encoder writes them, and descriptions alike on every Python."""
    if isinstance(node, list | tuple):
        return [_mended(each) for each in node]
    if not isinstance(node, dict):
        return node
    mended = {key: _mended(value) for key, value in node.items()}
    if mended.get("format") == "decimal":
        del mended["format"]
        mended["type"] = "number"
    if isinstance(mended.get("description"), str):
        mended["description"] = cleandoc(mended["description"])
    return mended
