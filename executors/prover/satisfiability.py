"""Satisfiability of small sets of clauses: watched literals, unit propagation, chronological backtracking."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

MAX_STEPS = 2_000_000  # literals looked at, about a second


@dataclass(frozen=True, slots=True)
class Answer:
    """`holds` is none where it takes too long to tell; `true` are the atoms that a model makes true, where one is."""

    holds: bool | None
    true: tuple[int, ...] = ()


def satisfiable(clauses: Sequence[tuple[int, ...]], atoms: int) -> Answer:
    """Whether some assignment makes a literal of every clause true.

    The literal 2·n says that atom n is true, 2·n + 1 that it is false.
    """
    search = _Search(atoms)
    for clause in clauses:
        if not search.add(clause):
            return Answer(False)
    found = search.run(MAX_STEPS // (1 + sum(map(len, clauses))))
    return Answer(found, tuple(atom for atom in range(atoms) if search.holds[2 * atom]) if found else ())


class _Search:
    def __init__(self, atoms: int) -> None:
        self.holds = [False] * (2 * atoms)  # by literal
        self.watched: list[list[list[int]]] = [[] for _ in range(2 * atoms)]
        self.clauses: list[list[int]] = []
        self.trail: list[int] = []
        self.levels: list[int] = []  # the length of the trail at each decision
        self.done = 0  # the trail up to here is propagated

    def add(self, literals: tuple[int, ...]) -> bool:
        """Takes a clause; false where the unit clauses contradict each other or one is empty."""
        clause = list(dict.fromkeys(literals))
        if any(literal ^ 1 in clause for literal in clause):
            return True
        if len(clause) < 2:
            return bool(clause) and self._assign(clause[0])
        self.clauses.append(clause)
        self.watched[clause[0]].append(clause)
        self.watched[clause[1]].append(clause)
        return True

    def run(self, decisions: int) -> bool | None:
        for _ in range(1 + decisions):
            while not self._propagate():
                if not self._backtrack():
                    return False
            literal = self._choice()
            if literal is None:
                return True
            self.levels.append(len(self.trail))
            self._assign(literal)
        return None

    def _assign(self, literal: int) -> bool:
        if self.holds[literal ^ 1]:
            return False
        if not self.holds[literal]:
            self.holds[literal] = True
            self.trail.append(literal)
        return True

    def _propagate(self) -> bool:
        """Assigns what follows from unit clauses; false at a contradiction."""
        while self.done < len(self.trail):
            false = self.trail[self.done] ^ 1
            self.done += 1
            watching, self.watched[false] = self.watched[false], []
            for index, clause in enumerate(watching):
                if not self._still_fine(clause, false):
                    self.watched[false].extend(watching[index + 1 :])
                    return False
        return True

    def _still_fine(self, clause: list[int], false: int) -> bool:
        """Finds the clause another literal to watch than `false`, or takes it as a unit clause."""
        if clause[0] == false:
            clause[0], clause[1] = clause[1], false
        if not self.holds[clause[0]]:
            for place in range(2, len(clause)):
                if not self.holds[clause[place] ^ 1]:
                    clause[1], clause[place] = clause[place], false
                    self.watched[clause[1]].append(clause)
                    return True
        self.watched[false].append(clause)
        return self.holds[clause[0]] or self._assign(clause[0])

    def _choice(self) -> int | None:
        """A literal of a clause that fails if every open atom is false; none where that is a model."""
        holds = self.holds
        for clause in self.clauses:
            candidate = -1
            for literal in clause:
                if holds[literal] or (literal & 1 and not holds[literal ^ 1]):
                    break
                if not holds[literal ^ 1]:
                    candidate = literal
            else:
                return candidate
        return None

    def _backtrack(self) -> bool:
        """Undoes the last decision and takes its opposite; false where none is left."""
        if not self.levels:
            return False
        start = self.levels.pop()
        decision = self.trail[start]
        for literal in self.trail[start:]:
            self.holds[literal] = False
        del self.trail[start:]
        self.done = start
        return self._assign(decision ^ 1)
