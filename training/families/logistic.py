"""Logistic regression over the window: one weight per hour and channel, fitted on windows as recorded and as hurt."""

from __future__ import annotations

import numpy as np
import tensorflow as tf

from training.material import Material, partly_hurt

NAME = "news2-7-within-6h-lr"
"""Name of its bundle."""

TITLE = "Logistic regression over the 12 h window"

SEED = 20190
EPOCHS = 20
BATCH = 2048
RATE = 1e-2
"""Adam, the rate falling to zero by a cosine: NEWS2 total and points are collinear, so small steps stop short."""

PENALTY = 1e-5
"""L2. It only decides between collinear weights, so that none grows beyond what one int8 scale can hold."""

HURT = 0.2
"""Share of windows that are hurt, the same ones in every epoch."""


def fitted(given: Material) -> tf.keras.Model:
    """Return the net fitted on `given`, after printing a line per epoch."""
    model = linear(given.recorded.shape[1:])
    return trained(model, given, tf.keras.losses.BinaryCrossentropy(from_logits=True))


def linear(shape: tuple[int, ...]) -> tf.keras.Model:
    """Return the untrained net for inputs of `shape` (without the batch axis): one weight per number."""
    penalty = tf.keras.regularizers.l2(PENALTY)
    layers = [tf.keras.layers.Flatten(), tf.keras.layers.Dense(1, kernel_regularizer=penalty)]
    return tf.keras.Sequential([tf.keras.layers.Input(shape), *layers])


def trained(
    model: tf.keras.Model, given: Material, loss: tf.keras.losses.Loss, positive_weight: float = 1.0
) -> tf.keras.Model:
    """Train `model` in place on recorded and hurt windows and return it."""
    steps = -(-len(given.rows) // BATCH) * EPOCHS
    rate = tf.keras.optimizers.schedules.CosineDecay(RATE, steps)
    model.compile(tf.keras.optimizers.Adam(rate), loss)
    inputs = partly_hurt(given, np.random.default_rng(SEED), HURT)
    truth = given.positive.astype(np.float32)
    weights = {0: 1.0, 1: positive_weight}
    model.fit(inputs, truth, batch_size=BATCH, epochs=EPOCHS, class_weight=weights, verbose=2)
    return model
