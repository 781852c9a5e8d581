"""SPARQL on a store: a file of triples held in memory, or an endpoint that the user names.

A query only reads: updates are not SPARQL queries and do not parse, and `SERVICE`, by which a query could make the
engine talk to other servers, is refused. The store's engine runs in a forked child that can open no socket: what a
query may hide from our reading of it still reaches nobody, and what the engine cannot bear or end costs a child.
"""

from __future__ import annotations

import functools
import hashlib
import itertools
import json
import re
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from executors.forked import Forked
from executors.outcome import Limits, Outcome, Status

if TYPE_CHECKING:
    import pyoxigraph

NAMESPACE = "http://rdf.freebase.com/ns/"
PREFIXES = {
    "": NAMESPACE,
    "ns": NAMESPACE,
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "rdfs": "http://www.w3.org/2000/01/rdf-schema#",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
}
# As Freebase's server takes it and ComplexWebQuestions writes it.
_SPELLINGS = {f"{PREFIXES['xsd']}datetime": f"{PREFIXES['xsd']}dateTime"}
MAX_CHARACTERS = 20_000
MAX_NESTING = 60
OPEN_STORES = 4

_PLAIN = re.compile(
    r'"{3}(?:[^"\\]|\\.|"(?!""))*"{3}'
    r"|'{3}(?:[^'\\]|\\.|'(?!''))*'{3}"
    r'|"(?:[^"\\\n\r]|\\.)*"'
    r"|'(?:[^'\\\n\r]|\\.)*'"
    r'|<[^<>"{}|^`\\\s]*>|#[^\n\r]*',
    re.DOTALL,
)
# Wherever it stands, since quotes and comments can be made to look otherwise than the engine reads them:
# SERVICE SILENT? (<iri> | ?variable | name) {
_GAP = r"(?:\s|#[^\n\r]*[\n\r])*"
_SERVICE = re.compile(
    rf"service{_GAP}(?:silent{_GAP})?"
    rf"""(?:<[^<>]*>|[?$][^\s{{}}#<>()]*|[^\s<>{{}}"'#?$:]*:(?:\\.|[^\s<>{{}}"'#\\])*){_GAP}\{{""",
    re.IGNORECASE,
)
_DECLARED = re.compile(r"\bprefix\s+([\w-]*)\s*:\s*<([^<>\s]*)>", re.IGNORECASE)
_REWRITTEN = re.compile(
    r"(?P<declaration>(?i:\bprefix)\s+[\w.-]*\s*:)|(?<![\w:?$@.\-])(?P<operator>OR|AND)\b"
    r"|(?<![\w:?$@.\-])(?P<prefix>(?:[A-Za-z][\w-]*)?):(?P<local>\w(?:[\w.\-]*\w)?)(?![\\%:])"
)


@dataclass(frozen=True, slots=True)
class Triples:
    """A file of RDF triples (N-Triples or Turtle), named by its content."""

    path: Path
    sha256: str

    @staticmethod
    def of(path: Path) -> Triples:
        """Raises FileNotFoundError."""
        with path.open("rb") as stream:
            return Triples(path, hashlib.file_digest(stream, "sha256").hexdigest())


# No triples at all: what is run on them is only read.
NOTHING = Triples(Path(), "")


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A SPARQL 1.1 endpoint that answers by GET."""

    url: str


Knowledge: TypeAlias = "Triples | Endpoint"


def standard(query: str) -> str:
    """The query in standard SPARQL with full IRIs.

    As Freebase's server takes it, prefixes may be undeclared and OR stands for ||. Prefixed names are written out:
    the engine does not read local names with two dots, which all of Freebase's relations have.
    """
    outside = _PLAIN.sub(lambda match: " " * len(match[0]), query)
    declared = {m[1]: m[2] for m in _DECLARED.finditer(query) if outside[m.start() : m.start(1)].strip()}
    prefixes = PREFIXES | declared
    pieces, end = [], 0
    for match in _REWRITTEN.finditer(outside):
        if match["operator"]:
            text = {"OR": "||", "AND": "&&"}[match["operator"]]
        elif match["prefix"] in prefixes:
            iri = prefixes[match["prefix"]] + match["local"]
            text = f"<{_SPELLINGS.get(iri, iri)}>"
        else:
            continue
        pieces += [query[end : match.start()], text]
        end = match.end()
    return "".join([*pieces, query[end:]])


def iris(query: str) -> frozenset[str]:
    """The IRIs in a query in standard form, `a` being one of them."""
    query = _DECLARED.sub(" ", query)
    found = {text for text in _PLAIN.findall(query) if text.startswith("<")}
    if re.search(r"(?<![\w?$:@])a(?![\w:])", _PLAIN.sub(" ", query)):
        found.add(f"<{PREFIXES['rdf']}type>")
    return frozenset(found)


def refusal(query: str) -> Outcome | None:
    """The outcome of what is not run at all."""
    if len(query) > MAX_CHARACTERS:
        return Outcome.failed(Status.INVALID, f"{len(query)} characters where no query has more than {MAX_CHARACTERS}")
    if _SERVICE.search(query):
        return Outcome.failed(Status.REFUSED, "SERVICE is not allowed: a query asks this store only")
    if not query.isascii() and any("\ud800" <= character <= "\udfff" for character in query):
        return Outcome.failed(Status.INVALID, "the query is no valid Unicode: it holds half a surrogate pair")
    if _nesting(_PLAIN.sub(" ", query)) > MAX_NESTING:
        return Outcome.failed(Status.INVALID, f"brackets are nested more than {MAX_NESTING} deep")
    return None


def _nesting(text: str) -> int:
    steps = (1 if bracket in "([{" else -1 for bracket in text if bracket in "([{)]}")
    return max(itertools.accumulate(steps), default=0)


def execute(query: str, knowledge: Knowledge, limits: Limits) -> Outcome:
    """Run a SELECT or ASK query. Value: the first column's terms, each once (ASK: true or false).

    They stand in the query's order, or sorted where it asks for none: a store gives them in any.
    Entities are named without Freebase's namespace, literals by their text.
    """
    if (refused := refusal(query)) is not None:
        return refused
    started = time.perf_counter()
    if isinstance(knowledge, Endpoint):
        outcome = _ask(standard(query), knowledge, limits)
    else:
        outcome = _engine(knowledge).call(limits, _select, standard(query), knowledge, limits)
    value = outcome.value
    if isinstance(value, list) and not re.search(r"\border\s+by\b", _PLAIN.sub(" ", query), re.IGNORECASE):
        value = sorted(map(str, value))
    return Outcome(outcome.status, value, outcome.detail, time.perf_counter() - started)


def _select(query: str, triples: Triples, limits: Limits) -> Outcome:
    import pyoxigraph

    deadline = time.perf_counter() + limits.seconds
    try:
        results = _opened(triples).query(query)
        if isinstance(results, pyoxigraph.QueryBoolean):
            return Outcome(Status.OK, [str(bool(results)).lower()])
        if isinstance(results, pyoxigraph.QueryTriples):
            return Outcome.failed(Status.INVALID, "a question is a SELECT or an ASK")
        return _gathered((row[0] for row in results), deadline, limits)
    except SyntaxError as error:
        return Outcome.failed(Status.INVALID, error)
    except (ValueError, OSError, RuntimeError) as error:
        return Outcome.failed(Status.ERROR, error)


def _gathered(terms: Iterator[Any], deadline: float, limits: Limits) -> Outcome:
    found: dict[str, None] = {}
    size = 0
    for term in terms:
        if time.perf_counter() > deadline:
            return Outcome.failed(Status.TIMEOUT, f"the query did not end within {limits.seconds:g} s")
        if term is None:
            continue
        text = str(term.value).removeprefix(NAMESPACE)
        size += len(text)
        found[text] = None
        if len(found) > limits.rows or size > limits.output:
            return Outcome.failed(Status.OUTPUT_LIMIT, f"more than {limits.rows} answers or {limits.output} bytes")
    return Outcome(Status.OK, list(found))


@functools.lru_cache(maxsize=OPEN_STORES)
def _engine(triples: Triples) -> Forked:
    """A child that has the store in memory: opened here first, so that it is still there when the child is lost."""
    _opened(triples)
    return Forked()


@functools.lru_cache(maxsize=OPEN_STORES)
def _opened(triples: Triples) -> pyoxigraph.Store:
    import pyoxigraph

    store = pyoxigraph.Store()
    if triples == NOTHING:
        return store
    turtle = triples.path.suffix in (".ttl", ".turtle")
    form = pyoxigraph.RdfFormat.TURTLE if turtle else pyoxigraph.RdfFormat.N_TRIPLES
    store.bulk_load(path=str(triples.path), format=form)
    return store


def _ask(query: str, endpoint: Endpoint, limits: Limits) -> Outcome:
    url = f"{endpoint.url}?{urllib.parse.urlencode({'query': query, 'format': 'application/sparql-results+json'})}"
    request = urllib.request.Request(url, headers={"Accept": "application/sparql-results+json"})
    try:
        with urllib.request.urlopen(request, timeout=limits.seconds) as response:
            body = response.read(limits.output + 1)
        if len(body) > limits.output:
            return Outcome.failed(Status.OUTPUT_LIMIT, f"more than {limits.output} bytes")
        return _from_json(json.loads(body))
    except urllib.error.HTTPError as error:
        status = Status.INVALID if error.code == 400 else Status.ERROR
        return Outcome.failed(status, f"the endpoint answered {error.code}: {error.read(300).decode(errors='replace')}")
    except TimeoutError:
        return Outcome.failed(Status.TIMEOUT, f"the endpoint did not answer within {limits.seconds:g} s")
    except (OSError, ValueError) as error:
        return Outcome.failed(Status.ERROR, f"{endpoint.url}: {error}")


def _from_json(content: Mapping[str, Any]) -> Outcome:
    if "boolean" in content:
        return Outcome(Status.OK, [str(content["boolean"]).lower()])
    try:
        first, *_ = content["head"]["vars"]
        terms = [row[first]["value"] for row in content["results"]["bindings"] if first in row]
    except (KeyError, ValueError, TypeError) as error:
        return Outcome.failed(Status.ERROR, f"the endpoint's answer is no SPARQL result: {error!r}")
    return Outcome(Status.OK, list(dict.fromkeys(str(term).removeprefix(NAMESPACE) for term in terms)))
