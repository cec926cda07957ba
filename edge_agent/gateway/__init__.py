"""Does: the only place that knows clocks, sockets, files and threads.

Serial, BLE and MQTT links, outbox, flight recorder, config push, systemd, and the wiring of it all. Decides nothing
about a patient: it feeds inputs to the ward and carries out its effects.
"""
