"""A linear support vector machine over the window: hinge loss, both kinds of hours weighed alike.

Its margin stands where others have a logit; the calibration table of the bundle makes a probability of it. Random
Fourier features would need a cosine, which full int8 does not have.
"""

from __future__ import annotations

import tensorflow as tf

from training.families.logistic import linear, trained
from training.material import Material

NAME = "news2-7-within-6h-svm"
"""Name of its bundle."""

TITLE = "Linear support vector machine over the 12 h window"


def fitted(given: Material) -> tf.keras.Model:
    """Return the net fitted on `given`, after printing a line per epoch."""
    share = float(given.positive.mean())
    return trained(linear(given.recorded.shape[1:]), given, tf.keras.losses.Hinge(), (1 - share) / share)
