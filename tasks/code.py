"""Code written from descriptions: shell commands, regular expressions, Python, Java and Go.

The paper scores all five by BLEU and says neither which data sets nor which BLEU it used. Official files:
NL2BASH parallel lines (`test.nl.filtered`, `test.cm.filtered`), NL2RX parallel lines of characters and class tokens
(`src-test.txt`, `targ-test.txt`), CoNaLa and CoSQA as JSON lists, CONCODE (CodeXGLUE) and HumanEval-X as JSON lines.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from executors import code_syntax, regex
from executors.bash import execution
from executors.bash.template import command_match, template_match
from executors.outcome import Limits, Outcome, Status, Value, Verdict
from tasks import extract
from tasks.bleu import Variant, bleu_metric
from tasks.metrics import Metric, Origin, Statistics, exact_match
from tasks.prompt import Prompt, Shot
from tasks.source import Source
from tasks.task import DataError, Sample, Suite, Task

REGEX_LIMITS = Limits(seconds=10.0)

# The words that NL-RX's descriptions and expressions write as tokens.
_WORDS = {"<M0>": "'dog'", "<M1>": "'truck'", "<M2>": "'ring'", "<M3>": "'lake'"}

# What models put before an answer: "The command is:". Before code only on a line of its own: `code: str` is Python.
_LABEL = re.compile(r"^\s*(?:(?:here is )?the )?(?:\w+ )?(?:answer|command|code|regex|expression)(?: is)?:\s*", re.I)
_LABEL_LINE = re.compile(_LABEL.pattern.removesuffix(r"\s*") + r"[ \t]*\r?\n", re.I)
_CALLED = {"bash": ("bash", "sh", "shell"), "regex": ("regex", "regexp"), "python": ("python", "py")}


def parallel_lines(first: Path, second: Path) -> Iterator[tuple[int, str, str]]:
    """Row number and both sides of two files whose lines belong together. Raises `DataError`."""
    sides = [path.read_text(encoding="utf-8").split("\n") for path in (first, second)]
    rows = [side[:-1] if side[-1] == "" else side for side in sides]
    if len(rows[0]) != len(rows[1]):
        raise DataError(f"{second}: {len(rows[1])} lines for the {len(rows[0])} of {first.name}; fetch both again")
    for number, (left, right) in enumerate(zip(*rows, strict=True)):
        yield number, left, right


def read_nl2bash(folder: Path) -> Iterator[Sample]:
    """One sample a description, named by its first row; `context` holds all its commands, `target` the first."""
    golds: dict[str, list[str]] = {}
    rows: dict[str, int] = {}
    for number, text, command in parallel_lines(folder / "test.nl.filtered", folder / "test.cm.filtered"):
        golds.setdefault(text.strip(), []).append(command.strip())
        rows.setdefault(text.strip(), number)
    for text, commands in golds.items():
        yield Sample(f"test-{rows[text]}", {"description": text}, commands[0], context=tuple(dict.fromkeys(commands)))


def read_nl2rx(folder: Path, kind: str = "turk") -> Iterator[Sample]:
    """The test rows of NL-RX-Turk or -Synth. Targets are the official token lines, programs the expressions."""
    part = folder / f"data_{kind}_eval_{kind}"
    for number, text, tokens in parallel_lines(part / "src-test.txt", part / "targ-test.txt"):
        for token, word in _WORDS.items():
            text = text.replace(token, word)
        program = regex.untokenised(tokens)
        try:
            regex.parse(program)
        except regex.RegexSyntaxError as error:
            raise DataError(f"{part / 'targ-test.txt'}:{number + 1}: {error}; fetch the official file again") from error
        yield Sample(f"{kind}-test-{number}", {"description": text.strip()}, tokens.strip(), program=program)


def _rows(path: Path) -> list[Any]:
    """The items of a JSON list, or of JSON lines."""
    text = path.read_text(encoding="utf-8")
    try:
        rows = json.loads(text) if text.lstrip().startswith("[") else [json.loads(x) for x in text.split("\n") if x]
    except ValueError as error:
        raise DataError(f"{path} is not whole JSON ({error}): fetch the official file again") from error
    return list(rows)


def _read_json(folder: Path, file: str, sample: Callable[[int, Any], Sample | None]) -> Iterator[Sample]:
    path = folder / file
    for number, row in enumerate(_rows(path)):
        try:
            found = sample(number, row)
        except (KeyError, TypeError, AttributeError) as error:
            raise DataError(f"{path}: row {number} is not of this data set ({error!r}); fetch it again") from error
        if found is not None:
            yield found


def read_conala(folder: Path) -> Iterator[Sample]:
    """CoNaLa's test rows, also in the official corpus' own spelling of the fields (`rewritten_intent`, `snippet`)."""

    def sample(number: int, row: Any) -> Sample:
        code = row["snippet"] if "snippet" in row else row["code"]
        return Sample(f"test-{number}", {"description": row.get("rewritten_intent") or row["intent"]}, code.strip())

    return _read_json(folder, "conala_test.json", sample)


def read_cosqa(folder: Path) -> Iterator[Sample]:
    """CoSQA's development rows whose code does what its docstring says (label 1): docstring (or query) to function."""

    def sample(number: int, row: Any) -> Sample | None:
        text = " ".join(row["docstring_tokens"].split()) or row["doc"]
        return Sample(row["idx"], {"description": text}, row["code"].strip()) if row["label"] == 1 else None

    return _read_json(folder, "cosqa-dev.json", sample)


def read_concode(folder: Path) -> Iterator[Sample]:
    """CONCODE's development rows (the test rows' code is not published): description, then the class' members."""

    def sample(number: int, row: Any) -> Sample:
        description, *members = (part.strip() for part in row["nl"].split("concode_field_sep"))
        listed = "; ".join(" ".join(part.split()) for text in members for part in text.split("concode_elem_sep"))
        return Sample(f"dev-{number}", {"description": description, "members": listed}, row["code"].strip())

    return _read_json(folder, "dev.json", sample)


def read_humaneval_go(folder: Path) -> Iterator[Sample]:
    """HumanEval-X's Go rows: comment and signature to the whole function."""

    def sample(number: int, row: Any) -> Sample:
        signature = row["declaration"].strip()
        fields = {"description": row["docstring"].strip(), "signature": signature}
        return Sample(row["task_id"], fields, f"{signature}\n{row['canonical_solution'].rstrip()}")

    return _read_json(folder, "humaneval_go.jsonl", sample)


def code_of(completion: str, language: str) -> str | None:
    """The last fenced block of the language, else the whole text without a label in front."""
    text = extract.without_end_tokens(completion)
    block = extract.fenced(text, *_CALLED.get(language, (language,)))
    return (block if block is not None else _LABEL_LINE.sub("", text)).strip() or None


def line_of(completion: str, language: str) -> str | None:
    """As `code_of`; outside a fence only the first line, which is all that a command or an expression needs."""
    code = code_of(completion, language)
    if code is None or "```" in completion:
        return code
    return _LABEL.sub("", code).split("\n", 1)[0].strip() or None


def regex_of(completion: str) -> str | None:
    """The expression as text: class and word tokens are spelled out where a model writes them as the data set does."""
    line = line_of(completion, "regex")
    return regex.untokenised(line.strip("`")) or None if line is not None else None


def commands(sample: Sample) -> tuple[str, ...]:
    return sample.context if isinstance(sample.context, tuple) else (sample.target,)


def run_command(program: str, sample: Sample) -> Outcome:
    """The outcome's value tells `effect`: "same", "other", or "unknown" where no gold shows anything on our files.

    A prediction that reads as a gold does is not run: it does the same, and `date` would still print another time.
    """
    if any(command_match(gold, program) for gold in commands(sample)):
        return Outcome(Status.OK, {"effect": "same"})
    known = False
    for gold in commands(sample):
        outcome, same = execution.same_effect(gold, program)
        known |= same is not None
        if not outcome.ok or same:
            break
    effect = "same" if same else "other" if known else "unknown"
    value: dict[str, Value] = {**(outcome.value if isinstance(outcome.value, dict) else {}), "effect": effect}
    return Outcome(outcome.status, value if outcome.ok else None, outcome.detail, outcome.seconds)


def bash_execution(sample: Sample, program: str | None, outcome: Outcome) -> Statistics:
    """1 when the command does on our files what a gold command does, or reads as one does."""
    return {"score": float(outcome.ok and isinstance(outcome.value, dict) and outcome.value["effect"] == "same")}


def any_command(match: Callable[[str, str], bool], sample: Sample, program: str | None, _: Outcome) -> Statistics:
    """1 when `match` holds for the program and any of the gold commands."""
    return {"score": float(program is not None and any(match(gold, program) for gold in commands(sample)))}


def same_words(gold: str, pred: str) -> bool:
    return gold.split() == pred.split()


def compare_regex(program: str, sample: Sample) -> Outcome:
    return regex.equivalence(regex.untokenised(sample.target), program, REGEX_LIMITS)


def dfa_equal(sample: Sample, program: str | None, outcome: Outcome) -> Statistics:
    """1 when both expressions match the same strings; 0 when that could not be decided in time."""
    return {"score": float(outcome.ok and outcome.value is Verdict.TRUE)}


def same_regex(sample: Sample, program: str | None, outcome: Outcome) -> Statistics:
    return {"score": float(program == regex.untokenised(sample.target))}


def check_syntax(language: str, program: str, sample: Sample) -> Outcome:
    return code_syntax.check(program, language)


def syntax_valid(sample: Sample, program: str | None, outcome: Outcome) -> Statistics:
    return {"score": float(outcome.ok)}


_SYNTAX = Metric(
    "syntax_valid",
    syntax_valid,
    source="parses, by the language's tree-sitter grammar, as a file, member, statements or expression",
    graded=True,
)
_EXACT = Metric("exact_match", exact_match, source="equality of the words between blanks, as CodeXGLUE's evaluator")
_NL2BASH_CODE = "nl2bash 466c5fe, bashlint and eval"


def _prompt(kind: str, what: str, shots: Sequence[tuple[str, str]]) -> Prompt:
    return Prompt(
        f"Transform the natural language {kind} into {what}.\nThe {kind} is: {{{{ description }}}}\nThe code is:\n",
        shots=tuple(Shot({"description": text}, code) for text, code in shots),
    )


NL2BASH = Task(
    name="nl2bash",
    title="NL2BASH",
    suites=("symbolic",),
    domain="Code",
    language="bash",
    source=Source("nl2bash", ("test.nl.filtered", "test.cm.filtered"), "https://github.com/TellinaTool/nl2bash", "MIT"),
    read=read_nl2bash,
    prompt=_prompt(
        "description",
        "a Bash command",
        (
            ("Print the names of all shell scripts below /opt", "find /opt -name '*.sh' -printf '%f\\n'"),
            ("Show the five largest entries of the current folder", "du -s * | sort -rn | head -n 5"),
            ("Count the lines of notes.md that mention rain", "grep -c rain notes.md"),
        ),
    ),
    extract=partial(line_of, language="bash"),
    execute=run_command,
    metrics=(
        bleu_metric(),
        Metric("template_match", partial(any_command, template_match), origin=Origin.OFFICIAL, source=_NL2BASH_CODE),
        Metric("command_match", partial(any_command, command_match), origin=Origin.OFFICIAL, source=_NL2BASH_CODE),
        Metric("exact_match", partial(any_command, same_words), source="equality of the words between blanks"),
        Metric("bash_execution", bash_execution, source="output and tree on a small file system of our own"),
        bleu_metric(Variant.NLTK_SENTENCE_METHOD1, origin=Origin.OURS),
    ),
    wrong=lambda sample: ["frobnicate --nothing", "kill -9 -1", "echo ("],
    paper_metric="bleu",
    needs=("bwrap",),
    max_tokens=160,
    deadline=60.0,
)


def _nl2rx(name: str, title: str, kind: str, suite: Suite) -> Task:
    folder = f"data_{kind}_eval_{kind}"
    return Task(
        name=name,
        title=title,
        suites=(suite,),
        domain="Code",
        language="regex",
        source=Source(
            "nl2rx",
            (f"{folder}/src-test.txt", f"{folder}/targ-test.txt"),
            "https://github.com/nicholaslocascio/deep-regex",
            "MIT",
        ),
        read=partial(read_nl2rx, kind=kind),
        prompt=_prompt(
            "description",
            "a regular expression (& is intersection, ~ complement, whole lines match)",
            (
                ("lines that start with a capital letter", "[A-Z].*"),
                ("lines with 'ring' and without a number", "(.*ring.*)&(~(.*[0-9].*))"),
                ("lines of at least four vowels and nothing else", "[AEIOUaeiou]{4,}"),
            ),
        ),
        extract=regex_of,
        execute=compare_regex,
        metrics=(
            bleu_metric(),
            Metric(
                "dfa_equal",
                dfa_equal,
                origin=Origin.OFFICIAL,
                source="deep-regex 096490d, regexDFAEquals.py; language of dk.brics.automaton 1.11",
            ),
            Metric("exact_match", same_regex, source="deep-regex 096490d: equality of the un-tokenised texts"),
        ),
        wrong=lambda sample: ['"no such line"', "(", '("no such line")&@'],
        paper_metric="bleu" if suite == "symbolic" else None,
        size=2500,
        max_tokens=160,
        deadline=30.0,
    )


# Turk's descriptions are people's own words, Synth's the grammar's; the expressions come from one grammar.
NL2RX = _nl2rx("nl2rx", "NL2RX", "turk", "symbolic")
NL2RX_SYNTH = _nl2rx("nl2rx_synth", "NL2RX (Synth)", "synth", "ood")

_PYTHON_SHOTS = (
    ("reverse the words of string `s`", "' '.join(s.split()[::-1])"),
    ("get the keys of dictionary `ages` sorted by value", "sorted(ages, key=ages.get)"),
    ("read the lines of file `path` without line ends", "[line.rstrip('\\n') for line in open(path)]"),
)
_FUNCTION_SHOTS = (
    ("Return the larger of two numbers .", "def larger(a, b):\n    return a if a > b else b"),
    ("Count the blank lines of a file .", "def blank_lines(path):\n    return sum(not x.strip() for x in open(path))"),
    ("Join words by commas .", 'def joined(words):\n    return ", ".join(words)'),
)


def _code_task(
    name: str,
    title: str,
    language: str,
    source: Source,
    read: Callable[[Path], Iterator[Sample]],
    prompt: Prompt,
    variant: Variant,
    *,
    size: int,
    suite: Suite = "symbolic",
    in_paper: bool = True,
) -> Task:
    return Task(
        name=name,
        title=title,
        suites=(suite,),
        domain="Code",
        language=language,
        source=source,
        read=read,
        prompt=prompt,
        extract=partial(code_of, language=language),
        execute=partial(check_syntax, language),
        metrics=(bleu_metric(), _EXACT, _SYNTAX, bleu_metric(variant, origin=Origin.OFFICIAL)),
        wrong=lambda sample: ["return ((", "no ] such } code"],
        paper_metric="bleu" if in_paper else None,
        size=size,
        max_tokens=512,
    )


NL2PYTHON = _code_task(
    "nl2python",
    "NL2Python",
    "python",
    Source("nl2python", ("conala_test.json",), "https://conala-corpus.github.io", "CC BY-SA 4.0"),
    read_conala,
    _prompt("question", "Python code", _PYTHON_SHOTS),
    Variant.CONALA,
    size=500,
)
NL2PYTHON_COSQA = _code_task(
    "nl2python_cosqa",
    "NL2Python (CoSQA)",
    "python",
    Source("nl2python", ("cosqa-dev.json",), "https://github.com/microsoft/CodeXGLUE", "C-UDA"),
    read_cosqa,
    _prompt("question", "Python code", _FUNCTION_SHOTS),
    Variant.CODEXGLUE,
    size=313,
    suite="ood",
    in_paper=False,
)
NL2JAVA = _code_task(
    "nl2java",
    "NL2Java",
    "java",
    Source("nl2java", ("dev.json",), "https://github.com/microsoft/CodeXGLUE (text-to-code)", "C-UDA"),
    read_concode,
    Prompt(
        "Transform the natural language question into Java code. The class has these members: {{ members }}\n"
        "The question is: {{ description }}\nThe code is:\n",
        shots=(
            Shot(
                {"description": "how many books there are", "members": "List<Book> books; boolean isOpen"},
                "int function ( ) { return books . size ( ) ; }",
            ),
            Shot(
                {"description": "sets the name", "members": "String name; String getName"},
                "void function ( String arg0 ) { this . name = arg0 ; }",
            ),
            Shot(
                {"description": "whether the value is below the limit", "members": "int limit; void reset"},
                "boolean function ( int arg0 ) { return arg0 < limit ; }",
            ),
        ),
    ),
    Variant.CODEXGLUE,
    size=2000,
)
# Another data set than the paper's, which may be CodeSearchNet's Go: its title keeps it apart from the paper's row.
NL2GO = _code_task(
    "nl2go",
    "NL2Go (HumanEval-X)",
    "go",
    Source("nl2go", ("humaneval_go.jsonl",), "https://github.com/THUDM/CodeGeeX (humaneval-x)", "Apache-2.0"),
    read_humaneval_go,
    Prompt(
        "Transform the natural language question into Go code.\nThe question is:\n{{ description }}\n"
        "The signature is: {{ signature }}\nThe code is:\n",
        shots=(
            Shot(
                {"description": "// Double returns twice n.", "signature": "func Double(n int) int {"},
                "func Double(n int) int {\n    return 2 * n\n}",
            ),
            Shot(
                {
                    "description": "// Last returns the last of some words.",
                    "signature": "func Last(w []string) string {",
                },
                "func Last(w []string) string {\n    return w[len(w)-1]\n}",
            ),
            Shot(
                {"description": "// Sum adds all numbers.", "signature": "func Sum(xs []int) int {"},
                "func Sum(xs []int) int {\n    total := 0\n    for _, x := range xs {\n        total += x\n    }\n"
                "    return total\n}",
            ),
        ),
    ),
    Variant.CODEXGLUE,
    size=164,
    in_paper=False,
)
