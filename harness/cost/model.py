"""What questions cost to be answered: engine steps, tokens, seconds. Pure arithmetic.

An engine with continuous batching (vLLM) takes a new question whenever one of its places is free and writes one token
of every answer under way in a step. Its time is modelled as

    seconds = prompt x (prompt tokens to be computed) + answer x (answer tokens) + step x (steps)

How many steps there are follows from the answers' lengths and the places alone: few places, or one long answer at the
end, make many steps of few tokens each. So a measurement of few questions tells the time of many, whose batch is full.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from scipy.optimize import nnls  # type: ignore[import-untyped]


@dataclass(frozen=True, slots=True)
class Question:
    """A prompt of a run. Lengths in tokens: the prompt's, those of it that no earlier prompt of the run began with (an
    engine keeps what it has computed), and the longest answer allowed. `size`: bytes of the prompt in a record.
    """

    task: str
    sample: str
    prompt: int
    fresh: int
    most: int
    size: int = 0


@dataclass(frozen=True, slots=True)
class Rates:
    """Seconds of a prompt token that has to be computed, of an answer token, and of an engine step."""

    prompt: float
    answer: float
    step: float

    def spread_over(self, tensor_parallel: int, data_parallel: int, efficiency: float) -> Rates:
        """The rates of a group of devices, from those of one; a step of a copy does not get shorter by other copies."""
        within = tensor_parallel * efficiency if tensor_parallel > 1 else 1.0
        tokens = within * data_parallel
        return Rates(self.prompt / tokens, self.answer / tokens, self.step / within)


class PrefixCache:
    """The beginnings of prompts that an engine has computed, in whole blocks of tokens as vLLM keeps them."""

    def __init__(self, block: int) -> None:
        self._block = block
        self._seen: set[int] = set()

    def fresh(self, ids: Sequence[int]) -> int:
        """How many of a prompt's tokens are still to be computed; from now on they are known. The last one always is:
        its output is the answer's first token.
        """
        known, key, begins_alike = 0, 0, True
        for end in range(self._block, len(ids) + 1, self._block):
            key = hash((key, tuple(ids[end - self._block : end])))
            begins_alike = begins_alike and key in self._seen
            known = end if begins_alike else known
            self._seen.add(key)
        return len(ids) - (known if known < len(ids) else known - self._block)


@dataclass(frozen=True, slots=True)
class Lengths:
    """Lengths of answers, in tokens: of those that ended, and of those that were cut (they would have been longer)."""

    ended: Sequence[int]
    cut: Sequence[int] = ()

    def distribution(self) -> list[tuple[int, float]]:
        """Each length with its share, ascending, by Kaplan and Meier (1958): an answer that was cut tells nothing of
        where it would have ended, but that it would have been later. What no answer that ended reaches counts as long
        as the longest cut.
        """
        shares: list[tuple[int, float]] = []
        left = 1.0
        for length in sorted(set(self.ended)):
            at_risk = sum(n >= length for n in self.ended) + sum(n >= length for n in self.cut)
            share = left * self.ended.count(length) / at_risk
            shares.append((length, share))
            left -= share
        if left > 1e-9:
            shares.append((max(self.cut, default=0), left))
        return shares

    def drawn(self, most: Sequence[int]) -> list[int]:
        """A length for each of so many answers, none longer than allowed, which together have this distribution.

        Long and short ones are mixed: quantiles are taken in the order of the golden ratio's multiples.
        """
        shares = self.distribution()
        if not shares:
            raise ValueError("no lengths are known")
        bounds = np.cumsum([share for _, share in shares])
        order = np.argsort(np.argsort(np.modf(np.arange(len(most)) * _GOLDEN)[0]))
        quantiles = (order + 0.5) / max(1, len(most))
        found = np.minimum(np.searchsorted(bounds, quantiles * bounds[-1]), len(shares) - 1)
        return [min(shares[index][0], limit) for index, limit in zip(found, most, strict=True)]


_GOLDEN = (math.sqrt(5) - 1) / 2


@dataclass(frozen=True, slots=True)
class Schedule:
    """In which step each answer begins, and after how many steps it has ended."""

    begins: Sequence[int]
    ends: Sequence[int]

    @property
    def steps(self) -> int:
        return max(self.ends, default=0)


def schedule(answers: Sequence[int], places: int) -> Schedule:
    """Answers of these lengths taken in order, each as soon as one of the places is free."""
    free = [0] * min(places, len(answers))
    begins, ends = [], []
    for tokens in answers:
        begin = free[0]
        heapq.heapreplace(free, begin + max(tokens, 1))
        begins.append(begin)
        ends.append(begin + max(tokens, 1))
    return Schedule(begins, ends)


@dataclass(frozen=True, slots=True)
class Wave:
    """Questions that were asked together, in this order: fresh prompt tokens, answer tokens, and after how many seconds
    the answer was there; and how many were under way at most.
    """

    fresh: Sequence[int]
    answers: Sequence[int]
    seconds: Sequence[float]
    places: int


def fitted(waves: Sequence[Wave]) -> Rates:
    """The rates that explain best when the answers of some waves were there: least squares of relative errors.

    Every wave counts alike, however many questions it has. What the waves cannot tell apart (when all answers are of
    one length, tokens and steps) is shared evenly, and not given to one of the rates alone. Raises ValueError without
    a single answer.
    """
    waves = [wave for wave in waves if wave.seconds]
    if not waves:
        raise ValueError("no answer was measured")
    rows, wanted = [], []
    for wave in waves:
        took = np.maximum(np.asarray(wave.seconds, dtype=float), 1e-6)
        weight = 1 / math.sqrt(len(took))
        rows.append(_work(wave) / took[:, None] * weight)
        wanted.append(np.full(len(took), weight))
    matrix, target = np.concatenate(rows), np.concatenate(wanted)
    scale = np.maximum(np.linalg.norm(matrix, axis=0), 1e-12)
    even = math.sqrt(_EVENNESS)
    matrix = np.vstack([matrix / scale, even * np.eye(3)])
    target = np.concatenate([target, np.full(3, even * np.linalg.norm(target) / 3)])
    prompt, answer, step = nnls(matrix, target)[0] / scale
    return Rates(float(prompt), float(answer), float(step))


_EVENNESS = 0.002  # of an even share of the three rates, against a wave's weight of 1


def _work(wave: Wave) -> np.ndarray:
    """What the engine had done when each answer was there: prompt tokens, answer tokens, steps."""
    plan = schedule(wave.answers, wave.places)
    begins, ends = np.asarray(plan.begins), np.asarray(plan.ends)
    fresh, answers = np.asarray(wave.fresh), np.asarray(wave.answers)
    rows = [
        (fresh[begins < end].sum(), np.clip(end - begins, 0, np.maximum(answers, 1)).sum(), end) for end in plan.ends
    ]
    return np.asarray(rows, dtype=float).reshape(len(ends), 3)


@dataclass(frozen=True, slots=True)
class Duration:
    """Seconds that answers take: all in all, and by task (a step's time is shared by those who have answers in it)."""

    seconds: float
    tasks: Mapping[str, float]
    steps: int


def duration(questions: Sequence[Question], answers: Sequence[int], places: int, rates: Rates) -> Duration:
    """How long an engine takes for the questions, in their order, when the answers have these lengths."""
    steps = schedule(answers, places).steps
    written = sum(answers)
    tasks: dict[str, float] = {}
    for question, tokens in zip(questions, answers, strict=True):
        share = tokens / written if written else 1 / len(answers)
        took = rates.prompt * question.fresh + rates.answer * tokens + rates.step * steps * share
        tasks[question.task] = tasks.get(question.task, 0.0) + took
    return Duration(sum(tasks.values()), tasks, steps)


@dataclass(frozen=True, slots=True)
class Speed:
    """How fast a model is on a device: the rates, the seconds until it answers, and of each task's samples the seconds
    of a scoring process (none known: nothing). `standing` is measured, derived or assumed, `source` says by what.
    """

    rates: Rates
    startup: float
    standing: str
    source: str
    scoring: Mapping[str, float] = field(default_factory=dict)
