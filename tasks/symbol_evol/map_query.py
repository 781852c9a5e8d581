"""NLmaps: the functions of its query language, applied or not (`qtype(count)`). Keys, values and numbers stay.

The standard prompt does not list them, so the evolved one does, with the old names as their meaning.
"""

from __future__ import annotations

import re
from functools import partial

from executors import mrl
from tasks.api import extract_query
from tasks.symbol_evol.evolution import Evolution
from tasks.symbol_evol.renaming import NAME, Renaming
from tasks.task import Sample


def symbols(sample: Sample) -> list[str]:
    return sorted(mrl.FUNCTIONS)


def rename(query: str, renaming: Renaming) -> str:
    """Word by word, outside of strings; what is no query at all stays."""
    pieces: list[str] = []
    done = 0
    try:
        for place, word in mrl.words(query):
            pieces += [query[done:place], renaming.swapped(word) or word]
            done = place + len(word)
    except mrl.NotAQueryError:
        return query
    return "".join([*pieces, query[done:]])


MAP_QUERY = Evolution(
    symbols=symbols,
    rename=rename,
    read_back=rename,
    template=(
        "Given candidate api calls, output the query on the map for the question.\n"
        "Calls have random names here. {{ legend }}\n"
        "The question is: {{ question }}\n"
        "The query is: "
    ),
    extract=partial(extract_query, opening=re.compile(rf"{NAME}\s*\(")),
)
