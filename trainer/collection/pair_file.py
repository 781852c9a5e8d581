"""Pairs on disk: JSON lines that are written as a stream and read by number, whatever their size."""

from __future__ import annotations

import hashlib
import json
import random
from array import array
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from trainer.pairs import Pair, Part


class PairFile:
    """A file of pairs with the offset of each: `append` while it is made, then `read` any of them by number."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._path = path
        self._offsets = array("Q")
        self._stream = path.open("wb+")

    def append(self, pair: Pair) -> None:
        self._offsets.append(self._stream.seek(0, 2))
        self._stream.write(to_line(pair).encode("ascii") + b"\n")

    def __len__(self) -> int:
        return len(self._offsets)

    def read(self, number: int) -> Pair:
        self._stream.flush()
        self._stream.seek(self._offsets[number])
        return from_line(self._stream.readline())

    def remove(self) -> None:
        self._stream.close()
        self._path.unlink()


def to_line(pair: Pair) -> str:
    return json.dumps([pair.part, pair.task, pair.prompt, pair.completion], separators=(",", ":"))


def from_line(line: bytes | str) -> Pair:
    part, task, prompt, completion = json.loads(line)
    return Pair(prompt, completion, task, Part(part))


def write_pairs(path: Path, pairs: Iterable[Pair]) -> str:
    """Write a mix; returns the SHA-256 of the file."""
    digest = hashlib.sha256()
    with path.open("wb") as stream:
        for pair in pairs:
            line = to_line(pair).encode("ascii") + b"\n"
            digest.update(line)
            stream.write(line)
    return digest.hexdigest()


def read_pairs(path: Path) -> Iterator[Pair]:
    with path.open("rb") as stream:
        yield from map(from_line, stream)


def chosen(count: int, of: int, key: str) -> Sequence[int]:
    """`count` (or all) of the numbers below `of`, in a random order that `key` seeds."""
    return random.Random(key).sample(range(of), min(count, of))
