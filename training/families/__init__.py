"""ONE FILE = ONE MODEL FAMILY: a Keras net from window to log-odds, how it is fitted, and its name in a bundle.

All of them take [rows, hours, channels], give one logit, and leave through `training.export`.
"""
