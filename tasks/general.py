"""General ability, which symbols must not cost: BIG-Bench Hard and MMLU.

Official files: BIG-Bench Hard `bbh/<subtask>.json` and `cot-prompts/<subtask>.txt`; MMLU `dev/<subject>_dev.csv` and
`test/<subject>_test.csv`. Prompts are those of lm-evaluation-harness. Both are averaged over questions, as the paper's
MMLU figures are; samples are spread over subtasks and subjects in proportion, so that the first n of them are, too.
"""

from __future__ import annotations

import csv
import functools
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from executors.outcome import Outcome, Status
from tasks import extract, lm_eval_filters
from tasks.metrics import Metric, Origin, Standing, Statistics
from tasks.prompt import Prompt
from tasks.short_answer import same_answer
from tasks.source import Source
from tasks.task import DataError, Part, Sample, Task

LETTERS = ("A", "B", "C", "D")

# The categories of hendrycks/test 4450500f (categories.py), with which the paper's group averages agree.
HUMANITIES, SOCIAL_SCIENCES, STEM, OTHERS = "humanities", "social sciences", "STEM", "others"
GROUPS: Mapping[str, str] = {
    subject: group
    for group, subjects in {
        HUMANITIES: "formal_logic high_school_european_history high_school_us_history high_school_world_history "
        "international_law jurisprudence logical_fallacies moral_disputes moral_scenarios philosophy prehistory "
        "professional_law world_religions",
        SOCIAL_SCIENCES: "econometrics high_school_geography high_school_government_and_politics "
        "high_school_macroeconomics high_school_microeconomics high_school_psychology human_sexuality "
        "professional_psychology public_relations security_studies sociology us_foreign_policy",
        STEM: "abstract_algebra astronomy college_biology college_chemistry college_computer_science "
        "college_mathematics college_physics computer_security conceptual_physics electrical_engineering "
        "elementary_mathematics high_school_biology high_school_chemistry high_school_computer_science "
        "high_school_mathematics high_school_physics high_school_statistics machine_learning",
        OTHERS: "anatomy business_ethics clinical_knowledge college_medicine global_facts human_aging management "
        "marketing medical_genetics miscellaneous nutrition professional_accounting professional_medicine virology",
    }.items()
    for subject in subjects.split()
}


def in_proportion(strata: Iterable[Sequence[Sample]]) -> list[Sample]:
    """All samples, in an order whose every beginning holds each stratum's share of them."""
    placed = [((number + 0.5) / len(samples), sample) for samples in strata for number, sample in enumerate(samples)]
    return [sample for _, sample in sorted(placed, key=lambda item: item[0])]


def read_bbh(folder: Path) -> list[Sample]:
    """Questions of all subtasks that are there, ids by subtask and row.

    Where `cot-prompts` lies beside, `description` is the subtask's instruction and `exemplars` that and its three
    worked examples; else both are empty.
    """
    paths = sorted((folder / "bbh").glob("*.json"))
    if not paths:
        raise DataError(f"{folder / 'bbh'} holds no <subtask>.json: fetch the official files again")
    return in_proportion([list(_bbh_subtask(path, folder / "cot-prompts")) for path in paths])


def _bbh_subtask(path: Path, prompts: Path) -> Iterator[Sample]:
    exemplars = _cot_prompt(prompts / f"{path.stem}.txt") if prompts.exists() else ""
    shared = {"subtask": path.stem, "description": exemplars.partition("\n\nQ: ")[0], "exemplars": exemplars}
    try:
        rows = json.loads(path.read_text(encoding="utf-8"))["examples"]
        for number, row in enumerate(rows):
            yield Sample(f"{path.stem}-{number}", {**shared, "question": row["input"]}, row["target"])
    except (ValueError, KeyError, TypeError) as error:
        raise DataError(f"{path} is not a subtask of BIG-Bench Hard ({error!r}): fetch it again") from error


def _cot_prompt(path: Path) -> str:
    """A file's instruction and examples, without the canary above its line of dashes."""
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise DataError(f"{path} is missing: cot-prompts/ holds one file a subtask; fetch them again") from error
    _canary, dashes, examples = text.partition("-----\n")
    if not dashes:
        raise DataError(f"{path} has no line of dashes below its canary: fetch the official file again")
    return examples.strip()


def read_mmlu(folder: Path, group: str | None = None) -> list[Sample]:
    """Questions of all subjects (of one of `GROUPS`) that are there, ids by subject and row.

    `exemplars` are the subject's five dev questions with their answers.
    """
    subjects = sorted(path.name.removesuffix("_test.csv") for path in (folder / "test").glob("*_test.csv"))
    unknown = [subject for subject in subjects if subject not in GROUPS]
    if unknown:
        raise DataError(f"{folder / 'test'}: {unknown[0]}_test.csv is of no subject of MMLU: take it away")
    chosen = [subject for subject in subjects if group in (None, GROUPS[subject])]
    if not chosen:
        raise DataError(f"{folder / 'test'} holds no <subject>_test.csv of {group or 'MMLU'}: fetch the files again")
    return in_proportion([list(_mmlu_subject(folder, subject)) for subject in chosen])


def _with_exemplars(sample: Sample, exemplars: str) -> Sample:
    return replace(sample, fields={**sample.fields, "exemplars": exemplars})


def drop_bbh_shot(sample: Sample) -> Sample | None:
    """Without the last of the worked examples; the subtask's instruction stays."""
    before, asked, _ = sample.fields["exemplars"].rpartition("\n\nQ: ")
    return _with_exemplars(sample, before) if asked else None


def drop_mmlu_shot(sample: Sample) -> Sample | None:
    """Without the last of the dev questions."""
    shots = re.split(r"(?<=\nAnswer: [A-D]\n\n)(?=.)", sample.fields["exemplars"], flags=re.DOTALL)
    return _with_exemplars(sample, "".join(shots[:-1])) if shots[-1] else None


def of_group(group: str, sample: str) -> bool:
    """Whether a question's id says that it is of this group of MMLU."""
    return GROUPS[sample.rpartition("-")[0]] == group


def _mmlu_subject(folder: Path, subject: str) -> Iterator[Sample]:
    dev = _mmlu_rows(folder / "dev" / f"{subject}_dev.csv")[:5]
    exemplars = "".join(f"{_ASKED.render(_mmlu_fields(row))} {row[5]}\n\n" for row in dev)
    shared = {"subject": subject.replace("_", " "), "exemplars": exemplars}
    for number, row in enumerate(_mmlu_rows(folder / "test" / f"{subject}_test.csv")):
        yield Sample(f"{subject}-{number}", shared | _mmlu_fields(row), row[5])


def _mmlu_fields(row: Sequence[str]) -> dict[str, str]:
    return {"question": row[0].strip()} | dict(zip(LETTERS, row[1:5], strict=True))


def _mmlu_rows(path: Path) -> list[list[str]]:
    """Question, four options, letter; text as it stands (`nan` and `None` are options like any other)."""
    try:
        with path.open(encoding="utf-8", newline="") as stream:
            rows = list(csv.reader(stream))
    except FileNotFoundError as error:
        raise DataError(f"{path} is missing: every subject has a dev and a test file; fetch them again") from error
    for number, row in enumerate(rows, 1):
        if len(row) != 6 or row[5] not in LETTERS:
            raise DataError(
                f"{path}: row {number} is not question, A, B, C, D, letter: take the original form, without a header"
            )
    return rows


def extract_answer(completion: str) -> str | None:
    """All that the model wrote, for scorers that look into it themselves; a block fenced as `answer` stands for it."""
    text = extract.without_end_tokens(completion)
    block = extract.fenced(text, "answer") if "```answer" in text else None
    text = text if block is None else block
    return text if text.strip() else None


def execute(program: str, sample: Sample) -> Outcome:
    """Nothing runs here: the answer is its own value."""
    return Outcome(Status.OK, program)


Right = Callable[[Sample, str], bool]


def measured(right: Right) -> Callable[[Sample, str | None, Outcome], Statistics]:
    """1 where the text is right; no text is wrong."""
    return functools.partial(_measure, right)


def _measure(right: Right, sample: Sample, program: str | None, outcome: Outcome) -> Statistics:
    return {"score": float(program is not None and right(sample, program))}


def bbh_direct(sample: Sample, text: str) -> bool:
    return same_answer(text, sample.target, sample.fields["question"], 0)


def bbh_thought(sample: Sample, text: str) -> bool:
    return same_answer(text, sample.target, sample.fields["question"], -1)


def bbh_strict_match(sample: Sample, text: str) -> bool:
    return lm_eval_filters.exact_folded(text, sample.target)


def bbh_flexible_extract(sample: Sample, text: str) -> bool:
    return _flexible(sample, text, 0)


def bbh_get_answer(sample: Sample, text: str) -> bool:
    """As the original runs it: its stop strings `Q` and a blank line have cut the text."""
    cut = text.split("Q")[0].split("\n\n")[0]
    return lm_eval_filters.exact(lm_eval_filters.cot_fewshot_answer(cut), sample.target)


def bbh_thought_strict_match(sample: Sample, text: str) -> bool:
    return lm_eval_filters.exact_folded(lm_eval_filters.cot_zeroshot_answer(text), sample.target)


def bbh_thought_flexible_extract(sample: Sample, text: str) -> bool:
    return _flexible(sample, text, -1)


def _flexible(sample: Sample, text: str, pick: lm_eval_filters.Pick) -> bool:
    found = lm_eval_filters.flexible_answer(sample.fields["subtask"], sample.fields["question"], text, pick)
    return lm_eval_filters.exact_folded(found, sample.target)


def mmlu_accuracy(sample: Sample, text: str) -> bool:
    options = "\n".join(f"({letter}) {sample.fields[letter]}" for letter in LETTERS)
    return same_answer(text, f"({sample.target})", options, 0)


def mmlu_generative(sample: Sample, text: str) -> bool:
    found = lm_eval_filters.generative_answer(text)
    return lm_eval_filters.exact_without_punctuation(found, sample.target)


_OPPOSITES = {"true": "False", "false": "True", "yes": "no", "no": "yes", "valid": "invalid", "invalid": "valid"}


def another_answer(target: str) -> str:
    """A wrong answer of the same kind."""
    if target.lower() in _OPPOSITES:
        return _OPPOSITES[target.lower()]
    if target.lstrip("-").isdigit():
        return str(int(target) + 1)
    return "(B)" if target == "(A)" else "(A)"


def wrong_answers(sample: Sample) -> list[str]:
    return [another_answer(sample.target), "?"]


def wrong_thoughts(sample: Sample) -> list[str]:
    return [f"So the answer is {another_answer(sample.target)}.", "?"]


def wrong_letters(sample: Sample) -> list[str]:
    return ["B" if sample.target == "A" else "A", "I do not know."]


_ASKED = Prompt(
    "{{ question }}\n{% for letter, option in [('A', A), ('B', B), ('C', C), ('D', D)] %}"
    "{{ letter }}. {{ option }}\n{% endfor %}Answer:"
)
_MMLU_PROMPT = Prompt(
    "The following are multiple choice questions (with answers) about {{ subject }}.\n\n{{ exemplars }}"
    + _ASKED.template,
    fixed=True,
)
_BBH_PROMPT = Prompt(
    "{% if description %}{{ description }}\n\n{% endif %}Q: {{ question }}\nA:",
    fixed=True,
)
_BBH_COT_PROMPT = Prompt("{{ exemplars }}\n\nQ: {{ question }}\nA: Let's think step by step.\n", fixed=True)

_BBH_HOME = "https://github.com/suzgunmirac/BIG-Bench-Hard"
_HARNESS = "EleutherAI/lm-evaluation-harness 4e7e0d47f3"

BBH = Task(
    name="bbh",
    title="BBH-Average",
    suites=("general",),
    domain="General",
    language="answer",
    source=Source("bbh", ("bbh", "cot-prompts"), _BBH_HOME, "MIT", other_layouts=(("bbh",),)),
    read=read_bbh,
    prompt=_BBH_PROMPT,
    extract=extract_answer,
    execute=execute,
    metrics=(
        Metric(
            "accuracy",
            measured(bbh_direct),
            origin=Origin.PAPER,
            standing=Standing.MISSING,
            source="0-shot score of the paper's table; which scorer it used is not known, this one is our own reading",
        ),
        Metric("strict_match", measured(bbh_strict_match), origin=Origin.OFFICIAL, source=f"{_HARNESS}, bbh_zeroshot"),
        Metric(
            "flexible_extract",
            measured(bbh_flexible_extract),
            origin=Origin.OFFICIAL,
            source=f"{_HARNESS}, bbh_zeroshot",
        ),
    ),
    wrong=wrong_answers,
    paper_metric="accuracy",
    size=6511,
    stop=("Q:",),
)

BBH_COT = Task(
    name="bbh_cot",
    title="BBH, 3-shot chain of thought",
    suites=("general",),
    domain="General",
    language="answer",
    source=Source("bbh", ("bbh", "cot-prompts"), _BBH_HOME, "MIT"),
    read=read_bbh,
    prompt=_BBH_COT_PROMPT,
    extract=extract_answer,
    execute=execute,
    metrics=(
        Metric("accuracy", measured(bbh_thought), source="the last answer that the text gives, however it is written"),
        Metric("get_answer", measured(bbh_get_answer), origin=Origin.OFFICIAL, source=f"{_HARNESS}, bbh_cot_fewshot"),
        Metric(
            "strict_match",
            measured(bbh_thought_strict_match),
            origin=Origin.OFFICIAL,
            source=f"{_HARNESS}, bbh_cot_zeroshot",
        ),
        Metric(
            "flexible_extract",
            measured(bbh_thought_flexible_extract),
            origin=Origin.OFFICIAL,
            source=f"{_HARNESS}, bbh_cot_zeroshot",
        ),
    ),
    wrong=wrong_thoughts,
    gold=lambda sample: f"So the answer is {sample.target}.",
    size=6511,
    max_tokens=1024,
    stop=("Q:",),
    drop_shot=drop_bbh_shot,
)


def _mmlu(name: str, title: str, size: int, group: str | None = None) -> Task:
    return Task(
        name=name,
        title=title,
        suites=("general",),
        domain="General",
        language="answer",
        source=Source("mmlu", ("dev", "test"), "https://github.com/hendrycks/test", "MIT"),
        read=functools.partial(read_mmlu, group=group),
        prompt=_MMLU_PROMPT,
        extract=extract_answer,
        execute=execute,
        metrics=(
            Metric(
                "accuracy",
                measured(mmlu_accuracy),
                origin=Origin.PAPER,
                standing=Standing.DERIVED,
                source="5-shot accuracy over questions, which the paper's averages fit; the likeliest of four letters",
            ),
            Metric(
                "generative", measured(mmlu_generative), origin=Origin.OFFICIAL, source=f"{_HARNESS}, mmlu_generative"
            ),
        ),
        wrong=wrong_letters,
        paper_metric="accuracy",
        size=size,
        max_tokens=16,
        choices=LETTERS,
        drop_shot=drop_mmlu_shot,
        part=None if group is None else Part("mmlu", functools.partial(of_group, group)),
    )


MMLU = _mmlu("mmlu", "MMLU-Average", 14042)
MMLU_HUMANITIES = _mmlu("mmlu_humanities", "MMLU-Humanities", 4705, HUMANITIES)
MMLU_SOCIAL_SCIENCES = _mmlu("mmlu_social_sciences", "MMLU-SocialSciences", 3077, SOCIAL_SCIENCES)
MMLU_STEM = _mmlu("mmlu_stem", "MMLU-STEM", 3018, STEM)
MMLU_OTHERS = _mmlu("mmlu_others", "MMLU-Others", 3242, OTHERS)
