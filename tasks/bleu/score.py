"""Scores from counts, of any number of samples or corpora at once."""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from tasks.bleu.counting import COLUMNS, ORDERS, Variant
from tasks.metrics import Estimate, Statistics, mean

Array: TypeAlias = npt.NDArray[np.float64]

_TINY = sys.float_info.min
# Their score of many samples is the mean of the samples' scores.
_BY_SENTENCE = frozenset(
    [Variant.SENTENCE, Variant.CODEXGLUE_TEXT, Variant.NLTK_SENTENCE, Variant.NLTK_SENTENCE_METHOD1]
)


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


def aggregate(variant: Variant, statistics: Sequence[Statistics], groups: Sequence[str]) -> Estimate:
    """The score of all samples.

    Standard error: of a mean of sentences as any mean's; of a corpus score by the jackknife that leaves out one group
    (an empty group stands alone) at a time, which needs no random numbers.
    """
    rows = as_rows(statistics)
    if variant in _BY_SENTENCE:
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


def is_mean_of_sentences(variant: Variant) -> bool:
    """Whether the score of many samples is the mean of theirs, and no function of their summed counts."""
    return variant in _BY_SENTENCE


def as_rows(statistics: Sequence[Statistics]) -> Array:
    """Samples' statistics as an array of shape (samples, 10)."""
    return np.array([[row[column] for column in COLUMNS] for row in statistics]).reshape(-1, len(COLUMNS))


def bleu_of(variant: Variant, rows: Array) -> Array:
    """Scores of shape (...) in [0, 1] from counts, or sums of counts, of shape (..., 10)."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(_SCORES[variant](Counts.of(rows)))


def paired_bootstrap(variant: Variant, ours: Array, theirs: Array, draws: int = 1000, seed: int = 0) -> Array:
    """Score differences (ours less theirs) of `draws` resamplings of the same samples, shape (draws,).

    `ours` and `theirs` are rows (n, 10) of two systems on the same n samples. Source: Koehn 2004.
    """
    n = len(ours)
    chosen = np.random.default_rng(seed).integers(n, size=(draws, n)) + n * np.arange(draws)[:, np.newaxis]
    # How often each draw has each sample: a tenth of the time of a multinomial.
    weights = np.bincount(chosen.ravel(), minlength=draws * n).reshape(draws, n).astype(np.float64)
    return _resampled(variant, ours, weights) - _resampled(variant, theirs, weights)


def _resampled(variant: Variant, rows: Array, weights: Array) -> Array:
    if variant in _BY_SENTENCE:
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


_SCORES: Mapping[Variant, Callable[[Counts], Array]] = {
    Variant.SACREBLEU: _sacrebleu,
    Variant.SACREBLEU_NONE: _sacrebleu,
    Variant.SACREBLEU_INTL: _sacrebleu,
    Variant.SENTENCE: functools.partial(_sacrebleu, effective_order=True),
    Variant.CODEXGLUE: _codexglue,
    Variant.CODEXGLUE_TEXT: _codexglue_text,
    Variant.CONALA: _unsmoothed,
    Variant.NLTK: functools.partial(_nltk, smooth=_method0),
    Variant.NLTK_METHOD1: functools.partial(_nltk, smooth=_method1),
    Variant.NLTK_METHOD4: functools.partial(_nltk, smooth=_method4),
    Variant.NLTK_CHARACTERS: functools.partial(_nltk, smooth=_method0),
    Variant.NLTK_SENTENCE: functools.partial(_nltk, smooth=_method0),
    Variant.NLTK_SENTENCE_METHOD1: functools.partial(_nltk, smooth=_method1, reweigh=True),
}
