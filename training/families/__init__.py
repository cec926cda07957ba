"""ONE FILE = ONE MODEL FAMILY: how a Keras net from window to log-odds is made of `training.material`, and its names.

All of them take [rows, hours, channels], give one logit, and leave through `training.export`: NAME, TITLE, `fitted`.
`boosting` alone never leaves: it is the ceiling, and the teacher of nets.
"""
