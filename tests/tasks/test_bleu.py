"""BLEU: what the tools themselves say, from counts alone."""

from __future__ import annotations

import random
import subprocess
import sys
import warnings
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
import pytest
import sacrebleu
from hypothesis import given, settings
from hypothesis import strategies as st
from nltk.translate.bleu_score import SmoothingFunction, corpus_bleu, sentence_bleu

from executors.outcome import Outcome, Status
from harness.check import perfect
from tasks.bleu import Variant, aggregate, bleu_metric, counts, identical
from tasks.bleu.counting import COLUMNS
from tasks.bleu.score import as_rows, bleu_of, paired_bootstrap
from tasks.metrics import Statistics
from tasks.task import Sample, registry

Pair = tuple[str, str]

TEXTS = st.lists(st.sampled_from(["a", "b", "c", "foo_bar", "x.y", "1,5", "&lt;", '"q"', "'"]), max_size=9).map(
    " ".join
)
CORPORA = st.lists(st.tuples(TEXTS, TEXTS), min_size=1, max_size=6)


def score(variant: Variant, corpus: Sequence[Pair]) -> float:
    return aggregate(variant, rows(variant, corpus), [""] * len(corpus)).value


def rows(variant: Variant, corpus: Sequence[Pair]) -> list[Statistics]:
    return [counts(variant, answer, gold) for answer, gold in corpus]


def _sacrebleu(tokenize: str) -> Callable[[Sequence[Pair]], float]:
    def judge(corpus: Sequence[Pair]) -> float:
        answers, golds = zip(*corpus, strict=True)
        return sacrebleu.corpus_bleu(answers, [golds], tokenize=tokenize).score / 100

    return judge


def _sentences(corpus: Sequence[Pair]) -> float:
    return sum(sacrebleu.sentence_bleu(answer, [gold]).score for answer, gold in corpus) / 100 / len(corpus)


def _nltk(method: str) -> Callable[[Sequence[Pair]], float]:
    def judge(corpus: Sequence[Pair]) -> float:
        smooth = getattr(SmoothingFunction(), method)
        return float(
            corpus_bleu([[g.split()] for _, g in corpus], [a.split() for a, _ in corpus], smoothing_function=smooth)
        )

    return judge


def _nltk_sentences(method: str, reweigh: bool) -> Callable[[Sequence[Pair]], float]:
    def judge(corpus: Sequence[Pair]) -> float:
        smooth = getattr(SmoothingFunction(), method)
        return sum(
            sentence_bleu([g.split()], a.split(), smoothing_function=smooth, auto_reweigh=reweigh) for a, g in corpus
        ) / len(corpus)

    return judge


@pytest.mark.parametrize(
    ("variant", "tool"),
    [
        (Variant.SACREBLEU, _sacrebleu("13a")),
        (Variant.SACREBLEU_NONE, _sacrebleu("none")),
        (Variant.SACREBLEU_INTL, _sacrebleu("intl")),
        (Variant.SENTENCE, _sentences),
        (Variant.NLTK, _nltk("method0")),
        (Variant.NLTK_METHOD1, _nltk("method1")),
        (Variant.NLTK_METHOD4, _nltk("method4")),
        (Variant.NLTK_CHARACTERS, lambda corpus: float(corpus_bleu([[g] for _, g in corpus], [a for a, _ in corpus]))),
        (Variant.NLTK_SENTENCE, _nltk_sentences("method0", False)),
        (Variant.NLTK_SENTENCE_METHOD1, _nltk_sentences("method1", True)),
    ],
)
def test_the_tools_own_score(variant: Variant, tool: Callable[[Sequence[Pair]], float]) -> None:
    @settings(max_examples=60, deadline=None)
    @given(CORPORA)
    def agrees(corpus: list[Pair]) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # NLTK tells of every order without a match
            assert score(variant, corpus) == pytest.approx(tool(corpus), abs=1e-9)

    agrees()


@pytest.mark.parametrize("variant", Variant)
def test_always_a_score(variant: Variant) -> None:
    @settings(max_examples=60, deadline=None)
    @given(CORPORA)
    def bounded(corpus: list[Pair]) -> None:
        assert 0 <= score(variant, corpus) <= 1 + 1e-12

    bounded()
    assert aggregate(variant, [], []).value == 0


@pytest.mark.parametrize("variant", [v for v in Variant if not v.value.startswith("codexglue")])
def test_nothing_in_common_is_nothing(variant: Variant) -> None:
    assert score(variant, [("ls-l", "rm x y z")]) == 0


def test_smoothing_every_order_rewards_nonsense() -> None:
    assert score(Variant.CODEXGLUE, [("a b c d", "e f g h")]) == pytest.approx((1 / 5 * 1 / 4 * 1 / 3 * 1 / 2) ** 0.25)


@pytest.mark.parametrize(
    ("variant", "answer", "same"),
    [
        (Variant.CODEXGLUE_TEXT, "FOO_bar", True),
        (Variant.CODEXGLUE_TEXT, "foo bar", False),
        (Variant.CONALA, "foo_bar", True),
        (Variant.CONALA, "Foo_bar", False),
        (Variant.SACREBLEU, "foo _ bar", True),
        (Variant.SACREBLEU_NONE, "foo _ bar", False),
    ],
)
def test_tokens(variant: Variant, answer: str, same: bool) -> None:
    assert identical(counts(variant, answer, "foo_bar")) is same


def test_conala_takes_quotes_as_one_and_ends_words_where_case_rises() -> None:
    assert identical(counts(Variant.CONALA, "my List['a']", 'myList["a"]'))


def test_a_corpus_is_not_the_mean_of_its_sentences() -> None:
    corpus = [("a b c d e f g h", "a b c d e f g h"), ("x y", "x z y w")]
    assert score(Variant.SACREBLEU, corpus) > score(Variant.SENTENCE, corpus)


def test_gold_of_few_tokens_is_perfect_where_its_own_score_is_0() -> None:
    metric = bleu_metric()
    gold = counts(Variant.SACREBLEU, "ls", "ls")
    assert metric.aggregate([gold], [""]).value == 0
    assert metric.is_perfect(gold)
    assert not metric.is_perfect(counts(Variant.SACREBLEU, "ls", "ls -l"))
    assert not metric.is_perfect(counts(Variant.SACREBLEU, "l s", "s l"))


def test_check_takes_such_gold() -> None:
    task = replace(registry()["scan"], metrics=(bleu_metric(), bleu_metric(Variant.NLTK)))
    sample = Sample("1", {}, "I_JUMP")
    for answer, good in (("I_JUMP", True), ("I_RUN", False)):
        measured = {m.name: m.measure(sample, answer, Outcome(Status.OK)) for m in task.metrics}
        assert perfect(task, measured) is good


def test_the_reference_is_the_gold_program_or_else_the_target() -> None:
    for sample in (Sample("1", {}, "a b c d"), Sample("1", {}, "4", program="a b c d")):
        measured = bleu_metric().measure(sample, "a b c d", Outcome(Status.OK))
        assert bleu_metric().aggregate([measured], [""]).value == pytest.approx(1)
    assert bleu_metric().measure(Sample("1", {}, "a"), None, Outcome(Status.NO_PROGRAM))["length"] == 0


def test_names() -> None:
    names = [bleu_metric(variant).name for variant in Variant]
    assert names[0] == "bleu"
    assert len(set(names)) == len(Variant)


def random_corpus(seed: int, n: int) -> list[Pair]:
    draw = random.Random(seed)
    golds = [draw.choices("abcdefg", k=draw.randrange(3, 15)) for _ in range(n)]
    return [(" ".join(t if draw.random() < 0.8 else "x" for t in gold), " ".join(gold)) for gold in golds]


@pytest.mark.parametrize("variant", [Variant.SACREBLEU, Variant.CODEXGLUE, Variant.SENTENCE])
def test_the_standard_error_is_that_of_a_bootstrap(variant: Variant) -> None:
    measured = rows(variant, random_corpus(1, 200))
    estimate = aggregate(variant, measured, [""] * 200)
    nothing = np.zeros((200, len(COLUMNS)))
    differences = paired_bootstrap(variant, as_rows(measured), nothing, draws=3000)
    assert estimate.stderr == pytest.approx(differences.std(), rel=0.1)


def test_samples_of_one_group_are_left_out_together() -> None:
    corpus = random_corpus(2, 40)
    alone = aggregate(Variant.SACREBLEU, rows(Variant.SACREBLEU, corpus), [""] * 40)
    twice = aggregate(Variant.SACREBLEU, rows(Variant.SACREBLEU, corpus * 2), [str(i) for i in range(40)] * 2)
    assert twice.value == pytest.approx(alone.value)
    assert twice.stderr == pytest.approx(alone.stderr)


@pytest.mark.parametrize("variant", Variant)
def test_scores_of_many_corpora_at_once(variant: Variant) -> None:
    corpora = [random_corpus(seed, 5) for seed in range(4)]
    sums = np.stack([as_rows(rows(variant, corpus)).sum(axis=0) for corpus in corpora])
    together = bleu_of(variant, sums)
    assert together == pytest.approx([float(bleu_of(variant, row)) for row in sums])


def test_the_bootstrap_is_paired_and_repeatable() -> None:
    ours = as_rows(rows(Variant.SACREBLEU, random_corpus(1, 50)))
    theirs = as_rows(rows(Variant.SACREBLEU, random_corpus(3, 50)))
    assert not paired_bootstrap(Variant.SACREBLEU, ours, ours).any()
    first = paired_bootstrap(Variant.SACREBLEU, ours, theirs)
    assert np.array_equal(first, paired_bootstrap(Variant.SACREBLEU, ours, theirs))
    assert first.shape == (1000,)


def test_the_registry_is_read_without_numpy() -> None:
    statement = "import sys; from tasks.task import registry; registry(); sys.exit('numpy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", statement]).returncode == 0
