"""Frozen records that all layers speak: inputs, effects, alerts, windows, settings, errors.

No behaviour beyond what a record says of itself, no import from any layer above, no clock.
"""
