"""A push is applied whole or not at all, once, and never against the floors; the report says what became of it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_agent.domain.alerts import Priority
from edge_agent.domain.errors import ConfigError
from edge_agent.domain.inputs import GATEWAY_CONDITIONS
from edge_agent.domain.settings import LIMIT_RULES
from edge_agent.gateway.config.effective import Diff, fingerprint
from edge_agent.gateway.config.keeper import Outcome
from edge_agent.gateway.config.load import parse_ward
from edge_agent.gateway.config.store import Stored
from edge_agent.wire.outgoing import Stamp
from edge_agent.wire.payloads.config_reported import Source
from tests.config.pushed import NOW, STAMP, Applied, push, settings

UNCHANGED, REFUSED, APPLIED = Outcome.UNCHANGED, Outcome.REFUSED, Outcome.APPLIED


def _receive(at: Applied, payload: bytes, stamp: Stamp = STAMP) -> Outcome:
    return asyncio.run(at.keeper.receive(payload, NOW, stamp))


def test_a_good_one_is_applied_stored_and_reported(tmp_path: Path) -> None:
    at = Applied(tmp_path)
    assert _receive(at, push(settings(3, "1", "2"))) is APPLIED
    ((ward, difference),) = at.calls
    assert difference == Diff(beds_added=("1", "2"), devices_added=("ox-1", "ox-2"))
    report = at.keeper.report()
    assert (report.version, report.source, report.refused) == (3, Source.PUSHED, None)
    assert report.sha256 == fingerprint(ward)
    assert report.applied_at == "2025-06-15T15:06:45.000Z"
    again = Applied(tmp_path)
    assert again.keeper.start() == ward
    assert again.keeper.report() == report
    assert again.calls == [], "what is restored is there before anything runs"


def test_only_what_differs_is_named(tmp_path: Path) -> None:
    at = Applied(tmp_path)
    _receive(at, push(settings(1, "1", "2")))
    changed = settings(2, "1", "2")
    changed["devices"][1]["port"] = "/dev/ttyUSB9"
    assert _receive(at, push(changed)) is APPLIED
    assert at.calls[-1][1] == Diff(devices_changed=("ox-2",))


def test_the_same_content_with_a_higher_version_disturbs_nothing(tmp_path: Path) -> None:
    at = Applied(tmp_path)
    _receive(at, push(settings(1)))
    before = at.keeper.report().sha256
    assert _receive(at, push(settings(9))) is APPLIED
    assert at.calls[-1][1] == Diff()
    assert (at.keeper.report().version, at.keeper.report().sha256) == (9, before)


@given(version=st.integers(-5, 7), content=st.sampled_from(["same", "other", "broken"]))
def test_a_version_not_above_the_applied_one_is_a_no_op(
    tmp_path_factory: pytest.TempPathFactory, version: int, content: str
) -> None:
    at = Applied(tmp_path_factory.mktemp("state"))
    _receive(at, push(settings(7)))
    before = at.keeper.report()
    offered = settings(version, *("1" if content == "same" else "45"), **({"beds": 5} if content == "broken" else {}))
    outcome = _receive(at, push(offered))
    assert outcome is (UNCHANGED if version >= 0 else REFUSED), "a version below 0 is none"
    assert len(at.calls) == 1
    if version >= 0:
        assert at.keeper.report() == before


def test_a_hundred_reconnects_are_no_reload(tmp_path: Path) -> None:
    at = Applied(tmp_path)
    outcomes = [_receive(at, push(settings(1))) for _ in range(100)]
    assert outcomes == [APPLIED] + [UNCHANGED] * 99
    assert len(at.calls) == 1


def test_an_empty_retained_message_changes_nothing(tmp_path: Path) -> None:
    at = Applied(tmp_path)
    _receive(at, push(settings(1)))
    before = at.keeper.report()
    assert _receive(at, b"") is UNCHANGED
    assert at.keeper.report() == before


REFUSALS: dict[str, tuple[Callable[[], bytes], str, str]] = {
    "no JSON": (lambda: b"{", "/", "."),
    "another message": (lambda: push(settings(2), schema="bedside/alert/1"), "/schema", "."),
    "bad UTF-8": (lambda: b"\xff", "/", "."),
    "no settings": (lambda: push(settings(2)).replace(b'"settings"', b'"config"'), "/config", "."),
    "an extra field": (lambda: push(settings(2), force=True), "/force", "."),
    "signed": (lambda: push(settings(2), signature="AAAA"), "/signature", "signature"),
    "expired": (lambda: push(settings(2), expires_at="2025-06-15T15:06:45Z"), "/expires_at", "expires_at"),
    "truncated": (lambda: push(settings(2))[:-40], "/", "."),
    "beyond a floor": (
        lambda: push(settings(2, limits={"spo2-low": {"limit": 70}})),
        "/settings/limits/spo2-low/limit",
        "limits.spo2-low.limit",
    ),
    "without version": (lambda: push({"config_schema": 1, "beds": [{"id": "1"}]}), "/settings", "version"),
    "without beds": (lambda: push(settings(2, beds=[], devices=[])), "/settings/beds", "beds"),
    "of a newer layout": (lambda: push(settings(2, config_schema=2)), "/settings/config_schema", "config_schema"),
    "a key twice": (
        lambda: push(json.dumps(settings(2)).replace('"beds"', '"beds": [], "beds"')), "/settings/beds", "beds"
    ),
    "huge": (lambda: push(settings(2, model="x" * 300_000)), "/settings", "."),
    "the gateway's own half": (lambda: push(settings(2, broker={"host": "evil"})), "/settings/broker", "broker"),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSALS)
def test_a_bad_one_leaves_the_old_running_and_says_why(name: str, tmp_path: Path) -> None:
    build, pointer, path = REFUSALS[name]
    at = Applied(tmp_path)
    _receive(at, push(settings(1)))
    before, files = at.state(), sorted(tmp_path.iterdir())
    assert _receive(at, build()) is REFUSED
    assert at.state() == before
    assert len(at.calls) == 1
    assert sorted(tmp_path.iterdir()) == files
    refused = at.keeper.report().refused
    assert refused is not None
    assert (pointer, path) in {(fault.pointer, fault.path) for fault in refused.faults}
    assert all(fault.found and fault.allowed and fault.remedy for fault in refused.faults)


def test_a_refusal_names_request_version_and_time_and_goes_with_the_next_success(tmp_path: Path) -> None:
    at = Applied(tmp_path)
    _receive(at, push(settings(4, telemetry_interval_s=0, news2_delay_s=-1), request="r-77"))
    refused = at.keeper.report().refused
    assert refused is not None
    assert (refused.request, refused.version, refused.at) == ("r-77", 4, "2025-06-15T15:06:45.000Z")
    assert [fault.path for fault in refused.faults] == ["telemetry_interval_s", "news2_delay_s"], "all at once"
    assert _receive(at, push(settings(5))) is APPLIED
    assert at.keeper.report().refused is None


def test_unsigned_pushes_need_the_gateways_own_leave(tmp_path: Path) -> None:
    at = Applied(tmp_path, accept_unsigned=False)
    assert _receive(at, push(settings(1))) is REFUSED
    refused = at.keeper.report().refused
    assert refused is not None
    (fault,) = refused.faults
    assert fault.found == "no signature"
    assert "accept_unsigned_config" in fault.remedy


def test_without_a_trusted_clock_nothing_expires_and_no_time_is_claimed(tmp_path: Path) -> None:
    at = Applied(tmp_path)
    lost = msgspec.structs.replace(STAMP, trust="unsynced", wall_offset=None)
    assert _receive(at, push(settings(1), expires_at="1999-01-01T00:00:00Z"), lost) is APPLIED
    assert at.keeper.report().applied_at is None


@pytest.mark.parametrize(
    ("bed", "alerting"),
    [
        ({"id": "2", "encounter": "e-1"}, set()),
        ({"id": "2", "patient": {"age_years": 40}}, set()),
        ({"id": "2"}, {"2"}),
    ],
)
def test_a_bed_in_use_is_not_removed(bed: dict[str, Any], alerting: set[str], tmp_path: Path) -> None:
    at = Applied(tmp_path)
    _receive(at, push(settings(1, "1", "2", beds=[{"id": "1"}, bed])))
    at.alerting = alerting
    assert _receive(at, push(settings(2, "1"))) is REFUSED
    refused = at.keeper.report().refused
    assert refused is not None
    assert refused.faults[0].found.startswith("bed 2 removed, which has")
    assert [bed.id for bed in at.keeper.settings.beds] == ["1", "2"]


def test_an_alert_that_begins_while_the_disk_is_busy_still_protects_its_bed(tmp_path: Path) -> None:
    at = Applied(tmp_path)
    _receive(at, push(settings(1, "1", "2")))
    store = at.keeper._store
    save = store.save

    def slow(record: Stored) -> None:
        save(record)
        at.alerting = {"2"}

    store.save = slow  # type: ignore[method-assign] # this one store is slow
    assert _receive(at, push(settings(2, "1"))) is REFUSED
    assert Applied(tmp_path).keeper.start().version == 1, "nor is it removed by the next start"


def test_what_cannot_be_applied_is_not_there_at_the_next_start(tmp_path: Path) -> None:
    at = Applied(tmp_path)
    _receive(at, push(settings(1)))

    def fail(_: object, __: object) -> None:
        raise RuntimeError

    at.keeper._apply = fail
    with pytest.raises(RuntimeError):
        _receive(at, push(settings(2)))
    assert at.keeper.settings.version == 1
    assert Applied(tmp_path).keeper.start().version == 1


def test_two_at_once_are_judged_one_after_the_other(tmp_path: Path) -> None:
    at = Applied(tmp_path)

    async def both() -> list[Outcome]:
        pushes = [at.keeper.receive(push(settings(version)), NOW, STAMP) for version in (2, 1)]
        return await asyncio.gather(*pushes)

    assert asyncio.run(both()) == [APPLIED, UNCHANGED]
    assert [ward.version for ward, _ in at.calls] == [2]


numbers = st.decimals(-50, 300, places=1) | st.integers(-50, 300)
limit = st.fixed_dictionaries(
    {},
    optional={
        "limit": numbers,
        "delay_s": st.integers(-5, 70),
        "priority": st.sampled_from([*(each.value for each in Priority), "none"]),
        "hysteresis": numbers,
        "deep_limit": st.none() | numbers,
        "deep_delay_s": st.integers(-5, 40),
        "enabled": st.booleans(),
    },
)


@given(
    limits=st.dictionaries(st.sampled_from(sorted(LIMIT_RULES)), limit),
    ages=st.dictionaries(st.sampled_from(["spo2", "pulse", "temperature"]), st.integers(0, 70)),
)
def test_the_floors_hold_for_every_configuration(limits: dict[str, Any], ages: dict[str, int]) -> None:
    content = msgspec.json.encode(settings(1, limits=limits, max_age_s=ages))
    try:
        ward = parse_ward(content)
    except ConfigError:
        return
    for rule, known in LIMIT_RULES.items():
        chosen = ward.limit(rule)
        inside = known.lowest <= chosen.limit <= known.highest
        assert inside
        assert 0 <= chosen.delay_s <= 60
        assert 0 <= chosen.deep_delay_s <= 30
        assert chosen.hysteresis >= 0
        assert chosen.deep_limit is None or known.lowest <= chosen.deep_limit <= known.highest
    assert ward.limit("spo2-low").enabled
    assert ward.limit("spo2-low").limit >= Decimal(85)
    assert ward.limit("spo2-low").priority.rank >= Priority.MEDIUM.rank
    assert any(ward.limit(rule).enabled for rule in LIMIT_RULES if rule != "spo2-low")
    assert all(2 <= age <= 60 for age in ward.max_age_s.values())


def test_the_fact_is_one_the_ward_knows(tmp_path: Path) -> None:
    fact = Applied(tmp_path).keeper.fact(NOW)
    assert fact.code in GATEWAY_CONDITIONS
    assert (fact.present, fact.received_at) == (False, NOW)
