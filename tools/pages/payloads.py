"""docs/payloads.md: every topic and every payload's fields, from the topics table and the payload records."""

from __future__ import annotations

from inspect import getdoc
from typing import Any

from edge_agent.wire.payloads import PAYLOADS
from edge_agent.wire.schemas import schema
from edge_agent.wire.topics import TOPICS, Topic
from tools.markdown import page, table

PAGE = "payloads.md"


def write() -> str:
    """Return the page."""
    schemas = {name: schema(name) for name in PAYLOADS}
    parts = {part: node for whole in schemas.values() for part, node in whole["$defs"].items()}
    return page(
        "Topics and payloads",
        "Topics stand below `bedside/v1/{site}/{ward}/{gateway}/`. `edge-agent schema` prints the JSON Schemas.",
        table(("Topic", "Direction", "QoS", "Retained", "Expires", "Payload", "What"), map(_topic, TOPICS.values())),
        *(f"## {name}\n\n{getdoc(PAYLOADS[name])}\n\n{_fields(whole)}" for name, whole in schemas.items()),
        "## Parts that payloads share",
        *(f"### {part}\n\n{node.get('description', '')}\n\n{_part(node)}" for part, node in parts.items()),
    )


def _topic(row: Topic) -> tuple[str, ...]:
    expires = "" if row.expires_s is None else f"{row.expires_s} s"
    retained = "yes" if row.retain else ""
    return f"`{row.template}`", row.direction.value, str(row.qos), retained, expires, row.schema, row.meaning


def _part(node: dict[str, Any]) -> str:
    return _fields(node) if "properties" in node else _kind(node)


def _fields(node: dict[str, Any]) -> str:
    required = set(node.get("required", ()))
    rows = (
        (f"`{name}`" + (" (required)" if name in required else ""), _kind(each), each.get("description", ""))
        for name, each in node["properties"].items()
    )
    return table(("Field", "Type", "What"), rows)


def _kind(node: dict[str, Any]) -> str:
    if "$ref" in node:
        part = str(node["$ref"]).rsplit("/", 1)[-1]
        return f"[{part}](#{part.lower()})"
    if "anyOf" in node:
        return " or ".join(map(_kind, node["anyOf"]))
    if "enum" in node or "const" in node:
        return " or ".join(f"`{value}`" for value in node.get("enum", [node.get("const")]))
    if node.get("type") == "array" and isinstance(node.get("items"), dict):
        return f"list of {_kind(node['items'])}"
    if node.get("type") == "object" and isinstance(node.get("additionalProperties"), dict):
        return f"map to {_kind(node['additionalProperties'])}"
    return str(node.get("type", "any"))
