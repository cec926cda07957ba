"""A Nonin 9560 at its serial port: it talks in whichever of its data formats it is told to.

It is switched on in format 13, as after a battery change; a measurement in that takes it up to 40 s, so that it says
nothing before it is told otherwise, unless format 13 is all that is wanted of it. Source: Nonin 6470-000-01, pages 3
to 5; devices.md section 2.4. It replies to commands at any time, the real one for five seconds.
"""

from __future__ import annotations

from edge_agent.simulator.conversations.conversation import Frames, Measure
from edge_agent.simulator.conversations.talker import Talker
from firmware_bridges import nonin
from firmware_bridges.bridge import SERIAL, Family
from firmware_bridges.families import nonin_df2, nonin_df7, nonin_df8, nonin_df13
from firmware_bridges.framing import FrameError

FORMATS: dict[int, Family] = {
    nonin_df2.FORMAT: nonin_df2.FAMILY,
    nonin_df7.FORMAT: nonin_df7.FAMILY,
    nonin_df8.FORMAT: nonin_df8.FAMILY,
    nonin_df13.FORMAT: nonin_df13.FAMILY,
}
"""The data formats by their number."""

_OVERHEAD = 4


class Oximeter:
    """Talks in `format`, None: in none yet. `commands` are those it understood; it supports `formats`.

    `deaf`: understands, and does nothing.
    """

    def __init__(self, measure: Measure, selectable: int = 13, formats: tuple[int, ...] = tuple(FORMATS)) -> None:
        """Take what is measured and the format that is wanted of it: 13 it talks in at once."""
        self.commands: list[nonin.Command] = []
        self.formats = formats
        self.deaf = False
        self.format: int | None = None
        self._power_on = selectable if selectable == nonin_df13.FORMAT else None
        self._measure = measure
        self._heard = b""
        self._replies: Frames = []
        self._talker: Talker | None = None
        self.talk_in(self._power_on)

    def talk_in(self, number: int | None, first: int | None = None) -> None:
        """Talk in format `number` from `first` on, or from when it is asked; None: be silent."""
        self.format = number
        self._talker = None if number is None else Talker(FORMATS[number], self._measure, first)

    def hear(self, channel: str, data: bytes, now: int) -> None:
        """Obey every whole command in what was heard; a byte that begins none is passed over."""
        self._heard += data
        while (start := self._heard.find(nonin.STX)) >= 0:
            self._heard = self._heard[start:]
            size = _OVERHEAD + self._heard[2] if len(self._heard) > _OVERHEAD - 2 else _OVERHEAD
            if len(self._heard) < size:
                return
            command, self._heard = self._heard[:size], self._heard[size:]
            self._obey(command, now)
        self._heard = b""

    def say(self, now: int) -> Frames:
        """Return replies to commands, then what is due."""
        replies, self._replies = self._replies, []
        return replies + (self._talker.say(now) if self._talker else [])

    def hung_up(self) -> None:
        """Be as after a battery change."""
        self._heard, self._replies = b"", []
        self.talk_in(self._power_on)

    def _obey(self, data: bytes, now: int) -> None:
        try:
            command = nonin.parse_command(data)
        except FrameError:
            self._replies.append((SERIAL, nonin.NAK))
            return
        self.commands.append(command)
        if self.deaf:
            return
        if command.format not in self.formats:
            self._replies.append((SERIAL, nonin.NAK))
            return
        self._replies.append((SERIAL, nonin.ACK))
        self.talk_in(command.format, now)
