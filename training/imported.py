"""A linear model of scikit-learn as a net, so that it leaves through `training.export` like any other."""

from __future__ import annotations

import math

import numpy as np
import tensorflow as tf
from sklearn.linear_model import LogisticRegression
from sklearn.svm import LinearSVC


def imported(estimator: LogisticRegression | LinearSVC, shape: tuple[int, ...]) -> tf.keras.Model:
    """Return a net from inputs of `shape` (without the batch axis) to the estimator's decision function.

    It was fitted on the same inputs laid flat, for two classes. Raises ValueError if its weights say otherwise.
    """
    weights = np.asarray(estimator.coef_)
    if weights.shape != (1, math.prod(shape)):
        raise ValueError(f"one row of {math.prod(shape)} weights is wanted, not {weights.shape}")
    dense = tf.keras.layers.Dense(1)
    model = tf.keras.Sequential([tf.keras.layers.Input(shape), tf.keras.layers.Flatten(), dense])
    dense.set_weights([weights.T, np.asarray(estimator.intercept_).reshape(1)])
    return model
