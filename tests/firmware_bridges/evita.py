"""A simulated Evita 4: its end of MEDIBUS as the definition has it, strict about ours, with faults to order."""

from __future__ import annotations

from firmware_bridges import medibus
from firmware_bridges.framing import FrameError, Stream
from firmware_bridges.medibus import Alarm
from tests.firmware_bridges.conversation import SECOND

EMBEDDED = medibus.command(medibus.IDENTIFY)
TRACES = bytes.fromhex("d3c6c090818a83")


class Evita:
    """Answers commands, sends its own, and breaks the conversation off when the gateway errs.

    `breaks` counts conversations broken off by 3 s of silence or 10 s without an answer; `complaints` what the gateway
    did that it must not. `mute` answers nothing, `ignores` nothing to some commands; `garbles` spoils the next answers.
    """

    def __init__(self) -> None:
        self.data = {"EB": " 98 ", "E1": " 70 ", "D6": " 15 ", "78": "  5 "}
        self.alarms: dict[int, list[Alarm]] = {medibus.ALARMS_1: [], medibus.ALARMS_2: []}
        self.clock = ""
        self.mute = self.silent = self.traces = self.suspended = False
        self.ignores: set[int] = set()
        self.garbles = 0
        self.breaks = 0
        self.complaints: list[str] = []
        self.heard: list[tuple[int, medibus.Message]] = []
        self.initialised = False
        self._out = b""
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

    def hear(self, data: bytes, now: int) -> None:
        if self.suspended:
            self.complaints.append("sent while suspended")
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
            elif not (self.mute or self.silent or message.code in self.ignores):
                self._answer(message.code)

    def say(self, now: int) -> bytes:
        if self.silent:
            self._out = b""
            return b""
        if self.initialised and now - self._heard_at > 3 * SECOND:
            self._break()
        if self._unanswered is not None and now - self._unanswered[1] > 10 * SECOND:
            self._break()
        if self.initialised and now - self._heard_at > 2 * SECOND and now - self._spoke_at > SECOND:
            self.order(medibus.NOP, now)
        if self.traces and self._out:
            self._out = b"".join(TRACES + bytes((byte,)) for byte in self._out)
        said, self._out = self._out, b""
        self._spoke_at = now if said else self._spoke_at
        return said

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

    def _answer(self, code: int) -> None:
        if code != medibus.ICC and not self.initialised:
            return
        body = ""
        if code in self.alarms:
            body = medibus.pack_alarms(self.alarms[code])
        elif code == medibus.DATA_1:
            body = "".join(item + value for item, value in self.data.items())
        elif code == medibus.IDENTIFY:
            body = "8240'Evita 4'04.20:04.00"
        elif code == medibus.DATE_TIME:
            body = self.clock
        answer = medibus.response(code, body)
        if code == medibus.ICC:
            self.initialised = True
            answer = answer[:2] + EMBEDDED + answer[2:]
            self._unanswered = medibus.IDENTIFY, self._heard_at
        if self.garbles:
            self.garbles -= 1
            answer = answer[:-2] + b"?\r"
        self._out += answer
