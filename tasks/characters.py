"""How alike two strings are, character by character: Levenshtein's distance and BLEU.

Source: MolT5's evaluation (blender-nlp/MolT5 754f9bff, mol_translation_metrics.py): nltk's `corpus_bleu` over lists of
characters (four orders, no smoothing), python-Levenshtein's `distance`.
"""

from __future__ import annotations

import math
import sys
from collections import Counter
from collections.abc import Sequence

from tasks.metrics import Estimate, Statistics

ORDERS = (1, 2, 3, 4)


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


def bleu_counts(hypothesis: str, reference: str) -> Statistics:
    """What corpus BLEU needs of one pair: matched and all n-grams of each order, and both lengths."""
    counts: dict[str, float] = {"length": len(hypothesis), "reference": len(reference)}
    for n in ORDERS:
        ours, theirs = (
            Counter(text[at : at + n] for at in range(len(text) - n + 1)) for text in (hypothesis, reference)
        )
        counts[f"matched{n}"] = (ours & theirs).total()
        counts[f"all{n}"] = max(1, ours.total())
    return counts


def corpus_bleu(statistics: Sequence[Statistics], groups: Sequence[str]) -> Estimate:
    """BLEU-4 of a corpus, in [0, 1]. An order without any match counts as the smallest float, as in nltk."""
    return _bleu(statistics, ORDERS)


def attainable_bleu(statistics: Sequence[Statistics], groups: Sequence[str]) -> Estimate:
    """`corpus_bleu` up to the longest reference's order, so that a corpus of "CN" alone can score 1; else the same."""
    longest = max((row["reference"] for row in statistics), default=0)
    return _bleu(statistics, [n for n in ORDERS if n <= max(longest, 1)])


def _bleu(statistics: Sequence[Statistics], orders: Sequence[int]) -> Estimate:
    total = {key: math.fsum(row[key] for row in statistics) for key in (statistics[0] if statistics else ())}
    if not total or not total["matched1"]:
        return Estimate(0.0, None, len(statistics))
    precisions = [(total[f"matched{n}"] or sys.float_info.min) / total[f"all{n}"] for n in orders]
    brevity = min(1.0, math.exp(1 - total["reference"] / total["length"]))
    score = brevity * math.exp(math.fsum(map(math.log, precisions)) / len(orders))
    return Estimate(score, None, len(statistics))
