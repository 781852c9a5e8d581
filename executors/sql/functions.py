"""SQL functions in place of SQLite's own where a single call can take minutes, which nothing could interrupt.

`printf` counts up to its widths one by one; `instr`, `replace` and the trims compare every place of a text with all of
another. Here the one is asked for its widths first, and the others search in linear time. Whatever
is no text is left to SQLite's own functions, if it is short.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

from executors.sql.comparison import Cell

# Bytes of one cell or record, in results and on the way to them.
LONGEST_CELL = 1 << 20
# Characters of other kinds of cells that SQLite's own functions may search.
_LONGEST_ODD = 10_000

_WIDTH = re.compile(r"%[-+ 0#,!]*(\d*)(?:\.(\d*))?")
_INTEGER = re.compile(r"\d+")


@dataclass
class Functions:
    """The functions of one connection. `too_long` is set when one refused a length; who runs queries clears it."""

    too_long: bool = False
    _registered: dict[tuple[str, int], Callable[..., Cell]] = field(default_factory=dict)
    _native: sqlite3.Connection = field(default_factory=lambda: sqlite3.connect(":memory:", check_same_thread=False))

    def __post_init__(self) -> None:
        self._native.text_factory = decode
        searches: dict[tuple[str, int], Callable[..., Cell]] = {
            ("instr", 2): lambda text, part: text.find(part) + 1,
            ("replace", 3): lambda text, old, new: text.replace(old, new) if old else text,
        }
        for name, left, right in (("trim", True, True), ("ltrim", True, False), ("rtrim", False, True)):
            searches[name, 1] = partial(_trimmed, characters=" ", left=left, right=right)
            searches[name, 2] = partial(_trimmed, left=left, right=right)
        self._registered = {key: self._search(key[0], search) for key, search in searches.items()}
        self._registered |= {(name, -1): self._printf for name in ("printf", "format")}

    def register(self, connection: sqlite3.Connection) -> None:
        """Put them in the place of SQLite's own on `connection`.

        Python's functions get no text that is not UTF-8: a call with one fails.
        """
        for (name, arity), function in self._registered.items():
            connection.create_function(name, arity, function, deterministic=True)

    def close(self) -> None:
        self._native.close()

    def _printf(self, *arguments: Cell) -> Cell:
        if _widest(arguments) > LONGEST_CELL:
            self.too_long = True
            raise ValueError("too wide")
        return self._as_sqlite("printf", arguments)

    def _search(self, name: str, search: Callable[..., Cell]) -> Callable[..., Cell]:
        def function(*arguments: Cell) -> Cell:
            if all(type(argument) is str for argument in arguments):
                return search(*arguments)
            if any(isinstance(argument, (str, bytes)) and len(argument) > _LONGEST_ODD for argument in arguments):
                self.too_long = True
                raise ValueError("too long")
            return self._as_sqlite(name, arguments)

        return function

    def _as_sqlite(self, name: str, arguments: tuple[Cell, ...]) -> Cell:
        marks = ", ".join("?" * len(arguments))
        answer: Cell = self._native.execute(f"SELECT {name}({marks})", arguments).fetchone()[0]
        return answer


def decode(data: bytes) -> str:
    """Text of a cell: bytes that are no UTF-8 are left out."""
    return data.decode(errors="ignore")


def _trimmed(text: str, characters: str, left: bool, right: bool) -> str:
    known = frozenset(characters)
    start, end = 0, len(text)
    while left and start < end and text[start] in known:
        start += 1
    while right and start < end and text[end - 1] in known:
        end -= 1
    return text[start:end]


def _widest(arguments: tuple[Cell, ...]) -> int:
    """The largest width or precision that printf could take from its format or, for `*`, from its arguments."""
    form = str(arguments[0]) if arguments else ""
    numbers = [number for pair in _WIDTH.findall(form) for number in pair if number]
    if "*" in form:
        numbers += [number for cell in arguments[1:] for number in _INTEGER.findall(_integer_text(cell))]
    # Eleven digits are more than any limit, and Python refuses to read numbers of thousands of digits.
    return max((int(number[:11]) for number in numbers), default=0)


def _integer_text(cell: Cell) -> str:
    return f"{cell:.0f}" if isinstance(cell, float) else str(cell)
