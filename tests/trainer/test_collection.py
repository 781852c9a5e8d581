"""The mix: its parts and shares, what is kept out of it, and that it is the same every time."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from tasks.bundled.writing import write_json
from tasks.source import BUNDLED
from tasks.task import DataError, Sample, registry
from trainer.collection.accepted import Written, accepted, read_completions
from trainer.collection.contamination import HeldOut
from trainer.collection.generated import GENERATORS, generated
from trainer.collection.instructions import read_instructions
from trainer.collection.mixing import INFUSION, MIXED, SYMBOLIC, build
from trainer.collection.pair_file import read_pairs
from trainer.collection.worked import as_program
from trainer.config import ConfigError, TrainConfig, load_config
from trainer.pairs import Part


def config(folder: Path, symbolic: dict[str, Any], general: dict[str, Any] | None = None) -> TrainConfig:
    return TrainConfig.model_validate(
        {
            "output": folder,
            "model": {"checkpoint": "none"},
            "symbolic": {"tasks": [], **symbolic},
            "general": general or {"rows": 0},
        }
    )


def lines(path: Path, rows: list[Any]) -> str:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return str(path)


@pytest.fixture(scope="module")
def general(tmp_path_factory: pytest.TempPathFactory) -> str:
    rows = [{"prompt": f"Name {number} fruits.", "completion": "Plums."} for number in range(30)]
    return lines(tmp_path_factory.mktemp("general") / "general.jsonl", rows)


def test_parts_shares_and_resampling(tmp_path: Path, general: str) -> None:
    settings = {"rows": 200, "shares": [0.8, 0.0, 0.2], "generated": {"scan_short": 300}, "evolve": ["scan"]}
    manifest = build(config(tmp_path, settings, {"rows": 20, "sources": [{"path": general}]}), tmp_path)
    parts = {name: Counter(pair.part for pair in read_pairs(tmp_path / name)) for name in manifest["mixes"]}
    assert parts[SYMBOLIC] == {Part.BENCHMARK: 160, Part.EVOLVED: 40}
    assert parts[INFUSION].total() == 60 + 20, "0.3 of the symbolic pairs and the general ones"
    assert parts[INFUSION][Part.GENERAL] == 20
    assert parts[MIXED] == parts[SYMBOLIC] + Counter({Part.GENERAL: 20})
    assert set(read_pairs(tmp_path / INFUSION)) <= set(read_pairs(tmp_path / MIXED))


def test_the_same_config_makes_the_same_bytes_and_another_seed_others(tmp_path: Path) -> None:
    settings = {"rows": 40, "shares": [0.5, 0.0, 0.5], "generated": {"formulas": 60}, "evolve": ["folio"]}
    made = [build(config(tmp_path / name, settings), tmp_path / name) for name in ("a", "b")]
    assert made[0]["mixes"] == made[1]["mixes"]
    other = config(tmp_path / "c", settings).model_copy(update={"seed": 1})
    assert build(other, tmp_path / "c")["mixes"][SYMBOLIC]["sha256"] != made[0]["mixes"][SYMBOLIC]["sha256"]


def test_test_rows_are_kept_out_and_reported(tmp_path: Path) -> None:
    """The generator makes all of SCAN's grammar, so it hits the bundled test commands, which are not evolved either."""
    settings = {"rows": 22000, "shares": [0.9, 0, 0.1], "generated": {"scan": 22000}, "evolve": ["scan"]}
    manifest = build(config(tmp_path, settings), tmp_path)
    assert manifest["kept_out"]["contaminated"] >= 16
    assert all(row.startswith("s1/scan: scan") for row in manifest["contaminated"])
    scan = registry()["scan"]
    asked = {f"The sentence is: {sample.fields['command']}" for sample in scan.read(BUNDLED / "scan")}
    parts = set()
    for pair in read_pairs(tmp_path / SYMBOLIC):
        parts.add(pair.part)
        assert asked.isdisjoint(pair.prompt.splitlines())
    assert parts == {Part.BENCHMARK, Part.EVOLVED}


def test_a_test_question_is_recognised_whatever_the_wording() -> None:
    task = registry()["gsm8k"]
    question = "A jar holds 40 beans. Tia adds 8 and then takes out 3. How many beans are in the jar?"
    held_out = HeldOut()
    held_out.add(task, [Sample("1", {"question": question}, "45")])
    assert held_out.find(f"Solve it.\nQuestion: {question.upper()}\nAnswer:") == "gsm8k/1"
    assert held_out.find(registry()["svamp"].prompt.render({"question": question}), [question]) == "gsm8k/1"
    assert held_out.find("Solve it.\nQuestion: A jar holds 41 beans.") is None


def test_what_test_samples_share_is_no_contamination() -> None:
    """A database schema stands in many test prompts; to train on it is not to train on the questions."""
    held_out = HeldOut()
    samples = [
        Sample(str(number), {"schema": "boat(id, name, harbour, length of the boat)", "question": question}, "")
        for number, question in enumerate(("How many boats are there in all?", "Which of the boats is the longest?"))
    ]
    held_out.add(registry()["spider"], samples)
    fields = ["boat(id, name, harbour, length of the boat)", "Which of the boats is the shortest?"]
    assert held_out.find("no test prompt", fields) is None
    assert held_out.find("no test prompt", ["Which of the boats is the longest?"]) == "spider/1"


def test_only_what_the_executor_accepts_becomes_d_s2(tmp_path: Path) -> None:
    ((task, sample),) = generated("word_problems", 1, 0)
    right = f"def solution():\n    return {sample.target}"
    tries = [
        {"task": task, "sample": sample.id, "completion": f"Sure:\n```python\n{right}\n```"},
        {"task": task, "sample": sample.id, "completion": f"{right} + 1"},
        {"task": task, "sample": "test-1", "completion": right},
    ]
    settings = {"rows": 10, "shares": [0, 1, 0], "generated": {"word_problems": 1}}
    settings["accepted"] = [lines(tmp_path / "tries.jsonl", tries)]
    manifest = build(config(tmp_path, settings), tmp_path)
    (pair,) = read_pairs(tmp_path / SYMBOLIC)
    assert (pair.part, pair.completion) == (Part.ACCEPTED, right), "the program, without the chat around it"
    assert manifest["kept_out"]["rejected"] == 2


def test_the_programs_of_word_problems_compute_their_answers() -> None:
    made = {(task, sample.id): sample for task, sample in generated("word_problems", 60, seed=2)}
    gold = [Written(task, name, sample.program or "") for (task, name), sample in made.items()]
    assert [each for each, _ in accepted(gold, made)] == gold


def test_a_program_that_runs_for_ever_is_rejected() -> None:
    sample = Sample("train-1", {"question": "?"}, "4", program="def solution():\n    return 4")
    written = [
        Written("gsm8k", "train-1", "def solution():\n    while True: pass"),
        Written("gsm8k", "train-1", "def solution():\n    return 2 + 2"),
    ]
    assert [each for each, _ in accepted(written, {("gsm8k", "train-1"): sample})] == written[1:]


def test_records_of_a_run_are_read_without_faults_and_torn_ends(tmp_path: Path) -> None:
    whole = {"task": "scan", "sample": "a", "completion": "I_JUMP", "prompt": "p", "fault": ""}
    lines(tmp_path / "samples-0000.jsonl", [whole, whole | {"fault": "connection lost"}])
    with (tmp_path / "samples-0000.jsonl").open("a") as stream:
        stream.write('{"task": "sc')
    assert list(read_completions(str(tmp_path))) == [Written("scan", "a", "I_JUMP", "p")]


def test_worked_solutions_become_programs_that_compute_the_answer(data_root: Path, tmp_path: Path) -> None:
    settings = {"rows": 1000, "shares": [0, 1, 0], "data": str(data_root), "worked": True}
    manifest = build(config(tmp_path, settings), tmp_path)
    pairs = list(read_pairs(tmp_path / SYMBOLIC))
    assert len(pairs) > 250, "of 300 train questions"
    assert all("return step_" in pair.completion for pair in pairs)
    assert manifest["kept_out"]["rejected"] < 30


def test_steps_refer_to_earlier_results() -> None:
    solution = "Half is 48/2 = <<48/2=24>>24. Together 48+24 = <<48+24=72>>72.\n#### 72"
    assert as_program(solution) == "def solution():\n    step_1 = 48/2\n    step_2 = 48+step_1\n    return step_2"
    assert as_program("No annotation.\n#### 3") is None
    assert as_program("<<__import__('os')=3>>") is None


@pytest.mark.parametrize("name", GENERATORS)
def test_generated_samples_have_gold_that_the_tasks_own_extractor_finds(name: str) -> None:
    made = list(generated(name, 40, seed=3))
    assert len(made) == 40
    assert len({sample.id for _, sample in made}) == 40
    assert made == list(generated(name, 40, seed=3))
    for task_name, sample in made:
        task = registry()[task_name]
        task.prompt.render(sample.fields)
        assert task.extract(task.gold(sample)), sample


def test_generated_queries_run_on_their_schema() -> None:
    import re
    import sqlite3

    for _, sample in generated("queries", 80, seed=1):
        database = sqlite3.connect(":memory:")
        for table, columns in re.findall(r"(\w+)\(([^)]*)\)", sample.fields["schema"]):
            database.execute(f"CREATE TABLE {table} ({columns})")
        database.execute(sample.target)


@pytest.mark.parametrize(
    ("row", "prompt", "completion"),
    [
        ({"prompt": "p", "completion": "c"}, "p", "c"),
        ({"instruction": "p", "input": "more", "output": "c"}, "p\n\nmore", "c"),
        ({"instruction": "p", "input": "", "output": "c"}, "p", "c"),
        ({"inputs": "p", "targets": "c", "task": "flan"}, "p", "c"),
        ({"idx": "1", "conversations": [{"from": "human", "value": "p"}, {"from": "gpt", "value": "c"}]}, "p", "c"),
        (
            {"messages": [{"role": r, "content": t} for r, t in (("system", "s"), ("user", "p"), ("assistant", "c"))]},
            "s\n\np",
            "c",
        ),
    ],
    ids=["pair", "alpaca", "code-alpaca", "flan", "wizardlm", "messages"],
)
def test_formats_are_known_by_their_fields(row: dict[str, Any], prompt: str, completion: str, tmp_path: Path) -> None:
    for path in (lines(tmp_path / "a.jsonl", [row, row]), str(tmp_path / "b.json")):
        if path.endswith("b.json"):
            write_json(Path(path), [row, row])
        assert list(read_instructions(path, limit=1)) == [(prompt, completion)]


def test_the_released_collection_is_found_in_its_folder(tmp_path: Path) -> None:
    lines(tmp_path / "symbolic_collection_880K.jsonl", [{"input": "Given schema ...", "output": "SELECT 1"}])
    assert list(read_instructions(str(tmp_path))) == [("Given schema ...", "SELECT 1")]


def test_unknown_fields_are_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"row 0: its fields \(text, label\) are none that are known"):
        list(read_instructions(lines(tmp_path / "a.jsonl", [{"text": "x", "label": 1}])))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("seed = ", "is no TOML"),
        ("output = 'x'\n[model]\ncheckpoint = 'x'\n[symbolic]\nrows = 0\n[general]\nrows = 0", "symbolic.rows"),
        ("output = 'x'\nmodle = 1", "model: Field required"),
    ],
)
def test_a_wrong_config_says_where(text: str, message: str, tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text(text)
    with pytest.raises(ConfigError, match=message):
        load_config(path)


def test_a_value_can_be_changed_by_its_dotted_name(tmp_path: Path) -> None:
    path = Path(__file__).parents[2] / "trainer" / "configs" / "smollm2-135m-cpu.toml"
    changed = load_config(path, {"injection.steps": "7", "output": "elsewhere/out", "symbolic.evolve": "[]"})
    assert changed.injection.steps == 7
    assert changed.output == Path("elsewhere/out")
    assert changed.symbolic.evolve == ()
