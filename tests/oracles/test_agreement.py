"""Every family agrees with its official vectors, and every documented rule still explains something."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import ClassVar

import pytest

from tests.oracles import agreement
from tests.oracles.agreement import Case, Rule, Verdict, agree, families, family_of, load, main, rules


@pytest.mark.parametrize("family", families())
def test_every_vector_agrees_or_is_explained(family: str, oracles: Path) -> None:
    result = agree(family, load(oracles / f"{family}.jsonl"))
    print("\n".join(result.report()))
    assert result.disagreements == {}
    assert result.holds
    assert {rule.name for rule in rules(family)} == result.rules_used, "a rule that explains nothing must go"


@pytest.fixture
def stand_in(monkeypatch: pytest.MonkeyPatch) -> None:
    """A family of which every case says itself what we would answer, and one rule."""

    class Module:
        @staticmethod
        def judge(cases: Sequence[Case]) -> Iterator[list[Verdict]]:
            for case in cases:
                agrees = case["ours"] == case["official"]
                yield [Verdict("f", case["official"], case["ours"], agrees, {"status": case.get("status")})]

    monkeypatch.setattr(agreement.importlib, "import_module", lambda name: Module)
    rule = Rule(
        "scan", "refused", "we do not write", official=1, facts={"status": ["refused"]}, matches={"pred": "^DROP"}
    )
    monkeypatch.setattr(agreement, "rules", lambda family: [rule])


def case(number: int, official: int, ours: int, **more: object) -> Case:
    return {"id": f"scan-{number}", "official": official, "ours": ours, **more}


@pytest.mark.usefixtures("stand_in")
def test_a_case_counts_when_all_agrees_or_a_rule_covers_it() -> None:
    good = [case(number, 1, 1) for number in range(99)]
    result = agree("scan", [*good, case(99, 1, 0, status="refused", pred="DROP TABLE x")])
    assert result.holds
    assert list(result.report())[-1] == "agree: 100 of 100 (1 by documented rules)"


@pytest.mark.usefixtures("stand_in")
@pytest.mark.parametrize(
    "odd",
    [
        case(99, 1, 0, status="ok", pred="DROP TABLE x"),
        case(99, 1, 0, status="refused", pred="SELECT 1"),
        case(99, 0, 1, status="refused", pred="DROP TABLE x"),
    ],
)
def test_a_disagreement_that_no_rule_covers_is_named(odd: Case) -> None:
    result = agree("scan", [case(number, 1, 1) for number in range(99)] + [odd])
    assert not result.holds
    assert list(result.disagreements) == ["scan-99"]


@pytest.mark.usefixtures("stand_in")
def test_rules_may_not_cover_much() -> None:
    covered = [case(number, 1, 0, status="refused", pred="DROP TABLE x") for number in range(4)]
    assert not agree("scan", [case(9, 1, 1)] * 96 + covered).holds


def test_a_field_that_does_not_bind_needs_its_share(monkeypatch: pytest.MonkeyPatch) -> None:
    class Module:
        FLOORS: ClassVar = {"solved": 0.5}

        @staticmethod
        def judge(cases: Sequence[Case]) -> Iterator[list[Verdict]]:
            for case in cases:
                yield [Verdict("solved", 1, case["ours"], case["ours"] == 1, binding=False)]

    monkeypatch.setattr(agreement.importlib, "import_module", lambda name: Module)
    half = agree("scan", [case(number, 1, number % 2) for number in range(4)])
    assert half.holds
    assert half.agreeing == 4
    assert "  solved                           2 of 4 (at least 50% asked)" in list(half.report())
    assert not agree("scan", [case(number, 1, number % 3 // 2) for number in range(4)]).holds


def test_a_file_is_known_by_its_name_or_its_ids(tmp_path: Path) -> None:
    assert family_of(Path("scan_more.jsonl"), []) == "scan"
    assert family_of(tmp_path / "x.jsonl", [{"id": "scan-s-0001"}]) == "scan"
    with pytest.raises(ValueError, match="no family is called so; there are "):
        family_of(tmp_path / "x.jsonl", [{"id": "y-1"}])


def test_a_file_that_is_not_there(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["nowhere.jsonl"]) == 2
    assert "nowhere.jsonl" in capsys.readouterr().err
