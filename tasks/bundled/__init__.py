"""Makes the bundled mini samples of `tasks/data`: our own databases, questions and commands, in the official formats.

`python -m tasks.bundled` writes them anew; a test holds that what is committed is what this writes. One module a
domain, each with `write(root)`; all draws are seeded.
"""

from __future__ import annotations

import importlib
import pkgutil
from pathlib import Path

from tasks.source import BUNDLED


def write_all(root: Path = BUNDLED) -> None:
    """Every task's bundled files under `root`."""
    for info in sorted(pkgutil.iter_modules(__path__), key=lambda info: info.name):
        if not info.name.startswith("__"):
            write = getattr(importlib.import_module(f"{__name__}.{info.name}"), "write", None)
            if write is not None:
                write(root)
