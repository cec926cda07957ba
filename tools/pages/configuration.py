"""docs/configuration.md: prose from the template beside this file; settings, errors and the push from the code."""

from __future__ import annotations

import json
import re
from enum import Enum
from pathlib import Path

import msgspec
from msgspec import inspect

from edge_agent.domain.errors import ConfigError
from edge_agent.domain.local_output import GpioButton, GpioLine, InputSettings, OutputSettings, Sound
from edge_agent.domain.night import Night, NightLevel
from edge_agent.domain.settings import Bed, Broker, Device, Expected, Limit, Tls, WardSettings
from edge_agent.domain.windows import Patient
from edge_agent.gateway.config.load import ConfigFile, parse_file, parse_ward
from edge_agent.gateway.config.spec import Spec
from tools.markdown import page, table

PAGE = "configuration.md"

_TEMPLATE = Path(__file__).with_suffix(".template.md")
_MINIMAL = Path(__file__).resolve().parents[2] / "configs" / "minimal.yaml"
_MISTAKES = (("gateway: gw-1", "gatway: gw-1"), ("port: 1883", "port: 88833"), ("id: 1}", "id: 1, required: [etco2]}"))
"""What the example of an error gets wrong in configs/minimal.yaml."""

_HEADS = ("Setting", "What may stand there", "Default", "What it is")
_OWN = (ConfigFile, Broker, Tls, OutputSettings, GpioLine, Sound, InputSettings, GpioButton)
_RECORDS = (*_OWN, WardSettings, Bed, Patient, Device, Expected, Limit, Night, NightLevel)


def write() -> str:
    """Return the page. KeyError for a hole in the template that nothing fills, or a filling without a hole."""
    title, _, text = _TEMPLATE.read_text(encoding="utf-8").partition("\n\n")
    fillings = {record.__name__: _fields(record) for record in _RECORDS}
    fillings |= {"minimal": _MINIMAL.read_text(encoding="utf-8").strip(), "errors": _errors(), "push": _push()}
    whole = re.sub(r"\[\[(\w+)\]\]", lambda hole: fillings.pop(hole[1]), text)
    if fillings:
        raise KeyError(*fillings)
    return page(title.removeprefix("# "), whole.strip())


def _fields(record: type[msgspec.Struct]) -> str:
    return table(_HEADS, map(_row, msgspec.structs.fields(record), Spec.of(inspect.type_info(record)).fields()))


def _row(field: msgspec.structs.FieldInfo, spec: Spec) -> tuple[str, ...]:
    return f"`{field.encode_name}`", spec.allowed(), _default(field), spec.meaning


def _default(field: msgspec.structs.FieldInfo) -> str:
    if field.required:
        return "required"
    value = () if field.default is msgspec.NODEFAULT else field.default
    if isinstance(value, Enum):
        value = value.value
    if isinstance(value, tuple):
        value = ", ".join(map(str, value))
    if isinstance(value, bool):
        value = str(value).lower()
    return "" if value is None or isinstance(value, msgspec.Struct) or value == "" else f"`{value}`"


def _errors() -> str:
    text = _MINIMAL.read_text(encoding="utf-8")
    for right, wrong in _MISTAKES:
        text = text.replace(right, wrong)
    try:
        parse_file(text.encode(), "config.yaml")
    except ConfigError as error:
        said = [f"{each.where}: {each.path}: found {each.found}; allowed: {each.allowed}" for each in error.problems]
        return "\n".join(f"{line}\n    {each.remedy}" for line, each in zip(said, error.problems, strict=True))
    raise ValueError("configs/minimal.yaml has changed: the example of an error has none")


def _push() -> str:
    settings = {
        "config_schema": 1,
        "version": 13,
        "beds": [{"id": "1"}],
        "devices": [{"id": "ox-1", "bed": "1", "family": "contec_cms50_9byte", "port": "/dev/ttyUSB0"}],
        "limits": {"spo2-low": {"limit": 91}},
    }
    parse_ward(json.dumps(settings).encode())
    head = {"schema": "bedside/config-desired/1", "request": "change-4711", "consumer": "it-config"}
    return json.dumps({**head, "expires_at": "2030-01-01T00:00:00Z", "settings": settings}, indent=2)
