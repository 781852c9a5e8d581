"""ChEBI-20: the doubled backslashes of its file, SMILES cut out of completions, and MolT5's own figures."""

from __future__ import annotations

from pathlib import Path

import pytest

from executors import molecule
from tasks.metrics import Statistics
from tasks.science import CHEBI20, extract_smiles, read_chebi
from tasks.scoring import score
from tasks.source import BUNDLED
from tasks.task import DataError, Sample
from tests.oracles.agreement import Case, load


def test_doubled_backslashes_are_undone() -> None:
    assert "C/C=C\\\\C" in (BUNDLED / "chebi20" / "test.txt").read_text()
    (butene,) = (
        sample for sample in read_chebi(BUNDLED / "chebi20") if "the same side" in sample.fields["description"]
    )
    assert butene.target == "C/C=C\\C"
    for answer in ("C/C=C\\C", "C/C=C\\\\C"):
        assert score("chebi20", butene, answer).statistics["exact_match"]["score"] == 1.0


def test_the_real_file_is_read(data_root: Path) -> None:
    samples = list(read_chebi(data_root / "chebi20"))
    assert len(samples) == 150
    assert not any("\\\\" in sample.target for sample in samples)


@pytest.mark.parametrize(
    ("content", "said"), [("a\tb\n", ":1: the header"), ("CID\tSMILES\tdescription\n1\tC\n", ":2: 2 tab")]
)
def test_damaged_files_are_named(tmp_path: Path, content: str, said: str) -> None:
    (tmp_path / "test.txt").write_text(content)
    with pytest.raises(DataError, match=said):
        list(read_chebi(tmp_path))


@pytest.mark.parametrize(
    ("completion", "smiles"),
    [
        ("CCO", "CCO"),
        ("SMILES: CCO", "CCO"),
        ("The SMILES string is: CCO.", "CCO"),
        ("Sure, here it is:\n```smiles\nCCO\n```\nLet me know!", "CCO"),
        ("Here is the molecule:\n`CCO`", "CCO"),
        ("CCO ethanol", "CCO"),
        ("CCO</s>CCN", "CCO"),
        ("", None),
        ("``", None),
    ],
)
def test_extract(completion: str, smiles: str | None) -> None:
    assert extract_smiles(completion) == smiles


def test_other_ways_to_write_the_molecule_match_by_inchi_only() -> None:
    scored = score("chebi20", Sample("1", {}, "CCO"), "OCC")
    assert {name: scored.statistics[name]["score"] for name in ("exact_match", "inchi_match", "canonical_match")} == {
        "exact_match": 0.0,
        "inchi_match": 1.0,
        "canonical_match": 1.0,
    }


def test_a_molecule_without_bonds_is_like_itself() -> None:
    scored = score("chebi20", Sample("1", {}, "O"), "O")
    assert all(metric.is_perfect(scored.statistics[metric.name]) for metric in CHEBI20.metrics)


def measured(cases: list[Case]) -> dict[str, list[Statistics]]:
    found: dict[str, list[Statistics]] = {}
    for case in cases:
        sample = Sample(case["id"], {}, case["gold"])
        outcome = molecule.compare(case["pred"], case["gold"])
        for metric in CHEBI20.metrics:
            found.setdefault(metric.name, []).append(metric.measure(sample, case["pred"], outcome))
    return found


def test_whole_file_figures_are_those_of_the_official_scripts(oracles: Path) -> None:
    """Recorded with the vectors (smiles.md): both scripts run on all 260 answers.

    The recorded BLEU is 0.0001 above what NLTK itself gives for the vectors' own strings (0.7118).
    """
    statistics = measured(load(oracles / "smiles.jsonl"))
    values = {metric.name: metric.aggregate(statistics[metric.name], [""] * 260).value for metric in CHEBI20.metrics}
    recorded = {
        "inchi_match": 0.3231,
        "validity": 0.7308,
        "bleu_nltk_characters": 0.7119,
        "maccs": 0.8851,
        "rdk": 0.8413,
        "morgan": 0.8082,
    }
    for name, figure in recorded.items():
        assert values[name] == pytest.approx(figure, abs=2e-4), name
    assert sum(row["distance"] for row in statistics["levenshtein"]) / 260 == pytest.approx(25.162, abs=1e-3)


@pytest.mark.parametrize("model", ["molt5_large", "molt5_small"])
def test_real_answers_get_their_figures(model: str, oracles: Path) -> None:
    """MolT5's answers, from completion to statistics."""
    cases = [case for case in load(oracles / "smiles.jsonl") if case["mutation"] == model]
    assert len(cases) == 30
    for case in cases:
        scored = score("chebi20", Sample(case["id"], {}, case["gold"]), case["pred"]).statistics
        official = case["oracle"]
        assert scored["inchi_match"]["score"] == official["exact_inchi"], case["id"]
        assert scored["validity"]["score"] == official["valid"]
        assert scored["levenshtein"]["distance"] == official["levenshtein"]
        assert scored["maccs"]["numerator"] == pytest.approx(official.get("maccs", 0.0))
