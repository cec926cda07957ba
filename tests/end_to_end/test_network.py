"""A monitor that calls: HL7 over a real TCP line into a real agent, answers back, values at a real broker."""

from __future__ import annotations

import contextlib
import gzip
import socket
import time
from pathlib import Path
from typing import final

from firmware_bridges.mllp import wrap
from tests.broker import Broker, Listener, free_port
from tests.end_to_end.house import DEADLINE_S, ROOT, AgentProcess, arrived, bodies, configuration, value

CANARY = "CANARYNAME"
NUMBER = "4711007"


def _called(port: int, address: str) -> socket.socket | None:
    with contextlib.suppress(ConnectionRefusedError):
        return socket.create_connection(("127.0.0.1", port), DEADLINE_S, (address, 0))
    return None


@final
class Monitor:
    """Sends HL7 messages and waits for the answer to each, as a monitor does."""

    def __init__(self, port: int, address: str = "127.0.0.1") -> None:
        """Call the gateway, as soon as it listens."""
        deadline = time.monotonic() + DEADLINE_S
        while (line := _called(port, address)) is None:
            assert time.monotonic() < deadline, "the agent does not listen"
            time.sleep(0.05)
        self._line = line
        self._number = 0

    def __enter__(self) -> Monitor:
        return self

    def __exit__(self, *_: object) -> None:
        self._line.close()

    def say(self, spo2: int, *, kind: str = "ORU^R01^ORU_R01", measured: str = "") -> str:
        """Send one message and return the answer's MSA segment; "" if the gateway hung up."""
        self._number += 1
        now = time.strftime("%Y%m%d%H%M%S", time.gmtime())
        spoken = [
            rf"MSH|^~\&|MONITOR^77^EUI-64||||{now}||{kind}|{self._number}|P|2.6",
            f"PID|||{NUMBER}^^^Hospital^PI||{CANARY}^QUINN",
            f"PV1||I|ICU^1^24||||{NUMBER}^{CANARY}",
            "OBR|1|||182777000^monitoring of patient^SCT",
            f"OBX|1|NM|150456^MDC_PULS_OXIM_SAT_O2^MDC|1.3.1.150456|{spo2}|262688^MDC_DIM_PERCENT^MDC|||||R|||{measured}",
            f"NTE|1||seen by {CANARY}",
        ]
        self._line.sendall(wrap(spoken))
        answer = b""
        while not answer.endswith(b"\x1c\r"):
            try:
                piece = self._line.recv(4096)
            except ConnectionResetError:
                return ""
            if not piece:
                return ""
            answer += piece
        return next(line for line in answer.decode("ascii").split("\r") if line.startswith("MSA"))


def test_an_hl7_monitor_is_read_answered_and_nobody_on_it_named(tmp_path: Path) -> None:
    port = free_port()
    monitor = {
        "id": "mon3",
        "bed": "3",
        "family": "hl7_mllp_oru",
        "listen": f"127.0.0.1:{port}",
        "peers": ["127.0.0.1"],
    }
    limits = {"spo2-low": {"limit": 90, "delay_s": 0, "deep_limit": 85, "deep_delay_s": 1}}
    with Broker() as broker, Listener(broker.port, ROOT + "#") as screen:
        config = configuration(broker.port, monitor, settings={"limits": limits})
        with AgentProcess(tmp_path, config, "--verbose") as agent:
            with Monitor(port) as sender:
                assert sender.say(97) == "MSA|AA|1"
                screen.wait(arrived("bed/3/vitals", lambda body: value(body, "spo2") == 97), "no vitals")
                assert sender.say(96, kind="ADT^A01").startswith("MSA|AR|2")
                assert sender.say(40, measured="20260301110000") == "MSA|AA|3"
                screen.wait(arrived("history/bed/3/vitals", lambda body: "40" in str(body)), "no history")
                with Monitor(port, "127.0.0.9") as stranger:
                    assert stranger.say(50) == ""
                assert sender.say(83) == "MSA|AA|4"
                assert sender.say(83) == "MSA|AA|5"
                screen.wait(arrived("bed/3/alert", lambda body: body["condition"] == "spo2-low"), "no alert")
            with Monitor(port) as again:
                assert again.say(98).startswith("MSA|AA|1")
            assert agent.stop() == 0
        values = {value(body, "spo2") for body in bodies(screen.heard, "bed/3/vitals")}
        assert values <= {97, 83, 98, None}
        everything = b"".join(message.payload + message.topic.encode() for message in screen.heard)
    recordings = [gzip.decompress(path.read_bytes()) for path in agent.state.rglob("*.rec")]
    left = [*recordings, *(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())]
    assert any(b"MDC_PULS_OXIM_SAT_O2" in each for each in recordings), "nothing was recorded, so nothing is shown"
    for each in (everything, *left):
        assert CANARY.encode() not in each
        assert NUMBER.encode() not in each
