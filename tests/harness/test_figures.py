"""Which tasks an average is of."""

from __future__ import annotations

import pytest

from harness.figures import means
from tasks.task import registry


@pytest.mark.parametrize(
    ("tasks", "found"),
    [
        (["scan", "spider"], {"all": ["scan", "spider"]}),
        (["scan", "spider", "scan_jump"], {"all": ["scan", "spider", "scan_jump"], "symbolic": ["scan", "spider"]}),
        (["scan"], {}),
        # What the groups of MMLU have answered is in MMLU's figure already.
        (["mmlu", "mmlu_stem", "bbh", "scan"], {"all": ["mmlu", "bbh", "scan"], "general": ["mmlu", "bbh"]}),
        (["mmlu_stem", "mmlu_others"], {"all": ["mmlu_stem", "mmlu_others"]}),
    ],
)
def test_an_average_is_of_all_tasks_and_of_each_suite_with_several(
    tasks: list[str], found: dict[str, list[str]]
) -> None:
    assert {mean.of: list(mean.names) for mean in means([registry()[name] for name in tasks])} == found
