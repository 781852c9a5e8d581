"""Commands read as NL2Bash compares them."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from executors.bash.template import command_match, read, template_match


def template(command: str) -> str:
    return " ".join(read(command).template)


@pytest.mark.parametrize(
    ("command", "wanted"),
    [
        ("find /tmp -name '*.c' -mtime +2", "find Path -name Regex -mtime +Timespan"),
        ("find -name x", "find Path -name Regex"),
        ("find . \\( -name a -o -name b \\)", "find Path \\( -name Regex -or -name Regex \\)"),
        ("find . \\( -type l \\)", "find Path -type l"),
        ("find . ! -size -3k", "find Path ! -size -Size"),
        ("find . -exec grep -il mail {} \\;", "find Path -exec grep -i -l Regex {} \\;"),
        ("find . -exec rm {} +", "find Path -exec rm {} +"),
        ("find . -exec rm {}", "find Path -exec rm {} \\;"),
        ("ls | xargs -n1 cp -t /x", "ls | xargs -n Quantity -I {} cp -t Directory {}"),
        ("ls | xargs -I % mv % %.bak", "ls | xargs -I {} mv {} File"),
        ("egrep -v 'a|b' f", "grep -E -v Regex File"),
        ("head -5 f", "head - Quantity File"),
        ("tar cvf a.tar d", "tar -c -v -f File File"),
        ("sort -t, -k2,2 f", "sort -t Regex -k Number File"),
        ("cat <(sort a) `which b`", "cat <( sort File ) $( which Regex )"),
        ("sh -c 'rm a'", "sh -c rm File"),
        ("x=$(date -u)", "date -u"),
        ("md5=$(date -u)", "$( date -u )"),
        ("ls --color f a", "ls --color f File"),
        ("date +%F", "date +%F"),
        ("grep -- -x f", "grep -- Regex File"),
    ],
)
def test_templates(command: str, wanted: str) -> None:
    assert template(command) == wanted
    assert read(command).parsed


@pytest.mark.parametrize(
    "command",
    [
        "frobnicate -x",
        "find . > out",
        "ls && true",
        "a; b",
        "for f in *; do rm $f; done",
        "ls --no-such-flag",
        "ls -lO",
        "whoami you",
        "echo 'open",
        "sh -c 'echo $0'",
        "time ls",
        "",
    ],
)
def test_what_has_no_template_is_its_text(command: str) -> None:
    assert not read(command).parsed
    assert template(f"  {command}\n ") == " ".join(command.split())


@pytest.mark.parametrize(
    "same",
    [
        "find  .  -name  '*.c'",
        "sudo find . -name '*.c'",
        "$ find . -name '*.c'",
        "find . -name '*.c';",
        "find . -name '*.c' # done",
        "/usr/bin/find . -name '*.c'",
    ],
)
def test_prompts_sudo_comments_and_blanks_do_not_count_when_a_command_parses(same: str) -> None:
    assert command_match("find . -name '*.c'", same)


@pytest.mark.parametrize("other", ["sudo frobnicate", "frobnicate;", "frobnicate # done"])
def test_and_count_when_it_does_not(other: str) -> None:
    assert not command_match("frobnicate", other)


def test_values_differ_in_commands_and_not_in_templates() -> None:
    assert template_match("head -n 3 f", "head -n 5 g")
    assert not command_match("head -n 3 f", "head -n 5 g")
    assert not template_match("find . -type f", "find . -type d"), "a type is part of the template"


def test_joined_and_separate_flags_are_the_same() -> None:
    assert command_match("ls -la", "ls -l -a")
    assert command_match("head -n3 f", "head -n 3 f")
    assert not command_match("ls -la", "ls -al")


def test_order_of_operands_and_flags_counts() -> None:
    assert not template_match("find . -type f", "find -type f .")


@pytest.mark.parametrize(
    "command",
    [
        "$(" * 1900,
        "`" * 3999,
        "(" * 3999,
        "ls|" * 1300,
        "find . " + "-exec " * 500,
        "cat <<A\n" * 400,
        ":(){ :|:& };:",
        "a" * 10_000_000,
        "\x00\ud800",
        "xargs " * 600,
    ],
)
def test_hostile_commands_are_read_in_time(command: str) -> None:
    started = time.monotonic()
    read(command)
    assert time.monotonic() - started < 5


WORDS = st.sampled_from(
    ["find", "xargs", "sh", "-c", "'ls a'", "-name", "$x", "`ls`", "|", ">", "2>&1", ";", "\\;", "-exec", "{}", "--",
     "&&", "(", ")", "\\(", "!", "<(", "-I", "watch", "su", "ssh", "--color", "-", "'", "a=b", "for", "#", "-n1", "tar"]
)  # fmt: skip


@settings(max_examples=200, deadline=None)
@given(st.lists(WORDS, max_size=9).map(" ".join) | st.text(max_size=30))
def test_any_text_is_read_and_matches_itself(command: str) -> None:
    assert template_match(command, command)
    assert command_match(command, command)
