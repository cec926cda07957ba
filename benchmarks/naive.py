"""What everybody writes first: a thread a port, pyserial's readline, a threshold, paho's publish.

Here to be measured against.
"""

from __future__ import annotations

import json
import sys
import threading
import time

import paho.mqtt.client as mqtt
import serial
from paho.mqtt.enums import CallbackAPIVersion


def watch(client: mqtt.Client, port: str, bed: str) -> None:
    """Publish every line of one port for ever."""
    line_in = serial.Serial(port, 115200, timeout=1)
    while True:
        line = line_in.readline().decode().strip()
        if not line:
            continue
        values = dict(field.split("=") for field in line.split(","))
        sample = {key: float(value) for key, value in values.items() if key != "BED"}
        alarm = sample["SPO2"] < 90 or sample["HR"] > 130  # noqa: PLR2004 - as such scripts do
        message = {"bed": bed, "ts": time.time(), "alarm": alarm, **sample}
        client.publish(f"ward/{bed}", json.dumps(message), qos=1)


def main() -> None:
    """Take the broker's port and the serial ports as arguments."""
    client = mqtt.Client(CallbackAPIVersion.VERSION2)
    client.connect("127.0.0.1", int(sys.argv[1]))
    client.loop_start()
    for bed, port in enumerate(sys.argv[2:], 1):
        threading.Thread(target=watch, args=(client, port, f"bed{bed}"), daemon=True).start()
    threading.Event().wait()


if __name__ == "__main__":
    main()
