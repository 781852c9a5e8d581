"""Likelihood of gold answers: of the answer alone, paired by sample."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
import torch
import transformers

from trainer.dry_run import tiny_checkpoint
from trainer.likelihood import compare, gold_pairs, negative_log_likelihoods
from trainer.pairs import Pair, Part


def pair(prompt: str, completion: str, task: str = "bbh") -> Pair:
    return Pair(prompt, completion, task, Part.GENERAL)


def test_it_is_the_mean_over_the_answer_and_its_end(tmp_path: Path) -> None:
    checkpoint = tiny_checkpoint(tmp_path)
    (found,) = negative_log_likelihoods(str(checkpoint), [pair("Two and two is ", "four")])
    tokenizer = transformers.AutoTokenizer.from_pretrained(checkpoint)
    model = transformers.AutoModelForCausalLM.from_pretrained(checkpoint)
    ids = tokenizer("Two and two is four")["input_ids"] + [tokenizer.eos_token_id]
    scores = model(input_ids=torch.tensor([ids])).logits[0].detach().log_softmax(dim=-1)
    answer = [-float(scores[place - 1, ids[place]]) for place in range(len(ids) - 5, len(ids))]
    assert found == pytest.approx(sum(answer) / 5, rel=1e-5)


def test_what_is_too_long_is_left_out_of_the_pairs(tmp_path: Path) -> None:
    pairs = [pair("short", "yes"), pair("long " * 60, "yes")]
    found = negative_log_likelihoods(str(tiny_checkpoint(tmp_path)), pairs, max_length=64)
    assert found[0] is not None
    assert found[1] is None
    (line,) = compare(pairs, found, [found[0] + 0.5, 1.0])
    assert (line.samples, line.difference) == (1, pytest.approx(0.5))


def test_differences_are_paired(tmp_path: Path) -> None:
    pairs = [pair("q", "a", "bbh"), pair("r", "a", "bbh"), pair("s", "a", "mmlu")]
    bbh, mmlu = compare(pairs, [1.0, 5.0, 2.0], [1.5, 5.7, 1.0])
    assert (bbh.task, bbh.samples, mmlu.task) == ("bbh", 2, "mmlu")
    assert bbh.difference == pytest.approx(0.6)
    assert bbh.standard_error == pytest.approx(math.sqrt(0.02 / 2))
    assert bbh.z == pytest.approx(6.0)
    assert mmlu.difference == -1.0


def test_gold_pairs_are_the_tasks_own(tmp_path: Path) -> None:
    pairs = gold_pairs(["scan", "folio"], "bundled", 5)
    assert {p.task for p in pairs} == {"scan", "folio"}
    assert len(pairs) == 10
    assert pairs == gold_pairs(["scan", "folio"], "bundled", 5)
