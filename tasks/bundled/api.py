"""Requests of our own with their API calls: MTOP's, TOPv2's and NLmaps' files."""

from __future__ import annotations

import json
from pathlib import Path

from tasks.bundled.writing import write_lines

_FARROW, _NORWICK, _VESTBY = (f"area(keyval('name','{name}'))" for name in ("Farrow", "Norwick", "Vestby"))

# (domain, request with slots in brackets as `[LABEL words]`, intent)
_REQUESTS = [
    ("alarm", "Set an alarm [DATE_TIME for seven tomorrow morning]", "CREATE_ALARM"),
    ("alarm", "Delete my alarm called [ALARM_NAME swimming]", "DELETE_ALARM"),
    ("event", "What [CATEGORY_EVENT puppet shows] are on [DATE_TIME this weekend] in [LOCATION Farrow]", "GET_EVENT"),
    ("event", "Are there [CATEGORY_EVENT farmers markets] near [LOCATION the harbour]", "GET_EVENT"),
    ("messaging", "Tell [RECIPIENT Ingrid] that [CONTENT_EXACT the ferry is late]", "SEND_MESSAGE"),
    ("messaging", "Read me the messages from [SENDER Bo]", "GET_MESSAGE"),
    ("music", "Play [MUSIC_TRACK_TITLE Nine Lanterns] by [MUSIC_ARTIST_NAME The Salt Road]", "PLAY_MUSIC"),
    ("music", "Skip this [MUSIC_TYPE song]", "SKIP_TRACK_MUSIC"),
    (
        "navigation",
        "How long is it to [DESTINATION Norwick] by [METHOD_TRAVEL bicycle]",
        "GET_ESTIMATED_DURATION",
    ),
    ("navigation", "Is there much traffic on the way to [DESTINATION the station]", "GET_INFO_TRAFFIC"),
    ("reminder", "Remind [PERSON_REMINDED me] to [TODO water the tomatoes] [DATE_TIME at noon]", "CREATE_REMINDER"),
    ("reminder", "What do I have to do [DATE_TIME on Thursday]", "GET_REMINDER"),
    ("timer", "Start a [METHOD_TIMER timer] [DATE_TIME for nine minutes]", "CREATE_TIMER"),
    ("timer", "Pause the [METHOD_TIMER timer]", "PAUSE_TIMER"),
    ("weather", "Will it be [WEATHER_ATTRIBUTE foggy] in [LOCATION Vestby] [DATE_TIME tonight]", "GET_WEATHER"),
    ("weather", "How warm is it in [LOCATION Farrow]", "GET_WEATHER"),
]

_QUESTIONS = [
    (
        "How many libraries are there in Vestby?",
        _VESTBY + ",nwr(keyval('amenity','library'))",
        "count",
    ),
    ("Where are the bakeries of Norwick?", _NORWICK + ",nwr(keyval('shop','bakery'))", "latlong"),
    (
        "Is there a theatre in Farrow?",
        _FARROW + ",nwr(keyval('amenity','theatre'))",
        "least(topx(1))",
    ),
    (
        "What are the names of the hotels in the south of Vestby?",
        "south(area(keyval('name','Vestby')),nwr(keyval('tourism','hotel')))",
        "findkey('name')",
    ),
    (
        "How many fountains are in the east of Norwick?",
        "east(area(keyval('name','Norwick')),nwr(keyval('amenity','fountain')))",
        "count",
    ),
    (
        "Where is the pharmacy nearest to the Salt Tower in Farrow?",
        "around(center(area(keyval('name','Farrow')),nwr(keyval('name','Salt Tower'))),"
        "search(nwr(keyval('amenity','pharmacy'))),maxdist(DIST_INTOWN),topx(1))",
        "latlong",
    ),
    (
        "Which cafes with wheelchair access are close to the station of Vestby?",
        "around(center(area(keyval('name','Vestby')),nwr(keyval('railway','station'))),"
        "search(nwr(keyval('amenity','cafe'),keyval('wheelchair','yes'))),maxdist(DIST_INTOWN))",
        "findkey('name')",
    ),
    (
        "What is the web site of the Hilltop Museum in Norwick?",
        _NORWICK + ",nwr(keyval('name','Hilltop Museum'))",
        "findkey('website')",
    ),
    (
        "Where can I get organic food in Vestby?",
        _VESTBY + ",nwr(keyval('shop','supermarket'),or(keyval('organic','only'),keyval('organic','yes')))",
        "latlong",
    ),
    (
        "How many windmills does Farrow have?",
        _FARROW + ",nwr(keyval('man_made','windmill'))",
        "count",
    ),
    (
        "When does the swimming pool in the west of Norwick open?",
        "west(area(keyval('name','Norwick')),nwr(keyval('leisure','swimming_pool')))",
        "findkey('opening_hours')",
    ),
    (
        "Give me the place and the name of one castle in Farrow.",
        _FARROW + ",nwr(keyval('historic','castle'))",
        "latlong(topx(1)),findkey('name')",
    ),
    (
        "Which streets of Vestby are one-way?",
        _VESTBY + ",nwr(keyval('oneway','yes'))",
        "findkey('name')",
    ),
]


def _parts(request: str) -> list[tuple[str, str]]:
    """(label, words) in order; words outside of slots have an empty label."""
    parts = []
    for piece in request.split("["):
        inside, bracket, after = piece.partition("]")
        if bracket:
            label, _, words = inside.partition(" ")
            parts.append((label, words))
            parts.append(("", after.strip()))
        else:
            parts.append(("", piece.strip()))
    return [(label, words) for label, words in parts if words]


def _tree(request: str, intent: str, coupled: bool) -> str:
    inside = [f"[SL:{label} {words} ]" if label else words for label, words in _parts(request) if label or coupled]
    return " ".join([f"[IN:{intent}", *inside, "]"])


def _plain(request: str) -> str:
    return " ".join(words for _, words in _parts(request))


def write_mtop(folder: Path) -> None:
    """The official eight columns: id, intent, slots, utterance, domain, locale, decoupled parse, tokens."""
    lines = []
    for number, (domain, request, intent) in enumerate(_REQUESTS):
        utterance = _plain(request)
        tokens = json.dumps({"tokens": utterance.split(), "tokenSpans": []})
        columns = [str(number), f"IN:{intent}", "", utterance, domain, "en_XX", _tree(request, intent, False), tokens]
        lines.append("\t".join(columns))
    write_lines(folder / "en" / "test.txt", lines)


def write_topv2(folder: Path) -> None:
    """One file a domain."""
    for wanted in sorted({domain for domain, _, _ in _REQUESTS}):
        rows = [(d, _plain(request), _tree(request, intent, True)) for d, request, intent in _REQUESTS if d == wanted]
        lines = ["domain\tutterance\tsemantic_parse", *("\t".join(row) for row in rows)]
        write_lines(folder / f"{wanted}_test.tsv", lines)


def write_nlmaps(folder: Path) -> None:
    write_lines(folder / "nlmaps.test.en", [question for question, _, _ in _QUESTIONS])
    write_lines(folder / "nlmaps.test.mrl", [f"query({where},qtype({what}))" for _, where, what in _QUESTIONS])


def write(root: Path) -> None:
    write_mtop(root / "mtop")
    write_topv2(root / "topv2")
    write_nlmaps(root / "nlmaps")
