"""A pushed object is read as strictly as a file, and its places are JSON Pointers into the message."""

from __future__ import annotations

import json

import pytest

from edge_agent.gateway.config.load import parse_ward, version_of
from tests.config.good import ward_problems

SETTINGS = {
    "config_schema": 1,
    "version": 3,
    "beds": [{"id": "1"}, {"id": "a/b~c"}],
    "devices": [{"id": "ox-1", "bed": "1", "family": "contec_cms50_9byte", "port": "/dev/ttyUSB0"}],
}


def _changed(**changes: object) -> bytes:
    return json.dumps({**SETTINGS, "beds": [{"id": "1"}], **changes}).encode()


def test_a_whole_one_is_read() -> None:
    ward = parse_ward(_changed())
    assert (ward.version, ward.beds[0].id, ward.devices[0].family) == (3, "1", "contec_cms50_9byte")


@pytest.mark.parametrize(
    ("data", "where", "path"),
    [
        (_changed(beds=[{"id": 1}]), "/settings/beds/0/id", "beds[0].id"),
        (_changed(beds=[{"id": "1"}, {"id": "a/b~c"}]), "/settings/beds/1/id", "beds[1].id"),
        (_changed(limits={"spo2-low": {"limit": 80}}), "/settings/limits/spo2-low/limit", "limits.spo2-low.limit"),
        (_changed(limits={"a/b~c": {"limit": 80}}), "/settings/limits/a~1b~0c", "limits.a/b~c"),
        (_changed(spot_interval_min="240"), "/settings/spot_interval_min", "spot_interval_min"),
        (_changed(spot_interval_min=240.5), "/settings/spot_interval_min", "spot_interval_min"),
        (_changed(spot_interval_min=True), "/settings/spot_interval_min", "spot_interval_min"),
        (_changed(spot_interval_min=None), "/settings/spot_interval_min", "spot_interval_min"),
        (_changed(risk_alert_probability=float("nan")), "/settings/risk_alert_probability", "risk_alert_probability"),
        (_changed(risk_alert_probability=float("inf")), "/settings/risk_alert_probability", "risk_alert_probability"),
        (_changed(broker={"host": "x"}), "/settings/broker", "broker"),
        (_changed(version=0), "/settings/version", "version"),
        (_changed(version=2**53), "/settings/version", "version"),
        (_changed(version="4"), "/settings/version", "version"),
        (_changed(config_schema=2), "/settings/config_schema", "config_schema"),
        (_changed(beds=[]), "/settings/beds", "beds"),
        (_changed(devices=[]).replace(b'"id"', b'"state":"standby","id":1,"id"'), "/settings/beds/0/id", "beds[0].id"),
        (b"[]", "/settings", "."),
        (b"null", "/settings", "."),
        (b"{", "/settings", "."),
        (b'{"a":"\xff"}', "/settings", "."),
        (b"[" * 100_000, "/settings", "."),
        (b'{"a":' * 100 + b"1" + b"}" * 100, "/settings/a", "a"),
    ],
)  # fmt: skip
def test_a_mistake_is_reported_by_its_pointer(data: bytes, where: str, path: str) -> None:
    found = [(problem.where, problem.path) for problem in ward_problems(data)]
    assert (where, path) in found
    assert len(found) == 1 or b"config_schema" not in data, "no second problem follows from the first"


def test_a_decimal_is_never_a_float() -> None:
    for written in ("38.40", '"38.40"'):
        data = _changed(limits={"temperature-high": {"limit": "LIMIT"}}).replace(b'"LIMIT"', written.encode())
        assert str(parse_ward(data).limits["temperature-high"].limit) == "38.40"


def test_a_push_needs_a_version() -> None:
    data = json.dumps({name: value for name, value in SETTINGS.items() if name != "version"}).encode()
    assert ("/settings", "version", "nothing") in {(each.where, each.path, each.found) for each in ward_problems(data)}


@pytest.mark.parametrize(
    ("data", "version"),
    [
        (b'{"version": 7, "beds": 1}', 7),
        (b'{"version": "7"}', None),
        (b'{"version": 7.0}', None),
        (b'{"version": -7}', None),
        (b"{}", None),
        (b"[7]", None),
        (b"{", None),
        (b'{"version": ' + b"7" * 5_000 + b"}", None),
    ],
)
def test_the_version_can_be_told_before_anything_else_is_judged(data: bytes, version: int | None) -> None:
    assert version_of(data) == version
