"""Whether two regular expressions denote the same language, with a string that tells them apart where they do not."""

from __future__ import annotations

import time
from collections import deque
from dataclasses import dataclass

from executors.outcome import Limits, Outcome, Status, Verdict
from executors.regex.languages import Alphabet, Languages, Term, TooHardError
from executors.regex.syntax import RegexSyntaxError, parse

MOST_STATES = 100_000
MOST_CHARACTERS = 20_000


@dataclass(frozen=True, slots=True)
class Difference:
    """A shortest string that only one of two languages holds."""

    witness: str
    in_first: bool


def equivalence(gold: str, pred: str, limits: Limits) -> Outcome:
    """TRUE or FALSE (`detail` then shows a witness): `Automaton.equals` of dk.brics.automaton.

    INVALID when the prediction is no regular expression, TIMEOUT or MEMORY when it could not be decided within
    `limits.seconds` or `MOST_STATES`. Raises ValueError when the gold itself does not parse.
    """
    start = time.monotonic()
    wanted = parse(gold)
    if len(pred) > MOST_CHARACTERS:
        return Outcome.failed(Status.INVALID, f"longer than {MOST_CHARACTERS} characters")
    try:
        given = parse(pred)
    except RegexSyntaxError as error:
        return Outcome.failed(Status.INVALID, error, time.monotonic() - start)
    languages = Languages(Alphabet([wanted, given]), start + limits.seconds)
    try:
        found = difference(languages, languages.evaluate(wanted), languages.evaluate(given))
    except (TooHardError, RecursionError) as error:
        late = time.monotonic() - start >= limits.seconds
        status = Status.TIMEOUT if late else Status.MEMORY
        return Outcome.failed(status, str(error) or "nested too deep", time.monotonic() - start)
    seconds = time.monotonic() - start
    if found is None:
        return Outcome(Status.OK, Verdict.TRUE, "", seconds)
    side = "gold" if found.in_first else "prediction"
    return Outcome(Status.OK, Verdict.FALSE, f"only the {side} matches {found.witness[:100]!r}", seconds)


def difference(languages: Languages, first: Term, second: Term) -> Difference | None:
    """None for equal languages. Raises `TooHardError`.

    Bisimulation up to equivalence, breadth first (Hopcroft, Karp 1971): pairs whose equality follows from pairs seen
    before are not followed again, and the first pair that differs has the shortest witness.
    """
    merged: dict[Term, Term] = {}

    def root(term: Term) -> Term:
        while term in merged:
            merged[term] = merged.get(merged[term], merged[term])
            term = merged[term]
        return term

    came: dict[int, tuple[int, int]] = {}  # pair number: (pair before, letter)
    pairs = [(first, second)]
    waiting = deque([0])
    while waiting:
        number = waiting.popleft()
        left, right = pairs[number]
        if languages.nullable[left] != languages.nullable[right]:
            return Difference(_witness(languages, came, number), languages.nullable[left])
        left_root, right_root = root(left), root(right)
        if left_root == right_root:
            continue
        merged[left_root] = right_root
        for letter in range(languages.alphabet.classes):
            pair = (languages.derivative(left, letter), languages.derivative(right, letter))
            if pair[0] != pair[1]:
                came[len(pairs)] = (number, letter)
                waiting.append(len(pairs))
                pairs.append(pair)
        if len(pairs) > MOST_STATES:
            raise TooHardError(f"more than {MOST_STATES} states")
    return None


def _witness(languages: Languages, came: dict[int, tuple[int, int]], number: int) -> str:
    letters: list[str] = []
    while number in came:
        number, letter = came[number]
        letters.append(languages.alphabet.sample(letter))
    return "".join(reversed(letters)).encode("utf-16-be", "surrogatepass").decode("utf-16-be", "replace")
