"""Which utilities the template reader knows: their flags, and of which type each argument is."""

from __future__ import annotations

import functools
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

COMMAND_TYPE = "Command"
REST = "*"
QUOTED = "!"
LIST = "..."


@dataclass(frozen=True, slots=True)
class Value:
    """A flag's arguments, one type each. `stops` end a command instead (-exec); `attached` takes no next word."""

    types: tuple[str, ...]
    stops: str = ""
    attached: bool = False


@dataclass(frozen=True, slots=True)
class Utility:
    """`flags` without (None) and with arguments; `operands` as types in order."""

    flags: Mapping[str, Value | None]
    operands: tuple[str, ...]


@functools.cache
def known_utilities() -> Mapping[str, Utility]:
    """Utilities by name, from `utilities.toml` beside this module."""
    entries = tomllib.loads((Path(__file__).parent / "utilities.toml").read_text(encoding="utf-8"))
    return {name: _utility(entries[entry.get("like", name)]) for name, entry in entries.items()}


def _utility(entry: Mapping[str, Any]) -> Utility:
    flags: dict[str, Value | None] = dict.fromkeys(f"-{letter}" for letter in entry.get("letters", ""))
    flags.update(dict.fromkeys(entry.get("flags", "").split()))
    for kind, names in entry.get("values", {}).items():
        for name in names.split():
            stops = kind if kind[0] == ";" else ""
            flags[name.lstrip("~")] = Value(() if stops else tuple(kind.split()), stops, name[0] == "~")
    return Utility(flags, tuple(entry.get("operands", "").split()))
