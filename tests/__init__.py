"""Tests, one folder per layer. Laws first, then published vectors and captures, then few end-to-end runs."""
