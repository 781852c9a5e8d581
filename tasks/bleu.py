"""BLEU by name: papers say "BLEU" and mean scores that differ by tens of points on the same answers.

A sample's statistics are its n-gram counts and lengths; any score of any set of samples follows from their sums, so a
corpus score, its standard error and a bootstrap need no text. The variants differ in tokens, smoothing, brevity penalty
and level:

| variant | tool | tokens | smoothing | level |
| --- | --- | --- | --- | --- |
| `sacrebleu` (default), `_none`, `_intl` | sacrebleu 2.6 | 13a, blanks, international | exponential | corpus |
| `sentence` | sacrebleu 2.6, effective order | 13a | exponential | mean of sentences |
| `codexglue` | microsoft/CodeXGLUE, text-to-code | blanks | add one to every order | corpus |
| `codexglue_text` | microsoft/CodeXGLUE, code-to-text | lower case, punctuation apart | add one, orders 2-4 | mean |
| `conala` | conala-corpus/conala-baseline, eval/conala_eval.py | Ling et al. 2016 | none | corpus |
| `nltk`, `_method1`, `_method4` | NLTK corpus_bleu | blanks | none, Chen and Cherry 2014 | corpus |
| `nltk_sentence`, `_method1` | NLTK sentence_bleu (the latter: auto_reweigh, as NL2Bash) | blanks | none, 0.1 | mean |

Two tools divide by zero on an empty answer or reference; ours is 0 there.
"""

from __future__ import annotations

import functools
import re
import sys
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from executors.outcome import Outcome
from tasks.metrics import Estimate, Metric, Origin, Standing, Statistics, mean
from tasks.task import Sample, gold_target

ORDERS = 4

# The columns of a row of counts: answer's length, reference's length, matches by order, n-grams by order.
COLUMNS = (
    "length",
    "reference_length",
    *(f"matches_{n}" for n in range(1, ORDERS + 1)),
    *(f"ngrams_{n}" for n in range(1, ORDERS + 1)),
)

Array: TypeAlias = npt.NDArray[np.float64]

_TINY = sys.float_info.min


class Variant(StrEnum):
    """Which BLEU; the module's text says what each is."""

    SACREBLEU = "sacrebleu"
    SACREBLEU_NONE = "sacrebleu_none"
    SACREBLEU_INTL = "sacrebleu_intl"
    SENTENCE = "sentence"
    CODEXGLUE = "codexglue"
    CODEXGLUE_TEXT = "codexglue_text"
    CONALA = "conala"
    NLTK = "nltk"
    NLTK_METHOD1 = "nltk_method1"
    NLTK_METHOD4 = "nltk_method4"
    NLTK_SENTENCE = "nltk_sentence"
    NLTK_SENTENCE_METHOD1 = "nltk_sentence_method1"


@dataclass(frozen=True, slots=True)
class Counts:
    """Sums of counts: `length` and `reference` of shape (...), `matches` and `ngrams` of shape (..., 4)."""

    length: Array
    reference: Array
    matches: Array
    ngrams: Array

    @staticmethod
    def of(rows: Array) -> Counts:
        return Counts(rows[..., 0], rows[..., 1], rows[..., 2 : 2 + ORDERS], rows[..., 2 + ORDERS :])


@dataclass(frozen=True, slots=True)
class _Definition:
    """`score` maps counts of shape (...) to scores in [0, 1] of shape (...).

    `least_ngrams` is what every sample counts at least as n-grams of an order (NLTK: 1, against division by zero).
    """

    tokens: Callable[[str], Sequence[str]]
    score: Callable[[Counts], Array]
    source: str
    by_sentence: bool = False
    least_ngrams: int = 0


def bleu_metric(
    variant: Variant = Variant.SACREBLEU,
    *,
    reference: Callable[[Sample], str] = gold_target,
    origin: Origin = Origin.PAPER,
    standing: Standing = Standing.MISSING,
) -> Metric:
    """The BLEU of programs against `reference` (the gold program, else the target), called `bleu` for the default
    variant and `bleu_<variant>` for the others. An answer without a program is an empty text.

    The paper names no implementation: with another variant than the default, say whose it is with `origin`.
    """

    def measure(sample: Sample, program: str | None, outcome: Outcome) -> Statistics:
        return counts(variant, program or "", reference(sample))

    return Metric(
        "bleu" if variant is Variant.SACREBLEU else f"bleu_{variant.value}",
        measure,
        functools.partial(aggregate, variant),
        origin=origin,
        standing=standing,
        source=_DEFINITIONS[variant].source,
        graded=True,
        perfect=identical,
    )


def counts(variant: Variant, answer: str, reference: str) -> Statistics:
    """One pair's counts, by the names of `COLUMNS`."""
    definition = _DEFINITIONS[variant]
    ours, theirs = definition.tokens(answer), definition.tokens(reference)
    orders = range(1, ORDERS + 1)
    matches = [(_of_order(ours, order) & _of_order(theirs, order)).total() for order in orders]
    ngrams = [max(len(ours) - order + 1, definition.least_ngrams) for order in orders]
    return dict(zip(COLUMNS, map(float, (len(ours), len(theirs), *matches, *ngrams)), strict=True))


def _of_order(tokens: Sequence[str], order: int) -> Counter[tuple[str, ...]]:
    return Counter(zip(*(tokens[start:] for start in range(order)), strict=False))


def identical(statistics: Statistics) -> bool:
    """Whether answer and reference are the same tokens, or at least not to be told apart by counts of n-grams.

    A corpus score cannot say so of one sample: it is 0 where a sentence has fewer than four tokens.
    """
    length = statistics["length"]
    return length == statistics["reference_length"] and all(
        statistics[f"matches_{n}"] == max(length - n + 1, 0) for n in range(1, ORDERS + 1)
    )


def aggregate(variant: Variant, statistics: Sequence[Statistics], groups: Sequence[str]) -> Estimate:
    """The score of all samples.

    Standard error: of a mean of sentences as any mean's; of a corpus score by the jackknife that leaves out one group
    (an empty group stands alone) at a time, which needs no random numbers.
    """
    rows = as_rows(statistics)
    if _DEFINITIONS[variant].by_sentence:
        return mean([{"score": float(score)} for score in bleu_of(variant, rows)], groups)
    total = rows.sum(axis=0)
    value = float(bleu_of(variant, total))
    numbers: dict[str, int] = {}
    cluster = [numbers.setdefault(group or f"\0{index}", len(numbers)) for index, group in enumerate(groups)]
    if len(numbers) < 2:
        return Estimate(value, None, len(rows))
    sums = np.zeros((len(numbers), len(COLUMNS)))
    np.add.at(sums, cluster, rows)
    without = bleu_of(variant, total - sums)
    spread = float(((without - without.mean()) ** 2).sum())
    return Estimate(value, (spread * (len(numbers) - 1) / len(numbers)) ** 0.5, len(rows))


def as_rows(statistics: Sequence[Statistics]) -> Array:
    """Samples' statistics as an array of shape (samples, 10)."""
    return np.array([[row[column] for column in COLUMNS] for row in statistics]).reshape(-1, len(COLUMNS))


def bleu_of(variant: Variant, rows: Array) -> Array:
    """Scores of shape (...) in [0, 1] from counts, or sums of counts, of shape (..., 10)."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(_DEFINITIONS[variant].score(Counts.of(rows)))


def paired_bootstrap(variant: Variant, ours: Array, theirs: Array, draws: int = 1000, seed: int = 0) -> Array:
    """Score differences (ours less theirs) of `draws` resamplings of the same samples, shape (draws,).

    `ours` and `theirs` are rows (n, 10) of two systems on the same n samples. Source: Koehn 2004.
    """
    n = len(ours)
    weights = np.random.default_rng(seed).multinomial(n, np.full(n, 1 / n), size=draws).astype(np.float64)
    return _resampled(variant, ours, weights) - _resampled(variant, theirs, weights)


def _resampled(variant: Variant, rows: Array, weights: Array) -> Array:
    if _DEFINITIONS[variant].by_sentence:
        return np.asarray(weights @ bleu_of(variant, rows) / weights.sum(axis=-1))
    return bleu_of(variant, weights @ rows)


def _brevity(length: Array, reference: Array) -> Array:
    return np.where(length > 0, np.exp(np.minimum(0.0, 1 - reference / np.maximum(length, 1))), 0.0)


def _geometric_mean(precisions: Array) -> Array:
    return np.asarray(np.exp(np.log(precisions).mean(axis=-1)))


def _sacrebleu(counts: Counts, effective_order: bool = False) -> Array:
    """Orders without a match count as 1/2, 1/4, ... of a match; with effective order, empty orders do not count."""
    some = counts.ngrams > 0
    halvings = np.cumsum(some & (counts.matches == 0), axis=-1)
    precisions = np.where(counts.matches > 0, counts.matches, 0.5**halvings) / counts.ngrams
    logarithms = np.where(some, np.log(precisions), 0.0 if effective_order else -np.inf)
    orders = np.maximum(some.sum(axis=-1), 1) if effective_order else ORDERS
    score = _brevity(counts.length, counts.reference) * np.exp(logarithms.sum(axis=-1) / orders)
    return np.where(counts.matches.any(axis=-1), score, 0.0)


def _unsmoothed(counts: Counts) -> Array:
    precisions = counts.matches / np.maximum(counts.ngrams, 1)
    return np.where(counts.reference > 0, _brevity(counts.length, counts.reference) * _geometric_mean(precisions), 0.0)


def _codexglue(counts: Counts) -> Array:
    precisions = (counts.matches + 1) / (counts.ngrams + 1)
    return np.where(counts.reference > 0, _brevity(counts.length, counts.reference) * _geometric_mean(precisions), 0.0)


def _codexglue_text(counts: Counts) -> Array:
    """The least float stands in for 0 in counts of tokens, so nothing against something is about 1e-77, not 0, and
    nothing against nothing is 1.
    """
    add = np.array([_TINY, 1.0, 1.0, 1.0])
    logarithms = np.log(counts.matches + add) - np.log(counts.ngrams + add)
    brevity = np.minimum(0.0, 1 - (counts.reference + 1) / (counts.length + 1))
    return np.asarray(np.exp(logarithms.mean(axis=-1) + brevity))


def _nltk(counts: Counts, smooth: Callable[[Counts], Array], reweigh: bool = False) -> Array:
    """`smooth` gives the numbers of matches. Orders that stay at 0 are left out of the geometric mean; `reweigh` takes
    only the orders that an answer of fewer than four tokens has.
    """
    matches = smooth(counts)
    logarithms = np.where(matches > 0, np.log(matches / counts.ngrams), 0.0)
    orders = np.where(reweigh & (counts.length < ORDERS), counts.length, ORDERS)[..., np.newaxis]
    weights = np.where(np.arange(ORDERS) < orders, 1 / orders, 0.0)
    score = _brevity(counts.length, counts.reference) * np.exp((weights * logarithms).sum(axis=-1))
    return np.where(counts.matches[..., 0] > 0, score, 0.0)


def _method0(counts: Counts) -> Array:
    return np.where(counts.matches > 0, counts.matches, _TINY * counts.ngrams)


def _method1(counts: Counts) -> Array:
    return np.where(counts.matches > 0, counts.matches, 0.1)


def _method4(counts: Counts) -> Array:
    """The k-th order without a match counts ln(length) / (5 * 2**k) matches, so none where the answer is one token."""
    halvings = np.cumsum(counts.matches == 0, axis=-1)
    smoothed = np.log(np.maximum(counts.length, 1))[..., np.newaxis] / (5 * 2.0**halvings)
    return np.where(counts.matches > 0, counts.matches, smoothed)


@functools.cache
def _sacrebleu_tokenizer(name: str) -> Callable[[str], str]:
    # Imported late: reading the registry must not cost what only BLEU needs.
    from sacrebleu.metrics.bleu import BLEU

    tokenizer: Callable[[str], str] = BLEU(tokenize=name).tokenizer
    return tokenizer


def _sacrebleu_tokens(name: str, text: str) -> Sequence[str]:
    return _sacrebleu_tokenizer(name)(text.rstrip()).split()


def _punctuation_apart(text: str) -> Sequence[str]:
    """Words, and every other visible character alone; an underscore is no part of a word."""
    return re.findall(r"[^\W_]+|[^\w\s]|_", text.lower())


def _conala_tokens(text: str) -> Sequence[str]:
    """Source: Ling et al. 2016, Latent Predictor Networks for Code Generation: words also end where case rises."""
    apart = re.sub(r"([^A-Za-z0-9_])", r" \1 ", text)
    return re.sub(r"([a-z])([A-Z])", r"\1 \2", apart).replace('"', "`").replace("'", "`").split()


_CODEXGLUE = "microsoft/CodeXGLUE ac74a62802"
_NLTK = "NLTK 3.10, nltk.translate.bleu_score on blank-separated tokens"


def _of_sacrebleu(tokenizer: str) -> _Definition:
    return _Definition(
        functools.partial(_sacrebleu_tokens, tokenizer), _sacrebleu, f"sacrebleu 2.6 corpus_bleu, tokenize={tokenizer}"
    )


def _of_nltk(smooth: Callable[[Counts], Array], source: str, by_sentence: bool = False) -> _Definition:
    score = functools.partial(_nltk, smooth=smooth, reweigh=by_sentence and smooth is _method1)
    return _Definition(str.split, score, f"{_NLTK}: {source}", by_sentence, least_ngrams=1)


_DEFINITIONS: Mapping[Variant, _Definition] = {
    Variant.SACREBLEU: _of_sacrebleu("13a"),
    Variant.SACREBLEU_NONE: _of_sacrebleu("none"),
    Variant.SACREBLEU_INTL: _of_sacrebleu("intl"),
    Variant.SENTENCE: _Definition(
        functools.partial(_sacrebleu_tokens, "13a"),
        functools.partial(_sacrebleu, effective_order=True),
        "sacrebleu 2.6 sentence_bleu, mean",
        by_sentence=True,
    ),
    Variant.CODEXGLUE: _Definition(str.split, _codexglue, f"{_CODEXGLUE}, Text-Code/text-to-code/evaluator/bleu.py"),
    Variant.CODEXGLUE_TEXT: _Definition(
        _punctuation_apart, _codexglue_text, f"{_CODEXGLUE}, Code-Text/code-to-text/evaluator", by_sentence=True
    ),
    Variant.CONALA: _Definition(_conala_tokens, _unsmoothed, "conala-corpus/conala-baseline 7d3e582167, eval"),
    Variant.NLTK: _of_nltk(_method0, "corpus_bleu"),
    Variant.NLTK_METHOD1: _of_nltk(_method1, "corpus_bleu, method1"),
    Variant.NLTK_METHOD4: _of_nltk(_method4, "corpus_bleu, method4"),
    Variant.NLTK_SENTENCE: _of_nltk(_method0, "sentence_bleu, mean", by_sentence=True),
    Variant.NLTK_SENTENCE_METHOD1: _of_nltk(_method1, "sentence_bleu, method1, auto_reweigh, mean", by_sentence=True),
}
