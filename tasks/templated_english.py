"""The English of ProofWriter and PrOntoQA as Logic-LM's facts and rules: both data sets are written by templates.

A text of any other shape raises `UnreadableError`: nothing is guessed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import chain

VARIABLE = "$x"

_SENTENCE_END = re.compile(r"(?<=\.)\s+")
_ANYTHING = frozenset({"someone", "something", "they", "it", "he", "she"})
_EVERY = re.compile(r"(?:every|each) (?P<kind>[\w-]+) (?P<rest>is .+)", re.IGNORECASE)
_KINDS = re.compile(r"(?P<kind>[\w-]+s) are (?P<rest>.+)", re.IGNORECASE)
_PEOPLE = re.compile(r"(?:all )?(?P<kinds>[\w-]+(?:, [\w-]+)*) (?:people|things) are (?P<rest>.+)", re.IGNORECASE)
_SUBJECT = r"(?P<subject>the [\w -]+?|[\w-]+)"
_IS = re.compile(rf"{_SUBJECT} (?:is|are) (?P<negation>not )?(?:an? )?(?P<kind>[\w-]+)", re.IGNORECASE)
_DOES = re.compile(
    rf"{_SUBJECT} (?P<negation>(?:does|do) not )?(?P<verb>[a-z]+) (?P<object>the [\w -]+|[A-Z][\w-]*)", re.IGNORECASE
)
_ELIDED = re.compile(r"(?P<negation>not )?(?P<kind>[\w-]+)")


class UnreadableError(ValueError):
    """A sentence that no template writes."""


@dataclass(frozen=True, slots=True)
class Literal:
    """`Likes(Bear, Cat, True)`; an argument is a name or `VARIABLE`."""

    predicate: str
    arguments: tuple[str, ...]
    positive: bool

    def __str__(self) -> str:
        return f"{self.predicate}({', '.join(self.arguments)}, {self.positive})"


@dataclass(frozen=True, slots=True)
class Rule:
    """All `conditions` together imply the `conclusion`; without any, it is a fact."""

    conditions: tuple[Literal, ...]
    conclusion: Literal

    def __str__(self) -> str:
        if not self.conditions:
            return str(self.conclusion)
        return f"{' && '.join(map(str, self.conditions))} >>> {self.conclusion}"


def program(context: str, statement: str) -> str:
    """Logic-LM's program (Predicates, Facts, Rules, Query) of a context and a statement about it.

    Raises `UnreadableError`.
    """
    texts = [sentence.removesuffix(".") for sentence in _SENTENCE_END.split(context.strip())]
    singular = _singulars(texts)
    rules = [_rule(text, singular) for text in texts]
    query = _literal(statement.strip().removesuffix("."), singular)
    literals = [*chain.from_iterable((*rule.conditions, rule.conclusion) for rule in rules), query]
    return "\n".join(
        [
            "Predicates:",
            *_declarations(literals),
            "Facts:",
            *(str(rule) for rule in rules if not rule.conditions),
            "Rules:",
            *(str(rule) for rule in rules if rule.conditions),
            "Query:",
            str(query),
        ]
    )


def _declarations(literals: Iterable[Literal]) -> list[str]:
    variables = ("$x", "$y")
    symbols = dict.fromkeys((literal.predicate, len(literal.arguments)) for literal in literals)
    return [f"{name}({', '.join(variables[:arity])}, bool)" for name, arity in symbols]


def _singulars(texts: Sequence[str]) -> dict[str, str]:
    """The singular of each kind that heads a sentence in the plural or is named in the singular somewhere."""
    found: dict[str, str] = {}
    for text in texts:
        kinds = _KINDS.fullmatch(text)
        if kinds:
            plural = kinds["kind"].lower()
            found[plural] = _singular(plural)
        for word in re.findall(r"\b(?:every|each|an?) ([\w-]+)", text, re.IGNORECASE):
            found[_plural(word.lower())] = word.lower()
    return found


def _singular(plural: str) -> str:
    return plural[:-2] if plural.endswith(("ses", "xes", "ches", "shes")) else plural[:-1]


def _plural(singular: str) -> str:
    return singular + ("es" if singular.endswith(("s", "x", "ch", "sh")) else "s")


def _rule(text: str, singular: dict[str, str]) -> Rule:
    if text.lower().startswith("if "):
        before, then, after = text[3:].partition(" then ")
        if not then:
            raise UnreadableError(text)
        return Rule(_conditions(before, singular), _literal(after, singular))
    if people := _PEOPLE.fullmatch(text):
        conditions = [_is(VARIABLE, kind, False, singular) for kind in people["kinds"].split(", ")]
        return Rule(tuple(conditions), _literal(f"it is {people['rest']}", singular))
    if (every := _EVERY.fullmatch(text)) or (every := _KINDS.fullmatch(text)):
        rest = every["rest"].removeprefix("is ")
        condition = _is(VARIABLE, every["kind"], False, singular)
        return Rule((condition,), _literal(f"it is {rest}", singular))
    return Rule((), _literal(text, singular))


def _conditions(text: str, singular: dict[str, str]) -> tuple[Literal, ...]:
    found: list[Literal] = []
    for part in text.split(" and "):
        elided = _ELIDED.fullmatch(part)
        if elided and found:
            found.append(_is(found[-1].arguments[0], elided["kind"], bool(elided["negation"]), singular))
        else:
            found.append(_literal(part, singular))
    return tuple(found)


def _literal(text: str, singular: dict[str, str]) -> Literal:
    if found := _IS.fullmatch(text):
        return _is(_entity(found["subject"]), found["kind"], bool(found["negation"]), singular)
    if found := _DOES.fullmatch(text):
        arguments = (_entity(found["subject"]), _entity(found["object"]))
        verb = found["verb"].removesuffix("s") if not found["negation"] else found["verb"]
        return Literal(verb.capitalize(), arguments, not found["negation"])
    raise UnreadableError(text)


def _is(subject: str, kind: str, negated: bool, singular: dict[str, str]) -> Literal:
    kind = kind.lower()
    return Literal(singular.get(kind, kind).capitalize(), (subject,), not negated)


def _entity(text: str) -> str:
    """The constant of a name ("the bald eagle": BaldEagle), or the variable of a pronoun."""
    if text.lower() in _ANYTHING:
        return VARIABLE
    words = re.sub(r"^the ", "", text, flags=re.IGNORECASE).split()
    return "".join(word[0].upper() + word[1:] for word in words)
