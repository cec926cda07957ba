"""A Philips IntelliVue monitor at its MIB/RS-232 port: grants an association, reports its object, answers polls.

It forgets an association that is not used. Source: as `firmware_bridges.intellivue`; devices.md section 2.9. How long
a real monitor waits depends on what was negotiated and is not public; `TIMEOUT` is ours.
"""

from __future__ import annotations

from edge_agent.domain.settings import SECOND
from edge_agent.simulator.conversations.conversation import Frames, Measure
from firmware_bridges import intellivue
from firmware_bridges.bridge import SERIAL
from firmware_bridges.families.philips_intellivue import FAMILY
from firmware_bridges.framing import FrameError, Stream
from firmware_bridges.intellivue import Kind, Operation, Session

TIMEOUT = 10 * SECOND
"""An association without a poll ends, ns."""

GRANTED = bytes((Session.ASSOCIATION_RESPONSE, 2, 0, 0))
CREATED = bytes.fromhex("e10000020001001400050001000e00210000000000abcd000d060000")
"""What answers a request for an association: the grant, and the report of the connection's object."""

_REFUSED = bytes((Session.REFUSE, 1, 0))
_RELEASED = bytes((Session.RELEASE_RESPONSE, 0))


class IntelliVue:
    """`associations`, `created` and `polls` count what it was asked, `complaints` tell what it should not have heard.

    `refusing`: grants no association; `silent`: says nothing.
    """

    def __init__(self, measure: Measure) -> None:
        self.associations = self.created = self.polls = 0
        self.complaints: list[str] = []
        self.refusing = self.silent = False
        self._measure = measure
        self._encoder = FAMILY.encoder()
        self._stream = Stream()
        self._associated = False
        self._used_at = 0
        self._unanswered = 0
        self._answers: list[bytes] = []

    def hear(self, channel: str, data: bytes, now: int) -> None:
        """Take requests and results; the answers are said when the monitor is asked next."""
        for frame in self._stream.frames(data, now, intellivue.cut_frame, []):
            self._framed(frame, now)

    def say(self, now: int) -> Frames:
        """Return what answers the requests, in their order, then a reply to each poll."""
        if self._associated and now - self._used_at > TIMEOUT:
            self._associated = False
        answers, self._answers = self._answers, []
        frames = [(SERIAL, intellivue.frame(answer)) for answer in answers]
        for _ in range(self._unanswered):
            sample = self._measure(now)
            frames += self._encoder.encode(sample) if sample else []
        self._unanswered = 0
        return [] if self.silent else frames

    def hung_up(self) -> None:
        """End the association."""
        self._stream, self._answers = Stream(), []
        self._associated, self._unanswered = False, 0

    def abort(self) -> None:
        """End the association and say so."""
        self.hung_up()
        self._answers.append(bytes((Session.ABORT, 0)))

    def _framed(self, frame: bytes, now: int) -> None:
        try:
            self._message(intellivue.unframe(frame), now)
        except FrameError as error:
            self.complaints.append(str(error))

    def _message(self, message: bytes, now: int) -> None:
        if message[0] == Session.ASSOCIATION_REQUEST:
            self.associations += 1
            self._associated, self._used_at = not self.refusing, now
            self._answers += [_REFUSED] if self.refusing else [GRANTED, CREATED]
        elif message[0] == Session.RELEASE_REQUEST:
            self.hung_up()
            self._answers.append(_RELEASED)
        else:
            self._operation(intellivue.parse_operation(message), now)

    def _operation(self, operation: Operation, now: int) -> None:
        if not self._associated:
            self.complaints.append("not associated")
        elif (operation.kind, operation.action) == (Kind.RESULT, intellivue.MDS_CREATE):
            report = intellivue.parse_operation(CREATED)
            if (operation.invoke, operation.managed) != (report.invoke, report.managed):
                self.complaints.append("not the object that was reported")
            self.created += 1
        elif (operation.kind, operation.action) == (Kind.INVOKE, intellivue.SINGLE_POLL):
            self._used_at = now
            self.polls += 1
            self._unanswered += 1
