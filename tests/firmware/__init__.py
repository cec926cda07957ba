"""Proves the C header of the sensor link against the Python family, and the example sketch on a simulated sensor.

Everything is compiled for the host by the system's compiler. No hardware, and no tests of the gateway.
"""
