"""From hourly vital signs to a verified model bundle, and its evaluation: `python -m training --help`.

An optional extra for Python 3.11 and below; the agent never imports it. It uses the agent's own features and inference
door, so that what is evaluated is what runs.
"""
