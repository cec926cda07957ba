"""The risk model's bundle contract, features from windows, the one door to the TFLite runtime, and the explanation.

Floats live here and nowhere else. The bundle's own files may be read and nothing more; a score is advisory and changes no alert
that a rule raised. Training imports the feature function from here.
"""
