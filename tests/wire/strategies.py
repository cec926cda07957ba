"""Records of the domain with arbitrary content, for laws."""

from __future__ import annotations

from hypothesis import strategies as st

from edge_agent.domain.alerts import (
    Alert,
    ConditionState,
    Evidence,
    Inactivation,
    InactivationKind,
    Kind,
    Phase,
    Priority,
    SignalState,
    Why,
)
from edge_agent.domain.effects import (
    AlertChanged,
    AlertsSnapshot,
    Effect,
    LinkReport,
    LinkState,
    RequestTaken,
    ScoreReport,
    StoredReadings,
    StreamView,
    Suppressed,
    VitalsReport,
)
from edge_agent.domain.scores import Part, RuleScore
from edge_agent.domain.settings import BedState
from edge_agent.domain.windows import CAUSES, Abstention, Driver, RiskScore
from edge_agent.wire.envelope import TRUSTS
from edge_agent.wire.outgoing import Stamp
from edge_agent.wire.topics import COMMANDS, Topics
from firmware_bridges.bridge import Mode
from firmware_bridges.vitals import VITALS, Reading, Reason, Validity

TOPICS = Topics("H", "W", "G")
YEAR = 365 * 86_400 * 10**9
words = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
ids = st.text("abcXYZ019_-", min_size=1, max_size=8)
beds = ids | st.just("")
times = st.integers(-YEAR, 3 * YEAR)
"""After a reboot, what began before it lies before zero."""
codes = st.sampled_from(sorted(VITALS))
values = st.integers(-(10**6), 10**6)
floats = st.floats() | st.integers(-(10**6), 10**6).map(float)
uuids = st.uuids().map(str)
stamps = st.builds(
    Stamp,
    run=uuids,
    boot=uuids,
    trust=st.sampled_from(TRUSTS),
    wall_offset=st.none() | st.integers(30 * YEAR, 90 * YEAR),
)


def several(of: st.SearchStrategy[object]) -> st.SearchStrategy[tuple[object, ...]]:
    return st.lists(of, max_size=3).map(tuple)


evidence = st.builds(Evidence, vital=codes, value=values, at=times, device=ids, before=st.none() | values)
whys = st.builds(
    Why,
    text=words,
    rule=ids,
    limit=st.none() | values,
    evidence=several(evidence),
    missing=several(ids),
    devices=several(ids),
    beds=several(ids),
    score=st.none() | st.integers(0, 20),
    probability=st.none() | floats,
    response=words,
)
alerts = st.builds(
    Alert,
    bed=beds,
    condition=ids,
    kind=st.sampled_from(Kind),
    priority=st.sampled_from(Priority),
    event_id=uuids,
    ordinal=st.integers(1),
    revision=st.integers(1, 10**9),
    phase=st.sampled_from(Phase),
    state=st.sampled_from(ConditionState),
    signal=st.sampled_from(SignalState),
    began=times,
    raised=times,
    changed=times,
    why=whys,
    verifiable=st.booleans(),
    ended=st.none() | times,
    end_reason=words,
    inactivations=several(
        st.builds(Inactivation, kind=st.sampled_from(InactivationKind), owner=ids, reason=ids, until=times)
    ),
    accepted_by=beds,
)
views = st.builds(
    StreamView,
    vital=codes,
    device=ids,
    mode=st.sampled_from(Mode),
    value=st.none() | values,
    validity=st.sampled_from(Validity),
    reason=st.sampled_from(Reason),
    at=st.none() | times,
    chosen=st.booleans(),
    site=words,
    device_time=words,
    person=beds,
    due=st.none() | times,
)
links = st.builds(LinkReport, device=ids, bed=ids, state=st.sampled_from(LinkState), reason=words, since=times)
risks = st.builds(
    RiskScore,
    probability=floats,
    drivers=several(
        st.builds(
            Driver,
            quantity=st.sampled_from(["pulse", "spo2", "temperature", "shock_index"]),
            contribution=floats,
            value=st.none() | floats,
            trend=st.none() | floats,
        )
    ),
    logit_q=st.integers(-128, 127),
    model=ids,
    model_sha256=ids,
    runtime=words,
)
rules = st.builds(
    RuleScore,
    score=ids,
    version=ids,
    total=st.integers(0, 20),
    parts=several(st.builds(Part, name=ids, points=st.none() | st.integers(0, 3), value=words)),
    missing=several(ids),
    risk=ids,
    response=words,
    spo2_scale=st.sampled_from([1, 2]),
)
readings = st.builds(
    Reading,
    at=times,
    frame=st.integers(0),
    vital=codes,
    value=st.none() | values,
    validity=st.sampled_from(Validity),
    reason=st.sampled_from(Reason),
    site=words,
    device_time=words,
    stored=st.booleans(),
)
alert_events = st.builds(AlertChanged, alert=alerts, encounter=beds)
vitals_reports = st.builds(
    VitalsReport, bed=ids, at=times, state=st.sampled_from(BedState), streams=several(views), encounter=beds
)
effects: st.SearchStrategy[Effect] = st.one_of(
    alert_events,
    vitals_reports,
    st.builds(
        AlertsSnapshot,
        bed=beds,
        at=times,
        state=st.none() | st.sampled_from(BedState),
        monitored=st.booleans(),
        since=times,
        alerts=several(alerts),
        encounter=beds,
    ),
    st.builds(
        ScoreReport,
        bed=ids,
        at=times,
        rule=st.none() | rules,
        risk=st.none() | risks | st.builds(Abstention, cause=st.sampled_from(CAUSES), detail=words, model=ids),
        risk_at=st.none() | times,
        encounter=beds,
    ),
    st.builds(Suppressed, bed=ids, condition=ids, at=times, would_have=times, encounter=beds),
    st.builds(StoredReadings, bed=ids, device=ids, at=times, readings=several(readings), encounter=beds),
    st.builds(
        RequestTaken,
        command=st.sampled_from(COMMANDS),
        bed=ids,
        device=ids,
        request=ids,
        person=ids,
        at=times,
        errors=several(words),
    ),
)
"""Every effect that is for the wire."""
