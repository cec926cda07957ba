"""Virtual patients and devices that speak the real protocols through the bridges' own encoders.

Physiology takes a seed and a time; ports stand in one file. Imports firmware_bridges and domain alone, is imported by
the command line alone, and nothing it makes leaves without its SIMULATED mark.
"""
