"""Ward settings, good by construction: as IT might push them."""

from __future__ import annotations

from decimal import Decimal

import msgspec
from hypothesis import strategies as st

from edge_agent.bedside.scores.bedside_pews import AGE_BANDS
from edge_agent.domain.alerts import Priority
from edge_agent.domain.settings import LIMIT_RULES, Bed, BedState, Device, Limit, WardSettings
from edge_agent.domain.windows import Patient

IDS = st.from_regex(r"[A-Za-z0-9_-]{1,8}", fullmatch=True)
FAMILIES = ("contec_cms50_9byte", "contec_cms50_5byte", "bluetooth_pulse_oximeter", "sensor_link")
STEPS = {rule: Decimal("0.1") if rule.startswith("temperature") else Decimal(1) for rule in LIMIT_RULES}


@st.composite
def limits(draw: st.DrawFn, rule: str) -> Limit:
    """Return a limit that `rule` may have."""
    bounds, step, low = LIMIT_RULES[rule], STEPS[rule], rule.endswith("-low")
    limit = draw(_steps(bounds.lowest, bounds.highest, step))
    deep = draw(st.none() | (_steps(bounds.lowest, limit, step) if low else _steps(limit, bounds.highest, step)))
    floor = rule == "spo2-low"
    return Limit(
        limit=limit,
        delay_s=draw(st.integers(0, 60)),
        priority=draw(st.sampled_from([Priority.HIGH, Priority.MEDIUM] if floor else list(Priority))),
        hysteresis=draw(_steps(Decimal(0), min(2 * step, 100 - limit) if floor else Decimal(0), step)),
        deep_limit=deep,
        deep_delay_s=draw(st.integers(0, 30)),
        enabled=floor or rule == "pulse-high" or draw(st.booleans()),
    )


@st.composite
def settings(draw: st.DrawFn) -> WardSettings:
    """Return settings of up to three beds with a device or two each."""
    names = draw(st.lists(IDS, min_size=1, max_size=3, unique=True))
    beds = [draw(_bed(name)) for name in names]
    devices = [_device(draw(st.sampled_from(FAMILIES)), name, number) for number, name in enumerate(names)]
    rules = draw(st.sets(st.sampled_from(sorted(LIMIT_RULES))))
    chosen = {rule: draw(limits(rule)) for rule in rules}
    if "pulse-high" in chosen:
        chosen["pulse-high"] = msgspec.structs.replace(chosen["pulse-high"], priority=Priority.LOW)
    return WardSettings(
        version=draw(st.integers(1, 2**53 - 1)),
        beds=tuple(beds),
        devices=tuple(devices),
        limits=chosen,
        max_age_s=draw(st.dictionaries(st.sampled_from(["spo2", "pulse", "temperature"]), st.integers(2, 60))),
        spot_interval_min=draw(st.integers(5, 1440)),
        telemetry_interval_s=draw(st.integers(1, 60)),
        risk_alert_probability=draw(st.none() | st.floats(0, 1, exclude_min=True)),
    )


def wards() -> st.SearchStrategy[bytes]:
    """Return the settings of a push, good ones, as JSON."""
    return settings().map(msgspec.json.encode)


@st.composite
def _bed(draw: st.DrawFn, name: str) -> Bed:
    years = draw(st.none() | st.integers(0, 120))
    fitting = [band for band, (first, end) in AGE_BANDS.items() if years is not None and first <= years * 12 < end]
    child = years is not None and years < 18 and (years < 16 or draw(st.booleans()))
    return Bed(
        id=name,
        score="bedside_pews" if child else "news2",
        age_band=fitting[0] if child else "",
        state=draw(st.sampled_from(list(BedState))),
        required=draw(st.sampled_from([("spo2",), ("pulse",), ("spo2", "pulse")])),
        patient=Patient(age_years=years, sex=draw(st.sampled_from([None, "male"]))),
        encounter=draw(st.from_regex(r"[A-Za-z0-9_-]{0,8}", fullmatch=True)),
    )


def _device(family: str, bed: str, number: int) -> Device:
    if family.startswith("bluetooth"):
        return Device(id=f"d{number}", bed=bed, family=family, address=f"00:00:00:00:00:{number:02x}")
    return Device(id=f"d{number}", bed=bed, family=family, port=f"/dev/ttyUSB{number}", baudrate=115200)


def _steps(lowest: Decimal, highest: Decimal, step: Decimal) -> st.SearchStrategy[Decimal]:
    return st.integers(0, int((highest - lowest) / step)).map(lambda count: lowest + count * step)
