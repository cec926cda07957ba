"""Logistic regression over the window: one weight per hour and channel, fitted on windows as recorded and as hurt."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import tensorflow as tf

NAME = "news2-7-within-6h-lr"
"""Name of its bundle."""

TITLE = "Logistic regression over the 12 h window"

EPOCHS = 20
BATCH = 2048
RATE = 1e-2
"""Adam, the rate falling to zero by a cosine: NEWS2 total and points are collinear, so small steps stop short."""

PENALTY = 1e-5
"""L2. It only decides between collinear weights, so that none grows beyond what one int8 scale can hold."""


def build(shape: tuple[int, ...]) -> tf.keras.Model:
    """Return the untrained net for inputs of `shape` (without the batch axis)."""
    penalty = tf.keras.regularizers.l2(PENALTY)
    layers = [tf.keras.layers.Flatten(), tf.keras.layers.Dense(1, kernel_regularizer=penalty)]
    return tf.keras.Sequential([tf.keras.layers.Input(shape), *layers])


def fit(model: tf.keras.Model, inputs: npt.NDArray[np.float32], positive: npt.NDArray[np.bool_]) -> None:
    """Train `model` in place, printing a line per epoch."""
    steps = -(-len(inputs) // BATCH) * EPOCHS
    rate = tf.keras.optimizers.schedules.CosineDecay(RATE, steps)
    loss = tf.keras.losses.BinaryCrossentropy(from_logits=True)
    model.compile(tf.keras.optimizers.Adam(rate), loss)
    model.fit(inputs, positive.astype(np.float32), batch_size=BATCH, epochs=EPOCHS, verbose=2)
