"""Descriptions of our own with their commands, expressions, snippets, methods and functions."""

from __future__ import annotations

import json
from pathlib import Path

from tasks.bundled.writing import write_json, write_lines

_COMMANDS = (
    ("List all C files below the current folder", "find . -type f -name '*.c'"),
    ("List all C files below the current folder", "find . -name '*.c' -type f"),
    ("Print the names of logs that mention an error", "grep -l error logs/*"),
    ("Show the two longest files of the folder", "ls -S | head -n 2"),
    ("Count the lines of file.txt", "wc -l file.txt"),
    ("Delete every empty file", "find . -type f -empty -delete"),
    ("Print the second column of data.csv", "cut -d, -f2 data.csv"),
    ("Sort file.txt and drop repeated lines", "sort file.txt | uniq"),
    ("Take write permission for others from dir1/b.php", "chmod o-w dir1/b.php"),
    (
        "Copy all pages of dir1 to dir2 under new names",
        'for f in dir1/*.html; do cp "$f" dir2/new-$(basename $f); done',
    ),
    ("Show lines that file1 and file2 have in common", "comm -12 file1 file2"),
    ("Find what was changed in the last week, by name", "find . -mtime -7 | sort"),
    ("Print each file of src with its size", "find src -type f -printf '%f %s\\n' | sort"),
    ("Write the capital form of file1 to big.txt", "tr a-z A-Z < file1 > big.txt"),
    ("Remove folders that hold nothing", "find . -type d -empty | xargs rmdir"),
    ("Copy the remote folder to backup", "rsync -av host.example:/srv/data backup/"),
    ("Print today's date", "date +%F"),
)

# In the form of NL-RX: one character or token a word.
_EXPRESSIONS = (
    ("lines that have a digit somewhere", ". * [ <NUM> ] . *"),
    ("only capital letters , three or more", "[ <CAP> ] { 3 , }"),
    ("lines with the string <M0> but never the string <M1>", "( . * <M0> . * ) & ( ~ ( . * <M1> . * ) )"),
    ("lines that begin with a vowel", "[ <VOW> ] . *"),
    ("lines that end with the string <M2>", ". * <M2>"),
    ("nothing but lower-case letters", "[ <LOW> ] *"),
    ("lines without any letter", "~ ( . * [ <LET> ] . * )"),
    ("the string <M0> , the string <M1> or the string <M3>", "( <M0> ) | ( <M1> ) | ( <M3> )"),
    ("at most five characters", ". { 0 , 5 }"),
    ("a letter right before a digit", ". * [ <LET> ] [ <NUM> ] . *"),
    ("lines with the string <M1> at least twice", "( . * <M1> . * ) { 2 , }"),
    ("one vowel that is also a capital letter", "[ <VOW> ] & [ <CAP> ]"),
    (
        "lines of letters in which a capital is followed by the string <M3>",
        "( [ <LET> ] * ) & ( . * [ <CAP> ] <M3> . * )",
    ),
)

_SNIPPETS = (
    ("join the strings of list `names` with a comma", "', '.join(names)"),
    ("get the last three items of list `xs`", "xs[-3:]"),
    ("swap the values of `a` and `b`", "a, b = b, a"),
    ("count how often each letter occurs in string `word`", "collections.Counter(word)"),
    ("sort the list of tuples `pairs` by the second item", "sorted(pairs, key=lambda p: p[1])"),
    ("flatten the list of lists `rows`", "[x for row in rows for x in row]"),
    ("check if every number in `ns` is even", "all(n % 2 == 0 for n in ns)"),
    ("read the whole of file `path` as text", "open(path).read()"),
    ("merge dictionaries `d` and `e`", "{**d, **e}"),
    ("remove repeated items from list `xs`, keeping their order", "list(dict.fromkeys(xs))"),
    ("print numbers 1 to 10, one a line", "for i in range(1, 11):\n    print(i)"),
    ("transpose the matrix `m`", "list(zip(*m))"),
    ("get the indexes of `x` in list `xs`", "[i for i, y in enumerate(xs) if y == x]"),
)

_FUNCTIONS = (
    ("Return the area of a circle .", "def area(radius):\n    return 3.14159 * radius ** 2"),
    (
        "Tell whether a year is a leap year .",
        "def leap(year):\n    return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)",
    ),
    (
        "Drop blank lines from a text .",
        'def squeeze(text):\n    return "\\n".join(x for x in text.split("\\n") if x.strip())',
    ),
    (
        "Return the first item of a list or a default .",
        "def first(items, default=None):\n    return items[0] if items else default",
    ),
    (
        "Make a dictionary of words by their length .",
        "def by_length(words):\n    found = {}\n    for word in words:\n"
        "        found.setdefault(len(word), []).append(word)\n    return found",
    ),
    ("Keep a number between two bounds .", "def clamp(x, low, high):\n    return max(low, min(high, x))"),
    ("Return all prefixes of a word .", "def prefixes(word):\n    return [word[:i] for i in range(1, len(word) + 1)]"),
    ("Tell whether a word reads the same from behind .", "def palindrome(word):\n    return word == word[::-1]"),
    (
        "Split a list into chunks of some size .",
        "def chunks(xs, size):\n    return [xs[i:i + size] for i in range(0, len(xs), size)]",
    ),
    ("Return the mean of some numbers .", "def mean(xs):\n    return sum(xs) / len(xs)"),
    (
        "Raise an error for a negative amount .",
        'def check(amount):\n    if amount < 0:\n        raise ValueError("negative amount")',
    ),
    (
        "Yield the lines of a file with their numbers .",
        "def numbered(path):\n    with open(path) as stream:\n        yield from enumerate(stream, 1)",
    ),
)

_METHODS = (
    (
        "adds a boat to the fleet",
        "List<Boat> boats; int size",
        "void function ( Boat arg0 ) { boats . add ( arg0 ) ; }",
    ),
    ("how many boats there are", "List<Boat> boats; boolean isFull", "int function ( ) { return boats . size ( ) ; }"),
    ("whether the crane is idle", "boolean busy; void lift", "boolean function ( ) { return ! busy ; }"),
    ("gets the captain", "String captain; String getPort", "String function ( ) { return captain ; }"),
    ("sets the captain", "String captain; String getPort", "void function ( String arg0 ) { this . captain = arg0 ; }"),
    (
        "the larger of two loads",
        "int limit; void reset",
        "int function ( int arg0 , int arg1 ) { return Math . max ( arg0 , arg1 ) ; }",
    ),
    ("empties the hold", "List<Crate> hold; int weight", "void function ( ) { hold . clear ( ) ; weight = 0 ; }"),
    (
        "the total of all weights",
        "int[] weights; int count",
        "int function ( ) { int sum = 0 ; for ( int w : weights ) { sum += w ; } return sum ; }",
    ),
    (
        "refuses a depth below zero",
        "int depth; void dive",
        "void function ( int arg0 ) { if ( arg0 < 0 ) { throw new IllegalArgumentException ( ) ; } depth = arg0 ; }",
    ),
    (
        "finds a crate by its label",
        "Map<String,Crate> crates; int size",
        "Crate function ( String arg0 ) { return crates . get ( arg0 ) ; }",
    ),
    (
        "whether a label is known",
        "Map<String,Crate> crates; int size",
        "boolean function ( String arg0 ) { return crates . containsKey ( arg0 ) ; }",
    ),
    ("copies the route", "int[] route; int length", "int [ ] function ( ) { return route . clone ( ) ; }"),
)

_GO = (
    ("Half returns n divided by two, rounded down.", "func Half(n int) int {", "return n >> 1"),
    (
        "Max returns the larger of two numbers.",
        "func Max(a int, b int) int {",
        "if a > b {\n        return a\n    }\n    return b",
    ),
    (
        "Count returns how often b is in s.",
        "func Count(s string, b byte) int {",
        "n := 0\n    for i := 0; i < len(s); i++ {\n"
        "        if s[i] == b {\n            n++\n        }\n    }\n    return n",
    ),
    ("Even tells whether n is even.", "func Even(n int) bool {", "return n%2 == 0"),
    ("First returns the first of some words.", "func First(words []string) string {", "return words[0]"),
    (
        "Reverse returns the numbers from last to first.",
        "func Reverse(xs []int) []int {",
        "out := make([]int, 0, len(xs))\n"
        "    for i := len(xs) - 1; i >= 0; i-- {\n        out = append(out, xs[i])\n    }\n    return out",
    ),
    (
        "Power returns b to the n-th.",
        "func Power(b int, n int) int {",
        "p := 1\n    for ; n > 0; n-- {\n        p *= b\n    }\n    return p",
    ),
    ("Keys returns the number of keys of m.", "func Keys(m map[string]int) int {", "return len(m)"),
    ("Swap exchanges two numbers.", "func Swap(a int, b int) (int, int) {", "return b, a"),
    (
        "Abs returns x without its sign.",
        "func Abs(x float64) float64 {",
        "if x < 0 {\n        return -x\n    }\n    return x",
    ),
    ("Join puts two words together with a dash.", "func Join(a string, b string) string {", 'return a + "-" + b'),
    (
        "Squares returns the squares of 1 to n.",
        "func Squares(n int) []int {",
        "var out []int\n    for i := 1; i <= n; i++ {\n        out = append(out, i*i)\n    }\n    return out",
    ),
)


def write_nl2bash(folder: Path) -> None:
    write_lines(folder / "test.nl.filtered", (text for text, _ in _COMMANDS))
    write_lines(folder / "test.cm.filtered", (command for _, command in _COMMANDS))


def write_nl2rx(folder: Path) -> None:
    """Turk as above; Synth has the same expressions in other words."""
    for kind, opening in (("turk", ""), ("synth", "match ")):
        part = folder / f"data_{kind}_eval_{kind}"
        write_lines(part / "src-test.txt", (opening + text for text, _ in _EXPRESSIONS))
        write_lines(part / "targ-test.txt", (tokens for _, tokens in _EXPRESSIONS))


def write_nl2python(folder: Path) -> None:
    write_json(folder / "conala_test.json", [{"intent": text, "code": code} for text, code in _SNIPPETS])
    rows = [
        {
            "idx": f"mini-{number}",
            "doc": text.removesuffix(" .").lower(),
            "code": code,
            "code_tokens": " ".join(code.split()),
            "docstring_tokens": text,
            "label": 1,
        }
        for number, (text, code) in enumerate(_FUNCTIONS)
    ]
    write_json(
        folder / "cosqa-dev.json", [*rows, {**rows[0], "idx": "mini-unrelated", "doc": "sort a list", "label": 0}]
    )


def write_nl2java(folder: Path) -> None:
    rows = []
    for text, members, code in _METHODS:
        fields, methods = members.split("; ")
        rows.append({"code": code, "nl": f"{text} concode_field_sep {fields} concode_field_sep {methods}"})
    write_lines(folder / "dev.json", map(json.dumps, rows))


def write_nl2go(folder: Path) -> None:
    rows = []
    for number, (text, declaration, body) in enumerate(_GO):
        comment, head = f"// {text}\n", f"\n{declaration}\n"
        rows.append(
            {
                "task_id": f"Mini/{number}",
                "prompt": f"\n{comment}{declaration}\n",
                "import": "",
                "docstring": comment,
                "declaration": head,
                "canonical_solution": f"    {body}\n}}\n\n",
                "test": "",
                "test_setup": "",
                "example_test": "",
            }
        )
    write_lines(folder / "humaneval_go.jsonl", map(json.dumps, rows))


def write(root: Path) -> None:
    for name, make in _WRITERS.items():
        make(root / name)


_WRITERS = {
    "nl2bash": write_nl2bash,
    "nl2rx": write_nl2rx,
    "nl2python": write_nl2python,
    "nl2java": write_nl2java,
    "nl2go": write_nl2go,
}
