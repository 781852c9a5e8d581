"""Answers to BIG-Bench Hard and MMLU, against lm-evaluation-harness' filters and exact match."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from tasks import lm_eval_filters as filters
from tests.oracles.agreement import Case, Verdict

Score = Mapping[str, Any]


def judge(cases: Sequence[Case]) -> Iterator[list[Verdict]]:
    for case in cases:
        oracle = case["oracle"]
        if "verdict" in oracle:
            best = "ABCD"[filters.likeliest([float(value) for value in case["loglikelihoods"]])]
            verdict = best == case["gold"]
            yield [Verdict("verdict", oracle["verdict"], verdict, verdict == oracle["verdict"])]
            continue
        ours = _bbh(case) if case["task"].startswith("bbh/") else _mmlu(case)
        official = dict(_flat(oracle["score"]))
        yield [Verdict(f"score.{name}", official[name], score, score == official[name]) for name, score in ours.items()]
        assert ours.keys() == official.keys()


def _flat(scores: Score, prefix: str = "") -> Iterator[tuple[str, Score]]:
    for name, value in scores.items():
        if "extracted" in value:
            yield prefix + name, value
        else:
            yield from _flat(value, f"{prefix}{name}.")


def _bbh(case: Case) -> dict[str, Score]:
    subtask, question, text, target = case["task"].removeprefix("bbh/"), case["input"], case["pred"], case["gold"]
    few = filters.cot_fewshot_answer(text)
    zeroshot = {
        "cot_zeroshot.strict-match": filters.cot_zeroshot_answer(text),
        "cot_zeroshot.flexible-extract": filters.flexible_answer(subtask, question, text, -1),
        "zeroshot.strict-match": text,
        "zeroshot.flexible-extract": filters.flexible_answer(subtask, question, text, 0),
    }
    return {"cot_fewshot.get-answer": _score(few, filters.exact(few, target))} | {
        name: _score(answer, filters.exact_folded(answer, target)) for name, answer in zeroshot.items()
    }


def _mmlu(case: Case) -> dict[str, Score]:
    letter, thought = filters.generative_answer(case["pred"]), filters.flan_cot_answer(case["pred"])
    return {
        "generative": _score(letter, filters.exact_without_punctuation(letter, case["gold"])),
        "flan_cot": _score(thought, filters.exact_without_punctuation(thought, f"({case['gold']})")),
    }


def _score(answer: str, right: bool) -> Score:
    return {"extracted": answer, "exact_match": int(right)}
