"""A small convolutional net over the window, taught by boosted trees and hardened against what wards do.

Half of the windows it sees are hurt, anew in every epoch: vitals missing, hours missing, spikes, short history. What it
shall say of a hurt window is what the teacher said of the whole one, mixed with what came true.
"""

from __future__ import annotations

import numpy as np
import tensorflow as tf

from training.families import boosting
from training.material import Material, partly_hurt

NAME = "news2-7-within-6h-cnn"
"""Name of its bundle."""

TITLE = "Convolutional net over the 12 h window, distilled from gradient boosting"

SEED = 20190
EPOCHS = 10
BATCH = 1024
RATE = 2e-3
"""Adam, the rate falling to zero by a cosine."""

PENALTY = 1e-5
"""L2 on every kernel."""

DROPOUT = 0.15
HURT = 0.5
"""Share of windows that are hurt."""

TRUTH = 0.5
"""Share of what came true in the target; the rest is the teacher's."""


def fitted(given: Material) -> tf.keras.Model:
    """Return the net fitted on `given`, after printing a line per epoch."""
    target = TRUTH * given.positive + (1 - TRUTH) * boosting.taught(given)
    random = np.random.default_rng(SEED)
    model = net(given.recorded.shape[1:])
    rate = tf.keras.optimizers.schedules.CosineDecay(RATE, -(-len(target) // BATCH) * EPOCHS)
    model.compile(tf.keras.optimizers.Adam(rate), tf.keras.losses.BinaryCrossentropy(from_logits=True))
    for epoch in range(EPOCHS):
        inputs = partly_hurt(given, random, HURT)
        model.fit(inputs, target, batch_size=BATCH, initial_epoch=epoch, epochs=epoch + 1, verbose=2)
    return model


def net(shape: tuple[int, ...]) -> tf.keras.Model:
    """Return the untrained net for inputs of `shape` (without the batch axis)."""
    layers = tf.keras.layers
    kind = {"activation": "relu", "kernel_regularizer": tf.keras.regularizers.l2(PENALTY)}
    return tf.keras.Sequential(
        [
            layers.Input(shape),
            layers.Conv1D(32, 3, **kind),
            layers.Conv1D(48, 3, **kind),
            layers.Conv1D(48, 3, strides=2, **kind),
            layers.Flatten(),
            layers.Dropout(DROPOUT),
            layers.Dense(48, **kind),
            layers.Dropout(DROPOUT),
            layers.Dense(1),
        ]
    )
