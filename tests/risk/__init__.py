"""Bundles refuse what does not match, features are one function of a window, scores and reasons are the model's own."""
