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
| `nltk_characters` | NLTK corpus_bleu, as MolT5 calls it | characters | none | corpus |
| `nltk_sentence`, `_method1` | NLTK sentence_bleu (the latter: auto_reweigh, as NL2Bash) | blanks | none, 0.1 | mean |

Two tools divide by zero on an empty answer or reference; ours is 0 there.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence

from executors.outcome import Outcome
from tasks.bleu.counting import Variant, counts, identical, source
from tasks.metrics import Estimate, Metric, Origin, Standing, Statistics
from tasks.task import Sample, gold_target

__all__ = ["Variant", "aggregate", "bleu_metric", "counts", "identical"]


def bleu_metric(
    variant: Variant = Variant.SACREBLEU,
    *,
    reference: Callable[[Sample], str] = gold_target,
    origin: Origin | None = None,
    standing: Standing | None = None,
) -> Metric:
    """The BLEU of programs against `reference` (the gold program, else the target), called `bleu` for the default
    variant and `bleu_<variant>` for the others. An answer without a program is an empty text.

    Unless said otherwise the default is the paper's, of which the paper says no more than "BLEU", and the others ours.
    """
    default = variant is Variant.SACREBLEU

    def measure(sample: Sample, program: str | None, outcome: Outcome) -> Statistics:
        return counts(variant, program or "", reference(sample))

    return Metric(
        "bleu" if default else f"bleu_{variant.value}",
        measure,
        functools.partial(aggregate, variant),
        origin=origin or (Origin.PAPER if default else Origin.OURS),
        standing=standing or (Standing.MISSING if default else Standing.FOUND),
        source=source(variant),
        graded=True,
        perfect=identical,
    )


def aggregate(variant: Variant, statistics: Sequence[Statistics], groups: Sequence[str]) -> Estimate:
    """The score of all samples and its standard error: see `score.aggregate`."""
    # Imported late: numpy doubles the time that reading the registry takes, in every worker and for every command.
    from tasks.bleu import score

    return score.aggregate(variant, statistics, groups)
