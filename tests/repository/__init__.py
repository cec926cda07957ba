"""The laws of the house where no linter holds them: what is forbidden is seen, docs complete, the wheel whole."""
