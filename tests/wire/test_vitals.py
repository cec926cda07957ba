from __future__ import annotations

from decimal import Decimal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_agent.domain.effects import LinkReport, LinkState, ScoreReport, StreamView, VitalsReport
from edge_agent.domain.settings import SECOND, BedState
from edge_agent.wire.compose import compose, seal
from edge_agent.wire.outgoing import Stamp
from edge_agent.wire.payloads.vitals import vitals
from firmware_bridges.bridge import Mode
from firmware_bridges.vitals import VITALS, Reason, Validity
from tests.wire.strategies import TOPICS, vitals_reports

STAMP = Stamp(run="00000000-0000-0000-0000-000000000001", boot="b", trust="synced", wall_offset=0)
VIEW = StreamView(
    vital="spo2",
    device="oxi",
    mode=Mode.CONTINUOUS,
    value=97,
    validity=Validity.VALID,
    reason=Reason.OK,
    at=9 * SECOND,
    chosen=True,
)
ABSENT = (Reason.STALE, Reason.HELD, Reason.DEMO, Reason.TEST, Reason.CALIBRATING, Reason.STORED)


def report(*views: StreamView, bed: str = "3") -> VitalsReport:
    return VitalsReport(bed=bed, at=10 * SECOND, state=BedState.MONITORED, streams=views)


@pytest.mark.parametrize("reason", ABSENT)
def test_what_is_not_measured_now_has_no_number_even_where_the_report_slips(reason: Reason) -> None:
    slipped = msgspec.structs.replace(VIEW, validity=Validity.QUESTIONABLE, reason=reason)
    assert vitals(report(slipped), ()).streams[0].value is None


@given(vitals_reports)
def test_a_stale_invalid_or_unreal_value_is_never_present_whatever_the_report_says(said: VitalsReport) -> None:
    for view, stream in zip(said.streams, vitals(said, ()).streams, strict=True):
        if view.validity is Validity.INVALID or view.reason in ABSENT:
            assert stream.value is None
        assert (stream.age_ms is None) is (view.at is None)


def test_a_stale_value_is_null_and_its_age_stays() -> None:
    stale = msgspec.structs.replace(VIEW, value=None, validity=Validity.INVALID, reason=Reason.STALE, at=2 * SECOND)
    (stream,) = vitals(report(stale), ()).streams
    assert (stream.value, stream.age_ms, stream.reason) == (None, 8000, Reason.STALE)


def test_a_usable_value_is_there_with_its_age_unit_and_codes() -> None:
    (stream,) = vitals(report(VIEW), ()).streams
    assert (stream.value, stream.unit, stream.age_ms) == (Decimal(97), "%", 1000)
    assert (stream.codes.mdc, stream.codes.mdc_name, stream.codes.loinc) == (150456, "MDC_PULS_OXIM_SAT_O2", "2708-6")


@given(st.sampled_from(sorted(VITALS)))
def test_every_vital_carries_its_own_codes(code: str) -> None:
    vital = VITALS[code]
    (stream,) = vitals(report(msgspec.structs.replace(VIEW, vital=code)), ()).streams
    assert (stream.codes.mdc, stream.codes.loinc, stream.unit) == (vital.mdc, vital.loinc, vital.ucum)


@given(vitals_reports, st.sampled_from(["vitals", "score"]))
def test_after_a_minute_it_is_no_longer_the_present(said: VitalsReport, name: str) -> None:
    scored = ScoreReport(bed=said.bed, at=said.at, rule=None, risk=None)
    (draft,) = compose(said if name == "vitals" else scored, TOPICS, STAMP)
    assert (draft.live_s, draft.expires_s, draft.qos, draft.slot) == (60, 60, 1, False)
    sent = seal(draft, 1, STAMP)
    assert (sent.live_s, sent.history_topic) == (60, f"{TOPICS.root}history/bed/{said.bed}/{name}")


def test_a_value_from_ahead_is_new_and_not_old() -> None:
    (stream,) = vitals(report(msgspec.structs.replace(VIEW, at=11 * SECOND)), ()).streams
    assert stream.age_ms == 0


def test_a_spot_stream_says_when_it_is_due_and_since_when_it_is_overdue() -> None:
    due = [msgspec.structs.replace(VIEW, mode=Mode.SPOT, due=at * SECOND) for at in (70, 4)]
    assert [stream.due_ms for stream in vitals(report(*due), ()).streams] == [60_000, -6_000]


def test_a_link_that_is_lost_is_told_with_the_vitals_of_its_bed_alone() -> None:
    here = LinkReport("oxi", "3", LinkState.LOST, "/dev/ttyUSB0 is gone", 4 * SECOND)
    elsewhere = msgspec.structs.replace(here, bed="4")
    (link,) = vitals(report(VIEW), [elsewhere, here]).links
    assert (link.device, link.state, link.reason, link.age_ms) == ("oxi", LinkState.LOST, here.reason, 6000)


def test_two_devices_with_the_same_vital_stay_two_streams() -> None:
    other = msgspec.structs.replace(VIEW, device="monitor", value=91, chosen=False)
    streams = vitals(report(VIEW, other), ()).streams
    assert [(stream.device, stream.value, stream.chosen) for stream in streams] == [
        ("oxi", Decimal(97), True),
        ("monitor", Decimal(91), False),
    ]
