"""The code tasks: official files read, answers cut out, and what each metric tells."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from executors.outcome import Outcome, Status
from tasks import code
from tasks.scoring import Scored, score
from tasks.source import BUNDLED
from tasks.task import DataError, Sample, Task

TASKS = [code.NL2BASH, code.NL2RX, code.NL2RX_SYNTH, code.NL2PYTHON, code.NL2PYTHON_COSQA, code.NL2JAVA, code.NL2GO]
ROWS = {"nl2bash": 144, "nl2rx": 150, "nl2rx_synth": 150, "nl2python": 150, "nl2python_cosqa": 150, "nl2java": 150}


def scored(task: Task, sample: Sample, completion: str) -> tuple[Scored, dict[str, float]]:
    result = score(task.name, sample, completion)
    plain = {name: row["score"] for name, row in result.statistics.items() if "score" in row}
    return result, plain


@pytest.mark.parametrize("task", TASKS, ids=lambda task: task.name)
def test_official_files_are_read(task: Task, data_root: Path) -> None:
    samples = list(task.read(data_root / task.source.folder))
    assert len(samples) == ROWS.get(task.name, 80)
    assert len({sample.id for sample in samples}) == len(samples)
    assert all(sample.target and sample.fields["description"] for sample in samples)


def test_descriptions_with_several_commands_are_one_sample() -> None:
    first = next(iter(code.read_nl2bash(BUNDLED / "nl2bash")))
    assert len(code.commands(first)) == 2
    for command in code.commands(first):
        assert scored(code.NL2BASH, first, command)[1] == dict.fromkeys(
            ("template_match", "command_match", "exact_match", "bash_execution"), 1.0
        )


def test_lines_that_do_not_pair_are_a_data_error(tmp_path: Path) -> None:
    (tmp_path / "test.nl.filtered").write_text("a\nb\n")
    (tmp_path / "test.cm.filtered").write_text("ls\n")
    with pytest.raises(DataError, match=r"1 lines for the 2 of test\.nl\.filtered"):
        list(code.read_nl2bash(tmp_path))


@pytest.mark.parametrize("content", ["[{]", '[{"intent": "x"}]', "[1]"])
def test_broken_json_is_a_data_error(tmp_path: Path, content: str) -> None:
    (tmp_path / "conala_test.json").write_text(content)
    with pytest.raises(DataError, match=r"conala_test\.json"):
        list(code.read_conala(tmp_path))


def test_an_expression_that_does_not_parse_is_a_data_error(tmp_path: Path) -> None:
    part = tmp_path / "data_turk_eval_turk"
    part.mkdir()
    (part / "src-test.txt").write_text("lines\n")
    (part / "targ-test.txt").write_text("( a\n")
    with pytest.raises(DataError, match=r"targ-test\.txt:1: .*expected"):
        list(code.read_nl2rx(tmp_path))


def test_the_official_spelling_of_conala_is_read_too(tmp_path: Path) -> None:
    row = {"intent": "i", "rewritten_intent": None, "snippet": "x = 1", "question_id": 5}
    (tmp_path / "conala_test.json").write_text(json.dumps([row, {**row, "rewritten_intent": "better"}]))
    assert [sample.fields["description"] for sample in code.read_conala(tmp_path)] == ["i", "better"]


@pytest.mark.parametrize(
    ("completion", "language", "wanted"),
    [
        ("ls -l", "bash", "ls -l"),
        ("cat `which ls`\n\nThis prints it.", "bash", "cat `which ls`"),
        ("The command is: ls", "bash", "ls"),
        ("Sure:\n```bash\nfor f in *; do\n  rm $f\ndone\n```", "bash", "for f in *; do\n  rm $f\ndone"),
        ("```sh\nls\n```\nor\n```\nls -a\n```", "bash", "ls -a"),
        ("", "bash", None),
        ("ls</s>more", "bash", "ls"),
    ],
)
def test_commands_are_cut_out(completion: str, language: str, wanted: str | None) -> None:
    assert code.line_of(completion, language) == wanted


def test_expressions_are_cut_out_and_un_tokenised() -> None:
    assert code.regex_of("( [ <NUM> ] ) & ( <M0> )\nThat matches.") == "([0-9])&(dog)"
    assert code.regex_of("The regex is: `[a-z]+`") == "[a-z]+"
    assert code.regex_of("  ") is None


def test_whole_code_is_kept() -> None:
    assert code.code_of("def f(x):\n    return x\n", "python") == "def f(x):\n    return x"
    assert code.code_of("The code is:\nx = 1", "python") == "x = 1"
    assert code.code_of("code: str = 'x'", "python") == "code: str = 'x'"


def rx(tokens: str) -> Sample:
    return Sample("x", {"description": "lines"}, tokens, program=code.regex.untokenised(tokens))


def test_other_expressions_of_the_same_language_are_right() -> None:
    result, plain = scored(code.NL2RX, rx("( <M0> ) { 2 , }"), "(dog)(dog)+")
    assert plain == {"dfa_equal": 1.0, "exact_match": 0.0}
    assert result.outcome.ok


def test_an_undecided_pair_is_not_equal() -> None:
    outcome = Outcome.failed(Status.TIMEOUT, "out of time")
    assert code.dfa_equal(rx(". *"), ".*", outcome) == {"score": 0.0}


def bash(*commands: str) -> Sample:
    return Sample("x", {"description": "d"}, commands[0], context=commands)


def test_execution_sees_what_templates_do_not() -> None:
    _, plain = scored(code.NL2BASH, bash("find . -name '*.c'"), "find . -type f -name '*.c'")
    assert plain == {"template_match": 0.0, "command_match": 0.0, "exact_match": 0.0, "bash_execution": 1.0}
    _, plain = scored(code.NL2BASH, bash("head -n 2 file1"), "head -n 1 file1")
    assert plain == {"template_match": 1.0, "command_match": 0.0, "exact_match": 0.0, "bash_execution": 0.0}


def test_any_gold_command_counts() -> None:
    result, plain = scored(code.NL2BASH, bash("rsync host:a b", "frobnicate", "ls src"), "ls ./src")
    assert plain["bash_execution"] == 1.0
    assert result.outcome.value == {
        "exit": 0,
        "stdout": "Main.java\napp.py\nmain.c\nold\nutil.c\nutil.h\n",
        "effect": "same",
    }


@pytest.mark.parametrize(("gold", "effect"), [("rsync host:a b", "unknown"), ("ls", "other")])
def test_what_no_gold_can_tell_is_unknown(gold: str, effect: str) -> None:
    result, plain = scored(code.NL2BASH, bash(gold), "echo something")
    assert isinstance(result.outcome.value, dict)
    assert result.outcome.value["effect"] == effect
    assert plain["bash_execution"] == 0.0


def test_a_command_that_reads_like_the_gold_is_not_run() -> None:
    result, plain = scored(code.NL2BASH, bash("yes"), "sudo yes")
    assert result.outcome.value == {"effect": "same"}
    assert plain["bash_execution"] == 1.0


@pytest.mark.parametrize(
    "hostile", [":(){ :|:& };:", "rm -rf / 2>/dev/null", "cat </dev/tcp/1.1.1.1/80", "yes", "\x00"]
)
def test_hostile_commands_score_nothing(hostile: str) -> None:
    assert set(scored(code.NL2BASH, bash("ls"), hostile)[1].values()) == {0.0}


def test_valid_syntax_is_no_right_answer() -> None:
    sample = Sample("x", {"description": "d"}, "int f ( ) { return 1 ; }")
    assert scored(code.NL2JAVA, sample, "int g ( ) { return 2 ; }")[1] == {"exact_match": 0.0, "syntax_valid": 1.0}
    assert scored(code.NL2JAVA, sample, "int g ( { ")[1] == {"exact_match": 0.0, "syntax_valid": 0.0}
