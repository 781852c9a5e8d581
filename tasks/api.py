"""Requests to API calls: MTOP and TOPv2 (trees of intents and slots), NLmaps (queries on OpenStreetMap).

Official files: MTOP `en/test.txt` (8 columns), TOPv2 `<domain>_test.tsv` (domain, utterance, semantic_parse), NLmaps
`nlmaps.test.{en,mrl}`. Read as well: XSemPLR's MTOP (`test.json`), Hinglish-TOP's English columns (`test.tsv`).
"""

from __future__ import annotations

import csv
import json
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from executors import mrl, top
from executors.outcome import Outcome
from tasks import extract
from tasks.metrics import Estimate, Metric, Origin, Pooling, Standing, Statistics, pooled, ratio
from tasks.prompt import Prompt, Shot
from tasks.source import Source
from tasks.task import DataError, Sample, Task

_MTOP_COPY, _MTOP_OFFICIAL = "test.json", "en/test.txt"
_TOPV2_COPY = "test.tsv"
_TOPV2_DOMAINS = ("alarm", "event", "messaging", "music", "navigation", "reminder", "timer", "weather")
_TOPV2_OFFICIAL = tuple(f"{domain}_test.tsv" for domain in _TOPV2_DOMAINS)


def read_mtop(folder: Path) -> Iterator[Sample]:
    """English test samples, ids as upstream's; utterances as the file has them."""
    official = folder / _MTOP_OFFICIAL
    if official.exists():
        for number, row in enumerate(_table(official, 8), 1):
            yield Sample(f"test-{row[0] or number}", {"request": row[3]}, row[6])
        return
    path = folder / _MTOP_COPY
    try:
        rows = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise DataError(f"{path} is not whole JSON ({error}): fetch the file again") from error
    for number, row in enumerate(rows):
        try:
            yield Sample(f"test-{row['id']}", {"request": row["question"]["en"]}, row["mr"]["slot_intent"]["en"])
        except (KeyError, TypeError) as error:
            raise DataError(f"{path}: row {number} lacks {error}: this is not XSemPLR's form of MTOP") from error


def read_topv2(folder: Path) -> Iterator[Sample]:
    """Test samples of all domains, ids by domain and row."""
    if all((folder / name).exists() for name in _TOPV2_OFFICIAL):
        for domain, name in zip(_TOPV2_DOMAINS, _TOPV2_OFFICIAL, strict=True):
            for number, row in enumerate(_table(folder / name, 3)[1:], 1):
                yield Sample(f"test-{domain}-{number}", {"request": row[1]}, row[2])
        return
    path = folder / _TOPV2_COPY
    header, *rows = _table(path, 3)
    try:
        utterance, parse = header.index("en_query"), header.index("en_parse")
    except ValueError as error:
        raise DataError(f"{path}: the header has no en_query and en_parse: this is not Hinglish-TOP's file") from error
    for number, row in enumerate(rows, 1):
        yield Sample(f"test-{number}", {"request": row[utterance]}, row[parse])


def _table(path: Path, columns: int) -> list[list[str]]:
    """Rows of a file with tabs, each with at least so many columns."""
    rows = list(csv.reader(path.read_text(encoding="utf-8").splitlines(), delimiter="\t", quoting=csv.QUOTE_NONE))
    for number, row in enumerate(rows, 1):
        if len(row) < columns:
            raise DataError(f"{path}:{number}: {len(row)} columns instead of {columns}: fetch the official file again")
    if not rows:
        raise DataError(f"{path} is empty: fetch the official file again")
    return rows


def read_nlmaps(folder: Path) -> Iterator[Sample]:
    """English test questions, ids by line."""
    questions, queries = (
        (folder / f"nlmaps.test.{language}").read_text(encoding="utf-8").splitlines() for language in ("en", "mrl")
    )
    if len(questions) != len(queries):
        raise DataError(
            f"{folder}: nlmaps.test.en has {len(questions)} lines and nlmaps.test.mrl {len(queries)}: they belong "
            "together line by line; fetch both again"
        )
    for number, (question, query) in enumerate(zip(questions, queries, strict=True), 1):
        yield Sample(f"test-{number}", {"question": question}, query)


def extract_tree(completion: str) -> str | None:
    """A TOP parse: the last fenced block, else the first line that holds `[IN`, from there on."""
    text = extract.without_end_tokens(completion)
    block = extract.fenced(text)
    text = (block if block is not None else text).strip()
    for line in text.splitlines():
        start = line.find("[IN")
        if start >= 0:
            return line[start:].strip().strip("`")
    return text or None


_QUERY = re.compile(r"\b(?:query|dist)\s*\(")


def extract_query(completion: str, opening: re.Pattern[str] = _QUERY) -> str | None:
    """An NLmaps query: the last fenced block, else the first line that holds its `opening`, from there on."""
    text = extract.without_end_tokens(completion)
    block = extract.fenced(text)
    text = (block if block is not None else text).strip()
    for line in text.splitlines():
        start = opening.search(line)
        if start is not None:
            return line[start.start() :].strip().strip("`")
    return text or None


def execute_tree(program: str, sample: Sample) -> Outcome:
    return top.execute(program)


def execute_query(program: str, sample: Sample) -> Outcome:
    return mrl.execute(program)


def same_text(sample: Sample, program: str | None, outcome: Outcome) -> Statistics:
    """1 for the very same text: any other blank, order or letter case is a mismatch."""
    return {"score": float(program == sample.target)}


def valid(sample: Sample, program: str | None, outcome: Outcome) -> Statistics:
    return {"score": float(outcome.ok)}


def _trees(sample: Sample, outcome: Outcome) -> tuple[top.Node, top.Node | None]:
    return top.parse(sample.target), top.parse(str(outcome.value)) if outcome.ok else None


def intent_accuracy(sample: Sample, program: str | None, outcome: Outcome) -> Statistics:
    gold, tree = _trees(sample, outcome)
    return {"score": float(tree is not None and tree.label == gold.label)}


def template_accuracy(sample: Sample, program: str | None, outcome: Outcome) -> Statistics:
    """1 when the intent and the set of slots agree, whatever their words."""
    gold, tree = _trees(sample, outcome)
    return {"score": float(tree is not None and top.template(tree) == top.template(gold))}


def tree_match(sample: Sample, program: str | None, outcome: Outcome) -> Statistics:
    """1 when both are the same tree, blanks aside."""
    gold, tree = _trees(sample, outcome)
    return {"score": float(tree is not None and str(tree) == str(gold))}


def slot_overlap(sample: Sample, program: str | None, outcome: Outcome) -> Statistics:
    """How many slots of gold and prediction agree in path and words; a parse without slots counts its intent."""
    gold, tree = _trees(sample, outcome)
    wanted = top.slots(gold) or Counter([(gold.label, "")])
    found = Counter[tuple[str, str]]() if tree is None else (top.slots(tree) or Counter([(tree.label, "")]))
    return {"right": float((wanted & found).total()), "gold": float(wanted.total()), "predicted": float(found.total())}


@pooled(Pooling.SUMS)
def micro_f1(statistics: Sequence[Statistics], groups: Sequence[str]) -> Estimate:
    """2 x right / (gold + predicted) over all samples."""
    rows = [{"numerator": 2 * row["right"], "denominator": row["gold"] + row["predicted"]} for row in statistics]
    return ratio(rows, groups)


def query_match(sample: Sample, program: str | None, outcome: Outcome) -> Statistics:
    """1 when both are the same query up to blanks and the order of conditions."""
    return {"score": float(outcome.ok and outcome.value == mrl.execute(sample.target).value)}


_TREE_PROMPT = Prompt(
    "Given candidate api calls, output the TOP form for the request.\n"
    "Every call is [IN:INTENT ... ], every argument in it [SL:SLOT ... ], and a blank stands before each closing "
    "bracket.\n"
    "The request is: {{ request }}\n"
    "The TOP form is: ",
    shots=(
        Shot({"request": "Wake me at six on Friday"}, "[IN:CREATE_ALARM [SL:DATE_TIME at six on Friday ] ]"),
        Shot(
            {"request": "Will it snow in Bergen ?"},
            "[IN:GET_WEATHER [SL:WEATHER_ATTRIBUTE snow ] [SL:LOCATION Bergen ] ]",
        ),
        Shot(
            {"request": "Call my sister"},
            "[IN:CREATE_CALL [SL:CONTACT [IN:GET_CONTACT [SL:CONTACT_RELATED my ] [SL:TYPE_RELATION sister ] ] ] ]",
        ),
    ),
)

_COUPLED_PROMPT = Prompt(
    "Given candidate api calls, output the TOP form for the request.\n"
    "Every call is [IN:INTENT ... ], every argument in it [SL:SLOT ... ], all words of the request are kept in their "
    "order, and a blank stands before each closing bracket.\n"
    "The request is: {{ request }}\n"
    "The TOP form is: ",
    shots=(
        Shot(
            {"request": "Wake me at six on Friday"},
            "[IN:CREATE_ALARM Wake me [SL:DATE_TIME at six on Friday ] ]",
        ),
        Shot(
            {"request": "Will it snow in Bergen ?"},
            "[IN:GET_WEATHER Will it [SL:WEATHER_ATTRIBUTE snow ] in [SL:LOCATION Bergen ] ? ]",
        ),
        Shot({"request": "Stop the clock"}, "[IN:PAUSE_TIMER Stop the [SL:METHOD_TIMER clock ] ]"),
    ),
)

_QUERY_PROMPT = Prompt(
    "Given candidate api calls, output the query on the map for the question.\n"
    "The question is: {{ question }}\n"
    "The query is: ",
    shots=(
        Shot(
            {"question": "How many bakeries are there in Bergen?"},
            "query(area(keyval('name','Bergen')),nwr(keyval('shop','bakery')),qtype(count))",
        ),
        Shot(
            {"question": "What are the museums in the north of Bergen called?"},
            "query(north(area(keyval('name','Bergen')),nwr(keyval('tourism','museum'))),qtype(findkey('name')))",
        ),
        Shot(
            {"question": "Where is the bank nearest to the Fish Market in Bergen?"},
            "query(around(center(area(keyval('name','Bergen')),nwr(keyval('name','Fish Market'))),"
            "search(nwr(keyval('amenity','bank'))),maxdist(DIST_INTOWN),topx(1)),qtype(latlong))",
        ),
    ),
)

_EXACT = Metric(
    "exact_match",
    same_text,
    origin=Origin.PAPER,
    standing=Standing.DERIVED,
    source="EM of the paper's table, as google-research/language 865fae65 (casper) and scripts_nlmaps 78780cc7 have it",
)
_CASPER = "google-research/language 865fae65, casper top_metrics"
_TREE_METRICS = (
    _EXACT,
    Metric("tree_match", tree_match, source="the same tree, blanks aside"),
    Metric("intent_accuracy", intent_accuracy, origin=Origin.OFFICIAL, source=_CASPER),
    Metric("template_accuracy", template_accuracy, origin=Origin.OFFICIAL, source=_CASPER),
    Metric(
        "slot_f1",
        slot_overlap,
        micro_f1,
        source="slots that agree in path and words; a parse without slots counts its intent",
        graded=True,
    ),
    Metric("valid_tree", valid, origin=Origin.OFFICIAL, source=_CASPER, graded=True),
)


def wrong_trees(sample: Sample) -> list[str]:
    return ["[IN:DO_NOTHING_AT_ALL ]", "[IN:GET_WEATHER", "no call"]


MTOP = Task(
    name="mtop",
    title="MTOP",
    suites=("symbolic",),
    domain="API",
    language="top",
    source=Source(
        "mtop",
        (_MTOP_OFFICIAL,),
        "https://fb.me/mtop_dataset",
        "CC BY-SA 4.0",
        other_layouts=((_MTOP_COPY,),),
    ),
    read=read_mtop,
    prompt=_TREE_PROMPT,
    extract=extract_tree,
    execute=execute_tree,
    metrics=_TREE_METRICS,
    wrong=wrong_trees,
    paper_metric="exact_match",
    size=500,
)

TOPV2 = Task(
    name="topv2",
    title="TOPv2",
    suites=("symbolic",),
    domain="API",
    language="top",
    source=Source(
        "topv2",
        _TOPV2_OFFICIAL,
        "https://fb.me/TOPv2Dataset",
        "CC BY-SA 4.0",
        other_layouts=((_TOPV2_COPY,),),
    ),
    read=read_topv2,
    prompt=_COUPLED_PROMPT,
    extract=extract_tree,
    execute=execute_tree,
    metrics=_TREE_METRICS,
    wrong=wrong_trees,
    paper_metric="exact_match",
    size=500,
)

NLMAPS = Task(
    name="nlmaps",
    title="NLmaps",
    suites=("symbolic",),
    domain="API",
    language="mrl",
    source=Source(
        "nlmaps",
        ("nlmaps.test.en", "nlmaps.test.mrl"),
        "https://www.cl.uni-heidelberg.de/statnlpgroup/nlmaps",
        "CC BY-NC-SA 4.0",
    ),
    read=read_nlmaps,
    prompt=_QUERY_PROMPT,
    extract=extract_query,
    execute=execute_query,
    metrics=(
        _EXACT,
        Metric("query_match", query_match, source="the same query up to blanks and the order of conditions"),
        Metric("valid_query", valid, source="the answer parses", graded=True),
    ),
    wrong=lambda sample: [
        "query(area(keyval('name','Nowhere')),nwr(keyval('a','b')),qtype(count))",
        "query(area(",
        "none",
    ],
    paper_metric="exact_match",
)
