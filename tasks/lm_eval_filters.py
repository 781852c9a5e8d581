"""How lm-evaluation-harness cuts an answer out of a completion and compares it: BIG-Bench Hard and MMLU.

Source: EleutherAI/lm-evaluation-harness 4e7e0d47f3 (release 0.4.13), tasks/bbh/{cot_fewshot,cot_zeroshot,zeroshot} and
tasks/mmlu/{default,generative,flan_cot_fewshot}, with the quirks that their figures rest on. A filter takes the whole
completion, already cut at the task's stop strings, and returns the answer or `INVALID`. Where the original raises
(`word2number` on words that are no number), ours is `INVALID`.
"""

from __future__ import annotations

import functools
import math
import re
import string
import sys
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from typing import Literal, TypeAlias

INVALID = "[invalid]"
Pick: TypeAlias = Literal[0, -1]  # the first match or the last one

# Greedy, and the last character of the line is dropped whatever it is.
_COT_FEWSHOT = re.compile(r"(?<=the answer is )(.*)(?=.)")
_COT_ZEROSHOT = re.compile(r"(?:(?<=[Tt]he answer is )|(?<=The answer: )|(?<=The final answer: ))(.*)(?=.)")
_FLAN_COT = re.compile(r"(?<=answer is )(.*)(?=.)")


def cot_fewshot_answer(text: str) -> str:
    """BBH, 3-shot chain of thought, `get-answer`."""
    return _rest_of_line(_COT_FEWSHOT, text)


def cot_zeroshot_answer(text: str) -> str:
    """BBH, 0-shot chain of thought, `strict-match`; the announcement with a single character behind it is no answer."""
    found = _COT_ZEROSHOT.search(text)
    return found[1].strip() if found and found[1] else INVALID


def flan_cot_answer(text: str) -> str:
    """MMLU, chain of thought, `get-answer`."""
    return _rest_of_line(_FLAN_COT, text)


def generative_answer(text: str) -> str:
    """MMLU by generation, `get_response`: the first line, even when it is empty."""
    return text.partition("\n")[0].strip()


def _rest_of_line(announcement: re.Pattern[str], text: str) -> str:
    found = announcement.search(text)
    return found[1].strip() if found else INVALID


def flexible_answer(subtask: str, question: str, text: str, pick: Pick) -> str:
    """BBH `flexible-extract`: 0-shot takes the first match (0), 0-shot chain of thought the last one (-1)."""
    return _FLEXIBLE.get(subtask, _letter)(question, text, pick)


def exact(answer: str, target: str) -> bool:
    """BBH's `exact_match` after `cot_fewshot`: the same text."""
    return _as_numpy(answer) == _as_numpy(target)


_FORGIVEN = re.compile(r'[,\\\n"]')


def exact_folded(answer: str, target: str) -> bool:
    """BBH's `exact_match` after the 0-shot filters: letter case, a last period and `,`, `"`, `\\` do not count."""

    def folded(text: str) -> str:
        return _lower(_FORGIVEN.sub("", re.sub(r"\.$", "", text)))

    return folded(answer) == folded(target)


_PUNCTUATION = str.maketrans("", "", string.punctuation)


def exact_without_punctuation(answer: str, target: str) -> bool:
    """MMLU's `exact_match`: letter case and ASCII punctuation do not count."""

    def folded(text: str) -> str:
        return _as_numpy(_lower(text).translate(_PUNCTUATION))

    return folded(answer) == folded(target)


def _as_numpy(text: str) -> str:
    """Texts are compared as elements of numpy arrays, which do not keep trailing NULs."""
    return text.rstrip("\0")


def _lower(text: str) -> str:
    """Lower case as numpy has it: what grows (`İ`) is cut to the old length."""
    return _as_numpy(text.lower()[: len(text)])


def likeliest(loglikelihoods: Sequence[float]) -> int:
    """The index of the greatest value as numpy's argmax has it: the first of equals, and NaN beats everything."""
    for index, value in enumerate(loglikelihoods):
        if math.isnan(value):
            return index
    return max(range(len(loglikelihoods)), key=loglikelihoods.__getitem__)


def _pick(pattern: re.Pattern[str], text: str, pick: Pick) -> str | None:
    """The first or last match, stripped."""
    found = [match[0] for match in pattern.finditer(text)]
    return found[pick].strip() if found else None


_Flexible: TypeAlias = Callable[[str, str, Pick], str]


def _matching(pattern: str) -> _Flexible:
    compiled = re.compile(pattern)

    def answer(question: str, text: str, pick: Pick) -> str:
        found = _pick(compiled, text, pick)
        return INVALID if found is None else found

    return answer


def _mapped(values: Mapping[str, str]) -> _Flexible:
    """Phrases that stand for a value, whatever their letter case."""
    compiled = re.compile("|".join(rf"\b{re.escape(phrase)}\b" for phrase in values))

    def answer(question: str, text: str, pick: Pick) -> str:
        found = _pick(compiled, text.lower(), pick)
        return values[found] if found else INVALID

    return answer


_LETTER = re.compile(r"\([A-Z]\)")
_OPTION = re.compile(r"\([A-Z]\)([^\n^(]*)")


@functools.cache
def _unicode_punctuation() -> dict[int, None]:
    return dict.fromkeys(code for code in range(sys.maxunicode) if unicodedata.category(chr(code)).startswith("P"))


def _letter(question: str, text: str, pick: Pick) -> str:
    """A letter in brackets; else an option's own words; else a letter after a colon."""

    def folded(words: str) -> str:
        return words.lower().translate(_unicode_punctuation())

    found = _pick(_LETTER, text, pick)
    if found:
        return found
    options = [folded(option.strip()) for option in _OPTION.findall(question)]
    letters = string.ascii_uppercase[: len(options)]
    by_option = {option: f"({letter})" for option, letter in zip(options, letters, strict=False)}
    longest_first = sorted(options, key=len, reverse=True)
    found = _pick(re.compile("|".join(map(re.escape, longest_first))), folded(text), pick)
    if found:
        return by_option.get(found, found)
    after_colon = [match[1] for match in re.finditer(rf":\s*({'|'.join(letters)})", text)]
    return f"({after_colon[pick]})" if after_colon and after_colon[pick] else INVALID


_NUMBER = re.compile(r"[-0-9]+")
_BELOW_TWENTY = (
    *("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"),
    *("thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"),
)
_TENS = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
_VALUES = {
    **{word: value for value, word in enumerate(_BELOW_TWENTY)},
    **{word: 10 * ten for ten, word in enumerate(_TENS, 2)},
    **{"hundred": 100, "thousand": 10**3, "million": 10**6, "billion": 10**9},
}
_SCALES = ("billion", "million", "thousand")


@functools.cache
def _english_numbers() -> re.Pattern[str]:
    """Number words as the original finds them: also inside other words (`someone`), and with gaps of its own: a last
    `six`, `seven`, `eight` or `nine` counts with its ending (`-teen`, `-ty`) only.
    """

    def word(stems: str, eight: str) -> str:
        simple = "ten|eleven|twelve|fourteen|hundred|thousand|(?:m|b|tr)illion"
        tens = "(?:twen|thir|for|fif|six|seven|nine)"
        return f"zero|one|two|three|four|five|{tens}(?:{stems})|eight(?:{eight})|{simple}"

    first, last = word("teen|ty", "|een|y"), word("teen|ty", "een|y")
    return re.compile(rf"(?:(?:{first})(?:{word('|teen|ty', 'een|y')}|[^\S\r\n]|,|and|&)+)?(?:{last})")


def _number(question: str, text: str, pick: Pick) -> str:
    """Digits and signs; where there are none, a number in English words."""
    found = _pick(_NUMBER, text, pick)
    if found:
        return found
    words = _pick(_english_numbers(), text.lower(), pick)
    value = None if words is None else _value_of_words(words)
    return INVALID if value is None else str(value)


def _value_of_words(text: str) -> int | None:
    """What `word2number` makes of words; None where it raises."""
    words = [word for word in text.split() if word in _VALUES]
    places = [words.index(scale) for scale in _SCALES if scale in words]
    if not words or any(words.count(scale) > 1 for scale in _SCALES) or places != sorted(places):
        return None
    if len(words) == 1:
        return _VALUES[words[0]]
    total, start = 0, 0
    for place in places:
        part = _value_below_thousand(words[start:place])
        if part is None:
            return None
        total, start = total + part * _VALUES[words[place]], place + 1
    # After a scale that ends the number, the original takes what follows the scale before it a second time.
    before = [place for place in places if place < len(words) - 1]
    if places and not before:
        return total
    rest = _value_below_thousand(words[before[-1] + 1 :] if before else words)
    return None if rest is None else total + rest


def _value_below_thousand(words: Sequence[str]) -> int | None:
    values = [_VALUES[word] for word in words]
    match values:
        case []:
            return None
        case [hundreds, hundred, tens, ones]:
            return hundreds * hundred + tens + ones
        case [hundreds, hundred, rest]:
            return hundreds * hundred + rest
        case [first, second]:
            return first * second if 100 in values else first + second
        case _:
            return values[0]


def _sorted_words(question: str, text: str, pick: Pick) -> str:
    """The words of the question's list in the order in which each occurs last."""
    words = question.split("List:")[1].split()
    found = re.findall("|".join(rf"\b{word}\b" for word in words), text)
    return " ".join(reversed(dict.fromkeys(reversed(found))))


_YES_OR_NO = _matching(r"\b(?:Yes|No|yes|no)\b")
_FLEXIBLE: Mapping[str, _Flexible] = {
    "boolean_expressions": _matching(r"\b(?:True|False)\b"),
    "causal_judgement": _YES_OR_NO,
    "navigate": _YES_OR_NO,
    "formal_fallacies": _matching(r"\b(?:valid|invalid)\b"),
    "dyck_languages": _matching(r'[" \[(<{}>)\]]+'),
    "multistep_arithmetic_two": _number,
    "object_counting": _number,
    "sports_understanding": _mapped({"no": "no", "not plausible": "no", "yes": "yes", "plausible": "yes"}),
    "web_of_lies": _mapped(
        {
            "no": "no",
            "does not tell the truth": "no",
            "is not telling the truth": "no",
            "yes": "yes",
            "tells the truth": "yes",
            "is telling the truth": "yes",
        }
    ),
    "word_sorting": _sorted_words,
}
