"""Facts, rules and a query as Logic-LM's Pyke solver takes them: forward chaining, and the label of one subject.

Source: pyke_solver/pyke_solver.py, as its behaviour shows. Headings must be exact and stand once; where facts or rules
are missing, the lines of the other are sorted by ">>>"; facts with "$x" are dropped. Each rule fires on facts that are
there or derived: no contraposition, no case split, and a truth value is an argument like any other. The query is read
as a predicate, its first argument and the rest: with two arguments it finds nothing.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from executors.outcome import Limits, Outcome, Status, Verdict

MAX_LENGTH = 100_000  # characters

_HEADINGS = ("Query:", "Rules:", "Facts:", "Predicates:")
_ATOM = re.compile(r"([A-Za-z_]\w*)\s*\(([^()]*)\)", re.ASCII)
_TERM = re.compile(r"\$?[A-Za-z_]\w*|-?\d+", re.ASCII)
_QUERY = re.compile(r"(\w+)\(([^,]+),\s*([^)]+)\)")

_Fact = tuple[str, ...]  # the predicate, then its arguments; a variable starts with "$"


@dataclass(frozen=True, slots=True)
class _Rule:
    conditions: tuple[_Fact, ...]
    conclusions: tuple[_Fact, ...]


class _RefusedError(Exception):
    """Where Logic-LM reports an error."""


def run(program: str, limits: Limits, closed_world: bool) -> Outcome:
    """TRUE, FALSE or UNKNOWN (`closed_world`: what is not derived is FALSE, as for PrOntoQA); INVALID where Logic-LM
    reports a parsing or an execution error, TIMEOUT at the deadline. Never raises on a text.
    """
    started = time.monotonic()
    if len(program) > MAX_LENGTH:
        return Outcome.failed(Status.INVALID, f"a program of more than {MAX_LENGTH} characters")
    try:
        facts, rules, query = _read(program)
        derived = _derived(facts, rules, started + 0.9 * limits.seconds)
    except _RefusedError as error:
        return Outcome.failed(Status.INVALID, error)
    except TimeoutError:
        return Outcome.failed(Status.TIMEOUT, "the derivation did not end in time", time.monotonic() - started)
    predicate, subject, wanted = query
    label = _label(predicate, subject, facts, derived)
    if label is None:
        verdict = Verdict.FALSE if closed_world else Verdict.UNKNOWN
    else:
        verdict = Verdict.TRUE if label is wanted else Verdict.FALSE
    detail = f"{predicate}({subject}) is {'not derived' if label is None else label}"
    return Outcome(Status.OK, verdict, detail, time.monotonic() - started)


# --- reading ----------------------------------------------------------------------------------------------------------


def _read(program: str) -> tuple[list[_Fact], list[_Rule], tuple[str, str, bool]]:
    """Facts, rules, and the query's predicate, subject and value. Raises `_RefusedError`."""
    sections = _sections(program)
    fact_lines, rule_lines = sections.get("Facts:"), sections.get("Rules:")
    if fact_lines is None or rule_lines is None or "" in (fact_lines[0], rule_lines[0]):
        lines = fact_lines if fact_lines is not None else rule_lines
        if lines is None:
            raise _RefusedError("parsing error: neither facts nor rules")
        fact_lines, rule_lines = (
            [line for line in lines if ">>>" not in line],
            [line for line in lines if ">>>" in line],
        )
    halves = [line.split(">>>") for line in rule_lines]
    if any(len(half) != 2 for half in halves):
        raise _RefusedError("parsing error: a rule without one >>>")
    if not rule_lines:
        raise _RefusedError("execution error: no rules")
    facts = [_atom(line) for line in fact_lines if line and "$x" not in line]
    rules = [_Rule(_atoms(before), _atoms(after)) for before, after in halves]
    if "Query:" not in sections:
        raise _RefusedError("execution error: no query")
    query = _QUERY.match(sections["Query:"][0])
    if query is None:
        raise _RefusedError("execution error: the query has no truth value")
    return facts, rules, (query[1], query[2], query[3] == "True")


def _sections(program: str) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for heading in _HEADINGS:
        parts = program.split(heading)
        if len(parts) == 2:
            program = parts[0]
            found[heading] = [line.split(":::")[0].strip() for line in parts[1].strip().split("\n")]
    return found


def _atoms(text: str) -> tuple[_Fact, ...]:
    return tuple(_atom(part.strip()) for part in text.split("&&"))


def _atom(text: str) -> _Fact:
    match = _ATOM.fullmatch(text)
    args = [arg.strip() for arg in match[2].split(",")] if match else []
    if match is None or not all(_TERM.fullmatch(arg) for arg in args):
        raise _RefusedError(f"execution error: Pyke does not read {text!r}")
    return (match[1], *args)


# --- forward chaining -------------------------------------------------------------------------------------------------


def _derived(facts: Sequence[_Fact], rules: Sequence[_Rule], deadline: float) -> dict[_Fact, None]:
    """What the rules add to the facts, in the order of derivation. Raises `TimeoutError`."""
    known: dict[tuple[str, int], dict[_Fact, None]] = {}

    def learn(fact: _Fact) -> bool:
        those = known.setdefault((fact[0], len(fact)), {})
        new = fact not in those
        those[fact] = None
        return new

    for fact in facts:
        learn(fact)
    derived: dict[_Fact, None] = {}
    grown = True
    while grown:
        grown = False
        for rule in rules:
            for binding in list(_matches(rule.conditions, known, {}, deadline)):
                for conclusion in rule.conclusions:
                    fact = _instance(conclusion, binding)
                    if learn(fact):
                        derived[fact] = None
                        grown = True
    return derived


def _matches(
    conditions: Sequence[_Fact],
    known: Mapping[tuple[str, int], Mapping[_Fact, None]],
    binding: Mapping[str, str],
    deadline: float,
) -> Iterator[Mapping[str, str]]:
    if time.monotonic() > deadline:
        raise TimeoutError
    if not conditions:
        yield binding
        return
    first, *rest = conditions
    for fact in known.get((first[0], len(first)), {}):
        extended = _unified(first, fact, binding)
        if extended is not None:
            yield from _matches(rest, known, extended, deadline)


def _unified(pattern: _Fact, fact: _Fact, binding: Mapping[str, str]) -> Mapping[str, str] | None:
    extended = dict(binding)
    for wanted, given in zip(pattern[1:], fact[1:]):
        if not wanted.startswith("$"):
            if wanted != given:
                return None
        elif extended.setdefault(wanted, given) != given:
            return None
    return extended


def _instance(pattern: _Fact, binding: Mapping[str, str]) -> _Fact:
    """Raises `_RefusedError` where the conclusion has a variable that no condition binds."""
    for term in pattern[1:]:
        if term.startswith("$") and term not in binding:
            raise _RefusedError(f"execution error: {term} is not bound")
    return (pattern[0], *(binding.get(term, term) for term in pattern[1:]))


def _label(predicate: str, subject: str, facts: Sequence[_Fact], derived: Mapping[_Fact, None]) -> bool | None:
    """The truth value of the subject, "and" of it where facts and derivations give both; none where neither does."""
    about = [fact for fact in dict.fromkeys((*facts, *derived)) if fact[:2] == (predicate, subject) and len(fact) == 3]
    return all(fact[2] == "True" for fact in about) if about else None
