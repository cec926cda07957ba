"""The laws of the house where no linter holds them: what is forbidden is seen, docs are complete, the wheel is whole."""
