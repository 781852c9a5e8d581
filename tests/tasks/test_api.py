"""API tasks: every layout of the files, answers cut out of prose, and what each metric forgives."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tasks.api import MTOP, NLMAPS, TOPV2, extract_query, extract_tree, read_mtop, read_nlmaps, read_topv2
from tasks.scoring import score
from tasks.source import BUNDLED
from tasks.task import DataError, Sample

GOLD = "[IN:GET_EVENT [SL:A jazz ] [SL:B tonight ] ]"


def scores(task: str, gold: str, completion: str) -> dict[str, float]:
    scored = score(task, Sample("x", {}, gold), completion)
    declared = {"mtop": MTOP, "topv2": TOPV2, "nlmaps": NLMAPS}[task]
    return {metric.name: metric.aggregate([scored.statistics[metric.name]], [""]).value for metric in declared.metrics}


def test_what_each_metric_forgives() -> None:
    assert set(scores("mtop", GOLD, GOLD).values()) == {1.0}
    spaced = scores("mtop", GOLD, GOLD.replace(" [", "  ["))
    assert (spaced["exact_match"], spaced["tree_match"]) == (0, 1)
    swapped = scores("mtop", GOLD, "[IN:GET_EVENT [SL:B tonight ] [SL:A jazz ] ]")
    assert (swapped["tree_match"], swapped["template_accuracy"], swapped["slot_f1"]) == (0, 1, 1)
    other = scores("mtop", GOLD, "[IN:GET_EVENT [SL:A jazz ] ]")
    assert (other["intent_accuracy"], other["template_accuracy"]) == (1, 0)
    assert other["slot_f1"] == pytest.approx(2 / 3)


def test_queries_are_compared_up_to_blanks_and_the_order_of_conditions() -> None:
    gold = "query(nwr(keyval('a','b'),keyval('c','d')),qtype(count))"
    changed = scores("nlmaps", gold, "query(nwr(keyval('c','d'), keyval('a','b')), qtype(count))")
    assert (changed["exact_match"], changed["query_match"]) == (0, 1)


@pytest.mark.parametrize(
    "completion",
    [
        GOLD,
        f"```top\n{GOLD}\n```",
        f"The TOP form is: {GOLD}\nI hope this helps.",
        f"Sure!\n`{GOLD}`",
        f"{GOLD}</s> more",
    ],
)
def test_trees_are_cut_out(completion: str) -> None:
    assert extract_tree(completion) == GOLD


def test_queries_are_cut_out() -> None:
    query = "query(nwr(keyval('a','b')),qtype(count))"
    assert extract_query(f"The query is: {query}\nDone.") == query
    assert extract_query(f"```\ndist({query})\n```") == f"dist({query})"
    assert extract_query("  ") is None


def test_the_copies_and_the_official_layouts_are_read(data_root: Path, tmp_path: Path) -> None:
    assert len(list(read_mtop(data_root / "mtop"))) == 150
    copy = list(read_topv2(data_root / "topv2"))
    official = list(read_topv2(data_root / "topv2" / "official_layout"))
    assert sorted(sample.target for sample in copy) == sorted(sample.target for sample in official)
    assert len(list(read_nlmaps(data_root / "nlmaps"))) == 150


def test_damaged_files_are_named(tmp_path: Path) -> None:
    (tmp_path / "test.json").write_text('[{"id": "1"')
    with pytest.raises(DataError, match="not whole JSON"):
        list(read_mtop(tmp_path))
    (tmp_path / "test.json").write_text('[{"id": "1"}]')
    with pytest.raises(DataError, match="row 0 lacks 'question'"):
        list(read_mtop(tmp_path))
    for name in ("en", "mrl"):
        shutil.copy(BUNDLED / "nlmaps" / f"nlmaps.test.{name}", tmp_path)
    with (tmp_path / "nlmaps.test.en").open("a") as lines:
        lines.write("one more question\n")
    with pytest.raises(DataError, match="belong together line by line"):
        list(read_nlmaps(tmp_path))
    (tmp_path / "test.tsv").write_text("a\tb\n")
    with pytest.raises(DataError, match="2 columns instead of 3"):
        list(read_topv2(tmp_path))
