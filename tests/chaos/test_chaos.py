"""Each fault a few times; `python -m tests.chaos` does it often and prints the table."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.chaos.faults import FAULTS
from tests.chaos.stage import Stage, Verdict

pytestmark = pytest.mark.alone


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Stage:
    return Stage(tmp_path_factory.mktemp("chaos"))


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.__name__)
def test_nothing_is_lost_nothing_is_doubled_and_the_results_are_the_same(
    stage: Stage, fault: Callable[[Stage, int], Verdict]
) -> None:
    verdict = fault(stage, FAULTS[fault][1])
    assert verdict.times > 0, "nothing was disturbed"
    assert (verdict.lost, verdict.doubled) == (0, 0), verdict
    assert verdict.identical, verdict
