"""Descriptions to molecules: ChEBI-20, the text-to-molecule half.

Official file: MolT5's `ChEBI-20_data/test.txt`, tab-separated, header CID, SMILES, description, no quoting. It doubles
every backslash (a bond's direction in SMILES), which MolT5's own prediction files do not: undoubled on reading.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from executors.outcome import Outcome
from tasks import extract
from tasks.bleu import Variant, bleu_metric
from tasks.edit_distance import levenshtein
from tasks.metrics import Metric, Origin, Standing, Statistics, ratio
from tasks.prompt import Prompt, Shot
from tasks.source import Source
from tasks.task import DataError, Sample, Task

_FILE = "test.txt"


def read_chebi(folder: Path) -> Iterator[Sample]:
    """Samples of test.txt, ids by PubChem's compound number."""
    path = folder / _FILE
    header, *lines = path.read_text(encoding="utf-8").split("\n")
    if header.strip().split("\t") != ["CID", "SMILES", "description"]:
        raise DataError(f"{path}:1: the header is not CID, SMILES, description; fetch MolT5's ChEBI-20_data again")
    for number, line in enumerate(lines, 2):
        if not line.strip():
            continue
        cells = line.rstrip("\r").split("\t")
        if len(cells) != 3:
            raise DataError(f"{path}:{number}: {len(cells)} tab-separated cells, not 3; fetch MolT5's file again")
        yield Sample(cells[0], {"description": cells[2].strip()}, undoubled(cells[1]))


def undoubled(smiles: str) -> str:
    """`smiles` with single backslashes: a doubled one means nothing else, and RDKit reads both."""
    return smiles.replace("\\\\", "\\")


_LABEL = re.compile(
    r"^\W*(?:the\s+)?(?:canonical\s+)?(?:smiles|molecule|answer|output)"
    r"(?:\s+(?:form|string|representation|notation))?(?:\s+is)?\s*[:=]\s*",
    re.IGNORECASE,
)


def extract_smiles(completion: str) -> str | None:
    """The first line that is one word (labels such as "SMILES:" off), in the last fenced block if any; else a word."""
    text = extract.without_end_tokens(completion)
    block = extract.fenced(text, "smiles")
    lines = [_LABEL.sub("", line).split() for line in (block if block is not None else text).splitlines()]
    words = [line for line in lines if line]
    if not words:
        return None
    line = next((line for line in words if len(line) == 1), words[0])
    return undoubled(line[0].strip("`'\"").rstrip(".,;")) or None


def execute(program: str, sample: Sample) -> Outcome:
    from executors import molecule  # not above: RDKit takes a third of a second to load

    return molecule.compare(program, sample.target)


def exact_match(sample: Sample, program: str | None, outcome: Outcome) -> Statistics:
    return {"score": float(program == sample.target)}


def validity(sample: Sample, program: str | None, outcome: Outcome) -> Statistics:
    return {"score": float(outcome.ok)}


def _same(field: str) -> Callable[[Sample, str | None, Outcome], Statistics]:
    def measure(sample: Sample, program: str | None, outcome: Outcome) -> Statistics:
        found: Any = outcome.value or {}
        return {"score": float(bool(found.get(field)))}

    return measure


def _similarity(field: str) -> Callable[[Sample, str | None, Outcome], Statistics]:
    """What is no molecule drops out of the mean, as in the official script: read it beside `validity`.

    The gold molecule itself is given 1, also where it has no bond: there RDKit finds no path, which it calls 0 alike.
    """

    def measure(sample: Sample, program: str | None, outcome: Outcome) -> Statistics:
        found: Any = outcome.value or {}
        similarity = 1.0 if found.get("same_canonical") else found.get(field, 0.0)
        return {"numerator": similarity, "denominator": float(outcome.ok)}

    return measure


def edit_similarity(sample: Sample, program: str | None, outcome: Outcome) -> Statistics:
    """1 - distance / the longer one's length; `distance` is what the official script averages."""
    answer = program or ""
    distance = levenshtein(answer, sample.target)
    return {"score": 1 - distance / max(len(answer), len(sample.target), 1), "distance": distance}


def wrong(sample: Sample) -> list[str]:
    return [f"{sample.target}.[Xe]", f"{sample.target}(", "The molecule is unknown."]


_SCRIPT = "MolT5 754f9bff mol_translation_metrics.py"
_FINGERPRINTS = "MolT5 754f9bff fingerprint_metrics.py: mean Tanimoto similarity over valid answers"

CHEBI20 = Task(
    name="chebi20",
    title="CheBi-20",
    suites=("symbolic",),
    domain="Science",
    language="smiles",
    source=Source("chebi20", (_FILE,), "https://github.com/blender-nlp/MolT5 (ChEBI-20_data)", "BSD-3; CC BY 4.0"),
    read=read_chebi,
    prompt=Prompt(
        "Generate SMILES form for the natural language description of the molecular.\n"
        "The description is: {{ description }}\n"
        "The SMILES is: ",
        shots=(
            Shot(
                {"description": "The molecule is the alcohol with a chain of three carbons, its hydroxy last."}, "CCCO"
            ),
            Shot(
                {"description": "The molecule is a benzene in which one hydrogen is replaced by bromine."}, "Brc1ccccc1"
            ),
            Shot({"description": "The molecule is the potassium salt of acetic acid."}, "CC(=O)[O-].[K+]"),
        ),
    ),
    extract=extract_smiles,
    execute=execute,
    metrics=(
        Metric(
            "exact_match",
            exact_match,
            origin=Origin.PAPER,
            standing=Standing.DERIVED,
            source="EM of the paper's table, taken as equality of the strings; see inchi_match",
        ),
        Metric("inchi_match", _same("same_inchi"), origin=Origin.OFFICIAL, source=f"{_SCRIPT}: equal InChI"),
        Metric("canonical_match", _same("same_canonical"), source="equal canonical SMILES of RDKit"),
        Metric("validity", validity, origin=Origin.OFFICIAL, source=f"{_SCRIPT}: RDKit reads it", graded=True),
        Metric(
            "maccs", _similarity("maccs"), ratio, Origin.OFFICIAL, source=f"{_FINGERPRINTS}, MACCS keys", graded=True
        ),
        Metric("rdk", _similarity("rdk"), ratio, Origin.OFFICIAL, source=f"{_FINGERPRINTS}, RDKit paths", graded=True),
        Metric(
            "morgan",
            _similarity("morgan"),
            ratio,
            Origin.OFFICIAL,
            source=f"{_FINGERPRINTS}, Morgan counts of radius 2",
            graded=True,
        ),
        bleu_metric(Variant.NLTK_CHARACTERS, origin=Origin.OFFICIAL, standing=Standing.FOUND),
        Metric(
            "levenshtein",
            edit_similarity,
            source=f"1 - distance / longer length; the distances are {_SCRIPT}'s",
            graded=True,
        ),
    ),
    wrong=wrong,
    paper_metric="exact_match",
    size=3300,
    max_tokens=400,
)
