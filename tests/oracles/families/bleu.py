"""BLEU: twelve figures a case, each of its own tool, on a scale of 0 to 100."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from tasks.bleu import Variant, aggregate, counts
from tests.oracles.agreement import Case, Verdict

FIGURES = {
    "sacrebleu_corpus_13a": Variant.SACREBLEU,
    "sacrebleu_corpus_none": Variant.SACREBLEU_NONE,
    "sacrebleu_corpus_intl": Variant.SACREBLEU_INTL,
    "sacrebleu_sentence_mean_13a": Variant.SENTENCE,
    "codexglue_text_to_code": Variant.CODEXGLUE,
    "codexglue_code_to_text": Variant.CODEXGLUE_TEXT,
    "conala": Variant.CONALA,
    "nltk_corpus_ws": Variant.NLTK,
    "nltk_corpus_ws_method1": Variant.NLTK_METHOD1,
    "nltk_corpus_ws_method4": Variant.NLTK_METHOD4,
    "nltk_sentence_mean_ws": Variant.NLTK_SENTENCE,
    "nltk_sentence_mean_ws_method1_reweigh": Variant.NLTK_SENTENCE_METHOD1,
}


def judge(cases: Sequence[Case]) -> Iterator[list[Verdict]]:
    for case in cases:
        yield [_compared(case, figure, official) for figure, official in case["oracle"]["score"].items()]


def _compared(case: Case, figure: str, official: object) -> Verdict:
    golds, answers = case["gold"], case["pred"]
    if isinstance(golds, str):
        golds, answers = [golds], [answers]
    variant = FIGURES[figure]
    rows = [counts(variant, answer, gold) for gold, answer in zip(golds, answers, strict=True)]
    ours = 100 * aggregate(variant, rows, [""] * len(rows)).value
    if variant is Variant.CODEXGLUE:
        ours = round(ours, 2)  # that tool prints two decimals
    if isinstance(official, int | float):
        return Verdict(figure, official, ours, math.isclose(official, ours, abs_tol=1e-4, rel_tol=0))
    # The tool raised: ours must be defined.
    return Verdict(figure, official, ours, 0 <= ours <= 100)
