"""Published vectors and device captures against our decoders: `pytest tests/conformance --captures DIR`."""
