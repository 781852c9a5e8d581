"""Speed of first-order logic against NLTK's Prover9 route, and a fuzz of everything that reads formulas.

    python -m benchmarks.logic speed [--cases 100] [--json FILE]
    python -m benchmarks.logic fuzz [--formulas 20000]

`speed` takes the vectors beside SYMHARNESS_DATA (default ../shared/data), case by case in turns, in one run: our whole
way from texts to the verdict; NLTK's prover call alone (its own expressions ready, a process for the goal and one for
its negation); NLTK's route as Logic-LM takes it (a chart parser made for each formula, then the prover call). LE is
compared with the first step of LogicLLaMA's scorer alone: NLTK's chart parse of the two formulas. Goals: entailment at
least 8 times as fast as NLTK's route (median over the cases), 10 and 30 unbracketed conjuncts read in less than 5 ms.

`fuzz` sends mutated formulas through the worker pool: nothing may raise, no worker may be lost, and nothing may end
later than half a second after its deadline.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import re
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import nltk
from nltk.inference.prover9 import Prover9Command
from nltk.sem.logic import Expression, NegatedExpression

from executors.fol.logical_equivalence import logical_equivalence
from executors.fol.parser import Unparsable, parse
from executors.fol.printers import to_prover9
from executors.fol.syntax import Formula
from executors.outcome import Limits, Verdict
from executors.prover import Agreement, entails, prover9
from executors.prover.problem import problem
from tests.fol_fuzz import fuzz

REPOSITORY = Path(__file__).resolve().parents[1]
ORACLES = Path(os.environ.get("SYMHARNESS_DATA") or REPOSITORY.parent / "shared" / "data").parent / "oracles"
LIMITS = Limits(seconds=10.0)
GOALS = {"entailment_to_nltk_route": 8.0}
CHAIN_SECONDS = 0.005

Case = dict[str, Any]
Times = dict[str, list[float]]


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("what", choices=["speed", "fuzz"])
    arguments.add_argument("--cases", type=int, default=100)
    arguments.add_argument("--formulas", type=int, default=20_000)
    arguments.add_argument("--json", type=Path, help="write the figures to this file")
    given = arguments.parse_args()
    found = speed(given.cases) if given.what == "speed" else asyncio.run(fuzz(given.formulas, seed=0))
    text = json.dumps(found, indent=1)
    print(text)
    if given.json is not None:
        given.json.write_text(text + "\n", encoding="utf-8")
    sys.exit(0 if found["reached"] else 1)


def speed(count: int) -> dict[str, Any]:
    entailment, equivalence = entailing(count), equating(count)
    chains = {size: min(_timed(lambda n=size: parse(_chain(n)))[0] for _ in range(20)) for size in (10, 30)}
    ratios = {
        "entailment_to_nltk_route": _ratio(entailment, "nltk route", "ours"),
        "entailment_to_nltk_prover_call": _ratio(entailment, "nltk prover call", "ours"),
        "entailment_checked_by_all_provers_to_nltk_route": _ratio(entailment, "nltk route", "ours, each prover asked"),
        "le_to_nltk_chart_parse": _ratio(equivalence, "nltk chart parse", "ours"),
    }
    return {
        "median_ms": {
            "entailment": {name: 1000 * statistics.median(times) for name, times in entailment.items()},
            "le": {name: 1000 * statistics.median(times) for name, times in equivalence.items()},
            "chains": {f"{size} conjuncts": 1000 * seconds for size, seconds in chains.items()},
        },
        "per_second": {
            "entailment": {name: len(times) / sum(times) for name, times in entailment.items()},
            "le": {name: len(times) / sum(times) for name, times in equivalence.items()},
        },
        "median_ratios": ratios,
        "goals": {**GOALS, "chain_ms": 1000 * CHAIN_SECONDS},
        "reached": all(ratios[name] >= goal for name, goal in GOALS.items()) and max(chains.values()) < CHAIN_SECONDS,
    }


def _ratio(times: Times, theirs: str, ours: str) -> float:
    """Median over the cases of how many times as long theirs takes."""
    return statistics.median(slow / fast for slow, fast in zip(times[theirs], times[ours]))


def _timed(action: Callable[[], Any]) -> tuple[float, Any]:
    started = time.perf_counter()
    result = action()
    return time.perf_counter() - started, result


def _chain(size: int) -> str:
    return " ∧ ".join(f"P{number}(a)" for number in range(size))


def _cases(family: str) -> list[Case]:
    return [json.loads(line) for line in (ORACLES / f"{family}.jsonl").read_text(encoding="utf-8").splitlines()]


def _spread(cases: Sequence[Case], count: int) -> list[Case]:
    return list(cases[:: max(1, len(cases) // count)])[:count]


# --- entailment -------------------------------------------------------------------------------------------------------


def entailing(count: int) -> Times:
    """Seconds a case by each way, over cases that Logic-LM itself reads; every way must come to the same verdict."""
    cases = [case for case in _cases("fol_entail") if case["oracle"]["logic_lm"].get("as_read_premises")]
    cases = [case for case in cases if case["oracle"]["provers"] and case["premises_canonical"]]
    cases = [case for case in cases if case["oracle"]["provers"]["verdict"] in ("True", "False", "Unknown")]
    times: Times = {}
    with tempfile.TemporaryDirectory(dir=Path.home()) as folder:  # NLTK refuses a binary below a shared folder
        os.environ["PROVER9"] = _prover9(Path(folder))
        _ours(cases[0], Agreement.ALWAYS)
        for case in _spread(cases, count):
            texts = [*case["premises_canonical"], case["conclusion_canonical"]]
            expressions = _expressions(texts)
            seconds, ours = _timed(lambda case=case: _ours(case, Agreement.WHERE_OPEN))
            checked_seconds, checked = _timed(lambda case=case: _ours(case, Agreement.ALWAYS))
            call, theirs = _timed(lambda those=expressions: _nltk(those))
            reading, _ = _timed(lambda case=case: _chart_read(case))
            assert ours is checked, case["id"]
            assert ours is theirs, case["id"]
            for name, value in (
                ("ours", seconds),
                ("ours, each prover asked", checked_seconds),
                ("nltk prover call", call),
                ("nltk route", reading + call),
            ):
                times.setdefault(name, []).append(value)
    return times


def _prover9(folder: Path) -> str:
    binary = prover9.binary()
    assert binary is not None, "no Prover9 here"
    target = folder / "prover9"
    shutil.copy(binary.path, target)
    target.chmod(0o700)
    return str(target)


def _ours(case: Case, second_opinion: Agreement) -> object:
    formulas = [_parsed(text) for text in (*case["premises_canonical"], case["conclusion_canonical"])]
    return entails(formulas[:-1], formulas[-1], LIMITS, second_opinion).value


def _parsed(text: str) -> Formula:
    formula = parse(text)
    assert not isinstance(formula, Unparsable), text
    return formula


def _expressions(texts: Sequence[str]) -> list[Expression]:
    """NLTK's expressions of the formulas, under plain names."""
    *premises, goal = map(_parsed, texts)
    asked = problem(premises, goal)
    return [Expression.fromstring(_nltk_text(formula)) for formula in (*asked.premises, asked.goal)]


def _nltk_text(formula: Formula) -> str:
    text = re.sub(r"\b(all|exists) (\w+) ", r"\1 \2.", to_prover9(formula))
    return re.sub(r"\b([pcf])(\d+)", lambda match: f"{match[1].upper()}name{match[2]}", text)


def _nltk(expressions: Sequence[Expression]) -> Verdict:
    *premises, goal = expressions
    if Prover9Command(goal, premises, timeout=10).prove():
        return Verdict.TRUE
    negated = Prover9Command(NegatedExpression(goal), premises, timeout=10).prove()
    return Verdict.FALSE if negated else Verdict.UNKNOWN


def _chart_read(case: Case) -> None:
    """What Logic-LM's reading costs: the program's own lines through a chart parser, then NLTK's expressions."""
    official = case["oracle"]["logic_lm"]
    lines = [line.split(":::")[0].strip() for line in case["program"].partition("Premises:")[2].splitlines()]
    for line in lines:
        if line and not line.startswith("Conclusion"):
            _chart_parse(line, "S -> F | Q F | '¬' S | '(' S ')'")
    for text in (*official["as_read_premises"], official["as_read_conclusion"]):
        Expression.fromstring(text)


# --- chart parsing ----------------------------------------------------------------------------------------------------

_SPECIAL = re.compile(r"([⊕∨∧→↔∀∃¬(),])")


def _chart_parse(text: str, start: str) -> object:
    """The first parse by a grammar made for this text, as Logic-LM and LogicLLaMA make it."""
    words = _SPECIAL.sub(r" \1 ", text.replace("'", "")).split()
    names = " | ".join(f"'{word}'" for word in dict.fromkeys(words) if not _SPECIAL.fullmatch(word))
    grammar = nltk.CFG.fromstring(
        f"""
        {start}
        Q -> QUANT NAME | QUANT NAME Q
        F -> '¬' '(' F ')' | '(' F ')' | F OP F | L
        OP -> '⊕' | '∨' | '∧' | '→' | '↔'
        L -> '¬' NAME '(' TERMS ')' | NAME '(' TERMS ')'
        TERMS -> NAME | NAME ',' TERMS
        QUANT -> '∀' | '∃'
        NAME -> {names}
        """
    )
    return nltk.ChartParser(grammar).parse_one(words)


# --- LE ---------------------------------------------------------------------------------------------------------------


def equating(count: int) -> Times:
    """Seconds a pair: our whole score, and the official scorer's chart parse of the same two texts."""
    cases = [case for case in _cases("fol_le") if case["oracle"]["le"]["status"] == "ok"]
    cases = [case for case in cases if max(map(_connectives, (case["gold"], case["pred"]))) <= 6]
    times: Times = {}
    for case in _spread(cases, count):
        seconds, _ = _timed(lambda case=case: logical_equivalence(case["pred"], case["gold"], LIMITS))
        reading, _ = _timed(lambda case=case: [_chart_parse(text, "S -> F | Q F") for text in _moved(case)])
        times.setdefault("ours", []).append(seconds)
        times.setdefault("nltk chart parse", []).append(reading)
    return times


def _connectives(text: str) -> int:
    return sum(text.count(symbol) for symbol in "⊕∨∧→↔")


def _moved(case: Case) -> Iterator[str]:
    """Both formulas with their quantifiers in front."""
    for text in (case["gold"], case["pred"]):
        quantifiers = re.findall(r"[∀∃]\w", text)
        yield "".join(f"{quantifier} " for quantifier in quantifiers) + re.sub(r"[∀∃]\w", "", text)


if __name__ == "__main__":
    main()
