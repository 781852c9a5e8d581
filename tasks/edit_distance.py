"""Levenshtein's distance between strings."""

from __future__ import annotations


def levenshtein(one: str, other: str) -> int:
    """The fewest insertions, deletions and replacements of a character.

    Bit-parallel: Myers 1999 in the form of Hyyrö 2003; a column of the table is one integer.
    """
    if not one:
        return len(other)
    places: dict[str, int] = {}
    for index, character in enumerate(one):
        places[character] = places.get(character, 0) | 1 << index
    everything, last = (1 << len(one)) - 1, 1 << (len(one) - 1)
    rises, falls, distance = everything, 0, len(one)
    for character in other:
        equal = places.get(character, 0)
        diagonal = (((equal & rises) + rises) ^ rises) | equal | falls
        up, down = falls | ~(diagonal | rises) & everything, rises & diagonal
        distance += bool(up & last) - bool(down & last)
        up, down = up << 1 | 1, down << 1
        rises, falls = (down | ~(diagonal | up)) & everything, up & diagonal & everything
    return distance
