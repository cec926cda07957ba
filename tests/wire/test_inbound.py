from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_agent.domain.settings import SECOND
from edge_agent.wire.compose import heartbeat, seal
from edge_agent.wire.envelope import utc
from edge_agent.wire.inbound import Request, RequestError, boottime, expired, read
from edge_agent.wire.outgoing import Stamp
from edge_agent.wire.payloads import PAYLOADS
from edge_agent.wire.payloads.config_desired import ConfigDesired
from edge_agent.wire.payloads.heartbeat import echo
from edge_agent.wire.payloads.receipt import Receipt
from tests.wire.examples import GOLDEN
from tests.wire.strategies import TOPICS, YEAR, stamps, times

RECEIPT = json.loads((GOLDEN / "inbound" / "receipt.json").read_bytes())
PAUSED = json.loads((GOLDEN / "inbound" / "receipt-paused.json").read_bytes())
REQUESTS: list[type[Request]] = [kind for kind in PAYLOADS.values() if issubclass(kind, Request)]
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


def refusal(kind: type[Request], payload: bytes) -> RequestError:
    with pytest.raises(RequestError) as refused:
        read(kind, payload)
    return refused.value


@given(st.sampled_from(REQUESTS), st.binary(max_size=200) | json_values.map(lambda value: json.dumps(value).encode()))
def test_no_bytes_make_it_raise_anything_but_a_refusal(kind: type[Request], payload: bytes) -> None:
    refusal(kind, payload)


@pytest.mark.parametrize("kind", REQUESTS)
@pytest.mark.parametrize(
    "payload", [b"", b"[", b"\xff\xfe", b"null", b"[" * 100_000, b'{"x":' * 100_000, b'{"request":"\\ud800']
)
def test_broken_hostile_or_empty_bytes_are_refused_as_a_whole(kind: type[Request], payload: bytes) -> None:
    assert refusal(kind, payload).request == ""


@given(st.sampled_from(sorted(PAUSED)), json_values)
def test_a_receipt_with_one_field_replaced_is_read_or_refused_at_that_field(field: str, value: object) -> None:
    pointer = ""
    try:
        assert read(Receipt, json.dumps({**PAUSED, field: value}).encode()).person is not None
    except RequestError as refused:
        pointer = refused.pointer
    # What an outcome lacks is said of the whole, and never of another field.
    assert pointer.split("/")[1:2] in ([field], [])


@pytest.mark.parametrize("field", ["schema", "request", "consumer", "expires_at", "event_id"])
def test_a_missing_field_is_named_by_its_pointer(field: str) -> None:
    refused = refusal(Receipt, json.dumps({key: RECEIPT[key] for key in RECEIPT if key != field}).encode())
    assert refused.pointer == f"/{field}"
    assert str(refused).startswith(f"/{field}: ")


@pytest.mark.parametrize(("field", "pointer"), [("priority", "/priority"), ("a/b~c", "/a~1b~0c"), ("", "/")])
def test_a_field_we_do_not_know_is_refused_by_its_pointer(field: str, pointer: str) -> None:
    refused = refusal(Receipt, json.dumps({**RECEIPT, field: 1}).encode())
    assert (refused.pointer, refused.request) == (pointer, "r-1")


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"schema": "bedside/receipt/2"}, "/schema"),
        ({"schema": "bedside/command-observe/1"}, "/schema"),
        ({"request": ""}, "/request"),
        ({"request": "a b"}, "/request"),
        ({"request": "x" * 65}, "/request"),
        ({"consumer": "Anna Muster"}, "/consumer"),
        ({"expires_at": "2026-09-21T16:20:00"}, "/expires_at"),
        ({"expires_at": "tomorrow"}, "/expires_at"),
        ({"expires_at": None}, "/expires_at"),
        ({"revision": 0}, "/revision"),
        ({"revision": "1"}, "/revision"),
        ({"revision": True}, "/revision"),
        ({"outcome": "seen"}, "/outcome"),
    ],
)
def test_a_wrong_value_is_refused_where_it_stands(changes: dict[str, object], pointer: str) -> None:
    assert refusal(Receipt, json.dumps(RECEIPT | changes).encode()).pointer == pointer


@pytest.mark.parametrize("field", ["person", "reason", "for_s", "pause"])
def test_nothing_is_quieted_without_deadline_owner_and_reason(field: str) -> None:
    lacking = {key: value for key, value in PAUSED.items() if key != field}
    assert f"`paused` needs `{field}`" in str(refusal(Receipt, json.dumps(lacking).encode()))


@pytest.mark.parametrize(
    ("outcome", "needs"), [("accepted", "person"), ("rejected", "reason"), ("acknowledged", "for_s")]
)
def test_each_outcome_needs_its_own(outcome: str, needs: str) -> None:
    fields: dict[str, Any] = {"person": "nurse-7", "reason": "care", "for_s": 60}
    del fields[needs]
    kept = {"person": "nurse-7"} if outcome == "rejected" else fields if outcome == "acknowledged" else {}
    assert f"`{outcome}` needs `{needs}`" in str(
        refusal(Receipt, json.dumps(RECEIPT | {"outcome": outcome} | kept).encode())
    )


def test_what_has_no_meaning_for_an_outcome_is_refused() -> None:
    assert "`received` takes no `for_s`" in str(refusal(Receipt, json.dumps(RECEIPT | {"for_s": 60}).encode()))


def test_the_wanted_settings_are_handed_on_as_they_were_written() -> None:
    desired = json.loads((GOLDEN / "inbound" / "config-desired.json").read_bytes())
    text = '{"version":4,"a":  1.50,"a":2}'
    payload = json.dumps({**desired, "settings": 0}).replace('"settings": 0', f'"settings": {text}').encode()
    assert bytes(read(ConfigDesired, payload).settings) == text.encode()


@given(times, stamps)
def test_a_wall_time_we_wrote_comes_back_to_the_millisecond(at: int, stamp: Stamp) -> None:
    written = utc(at, stamp)
    if written is not None and stamp.wall_offset is not None:
        back = boottime(datetime.fromisoformat(written.replace("Z", "+00:00")), stamp.wall_offset)
        assert 0 <= at - back < 1_000_000


@given(st.integers(0, YEAR), st.integers(-(10**6), 10**6))
def test_a_request_is_too_old_from_the_moment_it_names(at: int, microseconds: int) -> None:
    stamp = Stamp(run="r", boot="b", trust="holdover", wall_offset=0)
    at -= at % 1000
    names = datetime(1970, 1, 1, tzinfo=timezone.utc) + timedelta(microseconds=at // 1000 + microseconds)
    assert expired(names, at, stamp) is (microseconds <= 0)


def test_without_a_trusted_clock_nothing_can_be_called_too_old() -> None:
    names = datetime(1970, 1, 1, tzinfo=timezone.utc)
    for stamp in (Stamp("r", "b", "unsynced", None), Stamp("r", "b", "unsynced", 0), Stamp("r", "b", "synced", None)):
        assert not expired(names, SECOND, stamp)
    assert expired(names, SECOND, Stamp("r", "b", "synced", 0))


@given(times, stamps, stamps)
def test_the_agent_knows_its_own_heartbeat_and_when_it_left(at: int, stamp: Stamp, other: Stamp) -> None:
    payload = seal(heartbeat(TOPICS, at), 1, stamp).payload
    assert echo(payload, stamp.run) == at - at % 1000
    assert echo(payload, other.run) is None or other.run == stamp.run


@pytest.mark.parametrize("payload", [b"", b"{}", b"[" * 100_000, b"\xff", b'{"run":1,"monotonic_us":1}'])
def test_garbage_is_no_heartbeat(payload: bytes) -> None:
    assert echo(payload, "r") is None
