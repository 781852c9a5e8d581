"""A run cut into units: every sample in exactly one of them, each an ordinary run, all of them the whole one."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest

from harness.config import ModelSpec, Sampling, Shard, UserError, parse_shard
from harness.plan import Options, Plan, prepare
from harness.sweep.units import cut


def plan(folder: Path, *tasks: str, shard: Shard | None = None, limit: int = 7) -> Plan:
    spec = ModelSpec(model="replay:gold")
    return prepare(Options(spec, tasks, Sampling(), folder, "bundled", limit=limit, run_name="r", shard=shard))


def keys(part: Plan) -> list[tuple[str, str]]:
    return [(item.task.name, sample.id) for item in part.prepared for sample in item.samples]


@pytest.mark.parametrize("shards", [1, 2, 5, 9])
def test_every_sample_is_in_exactly_one_unit(tmp_path: Path, shards: int) -> None:
    whole = plan(tmp_path, "scan", "spider", "folio")
    units = list(cut(whole, [["scan", "folio"], ["spider"]], shards))
    assert len({unit.name for unit in units}) == 2 * shards
    assert Counter(key for unit in units for key in keys(unit.of(whole))) == Counter(keys(whole))


def test_a_unit_is_what_the_same_tasks_and_shard_would_be_as_a_run(tmp_path: Path) -> None:
    shard = parse_shard("2/3")
    alone = plan(tmp_path, "spider", shard=shard)
    (unit,) = (unit for unit in cut(plan(tmp_path, "scan", "spider"), [["spider"]], 3) if unit.shard == shard)
    part = unit.of(plan(tmp_path, "scan", "spider"))
    assert part.config == alone.config
    assert keys(part) == keys(alone)
    assert part.folder == alone.folder / "units" / "spider-2-of-3"


def test_a_task_of_two_entries_is_asked_in_the_first(tmp_path: Path) -> None:
    units = list(cut(plan(tmp_path, "scan", "spider"), [["scan"], ["scan", "spider"]], 1))
    assert [unit.tasks for unit in units] == [{"scan"}, {"spider"}]


def test_parts_of_a_task_are_no_units_of_their_own(tmp_path: Path) -> None:
    """MMLU's groups are asked with MMLU, whose answers are theirs, wherever they are named."""
    whole = plan(tmp_path, "mmlu", "mmlu_stem")
    units = list(cut(whole, [["mmlu_stem"], ["mmlu"]], 2))
    assert [unit.entry for unit in units] == ["mmlu", "mmlu"]
    assert Counter(key for unit in units for key in keys(unit.of(whole))) == Counter(keys(whole))
    assert units[0].of(whole).config["tasks"].keys() == {"mmlu", "mmlu_stem"}


def test_an_entry_of_many_tasks_has_a_short_folder_name(tmp_path: Path) -> None:
    names = [
        unit.name for last in ("scan", "spider") for unit in cut(plan(tmp_path, "scan"), [["scan"] * 20 + [last]], 1)
    ]
    assert all(re.fullmatch(r"[\w+-]{1,80}", name) for name in names)
    assert len(set(names)) == 2


@pytest.mark.parametrize("text", ["", "1", "0/2", "3/2", "1/0", "-1/2", "a/b", "1/2/3", "1.5/2"])
def test_what_is_no_shard_is_said(text: str) -> None:
    with pytest.raises(UserError, match="K/N"):
        parse_shard(text)
