"""Bedside devices on ptys at a steady rate, in the agent's protocol or as the naive script's text.

Remembers when it sent what.
"""

from __future__ import annotations

import os
import threading
import time
import tty

from firmware_bridges.bridge import Sample
from firmware_bridges.families import FAMILIES

VALUES = {"heart_rate": 72, "spo2": 97, "respiratory_rate": 16}


class Feeder:
    """`beds` ptys, each fed `hz` times a second. The sequence number travels as the perfusion index, in hundredths."""

    def __init__(self, beds: int, hz: float, *, text: bool) -> None:
        """Open the ptys; nothing is sent before `start`."""
        self.sent: dict[tuple[int, int], float] = {}
        self.samples = 0
        self._hz, self._text = hz, text
        self._pairs = [os.openpty() for _ in range(beds)]
        for _, device in self._pairs:
            tty.setraw(device)
        self.ports = [os.ttyname(device) for _, device in self._pairs]
        self._encoders = [FAMILIES["sensor_link"].encoder() for _ in range(beds)]
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._feed, daemon=True)

    def start(self) -> None:
        """Begin to feed."""
        self._thread.start()

    def stop(self) -> None:
        """Stop feeding and close the ptys."""
        self._stop.set()
        self._thread.join()
        for pair in self._pairs:
            for end in pair:
                os.close(end)

    def _feed(self) -> None:
        due, seq = time.monotonic(), 0
        while not self._stop.wait(max(0, due - time.monotonic())):
            seq += 1
            due += 1 / self._hz
            for bed, (host, _) in enumerate(self._pairs, 1):
                data = self._line(bed, seq) if self._text else self._frame(bed, seq)
                self.sent[bed, seq] = time.monotonic()
                os.write(host, data)
                self.samples += 1

    def _line(self, bed: int, seq: int) -> bytes:
        return f"BED={bed},SEQ={seq},HR=72,SPO2=97,RR=16\n".encode()

    def _frame(self, bed: int, seq: int) -> bytes:
        sample = Sample(values={**VALUES, "perfusion_index": seq})
        return b"".join(data for _, data in self._encoders[bed - 1].encode(sample))
