"""The two doors into settings: the gateway's own YAML file, and a pushed JSON object. All at once, or nothing."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, NamedTuple

import msgspec
from msgspec import Meta

from edge_agent.domain.errors import ConfigError, Problem
from edge_agent.domain.settings import CONFIG_SCHEMA, LocalSettings, Settings, WardSettings
from edge_agent.gateway.config.checks.ages import check_ages
from edge_agent.gateway.config.checks.beds import check_bed_ids, check_beds
from edge_agent.gateway.config.checks.consumers import check_consumers
from edge_agent.gateway.config.checks.devices import check_devices
from edge_agent.gateway.config.checks.expected import check_expected
from edge_agent.gateway.config.checks.gateway import check_gateway
from edge_agent.gateway.config.checks.limits import check_limits
from edge_agent.gateway.config.checks.night import check_night
from edge_agent.gateway.config.checks.patients import check_patients
from edge_agent.gateway.config.checks.scores import check_scores
from edge_agent.gateway.config.checks.sources import check_sources
from edge_agent.gateway.config.credentials import Credentials
from edge_agent.gateway.config.json_source import read_json
from edge_agent.gateway.config.migrations import KEY, MIGRATIONS, SECTION, Migration, file_today, ward_today
from edge_agent.gateway.config.nodes import MAX_BYTES, Kind, MapNode, Scalar
from edge_agent.gateway.config.sheet import Sheet
from edge_agent.gateway.config.typed import read_struct
from edge_agent.gateway.config.yaml_source import read_yaml

DEFAULT_FILE = Path("/etc/edge-agent/config.yaml")
"""Where the service's configuration is."""

_VERSION = "version"
_WARD_CHECKS = (
    check_bed_ids,
    check_consumers,
    check_devices,
    check_expected,
    check_beds,
    check_sources,
    check_patients,
    check_scores,
    check_limits,
    check_ages,
    check_night,
)
"""In this order: a device is judged by the beds there are, a bed by what its devices were found to be."""


class ConfigFile(LocalSettings, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The gateway's file: its own settings, and the ward's until IT pushes some."""

    config_schema: Annotated[int, Meta(description="Version of this layout: older ones are migrated, newer refused.")]
    settings: Annotated[WardSettings | None, Meta(description="The ward's half, until IT has pushed one.")] = None


class Loaded(NamedTuple):
    """A configuration without a fault, and the sheet that knows where everything stands in it."""

    settings: Settings
    sheet: Sheet


def load_file(path: Path, credentials: Credentials | None = None) -> Loaded:
    """Return the gateway's configuration. `credentials` None leaves their files unexamined. Raises ConfigError."""
    return parse_file(read_file(path), str(path), credentials)


def read_file(path: Path) -> bytes:
    """Return what is in a configuration file, or as much as shows that it is too long. Raises ConfigError."""
    try:
        with path.open("rb") as file:
            return file.read(MAX_BYTES + 1)
    except OSError as error:
        found, remedy = f"nothing to read ({error.strerror})", "give the path of a configuration file"
        problem = Problem(where=str(path), path=".", found=found, allowed="a configuration file", remedy=remedy)
        raise ConfigError((problem,)) from error


def parse_file(
    data: bytes,
    name: str,
    credentials: Credentials | None = None,
    migrations: Mapping[int, Migration] = MIGRATIONS,
) -> Loaded:
    """Return the configuration in `data`, the content of the file `name`. Raises ConfigError, and nothing else."""
    sheet = Sheet()
    root = file_today(read_yaml(data, name), sheet, migrations)
    file = read_struct(root, ConfigFile, sheet)
    _check_file(file, sheet, credentials)
    sheet.settle()
    local = LocalSettings(**{field: getattr(file, field) for field in LocalSettings.__struct_fields__})
    ward = msgspec.structs.replace(file.settings or WardSettings(), version=0, config_schema=CONFIG_SCHEMA)
    return Loaded(Settings(local, ward), sheet)


def parse_ward(data: bytes, migrations: Mapping[int, Migration] = MIGRATIONS) -> WardSettings:
    """Return the ward's settings in `data`, the `settings` of a push. Raises ConfigError, and nothing else."""
    sheet = Sheet()
    root = ward_today(read_json(data, f"/{SECTION}"), sheet, migrations)
    ward = read_struct(root, WardSettings, sheet)
    if ward.version == 0 and sheet.sound((_VERSION,)):
        found = "0" if sheet.written((_VERSION,)) else "nothing"
        sheet.complain((_VERSION,), found, "a whole number from 1", "count one up with every push")
    _check_ward(ward, sheet)
    sheet.settle()
    return msgspec.structs.replace(ward, config_schema=CONFIG_SCHEMA)


def version_of(data: bytes) -> int | None:
    """Return the version in the `settings` of a push, whatever else is wrong with them; None if there is none."""
    root = read_json(data, f"/{SECTION}")
    entries = root.entries if isinstance(root, MapNode) else ()
    node = next((entry.value for entry in entries if entry.key.text == _VERSION), None)
    whole = isinstance(node, Scalar) and node.kind is Kind.NUMBER and re.fullmatch(r"\d{1,16}", node.text)
    return int(node.text) if isinstance(node, Scalar) and whole else None


def _check_file(file: ConfigFile, sheet: Sheet, credentials: Credentials | None) -> None:
    check_gateway(file, sheet)
    if credentials is not None:
        credentials.check(file.broker, sheet.section("broker"))
    if file.settings is not None:
        _check_seed(file.settings, file, sheet)
    elif not file.accept_unsigned_config and sheet.sound((SECTION,), ("accept_unsigned_config",)):
        remedy = f"add `{SECTION}:` with beds, or accept_unsigned_config: true to have them pushed"
        sheet.complain((SECTION,), "nothing", "the ward's beds and devices", remedy)


def _check_seed(ward: WardSettings, file: ConfigFile, sheet: Sheet) -> None:
    """Check the ward's half of the file, and that it claims neither a version nor a layout of its own."""
    section = sheet.section(SECTION)
    if ward.version and section.sound((_VERSION,)):
        section.complain((_VERSION,), str(ward.version), "0, or nothing", "remove it: only what is pushed has one")
    if section.written((KEY,)) and section.sound((KEY,)) and ward.config_schema != file.config_schema:
        section.complain((KEY,), str(ward.config_schema), f"{file.config_schema}, or nothing", "remove it")
    _check_ward(ward, section)


def _check_ward(ward: WardSettings, sheet: Sheet) -> None:
    for check in _WARD_CHECKS:
        check(ward, sheet)
