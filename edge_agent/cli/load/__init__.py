"""Alarm load: recorded or generated vitals through the very ward, and what it announced, withheld and missed.

`edge-agent backtest` is its only door. Nothing here decides anything: whoever wants another alert changes the ward.
"""
