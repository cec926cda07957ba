"""A small convolutional net over the window, taught by boosted trees and hardened against what wards do.

Many of the windows it sees are hurt, anew in every epoch: vitals missing, hours missing, spikes, short history. What it
shall say of a hurt window is what the teacher said of the whole one, mixed with what came true.
"""

from __future__ import annotations

import numpy as np
import tensorflow as tf
from scipy.special import expit

from training.examples import CHUNK
from training.families import boosting
from training.material import Material, partly_hurt
from training.metrics import Scores

NAME = "news2-7-within-6h-cnn"
"""Name of its bundle."""

TITLE = "Convolutional net over the 12 h window, distilled from gradient boosting"

SEED = 20190
STUDENTS = 2
EPOCHS = 14
BATCH = 1024
RATE = 2e-3
"""Adam, the rate falling to zero by a cosine."""

PENALTY = 1e-5
"""L2 on every kernel."""

DROPOUT = 0.04
WIDTH = 56
"""Of the dense layer where convolutions and window meet."""

HURT = 0.45
"""Share of windows that are hurt."""

TRUTH = 0.1
"""Share of what came true in the target; the rest is the teacher's."""

LOGITS = 0.05
"""Weight of the squared distance between the net's logits and the teacher's."""


def fitted(given: Material) -> tf.keras.Model:
    """Return the net fitted on `given`, after printing a line per part of the teacher and per epoch.

    Trees teach `STUDENTS` nets; trees and nets together, who err differently, teach the one that is kept.
    """
    trees = boosting.taught(given)
    students = [_said(_taught(given, trees, SEED + turn), given) for turn in range(1, 1 + STUDENTS)]
    return _taught(given, (trees + np.mean(students, axis=0)) / 2, SEED)


def _taught(given: Material, teacher: Scores, seed: int) -> tf.keras.Model:
    """Return a net that was taught the logits [n] of a `teacher` and a little of what came true."""
    probability = TRUTH * given.positive + (1 - TRUTH) * expit(teacher)
    target = np.stack([probability, teacher], axis=-1).astype(np.float32)
    random = np.random.default_rng(seed)
    model = net(given.recorded.shape[1:])
    rate = tf.keras.optimizers.schedules.CosineDecay(RATE, -(-len(target) // BATCH) * EPOCHS)
    model.compile(tf.keras.optimizers.Adam(rate), _distance)
    for epoch in range(EPOCHS):
        inputs = partly_hurt(given, random, HURT)
        model.fit(inputs, target, batch_size=BATCH, initial_epoch=epoch, epochs=epoch + 1, verbose=2)
    return model


def _said(model: tf.keras.Model, given: Material) -> Scores:
    """Return the logits [n] of every hour as it was recorded."""
    logits: Scores = model.predict(given.recorded, batch_size=CHUNK, verbose=0)[:, 0].astype(np.float64)
    return logits


def _distance(target: tf.Tensor, logits: tf.Tensor) -> tf.Tensor:
    """Return how far `logits` [n, 1] are from `target` [n, 2], a probability and the teacher's logit.

    Cross-entropy hardly cares how low risks are ordered; the squared distance between logits does.
    """
    entropy = tf.nn.sigmoid_cross_entropy_with_logits(target[:, :1], logits)
    return entropy + LOGITS * tf.square(target[:, 1:] - logits)


def net(shape: tuple[int, ...]) -> tf.keras.Model:
    """Return the untrained net for inputs of `shape` (without the batch axis).

    The dense layers also see the window itself: what NEWS2 jumps at is in single numbers, what leads there in patterns.
    Both ways are added, not joined: joined tensors would have to share one int8 scale with the input.
    """
    layers = tf.keras.layers
    penalty = tf.keras.regularizers.l2(PENALTY)
    window = layers.Input(shape)
    found = layers.Conv1D(32, 3, activation="relu", kernel_regularizer=penalty)(window)
    found = layers.Conv1D(32, 4, strides=2, activation="relu", kernel_regularizer=penalty)(found)
    ways = [layers.Dropout(DROPOUT)(layers.Flatten()(way)) for way in (found, window)]
    found = layers.Add()([layers.Dense(WIDTH, kernel_regularizer=penalty)(way) for way in ways])
    found = layers.Dropout(DROPOUT)(layers.ReLU()(found))
    found = layers.Dense(16, activation="relu", kernel_regularizer=penalty)(found)
    return tf.keras.Model(window, layers.Dense(1)(found))
