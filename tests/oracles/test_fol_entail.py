"""Entailment on the vectors judged by four provers, and Logic-LM's programs, real model outputs among them."""

from __future__ import annotations

import io
import json
from collections import Counter
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from executors import forward_chaining, logic_lm
from executors.fol.parser import Unparsable, parse
from executors.fol.syntax import Formula
from executors.logic_program import Faulty, parse_program, run
from executors.outcome import Limits, Status, Verdict
from executors.prover import Agreement, entails
from harness.config import ModelSpec, Sampling
from harness.evaluate import evaluate
from harness.plan import Options, prepare
from harness.progress import Progress
from harness.runlog import read_records

LIMITS = Limits(seconds=60)
ENDLESS_LIMITS = Limits(seconds=2)

Case = dict[str, Any]


@cache
def read(folder: Path) -> list[Case]:
    return [json.loads(line) for line in (folder / "fol_entail.jsonl").read_text(encoding="utf-8").splitlines()]


@pytest.fixture
def cases(oracles: Path) -> list[Case]:
    return read(oracles)


@pytest.fixture
def judged(cases: list[Case]) -> list[Case]:
    """The cases with a verdict that the provers decided."""
    found = [case for case in cases if case["oracle"]["provers"] and verdict(case) is not Verdict.UNDECIDED]
    assert len(found) == 296
    return found


def verdict(case: Case) -> Verdict:
    return Verdict(case["oracle"]["provers"]["verdict"].lower())


def formula(text: str) -> Formula:
    parsed = parse(text)
    assert not isinstance(parsed, Unparsable), text
    return parsed


def test_prover9_contradicts_no_verdict(judged: list[Case]) -> None:
    for case in judged[::10]:
        premises = [formula(text) for text in case["premises_canonical"]]
        outcome = entails(premises, formula(case["conclusion_canonical"]), Limits(seconds=10), Agreement.ALWAYS)
        assert outcome.value is verdict(case), (case["id"], outcome)


def test_what_no_prover_decided_is_never_called_unknown(cases: list[Case]) -> None:
    undecided = [case for case in cases if case["oracle"]["provers"] and verdict(case) is Verdict.UNDECIDED]
    assert undecided
    for case in undecided:
        assert run(case["program"], ENDLESS_LIMITS).value is not Verdict.UNKNOWN, case["id"]


def test_programs_without_a_canonical_reading_end_in_an_outcome_that_says_why(cases: list[Case]) -> None:
    for case in cases:
        if case["premises_canonical"] is None:
            outcome = run(case["program"], LIMITS)
            assert outcome.status in (Status.OK, Status.INVALID, Status.NO_PROGRAM), case["id"]
            assert outcome.detail, case["id"]


# Of the model programs that Logic-LM supplies: how many are read. The rest use arithmetic, set membership, unbalanced
# brackets, or answer with a word in place of a formula.
READ = {
    "FOLIO_dev_gpt-4": (90, 100),
    "FOLIO_dev_gpt-3.5-turbo": (91, 100),
    "FOLIO_dev_text-davinci-003": (84, 100),
    "ProofWriter_dev_gpt-4": (75, 75),
    "ProofWriter_dev_text-davinci-003": (75, 75),
    "ProntoQA_dev_gpt-4": (75, 75),
    "ProntoQA_dev_text-davinci-003": (75, 75),
}


def test_real_model_programs_are_read(data_root: Path) -> None:
    counted: Counter[str] = Counter()
    total: Counter[str] = Counter()
    for path in sorted(data_root.glob("*/logic_programs/*.json")):
        for row in json.loads(path.read_text(encoding="utf-8")):
            total[path.stem] += 1
            counted[path.stem] += not isinstance(parse_program(row["raw_logic_programs"][0]), Faulty)
    assert {name: (counted[name], total[name]) for name in total} == READ


LETTERS = {"A": Verdict.TRUE, "B": Verdict.FALSE, "C": Verdict.UNKNOWN}


def test_logic_lms_own_reading_gives_its_own_answers(cases: list[Case]) -> None:
    """Not binding: Logic-LM stops after 60 s where its first parser takes exponential time, and ours does not."""
    differing: list[str] = []
    for case in cases:
        official = case["oracle"]["logic_lm"]
        if "FOL" in official["tool"]:
            outcome = logic_lm.run_formulas(case["program"], ENDLESS_LIMITS)
        else:
            outcome = logic_lm.run_rules(case["program"], ENDLESS_LIMITS, closed_world=case["task"] == "prontoqa")
        if outcome.value != LETTERS.get(official["answer"]):
            differing.append(case["id"])
    assert len(differing) <= len(cases) // 100, differing


LABELS = {
    "entailment": Verdict.TRUE,
    "contradiction": Verdict.FALSE,
    "neutral": Verdict.UNKNOWN,
    "self_contradiction": Verdict.INCONSISTENT,
}


def test_forward_chaining_comes_to_logicnlis_labels_where_classical_logic_cannot(cases: list[Case]) -> None:
    theories = [case for case in cases if case["task"] == "logicnli"]
    assert len(theories) == 32
    for case in theories:
        assert verdict(case) is Verdict.INCONSISTENT
        assert run(case["program"], LIMITS, forward_chaining.chain).value is LABELS[case["gold"]], case["id"]


# The task that a data set's programs belong to, and the supplied file with the rows they were written for.
WRITTEN_FOR = {
    "folio": ("folio_delegation", "dev.json", "dev.json"),
    "proofwriter": ("proofwriter", "dev.json", "test.json"),
    "prontoqa": ("prontoqa", "dev.json", "dev.json"),
}


@pytest.mark.parametrize("model", ["gpt-4", "gpt-3.5-turbo", "text-davinci-003"])
def test_real_model_programs_as_a_run(model: str, cases: list[Case], data_root: Path, tmp_path: Path) -> None:
    """The accuracies are those of the recorded verdicts: of the provers, and of Logic-LM's own solvers."""
    written = {
        (WRITTEN_FOR[case["task"]][0], case["source"].split()[-1]): case
        for case in cases
        if case["kind"] == "model_program" and case["source"].split()[1] == model
    }
    for name, file, wanted in WRITTEN_FOR.values():
        rows = json.loads((data_root / name / file).read_text(encoding="utf-8"))
        (tmp_path / name).mkdir()
        chosen = [row for row in rows if (name, row["id"]) in written]
        (tmp_path / name / wanted).write_text(json.dumps(chosen), encoding="utf-8")
    answers = tmp_path / "answers.jsonl"
    with answers.open("w", encoding="utf-8") as out:
        for (task, sample), case in written.items():
            out.write(json.dumps({"task": task, "sample": sample, "completion": case["program"]}) + "\n")
    tasks = sorted({task for task, _ in written})
    options = Options(
        ModelSpec(model=f"replay:{answers}"), tasks, Sampling(), tmp_path / "results", str(tmp_path), workers=2
    )
    with Progress(Console(file=io.StringIO())) as progress:
        summary = evaluate(prepare(options), progress)
    for task in summary.tasks:
        those = [case for (name, _), case in written.items() if name == task.name]
        by_logic_lm = sum(case["oracle"]["logic_lm"]["answer"] == case["gold"] for case in those)
        assert (task.n, task.faults) == (len(those), 0)
        assert task.estimates["logic_lm"].value == pytest.approx(by_logic_lm / task.n), task.name
    for record in read_records(summary.folder):
        case = written[record.task, record.sample]
        if case["oracle"]["provers"]:  # else the program has no intended formulas
            right = float(verdict(case) is LETTERS[case["gold"]])
            assert record.statistics["entailment"] == {"score": right}, case["id"]
