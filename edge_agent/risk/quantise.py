"""Between real numbers and int8, by a manifest's scale and zero point.

The exporter and the agent use these same two lines.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from edge_agent.risk.manifest import Quantisation

Int8 = npt.NDArray[np.int8]


def to_int8(values: npt.NDArray[np.float32], by: Quantisation) -> Int8:
    """Return `values` as int8, the nearest step, half to even, clipped at both ends."""
    steps: Int8 = np.clip(np.rint(values / np.float32(by.scale)) + by.zero_point, -128, 127).astype(np.int8)
    return steps


def to_real(values: Int8, by: Quantisation) -> npt.NDArray[np.float64]:
    """Return int8 `values` as real numbers."""
    return (values.astype(np.float64) - by.zero_point) * by.scale
