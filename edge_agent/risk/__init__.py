"""Model bundles, features from windows, the one door to the TFLite runtime, scores with explanation or an abstention.

Pure but for reading a bundle's folder: no clocks, sockets, threads, randomness or logging. Only `runtime` imports an
interpreter. Nothing here decides an alert: what a score is worth to a nurse is bedside's to say.
"""
