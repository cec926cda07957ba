"""One file is one rule: its id, hazard, source, priority and a pure evaluation.

Thresholds come from settings and never stand in code without their source. No state machine: a rule says what holds now, and
alerts elsewhere decide what that starts, changes or ends.
"""
