"""The official exact set match of Spider, SParC and CoSQL: two queries compared clause by clause, values ignored.

Source: taoyds/test-suite-sql-eval at e97acc546ecb, `evaluation.py` (Yu et al., "Spider", 2018, section 6). Written anew
from what it does.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from executors.outcome import Outcome, Status
from executors.sql.clause_parser import Unparsable, parse
from executors.sql.clauses import NONE, Column, Condition, Conditions, Operand, Query, Term, compared, connectives
from executors.sql.schema import Schema


class Hardness(StrEnum):
    """The official grading of a gold query by its clauses."""

    EASY = "easy"
    MEDIUM = "medium"
    HARD = "hard"
    EXTRA = "extra"


@dataclass(frozen=True, slots=True)
class Component:
    """How many parts of one kind the gold and the predicted query have, and how many of them agree."""

    gold: int
    predicted: int
    matched: int

    @property
    def equal(self) -> bool:
        """Whether its official F1 is 1; else it is 0, there are no shares."""
        return self.gold == self.predicted == self.matched


@dataclass(frozen=True, slots=True)
class SetMatch:
    """The verdict on one prediction.

    `gold` and `predicted` say whether each was parsed (their values are not kept). An unparsable prediction is compared
    as an empty query, so some of its `components` may still agree. A gold query that is `invalid` is the data set's
    fault (the official script dies of it): nothing matches and there is no `hardness`.
    """

    equal: bool
    gold: Outcome
    predicted: Outcome
    hardness: Hardness | None = None
    components: Mapping[str, Component] | None = None


def exact_set_match(gold: str, predicted: str, schema: Schema) -> SetMatch:
    """Compare two queries as the official script does. `predicted` is one line of a prediction file."""
    wanted = parse(gold, schema)
    # As before execution: the word is taken for a placeholder, wherever it stands.
    found = parse(predicted.replace("value", "1"), schema)
    outcomes = _parsed(wanted), _parsed(found)
    if isinstance(wanted, Unparsable):
        return SetMatch(False, *outcomes)
    prediction = Query() if isinstance(found, Unparsable) else _comparable(found, schema)
    reference = _comparable(wanted, schema)
    parts = components(reference, prediction)
    return SetMatch(_match(reference, prediction, parts), *outcomes, hardness(wanted), parts)


def _parsed(query: Query | Unparsable) -> Outcome:
    return Outcome.failed(Status.INVALID, query) if isinstance(query, Unparsable) else Outcome(Status.OK)


def components(gold: Query, predicted: Query) -> dict[str, Component]:
    """The official partial scores, by their official names."""
    wanted, found = compared(gold.where), compared(predicted.where)
    connected = set(connectives(gold.where)), set(connectives(predicted.where))
    return {
        "select": _bag(gold.select, predicted.select),
        "select(no AGG)": _bag([item.term for item in gold.select], [item.term for item in predicted.select]),
        "where": _bag(wanted, found),
        "where(no OP)": _bag(map(_term_of, wanted), map(_term_of, found)),
        "group(no Having)": _bag(map(_bare, gold.group_by), map(_bare, predicted.group_by)),
        "group": _whole(_grouping(gold), _grouping(predicted)),
        "order": _whole(_ordering(gold), _ordering(predicted)),
        "and/or": Component(1, 1, 1)
        if connected[0] == connected[1]
        else Component(len(connected[1]), len(connected[0]), 0),
        "IUEN": _compound(gold, predicted),
        "keywords": _bag(_keywords(gold), _keywords(predicted)),
    }


def _match(gold: Query, predicted: Query, parts: Mapping[str, Component]) -> bool:
    return all(part.equal for part in parts.values()) and Counter(gold.sources) == Counter(predicted.sources)


def _bag(gold: Iterable[Hashable], predicted: Iterable[Hashable]) -> Component:
    wanted, found = Counter(gold), Counter(predicted)
    return Component(wanted.total(), found.total(), (wanted & found).total())


def _whole(gold: Hashable | None, predicted: Hashable | None) -> Component:
    """A clause that is there or not, and the same or not."""
    matched = gold is not None and gold == predicted
    return Component(gold is not None, predicted is not None, matched)


def _term_of(condition: Condition | str) -> Term | str:
    return condition.term if isinstance(condition, Condition) else condition


def _bare(column: Column) -> str:
    return column.name.rpartition(".")[2]


def _grouping(query: Query) -> Hashable | None:
    return (tuple(column.name for column in query.group_by), query.having) if query.group_by else None


def _ordering(query: Query) -> Hashable | None:
    return None if query.order_by is None else (query.order_by, query.limited)


def _compound(gold: Query, predicted: Query) -> Component:
    matched = (
        gold.compound is not None
        and predicted.compound is not None
        and gold.compound[0] == predicted.compound[0]
        and _match(gold.compound[1], predicted.compound[1], components(gold.compound[1], predicted.compound[1]))
    )
    return Component(gold.compound is not None, predicted.compound is not None, matched)


def _keywords(query: Query) -> set[str]:
    everything = [query.joins, query.where, query.having]
    units = [unit for conditions in everything for unit in compared(conditions) if isinstance(unit, Condition)]
    found = {unit.comparison for unit in units if unit.comparison in ("in", "like")}
    found |= {"or" for conditions in everything if "or" in connectives(conditions)}
    found |= {"not" for unit in units if unit.negated}
    present = {"where": query.where, "group": query.group_by, "having": query.having, "limit": query.limited}
    found |= {name for name, clause in present.items() if clause}
    if query.order_by is not None:
        found |= {"order", query.order_by.direction}
    if query.compound is not None:
        found.add(query.compound[0])
    return found


def hardness(query: Query) -> Hardness:
    """The official grade of a parsed gold query (values and names as they stand)."""
    clauses, nested, others = _clauses(query), _nested(query), _others(query)
    if clauses <= 1 and not others and not nested:
        return Hardness.EASY
    if not nested and ((others <= 2 and clauses <= 1) or (clauses <= 2 and others < 2)):
        return Hardness.MEDIUM
    if (
        (not nested and others > 2 and clauses <= 2)
        or (not nested and clauses == 3 and others <= 2)
        or (clauses <= 1 and not others and nested <= 1)
    ):
        return Hardness.HARD
    return Hardness.EXTRA


def _clauses(query: Query) -> int:
    everything = [query.joins, query.where, query.having]
    words = [word for conditions in everything for word in connectives(conditions)]
    likes = [unit for unit in _conditions(query) if unit.comparison == "like"]
    present = [bool(query.where), bool(query.group_by), query.order_by is not None, query.limited]
    return sum(present) + max(0, len(query.sources) - 1) + words.count("or") + len(likes)


def _nested(query: Query) -> int:
    operands = [operand for unit in _conditions(query) for operand in (unit.value, unit.second)]
    return sum(isinstance(operand, Query) for operand in operands) + (query.compound is not None)


def _others(query: Query) -> int:
    """How many of four signs of a harder query there are; the first one counts oddly, as it does officially."""
    ordered = query.order_by.terms if query.order_by else ()
    columns = [*query.group_by, *(column for term in ordered for column in (term.left, term.right) if column)]
    aggregates = sum(item.aggregate != NONE for item in query.select)
    aggregates += sum(column.aggregate != NONE for column in columns)
    # A NOT in a condition and a connective in HAVING are taken for aggregates.
    counted = [*compared(query.where), *query.having]
    aggregates += sum(isinstance(unit, str) or unit.negated for unit in counted)
    return (aggregates > 1) + (len(query.select) > 1) + (len(query.where) > 1) + (len(query.group_by) > 1)


def _conditions(query: Query) -> list[Condition]:
    everything = [query.joins, query.where, query.having]
    return [unit for conditions in everything for unit in compared(conditions) if isinstance(unit, Condition)]


def _comparable(query: Query, schema: Schema) -> Query:
    """`query` without its values and DISTINCTs, linked columns made one.

    Officially subqueries in conditions lose their values only, and subqueries in FROM stay as they are.
    """
    tables = {source for source in query.sources if isinstance(source, str)}
    keys = {column: home for column, home in schema.keys.items() if column.partition(".")[0] in tables}
    return _with_keys(_without_values(query), keys)


def _without_values(query: Query) -> Query:
    return replace(
        query,
        joins=_valueless(query.joins),
        where=_valueless(query.where),
        having=_valueless(query.having),
        compound=query.compound and (query.compound[0], _without_values(query.compound[1])),
    )


def _valueless(conditions: Conditions) -> Conditions:
    def strip(operand: Operand) -> Query | None:
        return _without_values(operand) if isinstance(operand, Query) else None

    return tuple(
        replace(unit, value=strip(unit.value), second=strip(unit.second))
        if place % 2 == 0 and isinstance(unit, Condition)
        else unit
        for place, unit in enumerate(conditions)
    )


def _with_keys(query: Query, keys: Mapping[str, str]) -> Query:
    def column(old: Column) -> Column:
        return Column(old.aggregate, keys.get(old.name, old.name), False)

    def term(old: Term) -> Term:
        return Term(old.operator, column(old.left), old.right and column(old.right))

    def conditions(old: Sequence[Condition | str]) -> Conditions:
        return tuple(
            replace(unit, term=term(unit.term)) if place % 2 == 0 and isinstance(unit, Condition) else unit
            for place, unit in enumerate(old)
        )

    return replace(
        query,
        distinct=False,
        select=tuple(replace(item, term=term(item.term)) for item in query.select),
        joins=conditions(query.joins),
        where=conditions(query.where),
        group_by=tuple(map(column, query.group_by)),
        having=conditions(query.having),
        order_by=query.order_by and replace(query.order_by, terms=tuple(map(term, query.order_by.terms))),
        compound=query.compound and (query.compound[0], _with_keys(query.compound[1], keys)),
    )
