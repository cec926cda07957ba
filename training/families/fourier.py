"""A support vector machine over the window with random Fourier features, as a small net that full int8 can hold.

Rahimi and Recht (NIPS 2007): random projections through a cosine span the space of a Gaussian kernel. Full int8 has no
cosine, so a triangle wave stands in its place, made of absolute values: its overtones add a ninth, at three times the
frequency, and less beyond. The projections are drawn once and stay; hinge loss finds the weights of these features and
of the window itself.
"""

from __future__ import annotations

import math

import numpy as np
import tensorflow as tf

from training.families.logistic import PENALTY, SEED, trained
from training.material import Material

NAME = "news2-7-within-6h-rff"
"""Name of its bundle."""

TITLE = "Support vector machine with random Fourier features over the 12 h window"

FEATURES = 112
"""As many as 64 KiB allow."""

PAIRS = 2000
"""Pairs of hours whose median distance is the width of the kernel."""


def fitted(given: Material) -> tf.keras.Model:
    """Return the net fitted on `given`, after printing a line per epoch."""
    random = np.random.default_rng(SEED)
    share = float(given.positive.mean())
    model = net(given.recorded.shape[1:], _width(given, random), random)
    return trained(model, given, tf.keras.losses.Hinge(), (1 - share) / share)


def net(shape: tuple[int, ...], width: float, random: np.random.Generator) -> tf.keras.Model:
    """Return the net for inputs of `shape` (without the batch axis) and a kernel of `width`, weights yet untrained."""
    layers = tf.keras.layers
    window = layers.Input(shape)
    flat = layers.Flatten()(window)
    penalty = tf.keras.regularizers.l2(PENALTY)
    ways = [layers.Dense(1, kernel_regularizer=penalty)(way) for way in (waves(flat, width, random), flat)]
    return tf.keras.Model(window, layers.Add()(ways))


def waves(values: tf.Tensor, width: float, random: np.random.Generator) -> tf.Tensor:
    """Return random projections of `values` [n, numbers] through a triangle wave, from 0 to pi.

    From -pi to pi the absolute value is one wave; folding it again about its middle carries it to 2 pi either side.
    """
    layers = tf.keras.layers
    project = layers.Dense(FEATURES, trainable=False)
    project.build(values.shape)
    weights = random.normal(0, 1 / width, (values.shape[-1], FEATURES))
    project.set_weights([weights, random.uniform(-math.pi, math.pi, FEATURES)])
    return _absolute(layers.Rescaling(1.0, -math.pi)(_absolute(project(values))))


def _absolute(values: tf.Tensor) -> tf.Tensor:
    """Return the absolute values, made of layers that a saved net can be loaded with.

    Twice the positive part less the value: a factor of -1 would become a copy of the projections in the converter.
    """
    layers = tf.keras.layers
    positive = layers.ReLU()(values)
    return layers.Subtract()([layers.Add()([positive, positive]), values])


def _width(given: Material, random: np.random.Generator) -> float:
    """Return the median distance between two hours, the usual width of a Gaussian kernel."""
    first, second = (given.recorded[random.integers(0, len(given.rows), PAIRS)] for _ in range(2))
    return float(np.median(np.linalg.norm((first - second).reshape(PAIRS, -1), axis=1)))
