"""What sounds at the gateway itself while an alert reaches nobody else, and what quiets it: one file per kind.

Decides nothing: the ward says what sounds (`LocalSignal`) and how long quiet lasts. Whatever fails here is a technical
alert (`local-output-failed`) and never holds up another.
"""
