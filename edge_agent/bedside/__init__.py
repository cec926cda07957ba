"""Decides: quality gate, streams, windows, scores, rules and alert state machines behind `ward.handle(input, now)`.

Pure and deterministic: the same inputs give the same effects, byte for byte. What happens outside is an effect that the gateway
carries out. No clock, file, socket, thread, randomness or log, and nothing from risk, wire or gateway.
"""
