"""One folder is one model bundle: tflite file, manifest with hashes, golden vectors, model card.

Data only. Bundles are made by `make train`, loaded by `edge_agent.risk` and shipped inside the wheel; never edited by hand.
"""
