"""The shared words: what a vital is, and what a bridge may say about one.

A value is an integer in units of the vital's resolution (temperature 37.2 Cel is 372), rounded half up by the
decoder, in the vital's one UCUM unit. A number on the wire is not a measurement: every reading carries a validity
and a reason. Codes: IEEE 11073-10101 (MDC), LOINC (FHIR R4 vital-signs profile first), UCUM.
"""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from enum import Enum

import msgspec


class Vital(msgspec.Struct, frozen=True, kw_only=True):
    """One kind of measurement with its codes.

    `quantity` groups vitals that measure the same thing by different means: heart rate (ECG) and pulse rate (oximeter)
    are both the patient's `pulse` to a score, yet stay two vitals on the wire.
    """

    code: str
    title: str
    quantity: str
    mdc: int
    mdc_name: str
    loinc: str
    ucum: str
    decimals: int = 0

    def scaled(self, value: Decimal | int) -> int:
        """Return `value` (in the UCUM unit) as an integer in units of the resolution, rounded half up."""
        return int((Decimal(value) * 10**self.decimals).to_integral_value(ROUND_HALF_UP))

    def decimal(self, value: int) -> Decimal:
        """Return a scaled integer as the decimal number a person reads, such as Decimal('37.2')."""
        return Decimal(value).scaleb(-self.decimals)


_ALL = (
    Vital(
        code="heart_rate",
        title="Heart rate (ECG)",
        quantity="pulse",
        mdc=147842,
        mdc_name="MDC_ECG_HEART_RATE",
        loinc="8867-4",
        ucum="/min",
    ),
    Vital(
        code="pulse_rate",
        title="Pulse rate (oximeter)",
        quantity="pulse",
        mdc=149530,
        mdc_name="MDC_PULS_OXIM_PULS_RATE",
        loinc="8867-4",
        ucum="/min",
    ),
    Vital(
        code="pulse_rate_nibp",
        title="Pulse rate (cuff)",
        quantity="pulse",
        mdc=149546,
        mdc_name="MDC_PULS_RATE_NON_INV",
        loinc="8867-4",
        ucum="/min",
    ),
    Vital(
        code="spo2",
        title="SpO2",
        quantity="spo2",
        mdc=150456,
        mdc_name="MDC_PULS_OXIM_SAT_O2",
        loinc="2708-6",
        ucum="%",
    ),
    Vital(
        code="respiratory_rate",
        title="Respiratory rate",
        quantity="respiratory_rate",
        mdc=151562,
        mdc_name="MDC_RESP_RATE",
        loinc="9279-1",
        ucum="/min",
    ),
    Vital(
        code="systolic",
        title="Systolic pressure",
        quantity="systolic",
        mdc=150021,
        mdc_name="MDC_PRESS_BLD_NONINV_SYS",
        loinc="8480-6",
        ucum="mm[Hg]",
    ),
    Vital(
        code="diastolic",
        title="Diastolic pressure",
        quantity="diastolic",
        mdc=150022,
        mdc_name="MDC_PRESS_BLD_NONINV_DIA",
        loinc="8462-4",
        ucum="mm[Hg]",
    ),
    Vital(
        code="mean_pressure",
        title="Mean pressure",
        quantity="mean_pressure",
        mdc=150023,
        mdc_name="MDC_PRESS_BLD_NONINV_MEAN",
        loinc="8478-0",
        ucum="mm[Hg]",
    ),
    Vital(
        code="temperature",
        title="Body temperature",
        quantity="temperature",
        mdc=150364,
        mdc_name="MDC_TEMP_BODY",
        loinc="8310-5",
        ucum="Cel",
        decimals=1,
    ),
    Vital(
        code="perfusion_index",
        title="Perfusion index",
        quantity="perfusion_index",
        mdc=150488,
        mdc_name="MDC_BLD_PERF_INDEX",
        loinc="61006-3",
        ucum="%",
        decimals=2,
    ),
    Vital(
        code="glucose",
        title="Glucose (blood)",
        quantity="glucose",
        mdc=160020,
        mdc_name="MDC_CONC_GLU_GEN",
        loinc="2339-0",
        ucum="mg/dL",
    ),
    Vital(
        code="glucose_interstitial",
        title="Glucose (interstitial fluid)",
        quantity="glucose",
        mdc=160212,
        mdc_name="MDC_CONC_GLU_ISF",
        loinc="99504-3",
        ucum="mg/dL",
    ),
    Vital(
        code="weight",
        title="Body weight",
        quantity="weight",
        mdc=188736,
        mdc_name="MDC_MASS_BODY_ACTUAL",
        loinc="29463-7",
        ucum="kg",
        decimals=2,
    ),
)
VITALS: dict[str, Vital] = {vital.code: vital for vital in _ALL}
"""Every vital the product knows, by code. Order is the order of display."""


class Validity(str, Enum):
    """May this number be used as a live measurement? Only `VALID` feeds scores, rules and the model."""

    VALID = "valid"
    QUESTIONABLE = "questionable"
    INVALID = "invalid"


class Reason(str, Enum):
    """Why a reading is not simply valid. The first group comes from devices, the second from the quality gate."""

    OK = "ok"
    SENSOR_OFF = "sensor-off"
    SENSOR_DISCONNECTED = "sensor-disconnected"
    SEARCHING = "searching"
    LOW_PERFUSION = "low-perfusion"
    WEAK_SIGNAL = "weak-signal"
    ARTEFACT = "artefact"
    HELD = "held"
    EARLY_ESTIMATE = "early-estimate"
    STORED = "stored"
    DEMO = "demo"
    TEST = "test"
    CALIBRATING = "calibrating"
    NOT_AVAILABLE = "not-available"
    QUESTIONED_BY_DEVICE = "questioned-by-device"
    MALFUNCTION = "malfunction"
    WRONG_SAMPLE = "wrong-sample"

    OUT_OF_RANGE = "out-of-range"
    IMPLAUSIBLE_CHANGE = "implausible-change"
    UNCONFIRMED = "unconfirmed"
    STALE = "stale"


class Reading(msgspec.Struct, frozen=True, tag="reading", gc=False):
    """One value of one vital, as a device said it.

    `at`: arrival of the frame's last byte, ns of CLOCK_BOOTTIME. `frame`: ordinal of the frame within the bridge's
    life, so that two readings can be told to rest on two frames. `value` is None when the device gave none.
    `device_time` is the device's own clock as text (ISO 8601 without zone), kept and never trusted. `stored` values
    come from device memory: history only.
    """

    at: int
    frame: int
    vital: str
    value: int | None
    validity: Validity = Validity.VALID
    reason: Reason = Reason.OK
    site: str = ""
    device_time: str = ""
    stored: bool = False


class Malformed(msgspec.Struct, frozen=True, tag="malformed"):
    """Bytes that are no frame: counted and reported, never an exception. `dropped` is their number."""

    at: int
    why: str
    dropped: int


class DeviceStatus(msgspec.Struct, frozen=True, tag="status"):
    """The device's present conditions, complete, sent when they change. `battery` in percent where the device tells.

    `clock` is what the device's own clock showed when it was last asked (ISO 8601 without zone), "" if unknown.
    """

    at: int
    conditions: tuple[Reason, ...] = ()
    battery: int | None = None
    low_battery: bool = False
    clock: str = ""


class Identity(msgspec.Struct, frozen=True, tag="identity"):
    """Who the device says it is. Never a patient: families mask what bears a patient's identity.

    `pnp` numbers vendor, product and version, such as "usb:067b:2303:0100".
    """

    at: int
    manufacturer: str = ""
    model: str = ""
    serial: str = ""
    firmware: str = ""
    hardware: str = ""
    software: str = ""
    pnp: str = ""


class Send(msgspec.Struct, frozen=True, tag="send"):
    """Bytes the bridge wants written to one channel of the device."""

    channel: str
    data: bytes


Event = Reading | Malformed | DeviceStatus | Identity | Send
