"""Fuzzing of the device families: streams made of a family's own frames, damaged in the ways real lines damage them.

`streams.py` turns any bytes into such a conversation, `oracle.py` holds it to the laws. The quick driver in
`test_fuzz.py` and the long ones behind `make fuzz` (`__main__.py`) share both. No law is defined here alone.
"""
