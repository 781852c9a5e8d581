"""Spider, SParC and CoSQL: the names of tables and columns. The database keeps its own: programs are read back to it.

One name is renamed alike in every table that has it, so that what joins by name still does.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from tasks.symbol_evol.evolution import Evolution
from tasks.symbol_evol.renaming import Renaming, legend
from tasks.task import Sample

# SQLite's tokens, as far as names go; what is no token of it is a mark of one character.
_TOKEN = re.compile(
    r"""
    (?P<space>(?:\s|--[^\n]*|/\*.*?(?:\*/|\Z))+)
  | (?P<string>'(?:[^']|'')*+')
  | (?P<quoted>"(?:[^"]|"")*+"|`(?:[^`]|``)*+`|\[[^\]\n]{0,128}+\])
  | (?P<number>\d[\w.]*)
  | (?P<word>[^\W\d][\w$]*)
  | (?P<mark>.)
    """,
    re.VERBOSE | re.DOTALL,
)
_PLAIN = re.compile(r"[^\W\d]\w*")

# fmt: off
# Words of SQLite's grammar, which as names stand in quotation marks.
_RESERVED = frozenset({
    "all", "alter", "and", "as", "between", "case", "check", "collate", "commit", "constraint", "create",
    "default", "deferrable", "delete", "distinct", "drop", "else", "escape", "except", "exists", "foreign", "from",
    "group", "having", "in", "index", "insert", "intersect", "into", "is", "isnull", "join", "limit", "not",
    "notnull", "null", "on", "or", "order", "primary", "references", "select", "set", "table", "then", "to",
    "transaction", "union", "unique", "update", "using", "values", "when", "where",
})
# Those that may be names where nothing else can stand.
_RESERVED_BUT_AFTER_A_DOT = frozenset({
    "asc", "by", "cast", "cross", "desc", "end", "full", "inner", "left", "like", "natural", "offset", "outer", "right",
    "with",
})
# fmt: on
_WORDS = _RESERVED | _RESERVED_BUT_AFTER_A_DOT
# After these, and around a dot, even a string is a name.
_BEFORE_NAME = frozenset(["from", "join", "as", "."])


@dataclass(frozen=True, slots=True)
class _Name:
    """A token that may be a name: where it stands, what it calls, its quotation marks, what stands around it."""

    start: int
    end: int
    name: str
    quotes: str
    before: str
    after: str

    @property
    def sure(self) -> bool:
        """Whether only a name can stand here."""
        return self.before in _BEFORE_NAME or self.after == "."

    @property
    def possible(self) -> bool:
        if self.quotes == "''":
            return self.sure
        if self.quotes:
            return True
        return self.before == "." or (self.after != "(" and self.name.lower() not in _WORDS)


def _names(query: str) -> Iterator[_Name]:
    tokens = [token for token in _TOKEN.finditer(query) if token.lastgroup != "space"]
    for place, token in enumerate(tokens):
        if token.lastgroup not in ("string", "quoted", "word"):
            continue
        text = token[0]
        quotes = "" if token.lastgroup == "word" else text[0] + text[-1]
        name = text[1:-1].replace(quotes[1] * 2, quotes[1]) if quotes else text
        before = tokens[place - 1][0].lower() if place else ""
        after = tokens[place + 1][0] if place + 1 < len(tokens) else ""
        found = _Name(token.start(), token.end(), name, quotes, before, after)
        if found.possible:
            yield found


def _rewritten(query: str, written: Callable[[_Name], str | None]) -> str:
    """The query with every name replaced for which `written` says how."""
    pieces: list[str] = []
    done = 0
    for name in _names(query):
        if (text := written(name)) is not None:
            pieces += [query[done : name.start], text]
            done = name.end
    return "".join([*pieces, query[done:]])


def _swapped(name: _Name, renaming: Renaming) -> str | None:
    new = renaming.swapped(name.name)
    if new is None:
        return None
    reserved = _RESERVED if name.before == "." else _WORDS
    quotes = name.quotes or ("" if _PLAIN.fullmatch(new) and new.lower() not in reserved else '""')
    return quotes[:1] + new.replace(quotes[1], quotes[1] * 2) + quotes[1] if quotes else new


def rename(query: str, renaming: Renaming) -> str:
    """Name by name; all else stays as it is written."""
    return _rewritten(query, lambda name: _swapped(name, renaming))


def read_back(query: str, renaming: Renaming) -> str:
    """The same for what a model wrote.

    SQLite takes text in double quotes for a string where it is no name. With the new names an old one is none.
    """

    def written(name: _Name) -> str | None:
        if name.quotes == '""' and not name.sure and renaming.renames(name.name):
            return "'" + name.name.replace("'", "''") + "'"
        return _swapped(name, renaming)

    return _rewritten(query, written)


_TABLE = re.compile(r"(?P<table>[^(]+)\((?P<columns>.*)\)")


def _mapped_schema(schema: str, change: Callable[[str], str]) -> str:
    """A schema's text (see `spider_format.schema_text`) with every name changed."""
    parts = []
    for part in schema.split(" | "):
        if (table := _TABLE.fullmatch(part)) is not None:
            name, columns = change(table["table"]), map(change, table["columns"].split(", "))
            parts.append(f"{name}({', '.join(columns)})")
        else:
            ends = (".".join(map(change, end.split(".", 1))) for end in part.split(" = "))
            parts.append(" = ".join(ends))
    return " | ".join(parts)


def symbols(sample: Sample) -> list[str]:
    found: dict[str, None] = {}

    def note(name: str) -> str:
        found[name] = None
        return name

    _mapped_schema(sample.fields["schema"], note)
    return list(found)


def fields(given: Mapping[str, str], renaming: Renaming) -> Mapping[str, str]:
    return {**given, "schema": _mapped_schema(given["schema"], lambda name: renaming.swapped(name) or name)}


def _evolution(dialogue: str) -> Evolution:
    return Evolution(
        symbols=symbols,
        rename=rename,
        read_back=read_back,
        template=(
            "Given schema, transform the query into SQL.\n"
            "Tables and columns have random names here. {{ legend }}\n"
            "The schema is: {{ schema }}\n"
            f"{dialogue}"
            "The query is: {{ question }}\n"
            "The SQL is: "
        ),
        fields=fields,
        legend=legend,
        any_case=True,
    )


SQL = _evolution("")
SQL_IN_DIALOGUE = _evolution("{% if dialogue %}The dialogue so far is:\n{{ dialogue }}\n{% endif %}")
