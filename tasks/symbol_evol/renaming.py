"""Random names for symbols: drawn by seed, the same in every process, and taken back without a doubt."""

from __future__ import annotations

import random
import re
import string
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

# As in the paper's figure: `I_TURN_RIGHT` becomes `shy2sW`, `I_JUMP` becomes `PMx1Ua`. A digit and both cases are
# always there, so that a name is no word of any language.
LENGTH = 6
NAME = rf"\b(?=\w*\d)(?=\w*[a-z])(?=\w*[A-Z])[A-Za-z][A-Za-z0-9]{{{LENGTH - 1}}}\b"

_NAME = re.compile(NAME)
_ALPHABET = string.ascii_letters + string.digits


@dataclass(frozen=True, slots=True)
class Renaming:
    """Old names and their new ones, read in both directions: it is its own inverse.

    An old name in the place of a new one thereby becomes a name that nothing has: programs mean on the old symbols
    exactly what they mean on the renamed ones, and one that uses an old name fails as it should. With `any_case` names
    are found whatever their letter case, and written as they are spelled here.
    """

    names: Mapping[str, str]
    any_case: bool = False
    _partners: Mapping[str, str] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        pairs = [*self.names.items(), *((new, old) for old, new in self.names.items())]
        object.__setattr__(self, "_partners", {self._key(name): partner for name, partner in pairs})
        if len(self._partners) != len(pairs):
            raise ValueError("a renaming needs names that are all different")

    @staticmethod
    def draw(symbols: Iterable[str], seed: str, text: str = "", any_case: bool = False) -> Renaming:
        """New names for `symbols`, none of them found in `text`. What stands before a symbol's colon stays.

        With `any_case`, symbols that differ by letter case only are one, spelled as the first of them.
        """
        chance = random.Random(seed)  # a text seeds by its SHA-512, not by hash()
        symbols = list(symbols)
        taken = "\0".join([text, *symbols]).casefold()
        names: dict[str, str] = {}
        seen: set[str] = set()
        for symbol in symbols:
            key = symbol.casefold() if any_case else symbol
            if key in seen:
                continue
            seen.add(key)
            new = _random_name(chance)
            while new.casefold() in taken:
                new = _random_name(chance)
            taken += "\0" + new.casefold()
            kind, colon, _ = symbol.rpartition(":")
            names[symbol] = kind + colon + new
        return Renaming(names, any_case)

    def swapped(self, name: str) -> str | None:
        """The new name of an old one, the old name of a new one; None for all others."""
        return self._partners.get(self._key(name))

    def renames(self, name: str) -> bool:
        """Whether `name` is an old name."""
        new = self.swapped(name)
        return new is not None and new in self.names.values()

    def _key(self, name: str) -> str:
        return name.casefold() if self.any_case else name


def _random_name(chance: random.Random) -> str:
    while not _NAME.fullmatch(name := "".join(chance.choices(_ALPHABET, k=LENGTH))):
        pass
    return name


def meaning(symbol: str) -> str:
    """What a symbol's name says, in words: `IN:GET_WEATHER` get weather, `HighQuality` high quality."""
    name = symbol.rpartition(":")[2]
    words = re.sub(r"[_\-\s]+|(?<=[a-z0-9])(?=[A-Z])", " ", name).strip()
    return words.lower() or name


def legend(renaming: Renaming, meaning: Callable[[str], str] = meaning) -> str:
    """`<new name> means <meaning>.` of all symbols, by new name: the order says nothing of the answer."""
    pairs = sorted((new, meaning(old)) for old, new in renaming.names.items())
    return " ".join(f"{new} means {words}." for new, words in pairs)
