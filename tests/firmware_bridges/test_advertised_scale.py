from __future__ import annotations

import msgspec
import pytest

from firmware_bridges.advert import ADVERT, Message, Value
from firmware_bridges.bridge import Bridge
from firmware_bridges.families.advertised_scale import FAMILY, XIAOMI_SCALES
from firmware_bridges.vitals import DeviceStatus, Event, Identity, Malformed, Reason, Validity
from tests.firmware_bridges.devices import readings, valid

KILOGRAMS = Value("86.55", "kg")


def hear(bridge: Bridge, said: Message) -> list[Event]:
    return bridge.receive(ADVERT, msgspec.json.encode(said), 0)


def listening() -> Bridge:
    """Return a bridge that has heard an advert before."""
    bridge = FAMILY.bridge()
    bridge.opened(0)
    assert hear(bridge, Message("bthome", "before")) == []
    return bridge


def weighed(**values: Value) -> Message:
    return Message("bthome", "now", values=values)


def test_a_settled_weight_is_told_once_however_often_it_is_advertised() -> None:
    bridge = listening()
    assert valid(hear(bridge, weighed(mass=KILOGRAMS))) == {"weight": 8655}
    for _ in range(5):
        assert hear(bridge, weighed(mass=KILOGRAMS)) == []
    assert hear(bridge, Message("bthome", "idle")) == []
    assert hear(bridge, weighed(mass=KILOGRAMS)) == []


def test_the_first_advert_may_be_an_old_one_and_is_no_measurement() -> None:
    bridge = FAMILY.bridge()
    bridge.opened(0)
    assert hear(bridge, weighed(mass=KILOGRAMS)) == []
    assert hear(bridge, weighed(mass=KILOGRAMS)) == []
    again = msgspec.structs.replace(weighed(mass=KILOGRAMS), id="later")
    assert valid(hear(bridge, again)) == {"weight": 8655}


def test_a_weight_told_before_a_restart_is_not_told_after_it() -> None:
    bridge = listening()
    hear(bridge, weighed(mass=KILOGRAMS))
    restarted = FAMILY.bridge()
    restarted.restore(bridge.snapshot())
    restarted.opened(1)
    hear(restarted, Message("bthome", "before"))
    assert hear(restarted, weighed(mass=KILOGRAMS)) == []


def test_a_weight_that_has_not_settled_is_an_estimate() -> None:
    [reading] = readings(hear(listening(), weighed(mass_non_stabilized=KILOGRAMS)))
    assert (reading.value, reading.validity, reason := reading.reason) == (8655, Validity.QUESTIONABLE, reason)
    assert reason is Reason.EARLY_ESTIMATE


def test_a_settled_weight_counts_before_the_one_on_the_way_to_it() -> None:
    both = weighed(mass=KILOGRAMS, mass_non_stabilized=Value("86.60", "kg"))
    assert valid(hear(listening(), both)) == {"weight": 8655}


def test_pounds_become_kilograms() -> None:
    assert valid(hear(listening(), weighed(mass=Value("74.86", "lb")))) == {"weight": 3396}


@pytest.mark.parametrize(
    "values",
    [
        {"temperature": Value("36.9", "°C"), "humidity": Value("45", "%")},
        {"temperature_probe_1": Value("37.0", "°C")},
        {"heart_rate": Value("92", "bpm")},
        {"mass": Value("0", "kg")},
    ],
)
@pytest.mark.parametrize("form", ["bthome", "xiaomi", "inkbird"])
def test_nothing_else_is_a_patients(form: str, values: dict[str, Value]) -> None:
    for model in ("", "MMC-T201-1", "MMC-W505", "IBS-TH", *XIAOMI_SCALES):
        events = hear(listening(), Message(form, "now", model=model, values=values))
        assert readings(events) == []
        assert not any(isinstance(event, Malformed) for event in events)


def test_a_mass_is_a_patients_only_on_a_scale() -> None:
    for form, model in (("xiaomi", "HHCCJCY01"), ("xiaomi", ""), ("inkbird", "MJTZC01YM")):
        assert readings(hear(listening(), Message(form, "now", model=model, values={"mass": KILOGRAMS}))) == []
    for model in XIAOMI_SCALES:
        said = Message("xiaomi", "now", model=model, values={"mass": KILOGRAMS})
        assert valid(hear(listening(), said)) == {"weight": 8655}


@pytest.mark.parametrize(
    ("value", "why"),
    [
        (Value("86.55", "stone"), "unit"),
        (Value("86.55"), "unit"),
        (Value("heavy", "kg"), "number"),
        (Value("NaN", "kg"), "number"),
        (Value("-1", "kg"), "number"),
        (Value("1e9", "kg"), "number"),
    ],
)
def test_what_is_no_mass_is_told(value: Value, why: str) -> None:
    [event] = hear(listening(), weighed(mass=value))
    assert isinstance(event, Malformed)
    assert event.why == why


def test_what_the_key_does_not_open_is_told() -> None:
    [event] = hear(listening(), Message("bthome", "now", locked=True))
    assert isinstance(event, Malformed)
    assert event.why == "bindkey"


def test_who_it_is_and_its_battery_are_told_when_they_change() -> None:
    bridge = listening()
    said = Message("xiaomi", "a", maker="Xiaomi", model="MJTZC01YM", values={"battery": Value("15", "%")})
    assert hear(bridge, said) == [
        Identity(0, manufacturer="Xiaomi", model="MJTZC01YM"),
        DeviceStatus(0, battery=15, low_battery=True),
    ]
    assert hear(bridge, said) == []
    fuller = msgspec.structs.replace(said, values={"battery": Value("90", "%")})
    assert hear(bridge, fuller) == [DeviceStatus(0, battery=90)]
    nonsense = msgspec.structs.replace(said, values={"battery": Value("200", "%")})
    assert hear(bridge, nonsense) == []


@pytest.mark.parametrize("data", [b"", b"{", b'{"format":1,"id":""}', b'{"format":"","id":"","mood":1}', b"[" * 9999])
def test_what_is_no_message_is_told(data: bytes) -> None:
    assert FAMILY.bridge().receive(ADVERT, data, 0) == [Malformed(0, "message", len(data))]
