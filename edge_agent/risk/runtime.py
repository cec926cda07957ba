"""The one door to the TFLite runtime: tflite-runtime where it is installed, else ai-edge-litert, used alike.

An import proves nothing: tflite-runtime beside numpy 2 imports well and fails when a model is built. So opening a model
invokes it.

Both run their built-in kernels. LiteRT would hand int8 to XNNPACK, which rounds every layer otherwise: up to three
steps at the output, where the built-in kernels of both give the same.
"""

from __future__ import annotations

from importlib import import_module, metadata
from typing import Any, NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]


DOORS = (("tflite-runtime", "tflite_runtime.interpreter"), ("ai-edge-litert", "ai_edge_litert.interpreter"))
"""Distribution and module of each runtime, the preferred first."""


class RuntimeUnavailableError(Exception):
    """No runtime can run a model here. The text says what was tried and the remedy."""


class Tensor(NamedTuple):
    """One end of a model: dtype, shape without the batch axis, int8 quantisation."""

    dtype: str
    shape: tuple[int, ...]
    scale: float
    zero_point: int


class _Interpreter(Protocol):
    """The part of the interpreter that both runtimes share."""

    def allocate_tensors(self) -> None: ...
    def get_input_details(self) -> list[dict[str, Any]]: ...
    def get_output_details(self) -> list[dict[str, Any]]: ...
    def resize_tensor_input(self, index: int, shape: tuple[int, ...]) -> None: ...
    def set_tensor(self, index: int, value: Array) -> None: ...
    def invoke(self) -> None: ...
    def get_tensor(self, index: int) -> Array: ...


class Model:
    """A model of one input and one output, ready to run batches. Not for several threads at once."""

    def __init__(self, interpreter: _Interpreter, runtime: str) -> None:
        """Take over `interpreter`; `open_model` is the way to get one."""
        self._interpreter = interpreter
        self._batch = 0
        self.runtime = runtime
        first, last = interpreter.get_input_details()[0], interpreter.get_output_details()[0]
        self._input, self._output = int(first["index"]), int(last["index"])
        self.input, self.output = _tensor(first), _tensor(last)

    def invoke(self, batch: Array) -> Array:
        """Run `batch` [n, ...] in one invoke and return the output [n, ...]. Raises whatever the runtime raises."""
        if len(batch) != self._batch:
            self._batch = 0
            self._interpreter.resize_tensor_input(self._input, batch.shape)
            self._interpreter.allocate_tensors()
            self._batch = len(batch)
        self._interpreter.set_tensor(self._input, batch)
        self._interpreter.invoke()
        return self._interpreter.get_tensor(self._output)


def open_model(content: bytes) -> Model:
    """Build a model from the bytes of a .tflite file and run it once.

    Raises RuntimeUnavailableError, also for a broken file.
    """
    name, module = _installed()
    runtime = f"{name} {metadata.version(name)}"
    try:
        kernels = module.OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES
        interpreter = module.Interpreter(model_content=content, num_threads=1, experimental_op_resolver_type=kernels)
        model = Model(interpreter, runtime)
        model.invoke(np.zeros((1, *model.input.shape), model.input.dtype))
    except (AttributeError, ImportError, MemoryError, RuntimeError, SystemError, TypeError, ValueError) as error:
        text = f"{runtime} with numpy {np.__version__} cannot run the model: {error!r}. tflite-runtime needs numpy < 2."
        raise RuntimeUnavailableError(text) from error
    return model


def _installed() -> tuple[str, Any]:
    """Return name and module of the first runtime that imports."""
    found = {name: _imported(path) for name, path in DOORS}
    for name, module in found.items():
        if not isinstance(module, Exception):
            return name, module
    text = f"No TFLite runtime: {found}. Install tflite-runtime (Python <= 3.11) or ai-edge-litert."
    raise RuntimeUnavailableError(text)


def _imported(path: str) -> Any:  # noqa: ANN401 - a module without types, or why there is none
    """Import a module, or return what it failed with."""
    try:
        return import_module(path)
    except (AttributeError, ImportError) as error:
        return error


def _tensor(details: dict[str, Any]) -> Tensor:
    """Read one end of a model from the runtime's description of it."""
    scale, zero_point = details["quantization"]
    shape = tuple(int(size) for size in details["shape"][1:])
    return Tensor(np.dtype(details["dtype"]).name, shape, float(scale), int(zero_point))
