"""Rows of training files as the texts they hold, read as a stream: JSON lines, JSON lists, parquet, plain text."""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Iterator
from io import TextIOWrapper
from pathlib import Path
from typing import Any, TextIO, cast

from harness.config import UserError

_CHUNK = 1 << 20  # characters
# A paragraph is a row of plain text; longer ones are cut.
_PARAGRAPH = 1000  # lines


def rows(path: Path) -> Iterator[list[str]]:
    """Every row's texts, whatever its fields are called; texts in lists and objects (chat messages) are taken too.

    `.jsonl` and `.json` hold rows as objects, lists or texts, `.parquet` tables, and all else is plain text whose rows
    are paragraphs; `.gz` may follow. Raises UserError for a file that cannot be read, naming the line or row.
    """
    kind = Path(path.stem).suffix if path.suffix == ".gz" else path.suffix
    try:
        if kind == ".parquet":
            yield from _parquet(path)
            return
        with _opened(path) as stream:
            yield from {".jsonl": _lines, ".json": _json}.get(kind, _paragraphs)(path, stream)
    except UnicodeDecodeError as error:
        raise UserError(f"{path} is not UTF-8 text ({error.reason} at byte {error.start})") from error
    except (OSError, EOFError, zlib.error) as error:
        raise UserError(f"{path} cannot be read: {getattr(error, 'strerror', None) or error}") from error


def _opened(path: Path) -> TextIO:
    if path.suffix == ".gz":
        return TextIOWrapper(cast(Any, gzip.open(path, "rb")), encoding="utf-8")
    return path.open(encoding="utf-8")


def texts(value: object) -> list[str]:
    """All texts in a decoded JSON value, in order."""
    found: list[str] = []
    waiting = [value]
    while waiting:
        top = waiting.pop()
        if isinstance(top, str):
            found.append(top)
        elif isinstance(top, dict):
            waiting.extend(reversed(top.values()))
        elif isinstance(top, list):
            waiting.extend(reversed(top))
    return found


def _lines(path: Path, stream: TextIO) -> Iterator[list[str]]:
    for number, line in enumerate(stream, 1):
        if not line.strip():
            continue
        try:
            yield texts(json.loads(line))
        except (ValueError, RecursionError) as error:
            raise UserError(f"{path}:{number} is not JSON ({error}): give one JSON value a line") from error


def _json(path: Path, stream: TextIO) -> Iterator[list[str]]:
    """The members of a list, decoded one by one; a file of JSON lines is read as such."""
    decoder = json.JSONDecoder()
    text, inside, number = "", False, 0
    while True:
        more = stream.read(max(_CHUNK, len(text)))
        text += more
        if not inside:
            text = text.lstrip()
            if text and text[0] != "[":
                stream.seek(0)
                yield from _lines(path, stream)
                return
            inside, text = bool(text), text[1:]
        place = 0
        while True:
            while place < len(text) and text[place] in ", \t\r\n":
                place += 1
            try:
                value, place = decoder.raw_decode(text, place)
            except (ValueError, RecursionError) as error:
                if not more and text[place:].strip() != "]":
                    raise UserError(f"{path}: member {number + 1} of the list is not JSON ({error})") from error
                break
            number += 1
            yield texts(value)
        if not more:
            return
        text = text[place:]


def _paragraphs(path: Path, stream: TextIO) -> Iterator[list[str]]:
    lines: list[str] = []
    for line in stream:
        if line.strip():
            lines.append(line)
        if lines and (not line.strip() or len(lines) == _PARAGRAPH):
            yield ["".join(lines)]
            lines = []
    if lines:
        yield ["".join(lines)]


def _parquet(path: Path) -> Iterator[list[str]]:
    try:
        from pyarrow import ArrowException, parquet  # type: ignore[import-untyped]
    except ImportError as error:
        raise UserError(f"{path}: reading parquet needs pyarrow, which is not installed") from error
    try:
        with parquet.ParquetFile(path) as table:
            for batch in table.iter_batches(batch_size=1000):
                yield from map(texts, batch.to_pylist())
    except ArrowException as error:
        raise UserError(f"{path} is no parquet file: {str(error).splitlines()[0]}") from error
