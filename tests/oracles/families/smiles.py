"""Molecules: MolT5's scores of single predictions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from executors import molecule
from tasks.bleu import Variant, aggregate, counts
from tasks.edit_distance import levenshtein
from tests.oracles.agreement import Case, Verdict

_SIMILARITIES = {"maccs": "maccs", "rdk": "rdk", "morgan2": "morgan"}
_BLEU = Variant.NLTK_CHARACTERS


def judge(cases: Sequence[Case]) -> Iterator[list[Verdict]]:
    for case in cases:
        yield list(_judged(case))


def _judged(case: Case) -> Iterator[Verdict]:
    predicted, gold, official = case["pred"], case["gold"], case["oracle"]
    outcome = molecule.compare(predicted, gold)
    found = outcome.value if isinstance(outcome.value, Mapping) else {}
    ours: dict[str, object] = {
        "valid": outcome.ok,
        "exact_inchi": bool(found.get("same_inchi")),
        "same_canonical_smiles": bool(found.get("same_canonical")),
        "levenshtein": levenshtein(predicted, gold),
    }
    for name, value in ours.items():
        yield Verdict(name, official[name], value, value == official[name], {"status": outcome.status.value})
    numbers: dict[str, object] = {name: found.get(key) for name, key in _SIMILARITIES.items() if name in official}
    numbers["bleu_char"] = aggregate(_BLEU, [counts(_BLEU, predicted, gold)], [""]).value
    for name, number in numbers.items():
        agrees = isinstance(number, float) and abs(number - official[name]) < 1e-6
        yield Verdict(name, official[name], number, agrees, {"status": outcome.status.value})
