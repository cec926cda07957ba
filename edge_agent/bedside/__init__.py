"""What decides: quality gate, streams, windows, scores, rules, alert machines, all behind `ward.Ward`.

Pure and deterministic: `handle(input, now)` returns effects. No clock, no randomness, no file, no log; what it has
to say is an effect.
"""
