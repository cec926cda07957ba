"""Finds out what is connected: serial ports with what answers on them, Bluetooth devices with what they advertise.

It runs beside the agent, never in it: a port that anybody holds is left alone. Nothing is remembered or configured.
"""
