"""SCAN commands and actions: the interpretation function of the grammar, and action sequences as models write them.

Source: Lake & Baroni 2018 (arXiv 1711.00350), appendix; the action names are those of the released files
(brendenlake/SCAN, commit c4b756c), not of its README.
"""

from __future__ import annotations

from collections.abc import Iterator

from executors.outcome import Outcome, Status, one_line

PRIMITIVES = {"walk": "I_WALK", "look": "I_LOOK", "run": "I_RUN", "jump": "I_JUMP"}
TURNS = {"left": "I_TURN_LEFT", "right": "I_TURN_RIGHT"}
REPEATS = {"twice": 2, "thrice": 3}
ACTIONS = frozenset([*PRIMITIVES.values(), *TURNS.values()])

# The longest command of the grammar asks for 48 actions; far longer text cannot be an answer.
MAX_ACTIONS = 1000


def execute(program: str) -> Outcome:
    """An action sequence. Value: the list of actions; `invalid` when any word is not an action."""
    words = program.split()
    if len(words) > MAX_ACTIONS:
        return Outcome.failed(Status.OUTPUT_LIMIT, f"{len(words)} words where no answer has more than 48 actions")
    for position, word in enumerate(words, 1):
        if word not in ACTIONS:
            return Outcome.failed(Status.INVALID, f"word {position} is no action: {one_line(word, 40)!r}")
    return Outcome(Status.OK, words) if words else Outcome.failed(Status.NO_PROGRAM, "no actions")


def interpret(command: str) -> Outcome:
    """A command of the grammar. Value: the list of actions it stands for; `invalid` outside the grammar."""
    try:
        return Outcome(Status.OK, meaning(command))
    except NotInGrammarError as error:
        return Outcome.failed(Status.INVALID, error)


class NotInGrammarError(ValueError):
    """The text is no command; the message says which part is not."""


def meaning(command: str) -> list[str]:
    """The actions of a command of the grammar. Raises NotInGrammarError."""
    words = command.split()
    if len(words) > 20:
        raise NotInGrammarError(f"{len(words)} words where no command has more than 9")
    joins = [index for index, word in enumerate(words) if word in ("and", "after")]
    if len(joins) > 1:
        raise NotInGrammarError(f"word {joins[1] + 1}: a command joins at most two parts")
    if not joins:
        return _phrase(words)
    first, second = _phrase(words[: joins[0]]), _phrase(words[joins[0] + 1 :])
    return first + second if words[joins[0]] == "and" else second + first


def _phrase(words: list[str]) -> list[str]:
    """S in the paper's grammar: a verb phrase, perhaps repeated."""
    if words and words[-1] in REPEATS:
        return _verb_phrase(words[:-1]) * REPEATS[words[-1]]
    return _verb_phrase(words)


def _verb_phrase(words: list[str]) -> list[str]:
    match words:
        case [verb] if verb in PRIMITIVES:
            return [PRIMITIVES[verb]]
        case [verb, side] if side in TURNS and (verb in PRIMITIVES or verb == "turn"):
            return [TURNS[side], *_act(verb)]
        case [verb, "opposite", side] if side in TURNS and (verb in PRIMITIVES or verb == "turn"):
            return [TURNS[side], TURNS[side], *_act(verb)]
        case [verb, "around", side] if side in TURNS and (verb in PRIMITIVES or verb == "turn"):
            return [TURNS[side], *_act(verb)] * 4
        case _:
            raise NotInGrammarError(f"no phrase of the grammar: {one_line(' '.join(words), 60)!r}")


def _act(verb: str) -> list[str]:
    return [PRIMITIVES[verb]] if verb in PRIMITIVES else []


def commands() -> Iterator[str]:
    """Every command of the grammar, 20,910 of them, in a fixed order."""
    phrases = list(_phrases())
    yield from phrases
    for join in ("and", "after"):
        yield from (f"{first} {join} {second}" for first in phrases for second in phrases)


def _phrases() -> Iterator[str]:
    for verb in [*PRIMITIVES, "turn"]:
        directed = [f"{verb}{manner} {side}" for manner in ("", " opposite", " around") for side in TURNS]
        for phrase in directed if verb == "turn" else [verb, *directed]:
            yield from (phrase, f"{phrase} twice", f"{phrase} thrice")
