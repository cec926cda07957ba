"""What `make bench` measures: the whole agent against the naive script everybody writes, alternating in one run.

Prints figures; holds no agent code, and nothing imports it. A figure in the README names the command here that
prints it.
"""
