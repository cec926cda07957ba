"""Model bundles, one folder each: model.tflite, manifest.json, golden.json, MODEL_CARD.md.

`python -m training train` writes them. No code lives here: `edge_agent.risk.bundle.load` reads a folder, and refuses
what does not match its manifest.
"""
