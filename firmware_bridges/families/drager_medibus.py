"""Draeger ventilators and monitors with MEDIBUS on their serial port.

Either end may command the other, and a device whose commands are not answered ends the conversation. The bridge
initialises it, says who it is, asks who the device is and then, about once a second, for the alarms of both code pages
and the measured data. A value that is not sent is invalid; one that is sent is judged by the alarms, so nothing counts
before both pages of alarms are known. Ventilator values (pressures, volumes, gas) are taken apart and are no readings
of ours; code page 2 is asked once, so that a recording shows what the device has.

Source: "MEDIBUS for Draeger Intensive Care Devices" 90 28 329, pages 5 to 54 (codes, ports); the protocol's own
definition is named in `medibus`; devices.md section 2.10.
"""

from __future__ import annotations

import re
from decimal import Decimal

import msgspec

from firmware_bridges import medibus
from firmware_bridges.bridge import SERIAL, Check, Family, Measure, Mode, Sample, SerialSettings, Strength
from firmware_bridges.framing import FrameError, Stream
from firmware_bridges.medibus import ALARMS_1, ALARMS_2, DATA_1, DATA_2, DATE_TIME, ICC, IDENTIFY, NAK
from firmware_bridges.talker import differs
from firmware_bridges.verdict import judged
from firmware_bridges.vitals import VITALS, DeviceStatus, Event, Identity, Malformed, Reading, Reason, Send

SECOND = 1_000_000_000

LISTEN = SECOND // 2
"""Before the first command, ns: the end of a conversation that somebody else began passes first."""

PAUSE = SECOND
"""Between the answer to the last command of a round and the next round, ns. No NOP is needed within the 2 s allowed."""

SILENCE = 3 * SECOND
"""No byte for so long, ns, and the conversation must begin again (protocol page 5)."""

REPLY = 10 * SECOND
"""A command not answered for so long, ns, is given up (page 7)."""

REPEATS = 3
"""A command is sent again so often, as devices do (page 37), and then passed over."""

GREETING = (IDENTIFY, DATE_TIME, DATA_2)
"""Asked once; a device that does not know a command answers with nothing (page 11)."""

ROUND = (ALARMS_1, ALARMS_2, DATA_1)
"""Asked again and again."""

OURSELVES = "0161'Edge agent'01.00:04.03"
"""Our number, name, revision and MEDIBUS revision; some devices insist on this number (page 35)."""

CODES = {"EB": "spo2", "E1": "pulse_rate", "D6": "respiratory_rate", "D5": "respiratory_rate"}
"""Vitals by their code on page 1. D5 is a respiratory rate counted by CO2; D6, by flow, comes before it."""

_OXIMETER = ("spo2", "pulse_rate")
_BREATH = ("respiratory_rate",)
_ALL = (*_OXIMETER, *_BREATH)


class Trouble(msgspec.Struct, frozen=True):
    """What an active alarm does: `reason` invalidates `vitals`. `phrase`: the device's words for it."""

    page: int
    code: str
    reason: Reason
    vitals: tuple[str, ...]
    phrase: str
    priority: int


TROUBLES = (
    Trouble(ALARMS_2, "95", Reason.NOT_AVAILABLE, _ALL, "EVITA STDBY", 31),
    Trouble(ALARMS_1, "9F", Reason.MALFUNCTION, _ALL, "EVITA ERR", 31),
    Trouble(ALARMS_1, "35", Reason.SENSOR_DISCONNECTED, _OXIMETER, "SPO2SEN DISC", 28),
    Trouble(ALARMS_1, "01", Reason.SEARCHING, _OXIMETER, "NO SPO2 PULS", 28),
    Trouble(ALARMS_1, "68", Reason.MALFUNCTION, _OXIMETER, "SPO2 ERR", 28),
    Trouble(ALARMS_1, "A4", Reason.MALFUNCTION, _BREATH, "VOL ERR", 31),
)
"""Alarms that say of a number that it is none (pages 30 to 32, 41 and 42, 53 and 54): standby, device failure, oximeter
sensor, no pulse, oximeter failure, volume measurement inoperable."""

_SAID = TROUBLES[:4]
_LOW_BATTERY = {(ALARMS_1, "4B"), (ALARMS_2, "5C")}
_CONTROL = re.compile(rb"([\x11\x13\x18])")
_SUSPEND, _RESUME = bytes((medibus.SUSPEND,)), bytes((medibus.RESUME,))
_MOST_HELD = 8
_MOST = 999


class State(msgspec.Struct, tag="drager_medibus/1"):
    """All a bridge remembers.

    `pending` is the command to be answered, `repeats` how often it was sent again, `queue` those to be sent after it,
    `resume_at` when to go on while nothing is pending.
    `alarms` are the codes active, by the command that asks for their page. `seen`: vitals this device has sent.
    `held` is what waits while the device has us suspended, until `suspended_until` at most.
    """

    stream: Stream = msgspec.field(default_factory=Stream)
    frames: int = 0
    initialised: bool = False
    pending: int | None = None
    repeats: int = 0
    queue: list[int] = []
    asked_at: int = 0
    heard_at: int = 0
    resume_at: int | None = None
    suspended_until: int | None = None
    held: list[bytes] = []
    alarms: dict[int, tuple[str, ...]] = {}
    seen: tuple[str, ...] = ()
    clock: str = ""
    status: DeviceStatus | None = None
    identity: Identity | None = None


class Decoder:
    """The gateway's side."""

    def __init__(self) -> None:
        self._state = State()

    def opened(self, at: int) -> list[Event]:
        """Listen for a moment; `wake` begins the conversation."""
        events = self.closed(at)
        self._state.resume_at = at + LISTEN
        return events

    def receive(self, channel: str, data: bytes, at: int) -> list[Event]:
        """Return readings per answer to the data command, answers to the device's commands, and our next command."""
        if channel != SERIAL:
            return [Malformed(at, "unknown-channel", len(data))]
        events: list[Event] = []
        slow = medibus.without_realtime(data)
        if slow:
            self._state.heard_at = at
        for part in _CONTROL.split(slow):
            if _CONTROL.fullmatch(part):
                self._control(part, at, events)
                continue
            for frame in self._state.stream.frames(part, at, medibus.cut, events):
                for message in medibus.messages(frame):
                    self._message(message, at, events)
        return events

    def wake(self, at: int) -> list[Event]:
        """Begin a round, give up a command that is not answered, or begin anew after silence."""
        state, due = self._state, self.next_deadline()
        if due is None or at < due:
            return []
        events: list[Event] = []
        silent = at >= max(state.asked_at, state.heard_at) + SILENCE
        if state.suspended_until is not None or not state.initialised or (state.pending is not None and silent):
            self._restart(at, events)
        else:
            if state.pending is not None:
                self._give_up()
            state.queue = state.queue or list(ROUND)
            self._next(at, events)
        return events

    def closed(self, at: int) -> list[Event]:
        """Drop a partial message and what was known of the device."""
        events = self._state.stream.reset(at)
        self._state = State(frames=self._state.frames)
        return events

    def next_deadline(self) -> int | None:
        """Return when the next command, or the end of our patience, is due."""
        state = self._state
        if state.suspended_until is not None:
            return state.suspended_until
        if state.pending is None:
            return state.resume_at
        return min(max(state.asked_at, state.heard_at) + SILENCE, state.asked_at + REPLY)

    def snapshot(self) -> bytes:
        """Return the state as MessagePack."""
        return msgspec.msgpack.encode(self._state)

    def restore(self, state: bytes) -> None:
        """Take up a snapshot; msgspec.ValidationError if it is another family's."""
        self._state = msgspec.msgpack.decode(state, type=State)

    def _control(self, byte: bytes, at: int, events: list[Event]) -> None:
        state = self._state
        if byte == _SUSPEND and state.suspended_until is None:
            state.suspended_until = at + SILENCE
        elif byte == _RESUME:
            state.suspended_until = None
            events.extend(Send(SERIAL, message) for message in state.held)
            state.held = []

    def _send(self, message: bytes, events: list[Event]) -> None:
        if self._state.suspended_until is None:
            events.append(Send(SERIAL, message))
        else:
            self._state.held = [*self._state.held, message][-_MOST_HELD:]

    def _message(self, data: bytes, at: int, events: list[Event]) -> None:
        try:
            message = medibus.parse_message(data)
            if not message.is_command:
                self._answer(message, at, events)
        except FrameError as error:
            events.append(Malformed(at, str(error), len(data)))
            if data[0] == medibus.ESC:
                self._send(medibus.response(NAK), events)
            else:
                self._repeat(at)
            return
        if message.is_command:
            self._obey(message.code, at, events)
        elif message.code == NAK:
            self._repeat(at)
        elif message.code == self._state.pending:
            self._answered(at, events)

    def _obey(self, code: int, at: int, events: list[Event]) -> None:
        """Answer a command of the device: what it is told nothing of still needs an answer (page 36)."""
        state = self._state
        self._send(medibus.response(code, OURSELVES if code == IDENTIFY else ""), events)
        if code == ICC:
            self._begin(at, events)
        elif code == medibus.NOP:
            self._repeat(at)
        elif code == medibus.STOP:
            state.initialised, state.pending, state.queue, state.resume_at = False, None, [], at + REPLY
        elif code == medibus.TIME_CHANGED and DATE_TIME not in state.queue:
            state.queue = [DATE_TIME, *state.queue]

    def _restart(self, at: int, events: list[Event]) -> None:
        state = self._state
        state.initialised, state.suspended_until, state.held, state.queue = False, None, [], []
        self._ask(ICC, at, events)

    def _begin(self, at: int, events: list[Event]) -> None:
        """Start from nothing: a device forgets all when it initialises (page 37), and so do we."""
        state = self._state
        state.initialised, state.alarms, state.queue = True, {}, [*GREETING, *ROUND]
        self._next(at, events)

    def _answered(self, at: int, events: list[Event]) -> None:
        self._state.repeats = 0
        if self._state.pending == ICC:
            self._begin(at, events)
        else:
            self._next(at, events)

    def _repeat(self, at: int) -> None:
        """Send the pending command again after a pause: it or its answer was corrupt, or the device waits for one."""
        state = self._state
        if state.pending is None:
            return
        state.repeats += 1
        if state.repeats > REPEATS:
            self._give_up()
        elif state.initialised:
            state.queue = [state.pending, *state.queue]
        state.pending, state.resume_at = None, at + PAUSE

    def _give_up(self) -> None:
        """Leave the pending command unanswered: alarms that are not told are not known."""
        state = self._state
        state.repeats = 0
        state.alarms = {page: codes for page, codes in state.alarms.items() if page != state.pending}

    def _next(self, at: int, events: list[Event]) -> None:
        state = self._state
        if state.queue:
            code, *state.queue = state.queue
            self._ask(code, at, events)
        else:
            state.pending, state.resume_at = None, at + PAUSE

    def _ask(self, code: int, at: int, events: list[Event]) -> None:
        state = self._state
        state.pending, state.asked_at, state.resume_at = code, at, None
        self._send(medibus.command(code), events)

    def _answer(self, message: medibus.Message, at: int, events: list[Event]) -> None:
        """Read what the device answered. An empty answer says that it has nothing of the kind."""
        code, body = message.code, message.body
        if code in (ALARMS_1, ALARMS_2):
            active = tuple(alarm.code for alarm in medibus.parse_alarms(body))
            self._state.alarms = {**self._state.alarms, code: active}
            self._tell_status(at, events)
        elif code in (DATA_1, DATA_2):
            values = medibus.parse_data(body)
            if code == DATA_1 and self._alarms_known():
                events.extend(self._readings(values, at))
        elif code == IDENTIFY and body:
            who = medibus.parse_identification(body)
            said = Identity(at, manufacturer="Draeger", model=who.name, firmware=who.revision)
            if differs(said, self._state.identity):
                self._state.identity = said
                events.append(said)
        elif code == DATE_TIME and body:
            self._state.clock = medibus.date_time(body)
            self._tell_status(at, events)

    def _alarms_known(self) -> bool:
        return self._state.alarms.keys() == {ALARMS_1, ALARMS_2}

    def _tell_status(self, at: int, events: list[Event]) -> None:
        state = self._state
        if not self._alarms_known():
            return
        active = {(page, code) for page, codes in state.alarms.items() for code in codes}
        reasons = dict.fromkeys(trouble.reason for trouble in self._troubles())
        said = DeviceStatus(at, tuple(reasons), low_battery=bool(active & _LOW_BATTERY), clock=state.clock)
        if differs(said, state.status):
            state.status = said
            events.append(said)

    def _troubles(self) -> list[Trouble]:
        return [each for each in TROUBLES if each.code in self._state.alarms[each.page]]

    def _readings(self, values: dict[str, Decimal | None], at: int) -> list[Reading]:
        """Return a reading per vital that this device has ever sent, or whose sensor is in trouble."""
        state, troubles = self._state, self._troubles()
        state.frames += 1
        sent: dict[str, Decimal] = {}
        for code, vital in CODES.items():
            value = values.get(code)
            if value is not None:
                sent.setdefault(vital, value)
        state.seen = tuple(vital for vital in _ALL if vital in sent or vital in state.seen)
        readings = []
        for vital in _ALL:
            reasons = [trouble.reason for trouble in troubles if vital in trouble.vitals]
            if reasons or vital in state.seen:
                number = VITALS[vital].scaled(sent[vital]) if vital in sent else None
                readings.append(judged(Reading(at, state.frames, vital, number), reasons))
        return readings


class Encoder:
    """The device's side: its answers to one round of questions per sample.

    Says NOT_AVAILABLE (standby) and MALFUNCTION of everything; SENSOR_OFF and SENSOR_DISCONNECTED, without numbers, and
    SEARCHING of the oximeter alone.
    """

    def encode(self, sample: Sample) -> list[tuple[str, bytes]]:
        """Return alarms of both pages and the measured data of `sample`; a vital it lacks is not sent."""
        off = bool(sample.conditions & {Reason.SENSOR_OFF, Reason.SENSOR_DISCONNECTED})
        said = sample.conditions | ({Reason.SENSOR_DISCONNECTED} if off else set())
        active = [trouble for trouble in _SAID if trouble.reason in said]
        items = [
            f"{code}{sample.values[vital]:>3} "
            for code, vital in CODES.items()
            if code != "D5" and 0 <= sample.values.get(vital, -1) <= _MOST and not (off and vital in _OXIMETER)
        ]
        answers = [medibus.response(page, _alarms(active, page)) for page in (ALARMS_1, ALARMS_2)]
        return [(SERIAL, b"".join(answers) + medibus.response(DATA_1, "".join(items)))]


def _alarms(active: list[Trouble], page: int) -> str:
    on_page = (medibus.Alarm(each.priority, each.code, each.phrase) for each in active if each.page == page)
    return medibus.pack_alarms(on_page)


FAMILY = Family(
    name="drager_medibus",
    announces=("model",),
    title="Draeger ventilators and monitors, MEDIBUS",
    devices=("Evita", "Evita 2", "Evita 2 dura", "Evita 4", "EvitaXL", "Savina", "Capnosat"),
    measures=(
        Measure("spo2", Mode.CONTINUOUS),
        Measure("pulse_rate", Mode.CONTINUOUS),
        Measure("respiratory_rate", Mode.CONTINUOUS),
    ),
    link=SerialSettings(baudrate=19200, parity="E", alternatives=(9600, 38400, 4800, 2400, 1200)),
    check=Check("8-bit sum of each message", Strength.WEAK, catches_bit_flips=1.0),
    period=SECOND,
    documents=(
        "Draeger RS 232 MEDIBUS Protocol Definition 90 28 258, revision level 4.03",
        "MEDIBUS for Draeger Intensive Care Devices 90 28 329",
    ),
    bridge=Decoder,
    encoder=Encoder,
    resync_frames=0,
    conditions=(Reason.NOT_AVAILABLE, Reason.MALFUNCTION),
    polite=True,
)
