"""Libraries that only some exports need."""

from __future__ import annotations

import importlib
from typing import Any

from harness.config import UserError


def library(name: str, extra: str) -> Any:
    """The module `name`. Raises UserError that names the extra which brings it."""
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise UserError(f"{name.split('.')[0]} is not installed: pip install 'symharness[{extra}]'") from error
