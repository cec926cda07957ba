"""Bytes to readings and back: one pure decoder and encoder per bedside device family.

Here live the shared words (`vitals`), the contract of a bridge (`bridge`) and the families. Nothing here knows the
agent, a clock, a socket or a file; the package is usable on its own.
"""
