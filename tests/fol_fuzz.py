"""Mutated formulas and programs against everything that reads them, in the pool's workers as in a run."""

from __future__ import annotations

import asyncio
import random
import time
from collections import Counter
from collections.abc import Callable
from typing import Any

from executors import forward_chaining, logic_lm, logic_program
from executors.fol.logical_equivalence import logical_equivalence, parsed_logical_equivalence
from executors.fol.reader import read_formula
from executors.fol.semantic_equivalence import semantic_equivalence
from executors.outcome import Limits, Outcome
from executors.pool import Pool, RemoteError, WorkerLostError

LIMITS = Limits(seconds=1.0)
LATE = 0.5  # seconds after its deadline
WORKERS = 2

GOLD = "∀x (Dog(x) ∧ Big(x) → ∃y (Owns(y, x) ⊕ Feeds(y, x)))"
_FORMULAS = [
    GOLD,
    "∃x (Ship(x) ∧ ¬InBay(x)) → ¬Calm(sea) ∨ Wreck(merle)",
    "all x exists y (-likes(x,y) | (p(x) <-> q(y))).",
    "fof(a, axiom, ! [X] : (human(X) => mortal(X))).",
    r"\forall x \left( Dog(x) \land \neg Cat(x) \rightarrow \exists y \, R(x, y) \right)",
    "(assert (forall ((x Thing)) (=> (Dog x) (not (= x rex)))))",
    "ForAll([x], Implies(And(Dog(x), Big(x)), Exists([y], Owns(y, x))))",
    "FOL: forall x. (x = f(x, 'a b') & P <-> ~Q(\"c\") ^ R(<0.5%))",
    " ∧ ".join(f"P{number}(a)" for number in range(30)),
    "P(a) ↔ " * 8 + "P(a)",
]
_PROGRAMS = [
    "Predicates:\nDog(x) ::: dog\nPremises:\n∀x (Dog(x) → Animal(x))\nDog(rex)\n∀x ∃y R(x, y)\n"
    "Conclusion:\nAnimal(rex)",
    "Facts:\nKind(Bob, True)\nBig(Bob, False)\nRules:\nKind($x, True) && Big($x, False) >>> Red($x, True)\n"
    "Likes($x, $y, True) >>> Likes($y, $x, True)\nQuery:\nRed(Bob, False)",
]
_PIECES = [
    *"()[]{},.:;'\"`$|&~^!?=<>-_/\\%#∀∃∄¬∧∨→↔⊕⊤⊥ \n\t\x00x19Pé😀\ud800",
    *["\\forall", "::: ", ">>>", "True", "```\n"],
]


def mutated(draw: random.Random) -> str:
    """A formula or program with one to six changes, now and then one that grows it a thousandfold."""
    text = draw.choice(_FORMULAS if draw.random() < 0.8 else _PROGRAMS)
    for _ in range(draw.randint(1, 6)):
        start = draw.randrange(len(text) + 1)
        end = min(len(text), start + draw.randint(0, 12))
        change = draw.random()
        if change < 0.35:
            text = text[:start] + draw.choice(_PIECES) + text[start:]
        elif change < 0.6:
            text = text[:start] + text[end:]
        elif change < 0.75:
            text = text[:start] + text[start:end] * draw.choice([2, 3, 10]) + text[end:]
        elif change < 0.9:
            other = draw.choice(_FORMULAS)
            text = text[:start] + other[draw.randrange(len(other)) :] + text[end:]
        elif change < 0.92:
            text = text[:start] + draw.choice(["(", "¬", "∀x ", "P(", "P(a) → ", "[", "f("]) * 3000 + text[start:]
        else:
            text = text[:start]
    return text


_EXECUTIONS: tuple[Callable[[str], Outcome], ...] = (
    lambda text: logical_equivalence(text, GOLD, LIMITS),
    lambda text: parsed_logical_equivalence(text, GOLD, LIMITS),
    lambda text: semantic_equivalence(text, GOLD, LIMITS),
    lambda text: logic_program.run(text, LIMITS),
    lambda text: logic_program.run(text, LIMITS, forward_chaining.chain),
    lambda text: logic_lm.run_formulas(text, LIMITS),
    lambda text: logic_lm.run_rules(text, LIMITS, closed_world=False),
)


def attempt(text: str) -> tuple[float, list[str]]:
    """Everything that takes a model's formula or program. Runs in a worker.

    How long the text took over its limits (0 within them), and the statuses that it ended in.
    """
    read_formula(text)
    late = 0.0
    statuses: list[str] = []
    for execute in _EXECUTIONS:
        started = time.monotonic()
        outcome = execute(text)
        late = max(late, time.monotonic() - started - LIMITS.seconds)
        statuses.append(outcome.status.value)
    return late, statuses


async def fuzz(count: int, seed: int) -> dict[str, Any]:
    """What became of `count` mutated texts. `reached`: nothing raised, no worker was lost, nothing was late."""
    draw = random.Random(seed)
    faults: list[str] = []
    late: list[float] = [0.0]
    statuses: Counter[str] = Counter()
    gate = asyncio.Semaphore(2 * WORKERS)

    async def one(pool: Pool, text: str) -> None:
        try:
            seconds, ended = await pool.run(len(_EXECUTIONS) * (LIMITS.seconds + LATE), attempt, text)
        except (RemoteError, WorkerLostError) as error:
            faults.append(f"{text[:200]!r}: {str(error).strip().splitlines()[-1]}")
        else:
            late.append(seconds)
            statuses.update(ended)
        finally:
            gate.release()

    async with Pool(WORKERS, preload=("tests.fol_fuzz",)) as pool, asyncio.TaskGroup() as group:
        for _ in range(count):
            await gate.acquire()
            group.create_task(one(pool, mutated(draw)))
    return {
        "texts": count,
        "statuses": dict(sorted(statuses.items())),
        "latest_seconds_after_deadline": max(late),
        "faults": faults,
        "reached": not faults and max(late) <= LATE,
    }
