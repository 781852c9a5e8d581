"""MTOP and TOPv2: the names of intents and slots, without their `IN:` and `SL:`.

The standard prompts list no candidates, and nobody can guess random ones: the evolved prompt lists those of the gold
parse among others that are none of it.
"""

from __future__ import annotations

import random
import re

from executors import top
from executors.outcome import Outcome
from tasks.symbol_evol.evolution import Evolution
from tasks.symbol_evol.renaming import Renaming, meaning
from tasks.task import Sample

# Common names in both data sets, of all their domains.
_INTENTS = (
    *("CREATE_ALARM", "GET_ALARM", "DELETE_ALARM", "CREATE_REMINDER", "GET_REMINDER", "DELETE_REMINDER"),
    *("CREATE_TIMER", "GET_TIMER", "PAUSE_TIMER", "GET_WEATHER", "GET_EVENT", "GET_INFO_TRAFFIC"),
    *("SEND_MESSAGE", "GET_MESSAGE", "PLAY_MUSIC", "SKIP_TRACK_MUSIC", "CREATE_CALL", "GET_CONTACT"),
)
_SLOTS = (
    *("DATE_TIME", "LOCATION", "TODO", "ALARM_NAME", "METHOD_TIMER", "WEATHER_ATTRIBUTE", "CATEGORY_EVENT"),
    *("RECIPIENT", "CONTENT_EXACT", "SENDER", "MUSIC_TYPE", "MUSIC_ARTIST_NAME", "MUSIC_TRACK_TITLE", "DESTINATION"),
    *("PERSON_REMINDED", "CONTACT", "METHOD_TRAVEL", "ORDINAL", "AMOUNT", "TYPE_RELATION", "CONTACT_RELATED"),
)
_CANDIDATES = tuple(f"IN:{name}" for name in _INTENTS) + tuple(f"SL:{name}" for name in _SLOTS)
_OTHERS = 16

_LABEL = re.compile(r"(?<!\S)\[(\S+)")


def symbols(sample: Sample) -> list[str]:
    """Those of the gold parse, and some others that follow from the sample's id."""
    own = sorted(set(_LABEL.findall(sample.target)))
    others = [label for label in _CANDIDATES if label not in own]
    return [*own, *random.Random(sample.id).sample(others, _OTHERS)]


def rename(program: str, renaming: Renaming) -> str:
    """Label by label; blanks stay."""
    return _LABEL.sub(lambda label: f"[{renaming.swapped(label[1]) or label[1]}", program)


def read_back(program: str, renaming: Renaming) -> str | Outcome:
    """Casper's short form, which spells labels in its own way, can name old ones only: it is written out first."""
    if program.startswith("[IN "):
        try:
            program = str(top.parse(program))
        except top.NotATreeError:
            return program
    return rename(program, renaming)


def legend(renaming: Renaming) -> str:
    """Intents, then slots, each by new name."""
    pairs = sorted((new, meaning(old)) for old, new in renaming.names.items())
    kinds = (("intents", "IN:"), ("slots", "SL:"))
    return "\n".join(
        f"The {kind} are: " + ", ".join(f"{new} ({words})" for new, words in pairs if new.startswith(prefix))
        for kind, prefix in kinds
    )


def _evolution(how: str) -> Evolution:
    return Evolution(
        symbols=symbols,
        rename=rename,
        read_back=read_back,
        template=(
            "Given candidate api calls, output the TOP form for the request.\n"
            f"Every call is [IN:INTENT ... ], every argument in it [SL:SLOT ... ], {how}a blank stands before each "
            "closing bracket.\n"
            "Intents and slots have random names here, with their meaning in brackets.\n"
            "{{ legend }}\n"
            "The request is: {{ request }}\n"
            "The TOP form is: "
        ),
        legend=legend,
    )


TREE = _evolution("and ")
COUPLED_TREE = _evolution("all words of the request are kept in their order, and ")
