"""A Draeger Evita 4: its end of MEDIBUS as the definition has it, strict about ours, with faults to order.

Source: Draeger 90 28 258, pages 5 to 24 and 35 to 39; devices.md section 2.10.
"""

from __future__ import annotations

from edge_agent.domain.settings import SECOND
from edge_agent.simulator.conversations.conversation import Frames, Measure
from firmware_bridges import medibus
from firmware_bridges.bridge import SERIAL, Sample
from firmware_bridges.families.drager_medibus import FAMILY
from firmware_bridges.framing import FrameError, Stream

EMBEDDED = medibus.command(medibus.IDENTIFY)
"""The device's own question, inside its answer to the first command."""

TRACES = bytes.fromhex("d3c6c090818a83")
"""Real-time data."""

UNITS = ("8240'Evita 4'04.20:04.00", "8260'EvitaXL'05.10:04.03")
"""Who a unit says it is, from unit 1 on."""

_EXTRA = "78  5 "
"""PEEP, which is no reading of ours."""


class Evita:
    """Answers commands, sends its own, and breaks the conversation off when the gateway errs.

    `breaks` counts conversations broken off by 3 s of silence or 10 s without an answer; `complaints` what the gateway
    did that it must not. `alarms` are bodies by page in place of what the sample says; `silent` says nothing,
    `ignores` are commands left unanswered, `garbles` spoils the next answers.
    """

    def __init__(self, measure: Measure) -> None:
        self.alarms: dict[int, str] = {}
        self.clock = ""
        self.silent = self.traces = False
        self.ignores: set[int] = set()
        self.garbles = 0
        self.breaks = 0
        self.complaints: list[str] = []
        self.heard: list[tuple[int, medibus.Message]] = []
        self.initialised = False
        self._measure = measure
        self._encoder = FAMILY.encoder()
        self._out = b""
        self._asked: list[int] = []
        self._stream = Stream()
        self._heard_at = self._spoke_at = 0
        self._unanswered: tuple[int, int] | None = None

    def codes(self, since: float = 0) -> list[int]:
        """Return the commands heard from `since` seconds on."""
        return [each.code for at, each in self.heard if each.is_command and at >= since * SECOND]

    def order(self, code: int, now: int) -> None:
        """Send a command of the device's own."""
        if self._unanswered is None and code != medibus.NOP:
            self._unanswered = code, now
        self._out += medibus.command(code)

    def hear(self, channel: str, data: bytes, now: int) -> None:
        """Take commands, answered when the device is asked next, and answers to its own."""
        self._heard_at = now
        for frame in self._stream.frames(data, now, medibus.cut, []):
            try:
                message = medibus.parse_message(frame)
            except FrameError as error:
                self.complaints.append(str(error))
                continue
            self.heard.append((now, message))
            if not message.is_command:
                self._answered(message)
            elif not self.silent and message.code not in self.ignores:
                self._asked.append(message.code)

    def say(self, now: int) -> Frames:
        """Return answers and commands; break off what the gateway let lie."""
        if self.silent:
            self._out = b""
            return []
        self._answer(now)
        if self.initialised and now - self._heard_at > 3 * SECOND:
            self._break()
        if self._unanswered is not None and now - self._unanswered[1] > 10 * SECOND:
            self._break()
        if self.initialised and now - self._heard_at > 2 * SECOND and now - self._spoke_at > SECOND:
            self.order(medibus.NOP, now)
        said, self._out = self._out, b""
        if not said:
            return []
        self._spoke_at = now
        return [(SERIAL, b"".join(TRACES + bytes((byte,)) for byte in said) if self.traces else said)]

    def hung_up(self) -> None:
        """Wait to be initialised again."""
        self._stream, self._out, self._asked = Stream(), b"", []
        self.initialised, self._unanswered = False, None

    def _break(self) -> None:
        self.breaks += 1
        self.initialised, self._unanswered = False, None

    def _answered(self, message: medibus.Message) -> None:
        if self._unanswered is not None and message.code == self._unanswered[0]:
            self._unanswered = None
        if message.code == medibus.ICC:
            self.initialised = True
        if message.code == medibus.IDENTIFY and not message.body.startswith("0161'"):
            self.complaints.append("not the number expected of a PC")

    def _answer(self, now: int) -> None:
        asked, self._asked = self._asked, []
        sample = (self._measure(now) or Sample()) if asked else Sample()
        for code in asked:
            if code == medibus.ICC or self.initialised:
                self._out += self._response(code, sample, now)

    def _response(self, code: int, sample: Sample, now: int) -> bytes:
        answer = medibus.response(code, self._body(code, sample))
        if code == medibus.ICC:
            self.initialised = True
            answer = answer[:2] + EMBEDDED + answer[2:]
            self._unanswered = medibus.IDENTIFY, now
        if self.garbles:
            self.garbles -= 1
            answer = answer[:-2] + b"?\r"
        return answer

    def _body(self, code: int, sample: Sample) -> str:
        if code == medibus.IDENTIFY:
            return UNITS[(sample.unit - 1) % len(UNITS)]
        if code == medibus.DATE_TIME:
            return self.clock
        if code in self.alarms:
            return self.alarms[code]
        bodies = {message.code: message.body for message in self._encoded(sample)}
        return bodies.get(code, "") + (_EXTRA if code == medibus.DATA_1 else "")

    def _encoded(self, sample: Sample) -> list[medibus.Message]:
        said = b"".join(data for _, data in self._encoder.encode(sample))
        return [medibus.parse_message(part) for part in Stream().frames(said, 0, medibus.cut, [])]
