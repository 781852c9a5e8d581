"""SPARQL on a store: a file of triples held in memory, or an endpoint that the user names.

A query only reads: updates are not SPARQL queries and do not parse, and `SERVICE`, by which a query could make the
engine talk to other servers, is refused.
"""

from __future__ import annotations

import functools
import hashlib
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
MAX_CHARACTERS = 50_000
MAX_NESTING = 100

_PLAIN = re.compile(r'"(?:[^"\\\n]|\\.)*"|\'(?:[^\'\\\n]|\\.)*\'|<[^<>\s]*>|#[^\n]*')
_DECLARED = re.compile(r"\bprefix\s+([\w-]*)\s*:\s*<([^<>\s]*)>", re.IGNORECASE)
_DECLARATION = re.compile(r"\bprefix\s+$", re.IGNORECASE)
_REWRITTEN = re.compile(
    r"\b(?P<operator>OR|AND)\b|(?<![\w:?$@.\-])(?P<prefix>(?:[A-Za-z][\w-]*)?):(?P<local>\w(?:[\w.\-]*\w)?)(?![\\%:])"
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
        elif match["prefix"] in prefixes and not _DECLARATION.search(outside[: match.start()]):
            iri = prefixes[match["prefix"]] + match["local"]
            text = f"<{_SPELLINGS.get(iri, iri)}>"
        else:
            continue
        pieces += [query[end : match.start()], text]
        end = match.end()
    return "".join([*pieces, query[end:]])


def refusal(query: str) -> Outcome | None:
    """The outcome of what is not run at all."""
    if len(query) > MAX_CHARACTERS:
        return Outcome.failed(Status.INVALID, f"{len(query)} characters where no query has more than {MAX_CHARACTERS}")
    outside = _PLAIN.sub(" ", query)
    if re.search(r"\bservice\b", outside, re.IGNORECASE):
        return Outcome.failed(Status.REFUSED, "SERVICE is not allowed: a query asks this store only")
    if max(outside.count("{"), outside.count("(")) > MAX_NESTING:
        # The engine's parser is recursive, and its stack is not ours.
        return Outcome.failed(Status.INVALID, f"more than {MAX_NESTING} brackets")
    return None


def execute(query: str, knowledge: Knowledge, limits: Limits) -> Outcome:
    """Run a SELECT or ASK query. Value: the first column's terms, each once (ASK: true or false).

    They stand in the query's order, or sorted where it asks for none: a store gives them in any.
    Entities are named without Freebase's namespace, literals by their text. The clock is looked at between rows; one
    row may take long, and then the worker's own deadline ends it.
    """
    if (refused := refusal(query)) is not None:
        return refused
    started = time.perf_counter()
    if isinstance(knowledge, Endpoint):
        outcome = _ask(standard(query), knowledge, limits)
    else:
        outcome = _select(standard(query), knowledge, limits)
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
    except (ValueError, OSError) as error:
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


@functools.lru_cache(maxsize=4)
def _opened(triples: Triples) -> pyoxigraph.Store:
    import pyoxigraph

    store = pyoxigraph.Store()
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
