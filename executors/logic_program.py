"""Logic-LM's programs: what a model writes so that a solver answers the question.

Two forms, told apart by their sections (Pan et al. 2023, teacherpeterpan/Logic-LLM):

* formulas: `Predicates:` / `Premises:` / `Conclusion:`, one first-order formula a line;
* rules: `Predicates:` / `Facts:` / `Rules:` / `Query:`, atoms whose last argument is a truth value, variables with a
  dollar sign, rules as `Kind($x, True) && Big($x, False) >>> Red($x, True)`.

`:::` starts a comment. As in Logic-LM, only the first line of the conclusion or query counts, facts and rules in each
other's section are sorted, and a fact with a variable is set aside (`notes` says so). Unlike there, both forms are
read as classical logic and decided by provers: contraposition and case splits count, and nothing is assumed false
because it is not derived (`executors.logic_lm` keeps Logic-LM's own reading). Fences, headings in any case, numbering
and bullets are accepted.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

from executors.fol.parser import Unparsable, parse
from executors.fol.reader import fenced, without_bullet, without_special_tokens, without_wrappers
from executors.fol.syntax import (
    Atom,
    Constant,
    Equal,
    Formula,
    Function,
    Implies,
    Not,
    Quantified,
    Term,
    Variable,
    forall,
    lone_word,
    rebuilt,
    subformulas,
    terms,
)
from executors.outcome import Limits, Outcome, Status, one_line
from executors.prover import entails

MAX_LENGTH = 100_000  # characters
MAX_LINES = 2_000

_HEADING = re.compile(
    r"^[\s#*_>]*(predicates?|premises?|conclusion|facts?|rules?|query)\b[\s*_]*:(?!::)[*_]*(.*)$", re.IGNORECASE
)
_COMMENT = ":::"
_IGNORED = ("#", "//", "```", "~~~", "---", "===")
_VARIABLE = re.compile(r"\$(\w+)")
_MARK = "ː"  # a letter to the parser, written by nobody: stands for the dollar sign of a rule's variable


@dataclass(frozen=True, slots=True)
class LogicProgram:
    """Premises and the conclusion they are asked about."""

    premises: tuple[Formula, ...]
    conclusion: Formula
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Faulty:
    """Why a text is no program; `line` counts from 1 in the text that was given, 0 where no line is to blame."""

    status: Status
    line: int
    reason: str

    def __str__(self) -> str:
        return f"line {self.line}: {self.reason}" if self.line else self.reason


Reasoner: TypeAlias = Callable[[Sequence[Formula], Formula, Limits], Outcome]


def run(program: str, limits: Limits, reasoner: Reasoner = entails) -> Outcome:
    """The verdict on the program's conclusion: its premises entail it, its negation, neither, or contradict each other,
    as the `reasoner` (provers, forward chaining) says.

    NO_PROGRAM where no section is found, INVALID with line and reason where one cannot be read. Never raises on a text.
    """
    parsed = parse_program(program)
    if isinstance(parsed, Faulty):
        return Outcome.failed(parsed.status, parsed)
    outcome = reasoner(parsed.premises, parsed.conclusion, limits)
    return replace(outcome, detail=one_line("; ".join((outcome.detail, *parsed.notes))))


def parse_program(text: str) -> LogicProgram | Faulty:
    """The program in a completion. Never raises on a text."""
    if len(text) > MAX_LENGTH:
        return Faulty(Status.INVALID, 0, f"a program of more than {MAX_LENGTH} characters")
    sections = _sections(text)
    if not sections:
        return Faulty(Status.NO_PROGRAM, 0, "no section of a logic program")
    try:
        if "conclusion" in sections or "premises" in sections:
            return _formulas(sections)
        return _rules(sections)
    except _ProgramError as fault:
        return Faulty(Status.INVALID, fault.line, fault.reason)


class _ProgramError(Exception):
    def __init__(self, line: int, reason: str) -> None:
        super().__init__(reason)
        self.line = line
        self.reason = reason


@dataclass(frozen=True, slots=True)
class _Line:
    number: int
    text: str


_Sections = dict[str, list[_Line]]


def _sections(text: str) -> _Sections:
    """The lines of each section that says anything, up to the first line of the conclusion or query."""
    text = without_special_tokens(text)
    inside = fenced(text)
    skipped = text[: text.find(inside)].count("\n") if inside != text else 0
    sections: _Sections = {}
    current: list[_Line] | None = None
    for number, raw in enumerate(inside.splitlines()[:MAX_LINES], start=1 + skipped):
        heading = _HEADING.match(raw)
        if heading:
            current = sections.setdefault(_section_name(heading[1]), [])
        line = (heading[2] if heading else raw).split(_COMMENT, 1)[0].strip()
        if current is None or not line or line.startswith(_IGNORED):
            continue
        current.append(_Line(number, line))
        if current is sections.get("conclusion") or current is sections.get("query"):
            break
    return sections


def _section_name(heading: str) -> str:
    name = heading.lower()
    return name if name in ("conclusion", "query") or name.endswith("s") else name + "s"


def _required(sections: _Sections, name: str) -> _Line:
    if not sections.get(name):
        raise _ProgramError(0, f"no {name}")
    return sections[name][0]


# --- formulas --------------------------------------------------------------------------------------------------------


def _formulas(sections: _Sections) -> LogicProgram:
    if "premises" not in sections:
        raise _ProgramError(0, "no premises")
    conclusion = _formula(_required(sections, "conclusion"))
    return LogicProgram(tuple(_formula(line) for line in sections["premises"]), conclusion)


def _formula(line: _Line) -> Formula:
    """The formula of one line. Raises `_ProgramError`."""
    formula = parse(without_wrappers(without_bullet(without_wrappers(line.text))))
    if isinstance(formula, Unparsable):
        raise _ProgramError(line.number, str(formula))
    if lone_word(formula):
        raise _ProgramError(line.number, "a lone word is no formula")
    return formula


# --- facts and rules -------------------------------------------------------------------------------------------------


def _rules(sections: _Sections) -> LogicProgram:
    query_line = _required(sections, "query")
    query = _rule_formula(query_line)
    if _variables(query) or not _is_literal(query):
        raise _ProgramError(query_line.number, "the query is no fact")
    premises: list[Formula] = []
    dropped = 0
    for line in (*sections.get("facts", ()), *sections.get("rules", ())):
        formula = _rule_formula(line)
        variables = _variables(formula)
        if variables and not isinstance(formula, Implies):
            dropped += 1  # Logic-LM leaves such facts out too
            continue
        premises.append(forall(variables, formula))
    if not premises and not dropped:
        raise _ProgramError(0, "no facts and no rules")
    notes = (f"facts with a variable set aside: {dropped}",) if dropped else ()
    return LogicProgram(tuple(premises), query, notes)


def _rule_formula(line: _Line) -> Formula:
    """The open formula of a fact, rule or query. Raises `_ProgramError`."""
    text = without_wrappers(without_bullet(without_wrappers(line.text)))
    formula = parse(_VARIABLE.sub(rf"\1{_MARK}", text))
    if isinstance(formula, Unparsable):
        raise _ProgramError(line.number, str(formula).replace(_MARK, ""))
    if any(isinstance(part, Quantified) for part in subformulas(formula)) or lone_word(formula):
        raise _ProgramError(line.number, "neither a fact nor a rule")
    return _signed(formula)


def _signed(formula: Formula) -> Formula:
    """`formula` with each atom's truth value turned into a sign and each marked name into a variable."""
    if isinstance(formula, Atom):
        args = tuple(_marked(term) for term in formula.args)
        value = args[-1].name.lower() if args and isinstance(args[-1], Constant) else ""
        if value not in ("true", "false"):
            return Atom(formula.name, args)
        atom = Atom(formula.name, args[:-1])
        return atom if value == "true" else Not(atom)
    if isinstance(formula, Equal):
        return Equal(_marked(formula.left), _marked(formula.right))
    return rebuilt(formula, _signed)


def _marked(term: Term) -> Term:
    if isinstance(term, Constant) and term.name.endswith(_MARK):
        return Variable(term.name.removesuffix(_MARK))
    if isinstance(term, Function):
        return Function(term.name, tuple(_marked(arg) for arg in term.args))
    return term


def _variables(formula: Formula) -> tuple[str, ...]:
    """The variables of an open formula, in order of first use."""
    return tuple(dict.fromkeys(term.name for term in terms(formula) if isinstance(term, Variable)))


def _is_literal(formula: Formula) -> bool:
    return isinstance(formula.body if isinstance(formula, Not) else formula, Atom)
