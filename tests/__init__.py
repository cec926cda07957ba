"""One folder per layer: laws first, then published vectors and captures, then a few runs from end to end.

Real parts (ptys, Mosquitto, the interpreter) instead of mocks. No sleep where an event serves, no assertion on
elapsed time.
"""
