"""Whose data a model was made of, as far as it is known here: for the bundle's name, its manifest and its card."""

from __future__ import annotations

from typing import NamedTuple


class Origin(NamedTuple):
    """What the card says of the data: name, licence, whose `stays` they are, and what follows for others (`limit`)."""

    data: str = "Not stated"
    licence: str = "not stated"
    stays: str = "stays"
    limit: str = "Fitted on the data named above: other patients, devices and habits differ."


HOSPITAL_A = Origin(
    "PhysioNet/Computing in Cardiology Challenge 2019, training set A (Reyna et al., Early Prediction of Sepsis From "
    "Clinical Data, Crit Care Med 48:210-217, 2020), physionet.org/content/challenge-2019",
    "CC BY 4.0",
    "stays in intensive care",
    "Intensive care, charted by the hour, adults up to 88 years. A ward's stream differs, and older patients are\n"
    "  beyond the ages it was fitted on.",
)

UNSAID = Origin()

PUBLIC = {"f60b30fa83eebead70b3bdc3503a0fc3dd9c2a6e1f7cf23cd6a85cbd2d97acbe": HOSPITAL_A}
"""Data that is known by its fingerprint."""


def origin(fingerprint: str, said: Origin) -> Origin:
    """Return what is known of the data, else what a person has `said` of it."""
    return PUBLIC.get(fingerprint, said)


def own_name(family: str, fingerprint: str) -> str:
    """Return a bundle's name: the family's for public data, else one that no bundle of other data has.

    A site's bundle comes before a shipped one of its name: copied beside the agent under that name it would be in use
    at once, and never on trial.
    """
    return family if fingerprint in PUBLIC else f"{family}-{fingerprint[:8]}"
