"""Any Bluetooth glucose meter: characteristics 0x2A18 and 0x2A34 of service 0x1808.

A meter sends its records when it is asked to, through the Record Access Control Point: they come from its memory and
are history. A record that comes unasked is measured now. A control solution is never a patient's value: such a
record has no number. A result beyond what the meter can measure is invalid, whatever number comes with it.

A record may announce a context, which then follows by itself: only with it does the record count, because some meters
(CareSens) say there, with a meal that the specification does not know, that they measured ketone and not glucose.

Source: Bluetooth Glucose Service 1.0.1 and GATT Specification Supplement, Glucose Measurement and Glucose Measurement
Context; devices.md section 3; ketone: NightscoutFoundation/xDrip, ContextRxTest.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal

import msgspec

from firmware_bridges.bridge import BleSettings, Check, Family, Measure, Mode, Sample, Strength
from firmware_bridges.framing import FrameError
from firmware_bridges.gatt import BATTERY, READ, Fields, Interpretation, uuid
from firmware_bridges.glucose import CONTROL_SOLUTION, LOCATIONS, is_control, nibbles, sfloat_word
from firmware_bridges.ieee11073 import Number, finite
from firmware_bridges.racp import CONTROL, LAST_NUMBER
from firmware_bridges.record_store import RecordBridge, Store
from firmware_bridges.units import mg_dl_from_kg_l, mg_dl_from_mol_l
from firmware_bridges.verdict import Verdict, conditions, verdict, worst
from firmware_bridges.vitals import VITALS, Event, Malformed, Reading, Reason, Validity

MEASUREMENT, CONTEXT = uuid(0x2A18), uuid(0x2A34)
"""The channels of a record and of what was going on when it was measured; both are notified."""

_MAX_RECORD = 17
"""Bytes of a record with every field."""

PATIENCE = 5_000_000_000
"""How long a record waits for the context it announced, ns. The context is the meter's very next message."""

MEALS = {1: "preprandial", 2: "postprandial", 3: "fasting", 4: "casual", 5: "bedtime"}
"""What a context says of meals. Any other number is a meter's own invention."""

LOW_BATTERY, TIME_FAULT = 0, 11
"""Bits of the sensor status that do nothing to the number."""

_INVALID_BY_DEVICE: Verdict = (Validity.INVALID, Reason.QUESTIONED_BY_DEVICE)
SENSOR_STATUS: dict[int, Verdict] = {
    1: verdict(Reason.MALFUNCTION),
    10: verdict(Reason.MALFUNCTION),
    5: (Validity.INVALID, Reason.OUT_OF_RANGE),
    6: (Validity.INVALID, Reason.OUT_OF_RANGE),
    9: _INVALID_BY_DEVICE,
    2: _INVALID_BY_DEVICE,
    3: _INVALID_BY_DEVICE,
    4: _INVALID_BY_DEVICE,
    7: _INVALID_BY_DEVICE,
    8: _INVALID_BY_DEVICE,
}
"""What a bit of the sensor status does to the number. Of equals the first is named.

1 sensor malfunction, 10 general fault; result 5 higher and 6 lower than the meter can process; 9 strip pulled too
soon, 2 sample too small, strip 3 badly inserted and 4 of the wrong type, 7 too hot and 8 too cold to measure.
"""

_OFFSET, _CONCENTRATION, _MOLAR, _STATUS, _CONTEXT_FOLLOWS = 0x01, 0x02, 0x04, 0x08, 0x10
_CARBOHYDRATE, _MEAL, _TESTER, _EXERCISE, _MEDICATION, _LITRES, _HBA1C, _EXTENDED = (1 << bit for bit in range(8))
_BITS = {Reason.MALFUNCTION: 1 << 1, Reason.OUT_OF_RANGE: 1 << 5, Reason.QUESTIONED_BY_DEVICE: 1 << 9}
_CAPILLARY_FINGER = 0x11
_MG_DL_EXPONENT = -5


class Frame(msgspec.Struct, frozen=True):
    """One record as sent: `concentration` in kg/L, or mol/L if `molar`; None where the flags say absent.

    `base_time` is ISO 8601 without zone, "" if unknown; what the person using the meter sees as its time is
    `offset` minutes later. `type` and `location` of the sample, `status` bits.
    """

    sequence: int
    base_time: str
    offset: int | None
    concentration: Number | None
    molar: bool
    type: int | None
    location: int | None
    status: int | None
    context_follows: bool

    @property
    def mg_dl(self) -> Decimal | None:
        """Return the glucose in mg/dL, None for no number."""
        number = None if self.concentration is None else finite(self.concentration)
        if number is None:
            return None
        return mg_dl_from_mol_l(number) if self.molar else mg_dl_from_kg_l(number)

    @property
    def local_time(self) -> str:
        """Return when the meter's user would say it was measured, "" if unknown."""
        try:
            moved = datetime.fromisoformat(self.base_time) + timedelta(minutes=self.offset or 0)
        except (ValueError, OverflowError):
            return ""
        return moved.isoformat()


class Context(msgspec.Struct, frozen=True):
    """The context of the record `sequence`, as sent; None where the flags say absent.

    `carbohydrate` in kg, `exercise` in s with its `intensity` in %, `medication` in kg, or L if `litres`, `hba1c` in %.
    """

    sequence: int
    carbohydrate_id: int | None
    carbohydrate: Number | None
    meal: int | None
    tester: int | None
    health: int | None
    exercise: int | None
    intensity: int | None
    medication_id: int | None
    medication: Number | None
    litres: bool
    hba1c: Number | None


def parse_frame(data: bytes) -> Frame:
    """Take a 0x2A18 value apart; FrameError("truncated") if its flags promise more than there is."""
    fields = Fields(data)
    flags = fields.unsigned(1)
    sequence, base_time = fields.unsigned(2), fields.date_time()
    offset = fields.signed(2) if flags & _OFFSET else None
    concentration = fields.sfloat() if flags & _CONCENTRATION else None
    sample_type, location = nibbles(fields.unsigned(1)) if flags & _CONCENTRATION else (None, None)
    return Frame(
        sequence,
        base_time,
        offset,
        concentration,
        bool(flags & _MOLAR),
        sample_type,
        location,
        status=fields.unsigned(2) if flags & _STATUS else None,
        context_follows=bool(flags & _CONTEXT_FOLLOWS),
    )


def parse_context(data: bytes) -> Context:
    """Take a 0x2A34 value apart; FrameError("truncated") if its flags promise more than there is."""
    fields = Fields(data)
    flags = fields.unsigned(1)
    sequence = fields.unsigned(2)
    fields.take(1 if flags & _EXTENDED else 0)
    carbohydrate_id, carbohydrate = (fields.unsigned(1), fields.sfloat()) if flags & _CARBOHYDRATE else (None, None)
    meal = fields.unsigned(1) if flags & _MEAL else None
    tester, health = nibbles(fields.unsigned(1)) if flags & _TESTER else (None, None)
    exercise, intensity = (fields.unsigned(2), fields.unsigned(1)) if flags & _EXERCISE else (None, None)
    medication_id, medication = (fields.unsigned(1), fields.sfloat()) if flags & _MEDICATION else (None, None)
    return Context(
        sequence,
        carbohydrate_id,
        carbohydrate,
        meal,
        tester,
        health,
        exercise,
        intensity,
        medication_id,
        medication,
        litres=bool(flags & _LITRES),
        hba1c=fields.sfloat() if flags & _HBA1C else None,
    )


def interpret(data: bytes, at: int, ordinal: int, notes: Mapping[str, bytes]) -> Interpretation:
    """Judge a record by its sample, the meter's status and, where one was announced, its context."""
    frame = parse_frame(data)
    found = _verdicts(frame, _context(frame, notes))
    status = frame.status or 0
    number = None if verdict(Reason.WRONG_SAMPLE) in found else frame.mg_dl
    validity, reason = worst(found if number is not None else [*found, verdict(Reason.NOT_AVAILABLE)])
    reading = Reading(
        at,
        ordinal,
        "glucose",
        None if number is None else VITALS["glucose"].scaled(number),
        validity,
        reason,
        site=LOCATIONS.get(frame.location or 0, ""),
        device_time="" if status >> TIME_FAULT & 1 else frame.local_time,
    )
    return Interpretation([reading], conditions(found), low_battery=bool(status >> LOW_BATTERY & 1))


def interpret_context(data: bytes, at: int, ordinal: int) -> Interpretation:  # noqa: ARG001 - as every Interpret
    """Check a context. It is noted for the record that it belongs to; by itself it means no event."""
    parse_context(data)
    return Interpretation([], None)


def _context(frame: Frame, notes: Mapping[str, bytes]) -> Context | None:
    noted = notes.get(CONTEXT)
    context = None if noted is None else parse_context(noted)
    return context if context is not None and context.sequence == frame.sequence else None


def _verdicts(frame: Frame, context: Context | None) -> list[Verdict]:
    found = [each for bit, each in SENSOR_STATUS.items() if (frame.status or 0) >> bit & 1]
    if is_control(frame.type, frame.location):
        return [verdict(Reason.WRONG_SAMPLE), *found]
    if frame.context_follows and context is None:
        return [*found, (Validity.QUESTIONABLE, Reason.UNCONFIRMED)]
    if frame.context_follows and context is not None and context.meal is not None and context.meal not in MEALS:
        return [verdict(Reason.WRONG_SAMPLE), *found]
    return found


_STORE = Store(records=MEASUREMENT, number=lambda data: parse_frame(data).sequence)


class State(msgspec.Struct, tag="bluetooth_glucose_meter/1"):
    """All a bridge remembers: its record store, and the record that waits for its context until `due` (ns)."""

    store: bytes
    held: bytes = b""
    due: int | None = None


class Decoder:
    """The gateway's side: reads the meter's memory, and joins each record with its context."""

    def __init__(self) -> None:
        self._store = RecordBridge(
            "bluetooth_glucose_meter",
            _STORE,
            {CONTEXT: interpret_context},
            {MEASUREMENT: interpret},
            frozenset({CONTEXT}),
        )
        self._state = State(b"")

    def opened(self, at: int) -> list[Event]:
        """Ask for the records."""
        return [*self._drop(at), *self._store.opened(at)]

    def receive(self, channel: str, data: bytes, at: int) -> list[Event]:
        """Return what a value means; a record that announces a context is kept until that is there."""
        if channel == CONTEXT:
            return [*self._store.receive(channel, data, at), *self._release(at)]
        events = self._release(at) if channel in (MEASUREMENT, CONTROL) else []
        if channel == MEASUREMENT and _waits(data):
            self._state.held, self._state.due = data[:_MAX_RECORD], at + PATIENCE
            return events
        return [*events, *self._store.receive(channel, data, at)]

    def wake(self, at: int) -> list[Event]:
        """Let go of a record whose context does not come; ask again when the meter has not answered."""
        due = self._state.due is not None and at >= self._state.due
        return [*(self._release(at) if due else []), *self._store.wake(at)]

    def closed(self, at: int) -> list[Event]:
        """Forget the conversation. A record still waiting is not known yet: it will be asked for again."""
        return [*self._drop(at), *self._store.closed(at)]

    def next_deadline(self) -> int | None:
        """Return when to act next."""
        return min((each for each in (self._state.due, self._store.next_deadline()) if each is not None), default=None)

    def snapshot(self) -> bytes:
        """Return the state as MessagePack."""
        return msgspec.msgpack.encode(msgspec.structs.replace(self._state, store=self._store.snapshot()))

    def restore(self, state: bytes) -> None:
        """Take up a snapshot; ValueError if it is another family's."""
        restored = msgspec.msgpack.decode(state, type=State)
        self._store.restore(restored.store)
        self._state = restored

    def _release(self, at: int) -> list[Event]:
        held, self._state.held, self._state.due = self._state.held, b"", None
        return self._store.receive(MEASUREMENT, held, at) if held else []

    def _drop(self, at: int) -> list[Event]:
        held, self._state.held, self._state.due = self._state.held, b"", None
        return [Malformed(at, "no-context", len(held))] if held else []


def _waits(data: bytes) -> bool:
    try:
        return parse_frame(data).context_follows
    except FrameError:
        return False


class Encoder:
    """The meter's side: one record per sample, numbered from 0, without a context; its clock is not set.

    Says MALFUNCTION, OUT_OF_RANGE (result too high), QUESTIONED_BY_DEVICE (strip pulled too soon) and WRONG_SAMPLE (a
    control solution); a sample without glucose is NaN.
    """

    def __init__(self) -> None:
        self._sequence = 0

    def encode(self, sample: Sample) -> list[tuple[str, bytes]]:
        """Return the record of `sample`."""
        sequence, self._sequence = self._sequence, (self._sequence + 1) & LAST_NUMBER
        head = bytes((_CONCENTRATION | _STATUS,)) + sequence.to_bytes(2, "little") + bytes(7)
        kind = CONTROL_SOLUTION if Reason.WRONG_SAMPLE in sample.conditions else _CAPILLARY_FINGER
        status = sum(_BITS.get(reason, 0) for reason in sample.conditions)
        number = sfloat_word(sample.values.get("glucose"), _MG_DL_EXPONENT)
        return [(MEASUREMENT, head + number + bytes((kind,)) + status.to_bytes(2, "little"))]


FAMILY = Family(
    name="bluetooth_glucose_meter",
    title="Bluetooth glucose meters",
    devices=("any meter with the Bluetooth Glucose service",),
    measures=(Measure("glucose", Mode.SPOT),),
    link=BleSettings(service=uuid(0x1808), subscribe=(MEASUREMENT, CONTEXT, CONTROL, BATTERY), read=READ),
    announces=("model", "serial"),
    check=Check("CRC-24 of the Bluetooth link layer, checked before us", Strength.STRONG, catches_bit_flips=0.85),
    period=4 * 3600 * 1_000_000_000,
    documents=("Bluetooth Glucose Service 1.0.1", "Bluetooth GATT Specification Supplement"),
    bridge=Decoder,
    encoder=Encoder,
    resync_frames=0,
    conditions=(Reason.MALFUNCTION, Reason.OUT_OF_RANGE, Reason.QUESTIONED_BY_DEVICE, Reason.WRONG_SAMPLE),
    identity="0x2A25 (device serial number), never a patient",
)
