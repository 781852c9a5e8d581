"""S-expressions as SPARQL.

`(AND type.a (JOIN (R rel.b) m.0x))` asks for the ?x of class type.a that m.0x reaches by rel.b. The forms are those of
GrailQA (Gu et al. 2021, arXiv 2011.07743, section 4): JOIN, AND, R, COUNT, ARGMIN, ARGMAX and the comparisons.
"""

from __future__ import annotations

import re

from executors.kg.ontology import Ontology
from executors.kg.s_expression import COMPARISONS, Expression, NotAnExpressionError, parse
from executors.kg.store import NAMESPACE

_NAME = re.compile(r"[\w.\-]+$")
_LITERAL = re.compile(r"(?P<value>[^\"\\\n]*)\^\^(?P<type>http://www\.w3\.org/2001/XMLSchema#\w+)$")


def to_sparql(text: str, ontology: Ontology | None = None) -> str:
    """The query that an s-expression asks. Raises NotAnExpressionError for what has no meaning.

    Without an ontology to say which names are classes, those that are no machine ids (m.0xyz) are.
    """
    return _Translator(ontology).query(parse(text))


class _Translator:
    def __init__(self, ontology: Ontology | None) -> None:
        self.ontology = ontology
        self.variables = 0

    def _is_class(self, name: str) -> bool:
        if self.ontology is not None:
            return name in self.ontology.types
        return _NAME.match(name) is not None and not name.startswith(("m.", "g."))

    def query(self, expression: Expression) -> str:
        if isinstance(expression, list) and expression[:1] == ["COUNT"]:
            inside = self._set(self._part(expression, 1, 2), "?x")
            return f"SELECT (COUNT(DISTINCT ?x) AS ?count) WHERE {{ {inside} }}"
        if isinstance(expression, list) and expression[:1] in (["ARGMAX"], ["ARGMIN"]):
            return self._superlative(expression)
        return f"SELECT DISTINCT ?x WHERE {{ {self._set(expression, '?x')} }}"

    def _superlative(self, expression: list[Expression]) -> str:
        members, relation = self._part(expression, 1, 3), self._part(expression, 2, 3)
        # The extreme is found by a query of its own, so that all who share it are answers.
        inner = f"{self._set(members, '?y')} {self._relation(relation, '?y', '?w')}"
        outer = f"{self._set(members, '?x')} {self._relation(relation, '?x', '?v')}"
        function = "MAX" if expression[0] == "ARGMAX" else "MIN"
        return (
            f"SELECT DISTINCT ?x WHERE {{ {{ SELECT ({function}(?w) AS ?best) WHERE {{ {inner} }} }} {outer} "
            "FILTER (?v = ?best) }"
        )

    @staticmethod
    def _part(expression: list[Expression], place: int, size: int) -> Expression:
        if len(expression) < size:
            raise NotAnExpressionError(f"{expression[0]} takes {size - 1} arguments")
        return expression[place]

    def _fresh(self) -> str:
        self.variables += 1
        return f"?v{self.variables}"

    def _set(self, expression: Expression, variable: str) -> str:
        """Patterns that hold for the members of a set."""
        if isinstance(expression, str):
            if self._is_class(expression):
                return f"{variable} <{NAMESPACE}type.object.type> {self._term(expression)} ."
            return f"VALUES {variable} {{ {self._term(expression)} }}"
        head = expression[0] if expression else ""
        if head == "AND":
            both = self._part(expression, 1, 3), self._part(expression, 2, 3)
            return " ".join(self._set(part, variable) for part in both)
        if head == "JOIN":
            other = self._fresh()
            relation, members = self._part(expression, 1, 3), self._part(expression, 2, 3)
            return f"{self._relation(relation, variable, other)} {self._set(members, other)}"
        if isinstance(head, str) and head in COMPARISONS:
            other = self._fresh()
            relation, bound = self._part(expression, 1, 3), self._part(expression, 2, 3)
            if not isinstance(bound, str):
                raise NotAnExpressionError(f"{head} compares with a literal")
            condition = f"FILTER ({other} {COMPARISONS[head]} {self._term(bound)})"
            return f"{self._relation(relation, variable, other)} {condition}"
        raise NotAnExpressionError(f"{head} cannot be run as a set")

    def _relation(self, expression: Expression, subject: str, reached: str) -> str:
        if isinstance(expression, str):
            return f"{subject} {self._term(expression)} {reached} ."
        if expression[:1] == ["R"]:
            return self._relation(self._part(expression, 1, 2), reached, subject)
        if expression[:1] == ["JOIN"]:
            middle = self._fresh()
            first, second = self._part(expression, 1, 3), self._part(expression, 2, 3)
            return f"{self._relation(first, subject, middle)} {self._relation(second, middle, reached)}"
        raise NotAnExpressionError("a relation is a name, (R relation) or (JOIN relation relation)")

    @staticmethod
    def _term(symbol: str) -> str:
        if _NAME.match(symbol):
            return f"<{NAMESPACE}{symbol}>"
        literal = _LITERAL.match(symbol)
        if literal is None:
            raise NotAnExpressionError(f"{symbol[:40]!r} is no entity, relation or typed literal")
        return f'"{literal["value"]}"^^<{literal["type"]}>'
