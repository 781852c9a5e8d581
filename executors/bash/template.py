"""Commands as NL2Bash compares them: parsed, normalised, and with argument values replaced by their types.

`find /tmp -mtime +2 | xargs rm` has the template `find Path -mtime +Timespan | xargs -I {} rm {}`. A command that
cannot be read so (lists, redirections, loops, a utility or long flag that is not known) stays the text it is.

Source: behaviour of nl2bash 466c5fe, bashlint and eval (template match, command match).
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from executors.bash.surface import normalised
from executors.bash.utilities import COMMAND_TYPE, LIST, QUOTED, REST, Utility, Value, known_utilities

# bashlex takes time that grows with the square of what it reads, and a stack for each level of nesting.
MOST_CHARACTERS = 4_000

_QUANTITIES = frozenset(["Number", "Quantity", "Size", "Timespan", "DateTime", "Permission"])
_KEPT = frozenset(["Type", "Option", "Format"])
_RESERVED = frozenset(["{}", "+", ";"])
_PLACE = "{}"
_ALWAYS_OPERATORS = frozenset(["-not", "-prune", "-and", "-or"])
_FIND_OPERATORS = {"!": "!", "-o": "-or", "-a": "-and", ",": "-and"}
_FIND_BRACKETS = frozenset(["(", ")"])

BashNode: TypeAlias = Any  # bashlex has no types


class NotReadableError(Exception):
    """The command is beyond what templates are made of."""


@dataclass
class Argument:
    text: str
    kind: str


@dataclass
class Operator:
    """A word that stands for itself: find's logic, `--`, a bracket."""

    text: str


@dataclass
class Flag:
    name: str
    arguments: list[Part] = field(default_factory=list)
    stop: str = ""


@dataclass
class Bracket:
    parts: list[Part]


@dataclass
class Call:
    """One utility with its flags and arguments."""

    name: str
    parts: list[Part] = field(default_factory=list)


@dataclass
class Pipe:
    parts: list[Part] = field(default_factory=list)


@dataclass
class Substitution:
    """`opening` is "$(", "<(" or ">("."""

    opening: str
    parts: list[Part] = field(default_factory=list)


Part: TypeAlias = "Argument | Operator | Flag | Bracket | Call | Pipe | Substitution"


@dataclass(frozen=True, slots=True)
class Reading:
    """How a command compares: `template` with types for values, `command` with the values; `parsed` or kept as text."""

    template: tuple[str, ...]
    command: tuple[str, ...]
    parsed: bool


@functools.lru_cache(maxsize=1024)
def read(command: str) -> Reading:
    """Read a command; never fails: what has no template stands for itself, blanks squeezed."""
    parts: list[Part] = []
    try:
        if len(command) > MOST_CHARACTERS:
            raise NotReadableError("too long")
        text = normalised(command)
        _Reader(text).node(_parse(text), parts, "")
        if parts:
            return Reading(tuple(_tokens(parts, _template_of)), tuple(_tokens(parts, _text_of)), True)
    except (NotReadableError, RecursionError):
        pass
    raw = tuple(command.split())
    return Reading(raw, raw, False)


def template_match(gold: str, pred: str) -> bool:
    """Whether both commands have the same template: utilities, flags, and types of arguments in their order."""
    return read(gold).template == read(pred).template


def command_match(gold: str, pred: str) -> bool:
    """Whether both commands are the same but for blanks, spelling of flags and what templates normalise."""
    return read(gold).command == read(pred).command


def _parse(text: str) -> BashNode:
    import bashlex  # type: ignore[import-untyped]  # builds its tables when it is imported

    try:
        trees = bashlex.parse(text)
    except Exception as error:  # besides its own errors it raises most built-in ones on text it was not made for
        raise NotReadableError(str(error)) from error
    if len(trees) != 1:
        raise NotReadableError("more than one command")
    return trees[0]


def _parts(node: BashNode) -> Sequence[BashNode]:
    """Redirections have none at all."""
    return getattr(node, "parts", None) or ()


class _Reader:
    """Turns bashlex's tree of a text into parts."""

    def __init__(self, text: str) -> None:
        self._text = text

    def node(self, node: BashNode, into: list[Part], kind: str) -> None:
        match node.kind:
            case "word":
                self._word(node, into, kind)
            case "pipeline":
                self._pipeline(node, into)
            case "list" if len(node.parts) <= 2:
                self.node(node.parts[0], into, kind)
            case "commandsubstitution" | "processsubstitution":
                self.node(node.command, into, kind)
            case "command":
                self.command(node.parts, into)
            case "assignment":
                for part in node.parts:
                    self.node(part, into, kind)
            case other:
                raise NotReadableError(other)

    def _pipeline(self, node: BashNode, into: list[Part]) -> None:
        pipe = Pipe()
        into.append(pipe)
        for part in node.parts:
            if part.kind == "command":
                self.node(part, pipe.parts, "")
            elif part.kind != "pipe":
                raise NotReadableError(part.kind)

    def _word(self, node: BashNode, into: list[Part], kind: str) -> None:
        first = node.parts[0].kind if node.parts else ""
        if first in ("processsubstitution", "commandsubstitution"):
            opening = "$(" if first == "commandsubstitution" else ">(" if ">" in node.word else "<("
            substitution = Substitution(opening)
            into.append(substitution)
            for part in node.parts:
                self.node(part, substitution.parts, kind)
        else:
            into.append(Argument(self.text_of(node), kind))

    def text_of(self, node: BashNode) -> str:
        start, end = node.pos
        return self._text[start:end]

    def command(self, words: Sequence[BashNode], into: list[Part]) -> None:
        if not words:
            return
        head = words[0]
        if head.kind == "assignment" and not head.word.partition("=")[0].replace("_", "a").isalpha():
            self._word(head, into, "")
        elif head.kind == "word" and not head.parts:
            name = self.text_of(head)
            utility = known_utilities().get(name)
            if utility is None:
                raise NotReadableError(f"unknown utility {name}")
            call = Call(name)
            into.append(call)
            _CallReader(self, call, utility).read(words[1:])
            _normalise(call)
        elif _parts(head):
            self.node(head, into, "")
        else:
            raise NotReadableError(head.kind)

    def quoted_command(self, node: BashNode, into: list[Part]) -> bool:
        """Read a quoted word as a command of plain words. False when the word is not quoted."""
        text = self.text_of(node)
        if node.kind != "word" or len(text) < 2 or text[0] not in "'\"" or text[-1] not in "'\"":
            return False
        inner = _parse(text[1:-1])
        if inner.kind != "command" or any(word.kind != "word" or word.parts for word in inner.parts):
            raise NotReadableError("quoted command of more than plain words")
        _Reader(text[1:-1]).node(inner, into, "")
        return True


class _CallReader:
    """Gives each word of one call its place: as a flag, a flag's argument, or an operand."""

    def __init__(self, reader: _Reader, call: Call, utility: Utility) -> None:
        self._reader = reader
        self._call = call
        self._utility = utility
        self._is_find = call.name == "find"
        self._filled: set[int] = set()

    def read(self, words: Sequence[BashNode]) -> None:
        index, flags_end = 0, False
        while index < len(words):
            word = words[index]
            if word.kind == "word" and word.word == "--":
                self._call.parts.append(Operator("--"))
                index, flags_end = index + 1, True
                continue
            taken = 0 if flags_end else self._flag(words, index)
            index += taken or self._operand(words, index)
            flags_end = False

    def _flag(self, words: Sequence[BashNode], index: int) -> int:
        """How many words a flag at `index` takes with its arguments; 0 when there is no flag."""
        word = words[index]
        if word.kind != "word" or (
            word.parts and not (word.word.startswith("-") and word.parts[0].kind == "parameter")
        ):
            return 0
        operator = _FIND_OPERATORS.get(word.word) if self._is_find else None
        if operator or word.word in _ALWAYS_OPERATORS or (self._is_find and word.word in _FIND_BRACKETS):
            self._call.parts.append(Operator(operator or word.word))
            return 1
        token = self._reader.text_of(word)
        if token.startswith("--"):
            return self._long_flag(token, words, index)
        if token in self._utility.flags:
            return self._valued(Flag(token), self._utility.flags[token], words, index)
        return self._joined_flags(token)

    def _long_flag(self, token: str, words: Sequence[BashNode], index: int) -> int:
        name, _, text = token.partition("=")
        if name not in self._utility.flags:
            raise NotReadableError(f"unknown flag {name}")
        value = self._utility.flags[name]
        if not text:
            return self._valued(Flag(name), value, words, index)
        if value is None:
            raise NotReadableError(f"{name} takes no value")
        self._attached(name, value, text)
        return 1

    def _joined_flags(self, token: str) -> int:
        """`-xvf`, `-n1`, or (head, kill) a bare number or name behind the dash."""
        flags = self._utility.flags
        if token[:2] not in flags:
            sign = flags.get(token[:1]) if token[:1] in ("-", "+") else None
            if sign is None:
                return 0
            self._attached(token[0], sign, token[1:])
            return 1
        for position, letter in enumerate(token[1:], start=1):
            name = f"{token[0] if position == 1 else '-'}{letter}"
            if name not in flags:
                raise NotReadableError(f"unknown flag {name}")
            value, rest = flags[name], token[position + 1 :]
            if value is not None and rest:
                self._attached(name, value, rest)
                break
            self._call.parts.append(Flag(name))
        return 1

    def _attached(self, name: str, value: Value, text: str) -> None:
        if not value.types or COMMAND_TYPE in value.types:
            raise NotReadableError(f"{name} takes a command")
        self._call.parts.append(Flag(name, [Argument(text, value.types[0])]))

    def _valued(self, flag: Flag, value: Value | None, words: Sequence[BashNode], index: int) -> int:
        self._call.parts.append(flag)
        if value is None or value.attached:
            return 1
        if value.stops:
            end = index + 1
            while end < len(words) and not (words[end].kind == "word" and words[end].word in list(value.stops)):
                end += 1
            self._reader.command(words[index + 1 : end], flag.arguments)
            flag.stop = words[end].word if end < len(words) else ";"
            return end + 1 - index
        arguments = words[index + 1 : index + 1 + len(value.types)]
        if len(arguments) < len(value.types):
            raise NotReadableError(f"{flag.name} lacks its argument")
        for kind, word in zip(value.types, arguments, strict=True):
            if kind != COMMAND_TYPE:
                self._argument(word, flag.arguments, kind)
            elif _parts(word):
                self._reader.node(word, flag.arguments, kind)
            elif not self._reader.quoted_command(word, flag.arguments):
                raise NotReadableError(f"{flag.name} takes a quoted command")
        return 1 + len(arguments)

    def _argument(self, word: BashNode, into: list[Part], kind: str) -> None:
        if word.kind != "word":
            raise NotReadableError(word.kind)
        self._reader.node(word, into, kind)

    def _operand(self, words: Sequence[BashNode], index: int) -> int:
        """How many words the operand at `index` takes. Raises `NotReadableError` when there is no place for one."""
        word = words[index]
        for place, kind in enumerate(self._utility.operands):
            if kind == REST:
                self._reader.command(words[index:], self._call.parts)
                return len(words) - index
            if kind == QUOTED:
                if _parts(word):
                    self._reader.node(word, self._call.parts, COMMAND_TYPE)
                elif word.kind != "word" or not self._reader.quoted_command(word, self._call.parts):
                    continue
                return 1
            if place not in self._filled or kind.endswith(LIST):
                self._filled.add(place)
                self._argument(word, self._call.parts, kind.removesuffix(LIST))
                return 1
        if word.kind == "redirect":
            return 1  # skipped where no operand could stand, an oddity of the original
        raise NotReadableError("no place for a word")


def _normalise(call: Call) -> None:
    """What the original takes as the same: find without a path, egrep, xargs without -I, brackets around one thing."""
    match call.name:
        case "find":
            call.parts = _bracketed(call.parts)
            if call.parts and not any(isinstance(part, Argument) for part in call.parts):
                call.parts.insert(0, Argument(".", "Path"))
        case "egrep" | "fgrep":
            letter, word = ("-E", "--extended-regexp") if call.name == "egrep" else ("-F", "--fixed-strings")
            if not any(isinstance(part, Flag) and part.name in (letter, word) for part in call.parts):
                call.parts.insert(0, Flag(letter))
            call.name = "grep"
        case "xargs":
            _normalise_xargs(call)


def _bracketed(parts: Iterable[Part]) -> list[Part]:
    stack: list[list[Part]] = [[]]
    for part in parts:
        if isinstance(part, Operator) and part.text == "(":
            stack.append([])
        elif isinstance(part, Operator) and part.text == ")":
            if len(stack) > 1:
                _close_bracket(stack)
        else:
            stack[-1].append(part)
    while len(stack) > 1:
        _close_bracket(stack)
    return stack[0]


def _close_bracket(stack: list[list[Part]]) -> None:
    inside = stack.pop()
    stack[-1].extend(inside if len(inside) == 1 else [Bracket(inside)])


def _normalise_xargs(call: Call) -> None:
    index = next((i for i, part in enumerate(call.parts) if isinstance(part, Call)), None)
    own = [part for part in call.parts if isinstance(part, Flag) and part.name == "-I"]
    for flag in own:
        if not flag.arguments or not isinstance(flag.arguments[0], Argument):
            raise NotReadableError("xargs -I without a word")
        place = flag.arguments[0]
        if place.text != _PLACE:
            if index is None:
                raise NotReadableError("xargs -I without a command")
            _replace(call.parts[index], place.text)
            place.text = _PLACE
    if index is not None and not own:
        command = call.parts[index]
        assert isinstance(command, Call)
        command.parts.append(Argument(_PLACE, ""))
        call.parts.insert(index, Flag("-I", [Argument(_PLACE, "")]))


def _replace(part: Part, place: str) -> None:
    match part:
        case Argument():
            part.text = part.text.replace(place, _PLACE)
        case Flag():
            for argument in part.arguments:
                _replace(argument, place)
        case Bracket() | Call() | Pipe() | Substitution():
            for inner in part.parts:
                _replace(inner, place)


def _tokens(parts: Iterable[Part], show: Callable[[Argument], str]) -> list[str]:
    tokens: list[str] = []
    for part in parts:
        match part:
            case Argument():
                tokens.append(show(part))
            case Operator():
                tokens.append(part.text)
            case Flag():
                tokens += [part.name, *_tokens(part.arguments, show)]
                tokens += [f"\\{part.stop}" if part.stop == ";" else part.stop] if part.stop else []
            case Bracket():
                tokens += ["\\(", *_tokens(part.parts, show), "\\)"] if part.parts else []
            case Call():
                tokens += [part.name, *_tokens(part.parts, show)]
            case Pipe():
                for index, command in enumerate(part.parts):
                    tokens += [*(["|"] if index else []), *_tokens([command], show)]
            case Substitution():
                tokens += [part.opening, *_tokens(part.parts[:1], show), ")"]
    return tokens


def _text_of(argument: Argument) -> str:
    return argument.text


def _template_of(argument: Argument) -> str:
    if argument.text in _RESERVED or argument.kind in _KEPT:
        return argument.text
    if argument.kind in _QUANTITIES and argument.text[:1] in ("+", "-"):
        return argument.text[0] + argument.kind
    return argument.kind
