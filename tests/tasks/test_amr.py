"""AMR tasks: the releases' layouts, graphs cut out of completions, and figures of real parsers."""

from __future__ import annotations

from pathlib import Path

import pytest

from executors import amr
from tasks.amr import METRICS, extract_graph, read_bio, read_file, read_release
from tasks.metrics import Estimate, Metric
from tasks.scoring import score
from tasks.source import BUNDLED
from tasks.task import DataError, Sample, registry
from tests.oracles.agreement import Case, load

HEADER = "# AMR release; (generated on ...)\n\n"
ROW = "# ::id x.1 ::date 2020\n# ::snt Ann left .\n# ::save-date now\n(l / leave-11~e.1\n      :ARG0 (p / person))\n"
SMATCH, OPTIMAL, WELL_FORMED = METRICS


def test_a_block_is_a_sample_when_it_has_an_id(tmp_path: Path) -> None:
    example = "# how a graph looks:\n(e / example)\n\n"
    (tmp_path / "a.txt").write_text(HEADER + example + ROW)
    (sample,) = read_file(tmp_path / "a.txt")
    assert (sample.id, sample.fields["sentence"]) == ("x.1", "Ann left .")
    assert sample.target == "(l / leave-11 :ARG0 (p / person))", "on one line, without alignment marks"


@pytest.mark.parametrize("row", ["# ::id x.1\n(a / b)", "# ::id x.1\n# ::snt Ann left .", f"{ROW})"])
def test_a_damaged_row_is_named(tmp_path: Path, row: str) -> None:
    (tmp_path / "a.txt").write_text(row)
    with pytest.raises(DataError, match=r"a\.txt: x\.1.* fetch the official file again"):
        list(read_file(tmp_path / "a.txt"))


@pytest.mark.parametrize("name", ["amr2", "amr3"])
def test_a_release_is_its_test_split_file_by_file(name: str, tmp_path: Path) -> None:
    assert len(list(read_release(BUNDLED / name))) == 14
    split = tmp_path / "data" / "amrs" / "split" / "test"
    split.mkdir(parents=True)
    with pytest.raises(DataError, match="unpack the LDC release"):
        list(read_release(tmp_path))
    for part in ("proxy", "bolt"):
        (split / f"amr-release-{part}.txt").write_text(HEADER + ROW.replace("x.1", f"{part}.1"))
    assert [sample.id for sample in read_release(tmp_path)] == ["bolt.1", "proxy.1"]


def test_free_bio_files_overlap_and_give_each_id_once(data_root: Path) -> None:
    ids = [sample.id for sample in read_bio(data_root / "amr")]
    assert len(ids) == len(set(ids)) == 134


@pytest.mark.parametrize(
    ("completion", "graph"),
    [
        ("(a / b :ARG0 (c / d))", "(a / b :ARG0 (c / d))"),
        ("The AMR (as asked) is:\n(a / b\n\n  :ARG0 (c / d))\nBye (c / d)", "(a / b :ARG0 (c / d))"),
        ("```amr\n# ::id 1\n(a / b~e.1)\n```", "(a / b)"),
        ('(a / b :op1 "smile :)")) extra)', '(a / b :op1 "smile :)")'),
        ("(a / b :ARG0 (c / d", "(a / b :ARG0 (c / d"),
        ("(a / b)</s>(c / d)", "(a / b)"),
        ("(a b)", None),
        ("", None),
    ],
)
def test_extract(completion: str, graph: str | None) -> None:
    assert extract_graph(completion) == graph


def aggregate(metric: Metric, samples: list[Sample], answers: list[str]) -> Estimate:
    statistics = [
        metric.measure(sample, answer, amr.execute(answer)) for sample, answer in zip(samples, answers, strict=True)
    ]
    return metric.aggregate(statistics, [""] * len(statistics))


def test_the_corpus_score_is_micro_and_a_malformed_graph_counts_its_gold() -> None:
    small, large = Sample("1", {}, "(a / b)"), Sample("2", {}, "(a / b :ARG0 (c / d) :ARG1 (e / f) :ARG2 (g / h))")
    assert aggregate(SMATCH, [small, large], [small.target, large.target]).value == 1.0
    for metric in (SMATCH, OPTIMAL):
        assert aggregate(metric, [small, large], [small.target, "(a b"]).value == pytest.approx(2 * 2 / (2 + 2 + 8))
        assert aggregate(metric, [small], [""]).value == 0.0
    assert aggregate(WELL_FORMED, [small, large], [small.target, "(a b"]).value == 0.5


def test_a_triple_written_twice_brings_no_more_than_one() -> None:
    sample = Sample("1", {}, "(a / b :polarity -)")
    doubled = "(a / b" + " :polarity -" * 20 + ")"
    assert aggregate(OPTIMAL, [sample], [doubled]).value <= 1.0


def pairs(oracles: Path, mutation: str) -> list[Case]:
    return [case for case in load(oracles / "amr.jsonl") if case["mutation"] == mutation]


@pytest.mark.parametrize("system", ["system_auto", "system_1best"])
def test_real_parsers_get_their_figures(oracles: Path, system: str) -> None:
    """The supplied parsers' graphs, as whole corpora, through the task's own extraction and metrics."""
    cases = pairs(oracles, system)
    assert len(cases) in (50, 30)
    samples = [Sample(case["id"], {}, " ".join(case["gold"].split())) for case in cases]
    scored = [score("bioamr", sample, case["pred"]) for sample, case in zip(samples, cases, strict=True)]
    totals = {
        metric.name: metric.aggregate([each.statistics[metric.name] for each in scored], [""] * len(scored)).value
        for metric in registry()["bioamr"].metrics
    }
    triples = sum(case["oracle"]["pred_triples"] + case["oracle"]["gold_triples"] for case in cases)
    worst = 2 * sum(min(case["oracle"]["match_by_seed"]) for case in cases) / triples
    best = 2 * sum(case["optimum"]["match"] for case in cases) / triples
    assert worst <= totals["smatch"] <= best
    assert totals["smatch_optimal"] == pytest.approx(best)
    assert best - worst < 0.03
