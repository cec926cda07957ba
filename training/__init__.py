"""From patients' data to an int8 model bundle, and its evaluation.

An optional extra: the agent never imports it. It takes its features from `edge_agent.risk`, so that training and ward agree.
"""
