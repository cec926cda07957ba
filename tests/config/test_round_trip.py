"""Settings written as JSON are the same settings when read, and look the same when they mean the same."""

from __future__ import annotations

import random

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from edge_agent.domain.settings import LIMIT_RULES, WardSettings
from edge_agent.gateway.config.effective import Diff, diff, effective, fingerprint
from edge_agent.gateway.config.load import parse_ward
from tests.config.strategies import settings


@given(settings())
def test_settings_to_json_and_back(ward: WardSettings) -> None:
    assert parse_ward(msgspec.json.encode(ward)) == ward


@given(settings(), st.integers(1, 9))
def test_what_is_reported_can_be_pushed_and_means_the_same(ward: WardSettings, version: int) -> None:
    reported = msgspec.structs.replace(effective(ward), version=version)
    again = parse_ward(msgspec.json.encode(reported))
    assert fingerprint(again) == fingerprint(ward)
    assert diff(ward, again) == Diff()


@given(settings(), st.randoms(use_true_random=False))
def test_the_order_of_keys_is_no_matter(ward: WardSettings, order: random.Random) -> None:
    content = msgspec.to_builtins(ward)
    keys = order.sample(list(content), len(content))
    again = parse_ward(msgspec.json.encode({key: content[key] for key in keys}))
    assert fingerprint(again) == fingerprint(ward)


@given(settings(), settings())
def test_equal_fingerprints_mean_that_nothing_would_change(one: WardSettings, other: WardSettings) -> None:
    assert (fingerprint(one) == fingerprint(other)) == (diff(one, other) == Diff())


def test_a_limit_that_is_named_keeps_the_rest_of_its_defaults() -> None:
    for rule, known in LIMIT_RULES.items():
        data = {"version": 1, "config_schema": 1, "beds": [{"id": "1", "state": "unassigned"}]}
        ward = parse_ward(msgspec.json.encode({**data, "limits": {rule: {"limit": known.default.limit}}}))
        assert ward.limits[rule] == known.default


def test_a_diff_names_what_differs_and_no_more() -> None:
    base: dict[str, object] = {"version": 1, "config_schema": 1}
    beds: list[dict[str, object]] = [{"id": name, "state": "unassigned"} for name in ("1", "2", "3")]
    devices = [
        {"id": f"ox-{name}", "bed": name, "family": "contec_cms50_9byte", "port": f"/dev/ttyUSB{name}"} for name in "12"
    ]
    old = parse_ward(msgspec.json.encode({**base, "beds": beds, "devices": devices}))
    moved = [devices[0], {**devices[1], "port": "/dev/ttyUSB9"}, {**devices[0], "id": "ox-4", "port": "/dev/ttyUSB4"}]
    beds = [beds[0], {"id": "2", "state": "standby", "required": ["pulse"]}, {"id": "4", "state": "unassigned"}]
    new = parse_ward(msgspec.json.encode({**base, "beds": beds, "devices": moved, "news2_delay_s": 31}))
    assert diff(old, new) == Diff(
        beds_added=("4",),
        beds_removed=("3",),
        beds_changed=("2",),
        devices_added=("ox-4",),
        devices_changed=("ox-2",),
        rules=True,
    )
    assert diff(new, old).devices_removed == ("ox-4",)


def test_decimals_that_are_equal_are_the_same_configuration() -> None:
    base = {"version": 1, "config_schema": 1, "beds": [{"id": "1", "state": "unassigned"}]}
    written = [{"limit": limit, "deep_limit": "85.00"} for limit in (90, "90", "90.0")]
    wards = [parse_ward(msgspec.json.encode({**base, "limits": {"spo2-low": each}})) for each in written]
    assert len({fingerprint(ward) for ward in wards}) == 1
