"""Agreement with official scorers: every binding field of every vector equals ours, or a documented rule says why not.

    python -m tests.oracles.agreement FILE.jsonl...        (make agree ORACLES=FILE)

A *family* (`families/<name>.py`) judges its cases with the project's own code; which family a file belongs to is told
by the file's name, else by its cases' ids. Rules stand in `deviations.toml`; they are predicates, never lists of
cases, and together they may cover at most 3 % of a file.
"""

from __future__ import annotations

import importlib
import json
import os
import pkgutil
import re
import sys
import time
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

Case = Mapping[str, Any]
Judge = Callable[[Sequence[Case]], Iterator[list["Verdict"]]]

HERE = Path(__file__).parent
DATA = Path(os.environ.get("SYMHARNESS_DATA") or HERE.parents[2] / "shared" / "data")
MOST_DEVIATIONS = 0.03


@dataclass(frozen=True)
class Verdict:
    """One field of a case: what the official tool says and what we say. `facts` is what rules may look at, besides the
    case itself: `status` of our Outcome and the like. A field that is not `binding` is counted, and its family may ask
    for a share of it (`FLOORS`), but no single case must agree.
    """

    name: str
    official: object
    ours: object
    agrees: bool
    facts: Mapping[str, object] = field(default_factory=dict)
    binding: bool = True


@dataclass(frozen=True)
class Rule:
    """A documented deviation. All conditions that are given must hold: `fields` (names of verdicts), `official` and
    `ours` (their values), `facts` (equal, or one of a list), `matches` (regular expressions on fields of the case).
    """

    family: str
    name: str
    reason: str
    fields: tuple[str, ...] = ()
    official: object = None
    ours: object = None
    facts: Mapping[str, object] = field(default_factory=dict)
    matches: Mapping[str, str] = field(default_factory=dict)

    def covers(self, case: Case, verdict: Verdict) -> bool:
        return (
            (not self.fields or verdict.name in self.fields)
            and (self.official is None or verdict.official == self.official)
            and (self.ours is None or verdict.ours == self.ours)
            and all(_fits(verdict.facts.get(key), wanted) for key, wanted in self.facts.items())
            and all(re.search(pattern, str(_at(case, key)), re.DOTALL) for key, pattern in self.matches.items())
        )


@dataclass
class Agreement:
    """A file's result.

    `rows` counts (cases, agreements) by field; `disagreements` maps a case's id to what differs, `covered` to the rule;
    `floors` holds the least share of agreements of the fields that do not bind, `seconds` is what judging took.
    """

    family: str
    cases: int = 0
    agreeing: int = 0
    rows: dict[str, list[int]] = field(default_factory=dict)
    covered: dict[str, str] = field(default_factory=dict)
    disagreements: dict[str, str] = field(default_factory=dict)
    rules_used: set[str] = field(default_factory=set)
    floors: Mapping[str, float] = field(default_factory=dict)
    seconds: float = 0.0

    @property
    def holds(self) -> bool:
        reached = all(self.rows[name][1] >= share * self.rows[name][0] for name, share in self.floors.items())
        return reached and not self.disagreements and len(self.covered) <= MOST_DEVIATIONS * self.cases

    def report(self) -> Iterator[str]:
        yield f"{self.family}: {self.cases} cases in {self.seconds:.1f} s"
        for name, (cases, agreements) in sorted(self.rows.items()):
            asked = f" (at least {self.floors[name]:.0%} asked)" if name in self.floors else ""
            yield f"  {name:<32} {agreements} of {cases}{asked}"
        by_rule: dict[str, list[str]] = {}
        for case, rule in self.covered.items():
            by_rule.setdefault(rule, []).append(case)
        for rule, ids in sorted(by_rule.items()):
            yield f"  rule {rule!r}: {len(ids)}: {', '.join(ids)}"
        for case, what in sorted(self.disagreements.items()):
            yield f"  DISAGREES {case}: {what}"
        if len(self.covered) > MOST_DEVIATIONS * self.cases:
            yield f"  more than {MOST_DEVIATIONS:.0%} of the cases are covered by rules"
        yield f"agree: {self.agreeing + len(self.covered)} of {self.cases} ({len(self.covered)} by documented rules)"


def families() -> list[str]:
    return sorted(info.name for info in pkgutil.iter_modules([str(HERE / "families")]))


def rules(family: str) -> list[Rule]:
    with (HERE / "deviations.toml").open("rb") as stream:
        entries = tomllib.load(stream).get("rule", [])
    found = [Rule(**{**entry, "fields": tuple(entry.get("fields", ()))}) for entry in entries]
    unknown = {rule.family for rule in found} - set(families())
    if unknown:
        raise ValueError(f"deviations.toml: no such family: {', '.join(sorted(unknown))}")
    return [rule for rule in found if rule.family == family]


def agree(family: str, cases: Sequence[Case]) -> Agreement:
    """Judge all cases of one family."""
    module = importlib.import_module(f"tests.oracles.families.{family}")
    judge: Judge = module.judge
    known = rules(family)
    started = time.monotonic()
    result = Agreement(family, cases=len(cases))
    for case, verdicts in zip(cases, judge(cases), strict=True):
        differing = [verdict for verdict in verdicts if verdict.binding and not verdict.agrees]
        for verdict in verdicts:
            row = result.rows.setdefault(verdict.name, [0, 0])
            row[0] += 1
            row[1] += verdict.agrees
        found = [next((rule.name for rule in known if rule.covers(case, verdict)), None) for verdict in differing]
        result.rules_used.update(name for name in found if name)
        if not differing:
            result.agreeing += 1
        elif all(found):
            result.covered[case["id"]] = str(found[0])
        else:
            verdict = differing[found.index(None)]
            result.disagreements[case["id"]] = (
                f"{verdict.name}: official {verdict.official!r}, ours {verdict.ours!r} {dict(verdict.facts) or ''}"
            )
    floors: Mapping[str, float] = getattr(module, "FLOORS", {})
    result.floors = {name: share for name, share in floors.items() if name in result.rows}
    result.seconds = time.monotonic() - started
    return result


def load(path: Path) -> list[Case]:
    with path.open(encoding="utf-8") as lines:
        return [json.loads(line) for line in lines if line.strip()]


def family_of(path: Path, cases: Sequence[Case]) -> str:
    """By the file's name (`scan.jsonl`, `scan_more.jsonl`), else by the ids' beginning (`scan-s-0001`).

    Raises ValueError when neither names a family.
    """
    for text in (path.stem, str(cases[0]["id"]).replace("-", "_") if cases else ""):
        named = [name for name in families() if text.startswith(name)]
        if named:
            return max(named, key=len)
    raise ValueError(f"{path}: no family is called so; there are {', '.join(families())}")


def _fits(value: object, wanted: object) -> bool:
    return value in wanted if isinstance(wanted, list) else value == wanted


def _at(case: Case, key: str) -> object:
    value: Any = case
    for part in key.split("."):
        value = value.get(part) if isinstance(value, Mapping) else None
    return value


def main(paths: Sequence[str]) -> int:
    """Print each file's agreement; 0 when all hold, 1 when one does not, 2 for a file that cannot be judged."""
    if not paths:
        print("usage: make agree ORACLES=FILE.jsonl", file=sys.stderr)
        return 2
    holds = True
    for name in paths:
        try:
            cases = load(Path(name))
            result = agree(family_of(Path(name), cases), cases)
        except (OSError, ValueError) as error:
            print(f"agree: {name}: {error}", file=sys.stderr)
            return 2
        print("\n".join(result.report()), flush=True)
        holds = holds and result.holds
    return 0 if holds else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
