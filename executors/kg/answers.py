"""Answers of knowledge graph questions: the official scores of WebQSP, GrailQA and ComplexWebQuestions.

Sources: eval.py of WebQSP (as kept in LHRLAB/ChatKBQA 229ea36119da), evaluate.py of GrailQA (as kept in
salesforce/rng-kbqa 2b6ef28e7724), metrics/compwebq of HKUNLP/UnifiedSKG 49a2ff950bb3.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

# The official script counts from here instead of from 0, so that nothing in common is 1e-40.
TINY = 1e-40


@dataclass(frozen=True, slots=True)
class Score:
    precision: float
    recall: float
    f1: float


def webqsp_score(gold: Sequence[str], predicted: Sequence[str]) -> Score:
    """Of one parse: ids as they are written, each prediction counted as often as it is there."""
    if not gold:
        return Score(0.0, 1.0, 0.0) if predicted else Score(1.0, 1.0, 1.0)
    if not predicted:
        return Score(1.0, 0.0, 0.0)
    wanted, found = set(gold), set(predicted)
    right = TINY + sum(answer in found for answer in gold)
    wrong = sum(answer not in wanted for answer in predicted)
    missed = sum(answer not in found for answer in gold)
    precision, recall = right / (right + wrong), right / (right + missed)
    return Score(precision, recall, 2 * precision * recall / (precision + recall))


def best_webqsp_score(parses: Sequence[Sequence[str]], predicted: Sequence[str]) -> Score:
    """The best F1 over a question's parses, the first one of equals; without a parse there is nothing to be right."""
    scores = (webqsp_score(gold, predicted) for gold in parses)
    return max(scores, key=lambda score: score.f1, default=Score(0.0, 0.0, 0.0))


def set_f1(gold: Sequence[str], predicted: Sequence[str]) -> float:
    """GrailQA's: of both sets; 0 without anything in common, also when both are empty."""
    common = len(set(gold) & set(predicted))
    return 2 * common / (len(set(gold)) + len(set(predicted))) if common else 0.0


def list_f1(gold: Sequence[str], predicted: Sequence[str]) -> float:
    """UnifiedSKG's: a right answer counts as often as it is predicted, so that it may be more than 1."""
    right = sum(answer in gold for answer in predicted)
    return 2 * right / (len(gold) + len(predicted)) if right else 0.0


def same_set(gold: Sequence[str], predicted: Sequence[str]) -> bool:
    return set(gold) == set(predicted)


def same_text(gold: str, predicted: str) -> bool:
    """Of two queries, the blanks around them aside."""
    return gold.strip() == predicted.strip()


def split_answers(text: str) -> list[str]:
    """A list in one text, as UnifiedSKG writes it; an answer that holds ", " is broken by it."""
    return [item.strip() for item in text.split(", ")]


def hits_at_1(gold: Sequence[str], predicted: Sequence[str]) -> bool:
    return bool(predicted) and predicted[0] in gold
