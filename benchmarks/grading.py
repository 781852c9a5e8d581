"""Grading speed: LaTeX graders with hostile answers among the others, and BLEU's paired bootstrap.

Usage: python benchmarks/grading.py [--json FILE]

Answers: the bundled MATH answers, each against itself written differently, every tenth replaced by a formula that no
machine can work out. Goals: no grade takes more than half a second over its deadline; honest grades at least 5 times as
fast as in a fresh process each; 1,000 resamplings of 1,000 pairs of BLEU counts in less than half a second, at least
5 times as fast as sacrebleu's own paired bootstrap on the same texts.
"""

from __future__ import annotations

import argparse
import json
import logging
import random
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(REPOSITORY))

from executors.math_answer.latex import LIMITS, Grader, close_jail, equivalent  # noqa: E402
from tasks.bleu import Variant, counts  # noqa: E402
from tasks.bleu.score import as_rows, paired_bootstrap  # noqa: E402
from tasks.math import MATH  # noqa: E402
from tasks.source import BUNDLED  # noqa: E402

HOSTILE = ("10^{10^{10}}", "1000000!", "9^{9^{9^{9}}}")
DEADLINE = 1.0
COMPUTING = (Grader.MINERVA, Grader.MATH_VERIFY)
FRESH = """import math_verify
gold, answer = {gold!a}, {answer!a}
math_verify.verify(math_verify.parse("$" + gold + "$"), math_verify.parse("$" + answer + "$"))"""
PAIRS, DRAWS = 1000, 1000


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--json", type=Path, help="write the figures to this file")
    target: Path | None = arguments.parse_args().json
    figures = {**grading(), **bootstrap()}
    for name, figure in figures.items():
        print(f"{name:<40} {figure:10.3f}")
    if target:
        target.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
    kept = (
        figures["longest grade over its deadline, s"] <= 0.5
        and figures["warm to fresh"] >= 5
        and figures["bootstrap, s"] < 0.5
        and figures["bootstrap to sacrebleu"] >= 5
    )
    sys.exit(0 if kept else 1)


def pairs() -> Iterator[tuple[str, str]]:
    """Answer and gold."""
    for sample in MATH.read(BUNDLED / MATH.source.folder):
        yield f" {sample.target}.0" if sample.target.isdigit() else f"{sample.target} ", sample.target


def grading() -> dict[str, float]:
    limits = replace(LIMITS, seconds=DEADLINE)
    started = time.perf_counter()
    for grader in COMPUTING:
        equivalent(grader, "1", "1")
    start = time.perf_counter() - started
    honest, hostile, over = [], [], 0.0
    for index, (answer, gold) in enumerate(list(pairs()) * 3):
        for grader in COMPUTING:
            attack = index % 10 == 9
            text = HOSTILE[index % len(HOSTILE)] if attack else answer
            started = time.perf_counter()
            equivalent(grader, text, gold, limits)
            seconds = time.perf_counter() - started
            (hostile if attack else honest).append(seconds)
            over = max(over, seconds - DEADLINE)
    close_jail()
    fresh = [_fresh(answer, gold) for answer, gold in list(pairs())[:5]]
    return {
        "start of the graders' jail, s": start,
        "honest grades a second": len(honest) / sum(honest),
        "grades a second, a tenth hostile": (len(honest) + len(hostile)) / (sum(honest) + sum(hostile)),
        "longest grade over its deadline, s": over,
        "warm to fresh": (sum(fresh) / len(fresh)) / (sum(honest) / len(honest)),
    }


def _fresh(answer: str, gold: str) -> float:
    started = time.perf_counter()
    subprocess.run([sys.executable, "-c", FRESH.format(gold=gold, answer=answer)], check=True)
    return time.perf_counter() - started


def bootstrap() -> dict[str, float]:
    draw = random.Random(1)
    golds = [" ".join(draw.choices("abcdefghij", k=draw.randrange(5, 40))) for _ in range(PAIRS)]
    systems = [[_noisy(draw, gold, share) for gold in golds] for share in (0.1, 0.2)]
    ours, theirs = (
        as_rows([counts(Variant.SACREBLEU, answer, gold) for answer, gold in zip(system, golds, strict=True)])
        for system in systems
    )
    started = time.perf_counter()
    paired_bootstrap(Variant.SACREBLEU, ours, theirs, draws=DRAWS)
    seconds = time.perf_counter() - started
    peer = _sacrebleu_bootstrap(systems, golds)
    return {"bootstrap, s": seconds, "sacrebleu's bootstrap, s": peer, "bootstrap to sacrebleu": peer / seconds}


def _sacrebleu_bootstrap(systems: list[list[str]], golds: list[str]) -> float:
    """Seconds of its resampling alone: statistics are taken before the clock starts, as ours are."""
    import numpy as np
    from sacrebleu.metrics.bleu import BLEU
    from sacrebleu.significance import _compute_p_value, estimate_ci

    logging.disable(logging.WARNING)
    metric = BLEU(references=[golds])
    statistics = [np.array(metric._extract_corpus_statistics(system, None)) for system in systems]
    started = time.perf_counter()
    chosen = np.random.default_rng(12345).choice(PAIRS, size=(DRAWS, PAIRS), replace=True)
    scores = [
        np.array([metric._compute_score_from_stats(sums).score for sums in rows[chosen].sum(axis=1)])
        for rows in statistics
    ]
    estimate_ci(scores[0])
    _compute_p_value(np.abs(scores[0] - scores[1]), 1.0)
    return time.perf_counter() - started


def _noisy(draw: random.Random, gold: str, share: float) -> str:
    return " ".join("x" if draw.random() < share else token for token in gold.split())


if __name__ == "__main__":
    main()
