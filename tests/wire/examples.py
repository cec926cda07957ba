"""One example per payload, phase and case that a consumer must cope with: what the golden files hold.

`python -m tests.wire.examples` writes them anew; look at the difference before you commit it, consumers will.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

from msgspec.structs import replace

from edge_agent.domain.alerts import (
    Alert,
    ConditionState,
    Evidence,
    Inactivation,
    InactivationKind,
    Kind,
    Outcome,
    Phase,
    Priority,
    SetBy,
    SignalEvent,
    SignalState,
    Why,
)
from edge_agent.domain.effects import (
    AlertChanged,
    AlertsSnapshot,
    AlertSystem,
    DeviceReport,
    Effect,
    LinkReport,
    LinkState,
    QuietTaken,
    ReceiptCode,
    ReceiptTaken,
    RequestTaken,
    ScoreReport,
    StoredReadings,
    StreamView,
    Suppressed,
    SuppressedBy,
    VitalsReport,
)
from edge_agent.domain.errors import Problem
from edge_agent.domain.scores import Part, RuleScore
from edge_agent.domain.settings import SECOND, Bed, BedState, Device, Limit, WardSettings
from edge_agent.domain.stays import Absence, AbsenceReason
from edge_agent.domain.trial import Agreement, Drift, ModelDay
from edge_agent.domain.windows import Abstention, Driver, RiskScore
from edge_agent.wire.compose import (
    birth,
    command_result,
    compose,
    config_reported,
    health,
    heartbeat,
    model,
    seal,
    shadow,
    state,
)
from edge_agent.wire.outgoing import Draft, Stamp, Urgency
from edge_agent.wire.payloads import PAYLOADS
from edge_agent.wire.payloads.birth import Birth, ModelVersion, born_beds, born_devices
from edge_agent.wire.payloads.command_result import CommandResult
from edge_agent.wire.payloads.config_reported import ConfigReported, Refusal, Source, fault
from edge_agent.wire.payloads.health import Health, LedgerLine, device_health
from edge_agent.wire.payloads.missed import missed
from edge_agent.wire.payloads.model import Model, ModelState
from edge_agent.wire.payloads.model import model as day_of
from edge_agent.wire.payloads.state import Presence
from edge_agent.wire.schemas import schemas
from edge_agent.wire.topics import Topics
from firmware_bridges.bridge import Mode
from firmware_bridges.families import FAMILIES
from firmware_bridges.vitals import Reading, Reason, Validity

GOLDEN = Path(__file__).parent / "golden"
RUN, BOOT = "3f0e7c1a-52a5-4b7e-9d53-0c8a2f6f1b11", "9a1de644-815e-46d1-bb8f-aa1837f8a88b"
SYNCED = Stamp(run=RUN, boot=BOOT, trust="synced", wall_offset=1_790_000_000 * SECOND)
UNSYNCED = Stamp(run=RUN, boot=BOOT, trust="unsynced", wall_offset=None)
TOPICS = Topics("H1", "W4", "gw-1")
NOW = 7_200 * SECOND + 123_456_789
SHA256 = "5994471abb01112afcc18159f6cc74b4f511b99806da59b3caf5a9c173cacfc5"

WARD = WardSettings(
    version=4,
    beds=(Bed(id="3", required=("spo2",), encounter="e7Kq"), Bed(id="4", state=BedState.UNASSIGNED)),
    devices=(Device(id="oxi-3", bed="3", family="contec_cms50_9byte", port="/dev/ward/oxi-3"),),
    limits={"temperature-high": Limit(limit=Decimal("38.2"), hysteresis=Decimal("0.2"))},
)


def examples() -> Iterator[tuple[str, bytes]]:
    """Yield (name, payload) of everything the agent says."""
    yield from _of_the_gateway()
    for name, effect in _of_a_bed():
        yield name, _sealed(compose(effect, TOPICS, SYNCED, [LINK])[0])
    for name, alert in _alerts():
        yield f"alert-{name}", _sealed(compose(AlertChanged(alert, "e7Kq" if alert.bed else ""), TOPICS, SYNCED)[0])
    (draft,) = compose(AlertChanged(ALERT), TOPICS, UNSYNCED)
    yield "alert-not-durable-unsynced", seal(draft, 1, UNSYNCED, durable=False).payload
    (draft,) = compose(VITALS, TOPICS, UNSYNCED)
    yield "vitals-unsynced", seal(draft, 1, UNSYNCED).payload


def _sealed(draft: Draft) -> bytes:
    return seal(draft, 17, SYNCED).payload


def _of_the_gateway() -> Iterator[tuple[str, bytes]]:
    for presence in Presence:
        yield f"state-{presence.value}", _sealed(state(TOPICS, NOW, presence, 2))
    over = [replace(ALERT, priority=Priority.HIGH), replace(ALERT, phase=Phase.END, revision=2, ended=NOW)]
    body = missed([[_sealed(compose(AlertChanged(each), TOPICS, SYNCED)[0]) for each in over]])
    topic = TOPICS.topic("missed", bed="3")
    stream = "history/bed/3/missed"
    draft = Draft(stream=stream, topic=topic, body=body, qos=1, retain=False, urgency=Urgency.BACKLOG, made=NOW)
    yield "missed", _sealed(draft)
    yield "heartbeat", _sealed(heartbeat(TOPICS, NOW))
    yield "birth", _sealed(birth(TOPICS, NOW, _birth()))
    yield "health", _sealed(health(TOPICS, NOW, _health()))
    yield "model", _sealed(model(TOPICS, NOW, _model()))
    yield "shadow", _sealed(shadow(TOPICS, NOW, "3", replace(RISK, model="ours-2", probability=0.31)))
    yield "shadow-abstention", _sealed(shadow(TOPICS, NOW, "3", ABSTAINS))
    running = ConfigReported(version=4, sha256=SHA256, source=Source.PUSHED, settings=WARD)
    yield "config-reported", _sealed(config_reported(TOPICS, NOW, running, "push-4"))
    problem = Problem("/limits/spo2-low/limit", "limits.spo2-low.limit", "80", "85 to 100", "raise it to 85 or more")
    refused = Refusal(request="push-5", version=5, at="2026-09-21T16:13:20.000Z", faults=(fault(problem),))
    yield "config-refused", _sealed(config_reported(TOPICS, NOW, replace(running, refused=refused), "push-5"))
    why = "/vitals/0/unit: found `[degF]`; allowed: Cel"
    result = CommandResult(command="observe", request="obs-9", done=False, errors=(why,))
    yield "command-refused", _sealed(command_result(TOPICS, NOW, result))


def _birth() -> Birth:
    return Birth(
        birth=2,
        agent="0.1.0",
        python="3.11.2",
        runtime="tflite-runtime 2.14.0",
        model=ModelVersion(name="news2-7-within-6h-lr", sha256=SHA256),
        beds=born_beds(WARD),
        devices=born_devices(WARD, FAMILIES),
        schemas=tuple(PAYLOADS),
        alert_system=AlertSystem.CDAS,
        listeners=("nurse-app", "ward-display"),
        displays=("ward-display",),
    )


def _model() -> Model:
    spo2 = Drift("spo2", hours=180, missing=0.0111, missing_in_training=0.1207, distance=0.2384)
    temperature = Drift("temperature", hours=180, missing=1.0, missing_in_training=0.6633, distance=None)
    agreement = Agreement(
        both=1981,
        only_used=0,
        only_shadow=3,
        neither=320,
        mean_difference=0.0042,
        mean_distance=0.0107,
        both_above=20,
        only_used_above=2,
        only_shadow_above=6,
    )
    scored = {"scored": 1981, "too-few-vitals": 300, "already-high": 23}
    day = ModelDay(24.0, whole=True, answers=scored, drift=(spo2, temperature), shadow_answers={}, agreement=agreement)
    used = ModelState(name="news2-7-within-6h-cnn", sha256=SHA256, answers=scored)
    return day_of(day, used, ModelState(name="ours-2", refused="golden.json vector 3: differs", answers={}))


def _health() -> Health:
    before = DeviceReport("oxi-3", LinkState.STREAMING, "", 0, 10_000, 1_000, 0, {})
    report = replace(
        before,
        bytes_received=26_200,
        frames=2_799,
        malformed=1,
        rejected={"out-of-range": 2},
        battery=80,
        model="CMS50E",
    )
    line = LedgerLine(
        stream="vitals",
        produced=7200,
        accepted=7189,
        queued=1,
        dropped={"expired": 10},
        received=0,
        acknowledged=0,
    )
    return Health(
        uptime_s=7200,
        queue_depth=1,
        buffer_hours_left=Decimal("71.5"),
        cpu_percent=Decimal("2.1"),
        memory_bytes=48_000_000,
        bytes_written=1_048_576,
        devices=(device_health(report, before, NOW, 30 * SECOND),),
        ledger=(line, replace(line, run=BOOT, produced=3, accepted=2, queued=0, dropped={"crash": 1})),
    )


LINK = LinkReport("oxi-3", "3", LinkState.STREAMING, "", NOW - 3600 * SECOND)
SPO2 = StreamView(
    vital="spo2",
    device="oxi-3",
    mode=Mode.CONTINUOUS,
    value=86,
    validity=Validity.VALID,
    reason=Reason.OK,
    at=NOW - 412_000_000,
    chosen=True,
    site="finger",
)
OFF = replace(
    SPO2, vital="pulse_rate", value=None, validity=Validity.INVALID, reason=Reason.SENSOR_OFF, at=NOW - 9 * SECOND
)
SPOT = replace(
    SPO2, vital="temperature", device="observation", mode=Mode.SPOT, value=370, person="nurse-7", due=NOW + 600 * SECOND
)
VITALS = VitalsReport(bed="3", at=NOW, state=BedState.MONITORED, streams=(SPO2, OFF, SPOT), encounter="e7Kq")
NEWS2 = RuleScore(
    score="news2",
    version="2017",
    total=7,
    parts=(
        Part("respiratory_rate", 3, "26 /min"),
        Part("spo2", 2, "92 %"),
        Part("supplemental_oxygen", 2, "oxygen"),
        Part("temperature", None),
    ),
    missing=("temperature",),
    risk="high",
    response="Emergency assessment by a critical care team; monitor continuously.",
)
RISK = RiskScore(
    probability=0.3816999,
    drivers=(Driver("respiratory_rate", 0.913, 26.0, 6.0), Driver("spo2", 0.4, 92.0, -3.0)),
    logit_q=-12,
    model="news2-7-within-6h-lr",
    model_sha256=SHA256,
    runtime="tflite-runtime 2.14.0",
)
ABSTAINS = Abstention("too-few-vitals", "2 of 5 vitals in the last 12 h", "news2-7-within-6h-lr")


def _of_a_bed() -> Iterator[tuple[str, Effect]]:
    yield "vitals", VITALS
    yield "vitals-none", VitalsReport(bed="4", at=NOW, state=BedState.UNASSIGNED, streams=())
    stored = Reading(NOW, 1, "spo2", 93, Validity.VALID, Reason.STORED, device_time="2026-09-20T23:10:00", stored=True)
    warm = replace(stored, vital="temperature", value=381)
    yield "suppressed", Suppressed("3", "spo2-low", Priority.MEDIUM, SuppressedBy.DELAY, NOW - 9 * SECOND, NOW)
    yield "stored", StoredReadings(bed="3", device="oxi-3", at=NOW, readings=(stored, warm, replace(warm, value=None)))
    yield "score", ScoreReport(bed="3", at=NOW, rule=replace(NEWS2, missing=()), risk=RISK, risk_at=NOW - 40 * SECOND)
    yield "score-lower-bound-abstention", ScoreReport(bed="3", at=NOW, rule=NEWS2, risk=ABSTAINS, risk_at=NOW)
    yield "command-claimed", RequestTaken("claim", "3", "claim-8", "nurse-7", NOW, device="cuff-1")
    yield "command-done", RequestTaken("observe", "3", "obs-8", "nurse-7", NOW)
    yield "command-transfer-done", RequestTaken("transfer", "3", "t-1", "nurse-7", NOW)
    yield "command-quiet-done", QuietTaken("q-1", "nurse-7", NOW, NOW + 120 * SECOND)
    yield "receipt-paused", replace(ANSWER, outcome=Outcome.PAUSED, revision=4, until=NOW + 120 * SECOND)
    superseded = replace(ANSWER, code=ReceiptCode.SUPERSEDED, why="its newest revision is 3, accepted by nurse-9")
    yield "receipt-superseded", replace(superseded, revision=3, accepted_by="nurse-9")
    yield "receipt-gateway", replace(ANSWER, bed="", event_id=GATEWAY.event_id, accepted_by="nurse-7", revision=2)
    yield (
        "alerts-none",
        AlertsSnapshot("3", NOW, BedState.MONITORED, monitored=True, since=NOW - 60 * SECOND, alerts=()),
    )
    present = (ALERT, replace(ALERT, condition="not-monitored", kind=Kind.TECHNICAL, verifiable=False))
    yield "alerts", AlertsSnapshot("3", NOW, BedState.MONITORED, monitored=False, since=NOW - SECOND, alerts=present)
    away = Absence(AbsenceReason.IMAGING, "nurse-7", NOW - SECOND, NOW + 1199 * SECOND)
    yield (
        "alerts-off-ward",
        AlertsSnapshot(
            "3",
            NOW,
            BedState.OFF_WARD,
            monitored=False,
            since=NOW - SECOND,
            alerts=(),
            encounter="stay-a",
            absence=away,
        ),
    )
    yield "alerts-gateway", AlertsSnapshot("", NOW, None, monitored=True, since=0, alerts=(GATEWAY,))


ALERT = Alert(
    bed="3",
    condition="spo2-low",
    kind=Kind.PHYSIOLOGICAL,
    priority=Priority.MEDIUM,
    event_id="b0c5d0a2-6f62-5a8a-9f57-6a4cf0a3a9d1",
    ordinal=2,
    revision=1,
    phase=Phase.START,
    state=ConditionState.ACTIVE,
    signal=SignalState.ON,
    began=NOW - 40 * SECOND,
    raised=NOW - 25 * SECOND,
    changed=NOW,
    why=Why(
        text="SpO2 86 % for 40 s, was 95 %, falling",
        rule="spo2-low",
        limit=90,
        evidence=(Evidence(vital="spo2", value=86, at=NOW - 412_000_000, device="oxi-3", before=95),),
        devices=("oxi-3",),
    ),
)
GATEWAY = Alert(
    bed="",
    condition="broker-unreachable",
    kind=Kind.TECHNICAL,
    priority=Priority.MEDIUM,
    event_id="6b0a92c8-4b0f-5d0d-8c5e-3a3c0f0a7a10",
    ordinal=1,
    revision=1,
    phase=Phase.START,
    state=ConditionState.ACTIVE,
    signal=SignalState.ON,
    began=NOW - 12 * SECOND,
    raised=NOW - 10 * SECOND,
    changed=NOW,
    why=Why(text="Alerts are not leaving this gateway: connection refused", rule="broker-unreachable", beds=("3", "4")),
)
ANSWER = ReceiptTaken(
    bed="3",
    consumer="nurse-app",
    request="r-7",
    person="nurse-7",
    event_id=ALERT.event_id,
    outcome=Outcome.ACCEPTED,
    at=NOW,
    code=ReceiptCode.DONE,
)
PAUSED = Inactivation(InactivationKind.AUDIO_PAUSED, "nurse-7", "care", NOW + 120 * SECOND)
NEWS2_WHY = Why(
    text="NEWS2 ≥ 7 (temperature missing): 3 for respiration, 2 for SpO2, 2 for oxygen",
    rule="news2",
    evidence=(Evidence(vital="respiratory_rate", value=26, at=NOW - SECOND, device="mon-3"),),
    missing=("temperature",),
    score=7,
    response=NEWS2.response,
)


def _alerts() -> Iterator[tuple[str, Alert]]:
    yield "start", ALERT
    yield "continue", replace(ALERT, phase=Phase.CONTINUE, revision=2)
    yield "update", replace(ALERT, phase=Phase.UPDATE, revision=3, verifiable=False)
    yield "escalate", replace(ALERT, phase=Phase.ESCALATE, revision=4, priority=Priority.HIGH, why=NEWS2_WHY)
    taken = replace(ALERT, accepted_by="nurse-7", signal=SignalState.ACKNOWLEDGED)
    yield "deescalate", replace(taken, phase=Phase.DEESCALATE, revision=5, priority=Priority.LOW)
    yield "paused", replace(ALERT, phase=Phase.UPDATE, revision=6, signal=SignalState.PAUSED, inactivations=(PAUSED,))
    called = replace(ALERT, phase=Phase.ESCALATE, revision=4, priority=Priority.HIGH, tier=2)
    yield "next-tier", called
    unseen = replace(ALERT, phase=Phase.UPDATE, revision=5, verifiable=False, signal=SignalState.OFF)
    yield "displaced", replace(unseen, signal_event=SignalEvent.DISPLACED)
    latched = replace(ALERT, phase=Phase.UPDATE, revision=7, state=ConditionState.LATCHED, ended=NOW)
    yield "latched", latched
    over = replace(ALERT, state=ConditionState.INACTIVE, signal=SignalState.OFF, ended=NOW)
    yield "end", replace(over, phase=Phase.END, revision=8, end_reason="SpO2 94 %, inside its limit")
    yield "reset", replace(over, phase=Phase.RESET, revision=9, end_reason="reset by nurse-7", accepted_by="nurse-7")
    yield "gateway", GATEWAY
    advice = Why(text="Risk of NEWS2 7 or more within 6 h: 38 %", rule="risk", probability=0.3816999)
    yield "own-limit", replace(ALERT, why=replace(ALERT.why, own=SetBy("nurse-7", ALERT.began - 600 * SECOND)))
    yield "advisory", replace(ALERT, condition="risk", kind=Kind.ADVISORY, why=advice)


def golden() -> Iterator[tuple[Path, bytes]]:
    """Yield (file, content) of every golden file the agent's side decides."""
    for name, payload in examples():
        yield GOLDEN / f"{name}.json", payload + b"\n"
    for name, schema in schemas().items():
        text = json.dumps(schema, indent=1, ensure_ascii=False)
        yield GOLDEN / "schemas" / f"{name.replace('/', '-')}.json", f"{text}\n".encode()


if __name__ == "__main__":
    for file, content in golden():
        file.write_bytes(content)
