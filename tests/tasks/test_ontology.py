"""Tekgen and WebNLG: the official files, and the figures of real answers."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from executors.triples import Triple, write
from tasks.ontology import METRICS, Sentence, extract_triples, read_sentences
from tasks.scoring import score
from tasks.source import BUNDLED
from tasks.task import DataError, Sample, registry
from tests.oracles.agreement import load


@pytest.fixture
def tekgen(tmp_path: Path) -> Path:
    return shutil.copytree(BUNDLED / "tekgen", tmp_path / "tekgen")


def test_samples_carry_sentence_ontology_and_gold(tekgen: Path) -> None:
    sample = next(iter(read_sentences(tekgen)))
    assert (sample.id, sample.group) == ("ont_1_lighthouse_test_1", "1_lighthouse")
    assert sample.fields["ontology"].split("\n") == [
        "located_on(lighthouse, island)",
        "built_by(lighthouse, human)",
        "first_lit(lighthouse, literal)",
    ]
    assert sample.target.split("\n")[0] == "built_by(Old Ness Light, Piet van Dorn)"


def test_ontologies_come_in_the_order_of_their_numbers(data_root: Path) -> None:
    groups = list(dict.fromkeys(sample.group for sample in read_sentences(data_root / "tekgen")))
    assert groups[0] == "1_movie"
    assert groups[-1] == "10_culture"


def test_damaged_files_are_named(tekgen: Path) -> None:
    rows = tekgen / "ground_truth" / "ont_1_lighthouse_ground_truth.jsonl"
    rows.write_text(rows.read_text() + '{"id": "x"}\n')
    with pytest.raises(DataError, match=r"ont_1_lighthouse_ground_truth\.jsonl:9: no Text2KGBench row"):
        list(read_sentences(tekgen))
    (tekgen / "ontologies" / "1_lighthouse_ontology.json").write_text("[]")
    with pytest.raises(DataError, match="is no Text2KGBench ontology"):
        list(read_sentences(tekgen))
    (tekgen / "ontologies" / "1_lighthouse_ontology.json").unlink()
    with pytest.raises(DataError, match="is missing"):
        list(read_sentences(tekgen))


@pytest.mark.parametrize(
    ("completion", "program"),
    [
        ("a(b, c)", "a(b, c)"),
        ("Here:\n```\na(b, c)\n```\nBye (now)", "a(b, c)"),
        ("a(b, c)</s>d(e, f)", "a(b, c)"),
        ("none", None),
    ],
)
def test_extract(completion: str, program: str | None) -> None:
    assert extract_triples(completion) == program


def test_an_answer_without_triples_conforms_and_scores_nothing() -> None:
    sample = next(iter(read_sentences(BUNDLED / "tekgen")))
    scored = score("tekgen", sample, "There is nothing to extract.")
    assert {name: values["score"] for name, values in scored.statistics.items()} == {
        "f1": 0.0,
        "strict_f1": 0.0,
        "precision": 0.0,
        "recall": 0.0,
        "onto_conf": 1.0,
        "subject_grounding": 1.0,
        "object_grounding": 1.0,
    }


@pytest.mark.parametrize("name", ["tekgen", "webnlg"])
def test_real_answers_get_their_figures(name: str, oracles: Path, data_root: Path) -> None:
    """Vicuna-13B's triples as text with the baselines' escapes, from completion to statistics."""
    samples = {sample.id: sample for sample in read_sentences(data_root / name)}
    cases = [case for case in load(oracles / "triples.jsonl") if case["mutation"] == "vicuna13b_output"]
    cases = [case for case in cases if case["task"] == name and case["row_id"] in samples]
    assert len(cases) >= 10
    statistics: dict[str, list[float]] = {}
    for case in cases:
        text = write(Triple(*(part.strip() for part in triple)) for triple in case["pred"])
        scored = score(name, samples[case["row_id"]], text.replace("_", "\\_"))
        for metric in ("precision", "recall", "f1", "onto_conf"):
            statistics.setdefault(metric, []).append(scored.statistics[metric]["score"])
    for metric, scores in statistics.items():
        assert scores == pytest.approx([case["oracle"][metric] for case in cases]), metric


def test_the_average_is_macro_over_ontologies() -> None:
    f1 = METRICS[0]
    rows = [{"score": 1.0}, {"score": 1.0}, {"score": 0.0}, {"score": 0.0}]
    assert f1.aggregate(rows, ["a", "b", "b", "b"]).value == pytest.approx((1 + 1 / 3) / 2)


def test_gold_entities_are_grounded_even_where_the_sentence_lacks_them(data_root: Path) -> None:
    dated = next(sample for sample in read_sentences(data_root / "tekgen") if "16 January 1943" in sample.target)
    assert isinstance(dated.context, Sentence)
    assert "16 January" not in dated.context.text
    assert score("tekgen", dated, dated.target).statistics["object_grounding"]["score"] == 1.0


def test_rows_without_gold_are_listed(data_root: Path) -> None:
    empty = {sample.id for sample in read_sentences(data_root / "tekgen") if not sample.target}
    assert empty
    assert empty <= set(registry()["tekgen"].broken)


def test_samples_can_be_sent_to_a_worker() -> None:
    import pickle

    sample = next(iter(read_sentences(BUNDLED / "webnlg")))
    assert pickle.loads(pickle.dumps(sample)) == sample  # noqa: S301
    assert isinstance(sample, Sample)
    assert json.dumps(sample.fields)
