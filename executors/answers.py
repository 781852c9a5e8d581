"""What a worker answers, read back without trusting it.

A worker handles hostile text; if an engine in it were taken over, its answer could be any bytes. A pickle may call what
it likes, so that only values and value classes of ours are built from one.
"""

from __future__ import annotations

import io
import pickle
from enum import Enum

_PACKAGES = ("executors.", "tasks.", "harness.")
_BUILTINS: dict[str, type] = {kind.__name__: kind for kind in (bytearray, complex, frozenset, range, set, slice)}


class ForeignAnswerError(ValueError):
    """The answer holds what no function of ours answers."""


class _Reader(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> type:
        if module == "builtins" and name in _BUILTINS:
            return _BUILTINS[name]
        if module.startswith(_PACKAGES):
            found = super().find_class(module, name)
            if isinstance(found, type) and (issubclass(found, Enum) or hasattr(found, "__dataclass_fields__")):
                return found
        raise ForeignAnswerError(f"a worker answered with {module}.{name}")


def read(data: bytes) -> object:
    """The answer in `data`. Raises ForeignAnswerError, whatever is wrong with it."""
    try:
        return _Reader(io.BytesIO(data)).load()
    except ForeignAnswerError:
        raise
    except Exception as error:  # a torn or forged pickle can raise anything
        raise ForeignAnswerError(f"a worker answered with no answer: {type(error).__name__}") from error
