"""The site's files: the same runs give the same bytes, gold is read from data, and nothing of others is replaced."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from executors.outcome import Outcome, Status
from harness.config import UserError
from harness.record import Record
from harness.report.site import CHUNK, build_site
from harness.runlog import RunLog
from tasks.source import locate
from tasks.task import registry

SCAN = registry()["scan"]


def record(sample: str, right: bool, prompt: str = "walk", **changes: Any) -> Record:
    values: dict[str, Any] = {
        "task": "scan",
        "sample": sample,
        "group": "",
        "model": "m",
        "prompt": prompt,
        "prompt_sha256": "",
        "prompt_form": "text",
        "prompt_tokens": 3,
        "completion": "I_WALK",
        "finish_reason": "stop",
        "completion_tokens": 2,
        "program": "I_WALK",
        "outcome": Outcome(Status.OK, ["I_WALK"], "", 0.0),
        "statistics": {metric.name: {"score": float(right)} for metric in SCAN.metrics},
        "seconds": {"generate": 0.5},
    }
    return Record(**(values | changes))


def run(folder: Path, model: str, records: list[Record], data: str = "", place: str = "bundled") -> Path:
    plan = {"place": place, "data": data or locate(SCAN.source, "bundled").sha256, "samples": 16, "total": 16}
    config = {"model": {"model": model, "chat_format": "plain"}, "num_fewshot": 0, "tasks": {"scan": plan}}
    with RunLog(folder, config, {}) as log:
        for item in records:
            log.append(item)
    return folder


def read(site: Path, name: str) -> Any:
    """The value of a data script."""
    text = (site / "data" / f"{name}.js").read_text(encoding="ascii")
    head = f'site.put("{name}",'
    assert text.startswith(head)
    return json.loads(text.removeprefix(head).removesuffix(");\n"))


def digest(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_the_same_records_give_the_same_bytes_in_whatever_order_they_were_answered(tmp_path: Path) -> None:
    answers = [record(f"mini-{number}", number % 3 == 0, f"prompt {number % 2}") for number in range(30)]
    run(tmp_path / "one" / "m" / "r", "m", answers)
    run(tmp_path / "two" / "m" / "r", "m", answers[::-2])
    run(tmp_path / "two" / "m" / "r", "m", answers)
    first, second = (build_site([tmp_path / name], tmp_path / f"{name}-site").folder for name in ("one", "two"))
    assert digest(first) == digest(second)
    assert digest(build_site([tmp_path / "one"], first).folder) == digest(second)


def test_chunks_of_all_runs_hold_the_same_samples_and_each_prompt_once(tmp_path: Path) -> None:
    ids = [str(number) for number in range(2 * CHUNK + 10)]
    run(tmp_path / "runs" / "a", "a", [record(name, True) for name in ids])
    run(tmp_path / "runs" / "b", "b", [record(name, False, "other") for name in ids[:-20]])
    site = build_site([tmp_path / "runs"], tmp_path / "site").folder
    index = read(site, "scan/index")
    assert index["samples"] == ids
    assert [index["runs"][1]["became"][place] for place in (0, -1)] == ["wrong answer", None]
    assert read(site, "scan/samples-2")[0]["prompts"] == ["walk"]
    assert read(site, "scan/samples-1")[0]["prompts"] == ["walk", "other"]
    assert read(site, "scan/run1-1")["prompts"][0] == 1
    assert [len(read(site, f"scan/run{number}-2")["answers"]) for number in (0, 1)] == [10, 10]
    assert read(site, "scan/run1-2")["answers"] == [None] * 10


def test_the_gold_is_that_of_the_runs_own_data(tmp_path: Path) -> None:
    sample = next(iter(SCAN.read(locate(SCAN.source, "bundled").path)))
    run(tmp_path / "mini" / "a", "a", [record(sample.id, True)])
    run(tmp_path / "other" / "a", "a", [record(sample.id, True)], data="0" * 64, place="local")
    mini, other = (build_site([tmp_path / name], tmp_path / f"{name}-site").folder for name in ("mini", "other"))
    assert read(mini, "scan/samples-0")[0]["gold"]["target"][0] == sample.target
    assert read(mini, "scan/index")["note"] == ""
    assert read(other, "scan/samples-0")[0]["gold"] is None
    assert "--data" in read(other, "scan/index")["note"]


def test_runs_on_different_data_are_not_mixed(tmp_path: Path) -> None:
    run(tmp_path / "runs" / "a", "a", [record("1", True)], data="a" * 64, place="local")
    run(tmp_path / "runs" / "b", "b", [record("1", True)], data="../b", place="local")
    site = build_site([tmp_path / "runs"], tmp_path / "site").folder
    keys = [sheet["key"] for sheet in read(site, "overview")["sheets"]]
    assert len(keys) == 2
    assert "scan-aaaaaaaa" in keys
    assert all(len(read(site, f"{key}/index")["runs"]) == 1 for key in keys)


def test_faults_are_no_answers_and_long_texts_are_cut(tmp_path: Path) -> None:
    faulty = record("1", False, outcome=None, program=None, statistics={}, fault="the server died")
    run(tmp_path / "runs" / "a", "a", [faulty, record("2", True, completion="x" * 1_000_000)])
    built = build_site([tmp_path / "runs"], tmp_path / "site")
    assert read(built.folder, "scan/index")["runs"][0]["became"] == ["no answer", "right"]
    assert read(built.folder, "scan/run0-0")["answers"][0]["fault"] == "the server died"
    assert read(built.folder, "scan/run0-0")["answers"][1]["completion"].endswith(
        "980000 more characters in the record]"
    )
    assert built.answers == 2
    assert built.size < 500_000


def test_numbers_in_names_go_by_value(tmp_path: Path) -> None:
    names = ["dev-10", "dev-9", "dev-09a", "x" * 5000, "1" * 5000, ""]
    run(tmp_path / "runs" / "a", "a", [record(name, True) for name in names])
    index = read(build_site([tmp_path / "runs"], tmp_path / "site").folder, "scan/index")
    assert index["samples"] == ["", "1" * 5000, "dev-9", "dev-09a", "dev-10", "x" * 5000]


def test_a_folder_of_something_else_is_left_alone(tmp_path: Path) -> None:
    run(tmp_path / "runs" / "a", "a", [record("1", True)])
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.tex").write_text("all of it")
    with pytest.raises(UserError, match="not a site of ours"):
        build_site([tmp_path / "runs"], tmp_path / "mine")
    assert (tmp_path / "mine" / "thesis.tex").read_text() == "all of it"


def test_no_run_no_site(tmp_path: Path) -> None:
    (tmp_path / "runs").mkdir()
    with pytest.raises(UserError, match="no run there"):
        build_site([tmp_path / "runs"], tmp_path / "site")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["runs"]


def test_scripts_make_no_markup_out_of_text() -> None:
    import harness.report.site

    folder = Path(harness.report.site.__file__).parent / "static"
    code = "".join(path.read_text() for path in folder.glob("*.js"))
    for name in ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "Function(", "fetch("):
        assert name not in code
