"""One file is one score.

Versioned data from `edge_agent.domain.bands` and a pure function from quantised inputs to parts and total.

A missing input is missing, never zero. No score knows a bed, a stream or a time.
"""
