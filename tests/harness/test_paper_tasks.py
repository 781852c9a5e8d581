"""Every task of the paper is one of ours, and every one of ours is of the paper or says why it is there."""

from __future__ import annotations

import csv

from harness.averages import paper_title
from harness.published import PUBLISHED
from tasks.task import SUITES, Task, registry

# Rows of the paper's tables that are averages of others.
AVERAGES = {
    "Average",
    "Average of AddSub SingleEQ SingleOP MultiArith (one merged cell)",
    "Average of the three",
    "General average",
    "Symbol+Delegation average",
    "Symbolic average",
}

# Named by the paper without figures (its delegation scenarios and OOD settings), by our name.
WITHOUT_FIGURES = {
    "delegation": {
        "blocksworld_delegation", "termes_delegation", "floortile_delegation", "grippers_delegation", "wikisql",
        "wikitq", "aqua", "colored_objects", "last_letter", "folio_delegation", "proofwriter", "prontoqa",
        "geometry3k_delegation",
    },
    "ood": {"colored_objects", "last_letter", "proofwriter", "prontoqa", "wikisql", "wikitq"},
}  # fmt: skip

# Beyond the paper, and why.
OURS = {
    "bbh_cot": "the usual setting of BBH",
    "logicnli_delegation": "LogicNLI's labels, which the paper asks formulas of only",
    "little_prince": "an AMR corpus that everybody may have",
    "nl2python_cosqa": "the other file of the paper's NL2Python collection",
    "nl2rx_synth": "the other half of the NL2RX data",
    "scan_jump": "SCAN's own splits of generalisation",
    "scan_around_right": "SCAN's own splits of generalisation",
    "scan_length": "SCAN's own splits of generalisation",
    "scan_turn_left": "SCAN's own splits of generalisation",
}


def published() -> set[tuple[str, str]]:
    with PUBLISHED.open(encoding="utf-8", newline="") as file:
        return {(row["suite"], row["task"]) for row in csv.DictReader(file) if row["task"] not in AVERAGES}


def titled() -> dict[str, list[Task]]:
    found: dict[str, list[Task]] = {}
    for task in registry().values():
        found.setdefault(paper_title(task) if "symbolic" in task.suites else task.title, []).append(task)
    return found


def test_every_task_with_figures_is_one_of_ours() -> None:
    tasks = titled()
    for _, title in published():
        assert len(tasks.get(title, [])) == 1, title


def test_the_symbolic_suite_is_the_papers_table() -> None:
    ours = {paper_title(task) for task in registry().values() if "symbolic" in task.suites}
    assert ours == {title for suite, title in published() if suite == "symbolic"}
    assert len(ours) == 34


def test_tasks_without_figures_are_in_the_papers_suites() -> None:
    for suite, names in WITHOUT_FIGURES.items():
        assert {name for name in names if suite not in registry()[name].suites} == set()


def test_every_task_of_ours_is_of_the_paper_or_says_why_it_is_there() -> None:
    of_paper = {title for _, title in published()}
    named = set().union(*WITHOUT_FIGURES.values())
    unexplained = [
        name
        for title, tasks in titled().items()
        for name in (task.name for task in tasks)
        if title not in of_paper and name not in named | set(OURS) and not name.endswith("_evol")
    ]
    assert unexplained == []
    assert set(OURS) <= set(registry())


def test_every_suite_has_tasks() -> None:
    assert {suite for task in registry().values() for suite in task.suites} == set(SUITES)
