"""One pair of texts as counts: each variant's tokens, and how their n-grams are counted."""

from __future__ import annotations

import functools
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from tasks.metrics import Statistics

ORDERS = 4

# The columns of a row of counts: answer's length, reference's length, matches by order, n-grams by order.
COLUMNS = (
    "length",
    "reference_length",
    *(f"matches_{n}" for n in range(1, ORDERS + 1)),
    *(f"ngrams_{n}" for n in range(1, ORDERS + 1)),
)


class Variant(StrEnum):
    """Which BLEU; the package's text says what each is."""

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
    NLTK_CHARACTERS = "nltk_characters"
    NLTK_SENTENCE = "nltk_sentence"
    NLTK_SENTENCE_METHOD1 = "nltk_sentence_method1"


@dataclass(frozen=True, slots=True)
class _Counting:
    """`least_ngrams` is the least that a sample counts as n-grams of an order (NLTK: 1, so that nothing is over 0)."""

    tokens: Callable[[str], Sequence[str]]
    source: str
    least_ngrams: int = 0


def counts(variant: Variant, answer: str, reference: str) -> Statistics:
    """One pair's counts, by the names of `COLUMNS`."""
    counting = _COUNTINGS[variant]
    ours, theirs = counting.tokens(answer), counting.tokens(reference)
    orders = range(1, ORDERS + 1)
    matches = [(_of_order(ours, order) & _of_order(theirs, order)).total() for order in orders]
    ngrams = [max(len(ours) - order + 1, counting.least_ngrams) for order in orders]
    return dict(zip(COLUMNS, map(float, (len(ours), len(theirs), *matches, *ngrams)), strict=True))


def _of_order(tokens: Sequence[str], order: int) -> Counter[tuple[str, ...]]:
    return Counter(zip(*(tokens[start:] for start in range(order)), strict=False))


def source(variant: Variant) -> str:
    """The tool and its version."""
    return _COUNTINGS[variant].source


def identical(statistics: Statistics) -> bool:
    """Whether answer and reference are the same tokens, or at least not to be told apart by counts of n-grams.

    A corpus score cannot say so of one sample: it is 0 where a sentence has fewer than four tokens.
    """
    length = statistics["length"]
    return length == statistics["reference_length"] and all(
        statistics[f"matches_{n}"] == max(length - n + 1, 0) for n in range(1, ORDERS + 1)
    )


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


def _of_sacrebleu(tokenizer: str, function: str) -> _Counting:
    return _Counting(functools.partial(_sacrebleu_tokens, tokenizer), f"sacrebleu 2.6 {function}, tokenize={tokenizer}")


def _of_nltk(function: str) -> _Counting:
    source = f"NLTK 3.10 nltk.translate.bleu_score on blank-separated tokens: {function}"
    return _Counting(str.split, source, least_ngrams=1)


_CODEXGLUE = "microsoft/CodeXGLUE ac74a62802"
_COUNTINGS: Mapping[Variant, _Counting] = {
    Variant.SACREBLEU: _of_sacrebleu("13a", "corpus_bleu"),
    Variant.SACREBLEU_NONE: _of_sacrebleu("none", "corpus_bleu"),
    Variant.SACREBLEU_INTL: _of_sacrebleu("intl", "corpus_bleu"),
    Variant.SENTENCE: _of_sacrebleu("13a", "sentence_bleu, mean"),
    Variant.CODEXGLUE: _Counting(str.split, f"{_CODEXGLUE}, Text-Code/text-to-code/evaluator/bleu.py"),
    Variant.CODEXGLUE_TEXT: _Counting(_punctuation_apart, f"{_CODEXGLUE}, Code-Text/code-to-text/evaluator"),
    Variant.CONALA: _Counting(_conala_tokens, "conala-corpus/conala-baseline 7d3e582167, eval"),
    Variant.NLTK: _of_nltk("corpus_bleu"),
    Variant.NLTK_METHOD1: _of_nltk("corpus_bleu, method1"),
    Variant.NLTK_METHOD4: _of_nltk("corpus_bleu, method4"),
    Variant.NLTK_CHARACTERS: _Counting(
        list, "blender-nlp/MolT5 754f9bff, mol_translation_metrics.py: NLTK corpus_bleu over characters", least_ngrams=1
    ),
    Variant.NLTK_SENTENCE: _of_nltk("sentence_bleu, mean"),
    Variant.NLTK_SENTENCE_METHOD1: _of_nltk("sentence_bleu, method1, auto_reweigh, mean"),
}
