"""Scoring speed of AMR graphs, molecules and triples, beside the way the official tools go, in one run.

Usage: python benchmarks/languages.py [--json FILE]

Rows come from SYMHARNESS_DATA (default ../shared/data). All that is compared takes turns, item by item, on the same
pairs, from text to numbers:
- graphs: a parser's output against gold, PyPI smatch (5 starts) against our 20 climbs and against the exact optimum;
- molecules: a row's SMILES against the row before, MolT5's steps (parse, InChI, parse again, three fingerprints, NLTK's
  BLEU) against all metrics of our task;
- triples: the gold of the row before as an answer, Text2KGBench's steps (keys, conformance, stems of words for
  hallucinations) against all metrics of our task.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import re
import sys
import time
import warnings
from collections.abc import Callable, Sequence
from functools import partial
from itertools import pairwise
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(REPOSITORY))

import amr as official_amr  # noqa: E402
import smatch  # noqa: E402
from nltk.stem import PorterStemmer  # noqa: E402
from nltk.tokenize import NLTKWordTokenizer  # noqa: E402
from nltk.translate.bleu_score import corpus_bleu  # noqa: E402
from rdkit import Chem, DataStructs  # noqa: E402
from rdkit.Chem import MACCSkeys, rdFingerprintGenerator  # noqa: E402

from executors import amr  # noqa: E402
from tasks.amr import read_file  # noqa: E402
from tasks.ontology import Sentence  # noqa: E402
from tasks.scoring import score  # noqa: E402
from tasks.task import Sample, registry  # noqa: E402

DATA = Path(os.environ.get("SYMHARNESS_DATA") or REPOSITORY.parent / "shared" / "data")
REPEATS = 3

Action = Callable[[], object]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", type=Path)
    target = parser.parse_args().json
    warnings.simplefilter("ignore")  # NLTK tells of every order without a match
    smatch.ERROR_LOG = official_amr.ERROR_LOG = io.StringIO()
    rates = {
        name: measured(make()) for name, make in (("graphs", graphs), ("molecules", molecules), ("triples", triples))
    }
    ratios = {
        f"{name}: {way}": rate / each["official"]
        for name, each in rates.items()
        for way, rate in each.items()
        if way != "official"
    }
    text = json.dumps({"per_second": rates, "ratios": ratios}, indent=1)
    print(text)
    if target is not None:
        target.write_text(text + "\n", encoding="utf-8")


def measured(rows: Sequence[dict[str, Action]]) -> dict[str, float]:
    """Rows a second, by way."""
    seconds: dict[str, float] = dict.fromkeys(rows[0], 0.0)
    for action in rows[0].values():
        action()  # what is loaded or built once is not counted
    for row in list(rows) * REPEATS:
        for way, action in row.items():
            started = time.perf_counter()
            action()
            seconds[way] += time.perf_counter() - started
    return {way: REPEATS * len(rows) / total for way, total in seconds.items()}


def graphs() -> list[dict[str, Action]]:
    gold = {sample.id: sample.target for sample in read_file(DATA / "amr" / "bio-bmdr4-gold-2015-01-08.txt")}
    parsed = {sample.id: sample.target for sample in read_file(DATA / "amr" / "bio-bmdr4-auto-amr-2015-01-07-ulf.txt")}

    def official(answer: str, wanted: str) -> None:
        smatch.get_amr_match(answer, wanted)
        smatch.match_triple_dict.clear()

    def ours(search: Callable[[amr.Graph, amr.Graph], amr.Match], answer: str, wanted: str) -> None:
        search(amr.read(answer), amr.read(wanted))

    return [
        {
            "official": partial(official, parsed[name], gold[name]),
            "best of 20 climbs": partial(ours, amr.best_of_climbs, parsed[name], gold[name]),
            "optimum": partial(ours, amr.optimum, parsed[name], gold[name]),
        }
        for name in gold
    ]


def molecules() -> list[dict[str, Action]]:
    task = registry()["chebi20"]
    samples = list(task.read(DATA / "chebi20"))
    morgan = rdFingerprintGenerator.GetMorganGenerator(radius=2).GetSparseCountFingerprint

    def official(answer: str, wanted: str) -> None:
        for smiles in (answer, wanted):
            Chem.MolToInchi(Chem.MolFromSmiles(smiles))
        one, other = Chem.MolFromSmiles(answer), Chem.MolFromSmiles(wanted)
        for fingerprint in (MACCSkeys.GenMACCSKeys, Chem.RDKFingerprint, morgan):
            DataStructs.TanimotoSimilarity(fingerprint(one), fingerprint(other))
        corpus_bleu([[list(wanted)]], [list(answer)])

    return [
        {
            "official": partial(official, before.target, sample.target),
            "all metrics": partial(score, "chebi20", sample, before.target),
        }
        for before, sample in pairwise(samples)
    ]


def triples() -> list[dict[str, Action]]:
    task = registry()["webnlg"]
    samples = list(task.read(DATA / "webnlg"))
    stemmer, tokenizer = PorterStemmer(), NLTKWordTokenizer()

    def stems(text: str) -> str:
        return re.sub(r"(_|\s+)", "", "".join(map(stemmer.stem, tokenizer.tokenize(text)))).lower()

    def key(parts: Sequence[str]) -> str:
        return "".join(re.sub(r"(_|\s+)", "", part).lower() for part in parts)

    def official(before: Sample, sample: Sample) -> None:
        answer, sentence = before.context, sample.context
        assert isinstance(answer, Sentence)
        assert isinstance(sentence, Sentence)
        relations = {triple.relation for triple in sentence.gold}
        kept = {key(triple) for triple in answer.gold if triple.relation in relations}
        len(kept & {key(triple) for triple in sentence.gold})
        sum(triple.relation in sentence.allowed.relations for triple in answer.gold)
        source = stems(sentence.text + " ".join(sentence.allowed.concepts))
        for triple in answer.gold:
            source.find(stems(triple.subject))
            source.find(stems(triple.object))

    return [
        {
            "official": partial(official, before, sample),
            "all metrics": partial(score, "webnlg", sample, before.target),
        }
        for before, sample in pairwise(samples)
    ]


if __name__ == "__main__":
    main()
