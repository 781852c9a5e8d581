"""Planning: the predicates that the domain declares. Types, objects and actions keep their names.

Renamed are the words at the head of a bracket: Floortile has actions and objects called as its predicates are.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from executors.pddl.reading import PddlError
from executors.pddl.syntax import parse_domain, parse_problem
from tasks import extract
from tasks.symbol_evol.evolution import Evolution
from tasks.symbol_evol.renaming import Renaming
from tasks.task import DataError, Sample

_TOKEN = re.compile(r";[^\n\r]*|[()]|[^\s();]+")


def _heads(text: str) -> Iterator[re.Match[str]]:
    """The words that follow an opening bracket."""
    opened = False
    for token in _TOKEN.finditer(text):
        if token[0].startswith(";"):
            continue
        if opened and token[0] not in "()":
            yield token
        opened = token[0] == "("


def symbols(sample: Sample) -> list[str]:
    """The domain's predicates, or, in an exemplar without a domain, the problem's; as the problem spells them.

    Raises DataError.
    """
    domain = sample.fields["domain"]
    try:
        predicates = (
            list(parse_domain(domain).predicates)
            if domain
            else sorted({fact[0] for fact in parse_problem(sample.target).init})
        )
    except PddlError as error:
        raise DataError(f"{sample.id}: the domain or the gold problem is not PDDL ({error})") from error
    spelling = {head[0].lower(): head[0] for text in (domain, sample.target) for head in _heads(text)}
    return [spelling.get(name, name) for name in predicates]


def rename(program: str, renaming: Renaming) -> str:
    """A problem's text; a plan names no predicates and stays."""
    return program if extract.pddl_problem(program) is None else _renamed(program, renaming)


def _renamed(text: str, renaming: Renaming) -> str:
    pieces: list[str] = []
    done = 0
    for head in _heads(text):
        pieces += [text[done : head.start()], renaming.swapped(head[0]) or head[0]]
        done = head.end()
    return "".join([*pieces, text[done:]])


def fields(given: Mapping[str, str], renaming: Renaming) -> Mapping[str, str]:
    return {**given, "domain": _renamed(given["domain"], renaming)}


PDDL = Evolution(
    symbols=symbols,
    rename=rename,
    read_back=rename,
    template=(
        "Transform the natural language description of the scene into PDDL.\n"
        "Predicates have random names here. {{ legend }}\n"
        "{% if domain %}The domain is:\n{{ domain }}\n{% endif %}"
        "The scene is: {{ scene }}\n"
        "The problem PDDL is:\n"
    ),
    fields=fields,
    any_case=True,
)
