"""Sentences to Abstract Meaning Representations: AMR 2.0 and 3.0, BioAMR, The Little Prince.

AMR 2.0 (LDC2017T10) and 3.0 (LDC2020T02) are licensed by the LDC: put the unpacked release's content into `amr2` or
`amr3` under the data root, so that `data/amrs/split/test/amr-release-*-amrs-test-*.txt` lies below it. The other
files are free. All have one layout: blocks between blank lines, comment lines `# ::id`, `# ::snt` or `# ::tok`, then
the graph. A block without `::id` (a file's header, an example in it) is no sample.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from executors import amr
from executors.outcome import Outcome
from tasks import extract
from tasks.metrics import Estimate, Metric, Origin, Pooling, Standing, Statistics, pooled, ratio
from tasks.prompt import Prompt, Shot
from tasks.source import Source
from tasks.task import DataError, Sample, Task

_SPLIT = "data/amrs/split/test"
# The test file that papers use has no mirror; an annotated article and development rows of the free release have.
_BIO_TEST = "amr-release-test-bio.txt"
_BIO_FREE = ("bio-bmdr4-gold-2015-01-08.txt", "bio-dev.amrtrain.sample.txt")
_LITTLE_PRINCE = "amr-bank-struct-v3.0.txt"
_LITTLE_PRINCE_EXCERPT = "amr-bank-struct-v3.0.sample.txt"


def read_release(folder: Path) -> Iterator[Sample]:
    """Samples of an LDC release's test split, file by file."""
    paths = sorted((folder / _SPLIT).glob("*.txt"))
    if not paths:
        raise DataError(f"{folder / _SPLIT} has no .txt file: unpack the LDC release so that its test split lies there")
    for path in paths:
        yield from read_file(path)


def read_bio(folder: Path) -> Iterator[Sample]:
    """Samples of BioAMR's test file, else of the free files; these overlap, and an id once given is not given again."""
    names = (_BIO_TEST,) if (folder / _BIO_TEST).exists() else _BIO_FREE
    seen: set[str] = set()
    for sample in (sample for name in names for sample in read_file(folder / name)):
        if sample.id not in seen:
            seen.add(sample.id)
            yield sample


def read_little_prince(folder: Path) -> Iterator[Sample]:
    """Samples of the whole bank, else of an excerpt of it."""
    whole = folder / _LITTLE_PRINCE
    yield from read_file(whole if whole.exists() else folder / _LITTLE_PRINCE_EXCERPT)


def read_file(path: Path) -> Iterator[Sample]:
    """One file's samples, ids as upstream's. Raises DataError.

    Alignment marks are taken off: no metric is about them.
    """
    for block in re.split(r"\n\s*\n", path.read_text(encoding="utf-8")):
        found = re.search(r"^#.*::id (\S+)", block, re.MULTILINE)
        if found is None:
            continue
        text = re.search(r"^# ::snt (.*)", block, re.MULTILINE) or re.search(r"^# ::tok (.*)", block, re.MULTILINE)
        graph = " ".join(line.strip() for line in block.split("\n") if not line.startswith("#"))
        if text is None or not graph:
            raise DataError(f"{path}: {found[1]} has no sentence or no graph: fetch the official file again")
        target = amr.without_alignments(graph).strip()
        try:
            amr.read(target)
        except amr.MalformedError as error:
            raise DataError(f"{path}: {found[1]}: {error}; fetch the official file again") from error
        yield Sample(found[1], {"sentence": text[1].strip()}, target)


_START = re.compile(r"\(\s*[^\s()/:\"]+\s*/")
_QUOTE_OR_BRACKET = re.compile(r"[\"()]")


def extract_graph(completion: str) -> str | None:
    """The first bracketed `(variable / concept ...`, up to its closing bracket (or the end), on one line.

    Alignment marks are taken off, as from the gold; comment lines within the graph are dropped.
    """
    text = extract.without_end_tokens(completion)
    block = extract.fenced(text, "amr", "penman")
    text = "\n".join(
        line for line in (block if block is not None else text).splitlines() if not line.lstrip().startswith("#")
    )
    start = _START.search(text)
    if start is None:
        return None
    return " ".join(amr.without_alignments(text[start.start() : _end(text, start.start())]).split())


def _end(text: str, start: int) -> int:
    depth, quoted = 0, False
    for mark in _QUOTE_OR_BRACKET.finditer(text, start):
        if mark[0] == '"':
            quoted = not quoted
        elif not quoted:
            depth += 1 if mark[0] == "(" else -1
            if depth == 0:
                return mark.end()
    return len(text)


def execute(program: str, sample: Sample) -> Outcome:
    return amr.execute(program)


def _smatch(search: Callable[[amr.Graph, amr.Graph], amr.Match]) -> Callable[..., Statistics]:
    """Counts of triples. An answer without a graph matches nothing, and all gold triples count against it.

    Twice the matches over all triples of both sides is the F1 of micro precision and recall.
    """

    def measure(sample: Sample, program: str | None, outcome: Outcome) -> Statistics:
        gold = amr.read(sample.target)
        predicted, found = 0, amr.Match(0, proved=True)
        if program is not None and outcome.ok:
            graph = amr.read(program)
            predicted, found = graph.size, search(graph, gold)
        return {
            "matches": found.matches,
            "predicted": predicted,
            "gold": gold.size,
            "proved": float(found.proved),
            "numerator": 2 * found.matches,
            "denominator": predicted + gold.size,
        }

    return measure


@pooled(Pooling.SUMS)
def micro_f1(statistics: Sequence[Statistics], groups: Sequence[str]) -> Estimate:
    """Micro F1 of triples. At most 1: a triple that is written twice may match twice, to the official tool too."""
    estimate = ratio(statistics, groups)
    return replace(estimate, value=min(estimate.value, 1.0))


def well_formed(sample: Sample, program: str | None, outcome: Outcome) -> Statistics:
    return {"score": float(program is not None and amr.is_well_formed(program))}


METRICS = (
    Metric(
        "smatch",
        _smatch(amr.best_of_climbs),
        micro_f1,
        Origin.PAPER,
        Standing.DERIVED,
        "PyPI smatch 1.0.4: micro F1 of triples, best of 20 climbs with a fixed seed (the tool: of 5, seed by chance)",
    ),
    Metric(
        "smatch_optimal",
        _smatch(amr.optimum),
        micro_f1,
        source="the same triples under the best mapping there is, by integer programming (HiGHS)",
    ),
    Metric(
        "well_formed",
        well_formed,
        source="penman reads one graph, with one concept a node and each variable declared once",
        graded=True,
    ),
)


def wrong(sample: Sample) -> list[str]:
    # A lone node whose concept no sentence has still matches the root's mark, so wrong answers have no graph at all.
    return [sample.target.replace("/", " "), "The meaning is not known.", "(a / b :ARG0 (a / c))"]


_PROMPT = Prompt(
    "Transform the natural language sentence into AMR form.\nThe sentence is: {{ sentence }}\nThe AMR is:\n",
    shots=(
        Shot(
            {"sentence": "The gardener hopes to sell the old tree."},
            "(h / hope-01 :ARG0 (g / gardener) :ARG1 (s / sell-01 :ARG0 g :ARG1 (t / tree :mod (o / old))))",
        ),
        Shot(
            {"sentence": "Marta did not open two letters."},
            '(o / open-01 :polarity - :ARG0 (p / person :name (n / name :op1 "Marta")) :ARG1 (l / letter :quant 2))',
        ),
        Shot(
            {"sentence": "The ship that sank carried salt because the road was closed."},
            "(c / carry-01 :ARG0 (s / ship :ARG1-of (s2 / sink-01)) :ARG1 (s3 / salt) "
            ":ARG1-of (c2 / cause-01 :ARG0 (c3 / close-01 :ARG1 (r / road))))",
        ),
    ),
)


def _task(name: str, title: str, source: Source, read: Callable[[Path], Iterator[Sample]], size: int | None) -> Task:
    return Task(
        name=name,
        title=title,
        suites=("symbolic",),
        domain="AMR",
        language="amr",
        source=source,
        read=read,
        prompt=_PROMPT,
        extract=extract_graph,
        execute=execute,
        metrics=METRICS,
        wrong=wrong,
        paper_metric="smatch",
        size=size,
        max_tokens=1024,
        deadline=45.0,
    )


def _release(folder: str, catalogue: str) -> Source:
    return Source(folder, (_SPLIT,), f"https://catalog.ldc.upenn.edu/{catalogue}", "LDC User Agreement; not for free")


AMR3 = _task("amr3", "AMR3.0", _release("amr3", "LDC2020T02"), read_release, 1898)
AMR2 = _task("amr2", "AMR2.0", _release("amr2", "LDC2017T10"), read_release, 1371)
BIOAMR = _task(
    "bioamr",
    "BioAMR",
    Source(
        "amr",
        (_BIO_TEST,),
        "https://amr.isi.edu/download.html; the others https://github.com/raosudha89/bioAMR (data)",
        "free ISI release",
        other_layouts=(_BIO_FREE,),
    ),
    read_bio,
    None,
)
LITTLE_PRINCE = replace(
    _task(
        "little_prince",
        "Little Prince",
        Source(
            "amr",
            (_LITTLE_PRINCE,),
            "https://amr.isi.edu/download.html",
            "free ISI release",
            other_layouts=((_LITTLE_PRINCE_EXCERPT,),),
        ),
        read_little_prince,
        None,
    ),
    suites=("ood",),  # a public stand-in for what the LDC licenses; the paper has no such task
    paper_metric=None,
)
