"""Symbol-evol: random names for what a prompt defines, and the way back to a program that runs."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from itertools import islice

import pytest
from hypothesis import given
from hypothesis import strategies as st

from executors import command
from executors.outcome import Outcome, Status
from executors.pddl import problem_equivalent
from executors.scene import clevr
from tasks import symbol_evol
from tasks.scoring import Scored, score
from tasks.source import locate
from tasks.symbol_evol import EVOLUTIONS, Renaming, actions, evolve, evolved, formula, map_query, pddl, schema, tree
from tasks.symbol_evol.evolution import context_of
from tasks.symbol_evol.renaming import NAME, legend, meaning
from tasks.task import Sample, Task, registry

EVOLVED = sorted(name for name in registry() if symbol_evol.standard_name(name))
# Their planners take long: one problem is enough.
FEW = {"blocksworld_evol": 3}


def samples(task: Task, data: str, limit: int | None = None) -> Iterator[Sample]:
    return islice(task.read(locate(task.source, data).path), limit)


def first(name: str) -> Sample:
    return next(samples(registry()[name], "bundled"))


def perfect(task: Task, scored: Scored) -> bool:
    return all(metric.is_perfect(scored.statistics[metric.name]) for metric in task.metrics)


# --- names ---------------------------------------------------------------------------------------------------------


def test_names_look_as_in_the_paper() -> None:
    renaming = Renaming.draw(["I_JUMP", "I_RUN"], "seed")
    for name in (*renaming.names.values(), "shy2sW", "PMx1Ua"):
        assert re.fullmatch(NAME, name)
    for word in ("I_JUMP", "walked", "Walked", "scene", "abc123", "ABC123", "1bCdef"):
        assert not re.fullmatch(NAME, word)


def test_names_follow_from_task_sample_and_seed() -> None:
    scan = registry()["scan"]
    sample = next(samples(scan, "bundled"))
    names = [
        evolve(scan, sample).context,
        evolve(scan, sample, seed=1).context,
        evolve(scan, replace(sample, id="another")).context,
        evolve(registry()["scan_jump"], sample).context,
    ]
    assert evolve(scan, sample).context == names[0]
    assert len({str(context) for context in names}) == 4


def test_names_are_the_same_in_every_process() -> None:
    code = "from tasks.symbol_evol import Renaming; print(Renaming.draw(['a', 'b'], 'x').names)"
    for hash_seed in ("0", "1"):
        environment = {**os.environ, "PYTHONHASHSEED": hash_seed}
        answer = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment
        )
        assert answer.stdout.strip() == str(Renaming.draw(["a", "b"], "x").names)


def test_names_are_no_part_of_the_text() -> None:
    names = Renaming.draw(["a", "b"], "x").names
    again = Renaming.draw(["a", "b"], "x", text=f"as {names['a'].upper()} said").names
    assert names["a"].upper() not in {name.upper() for name in again.values()}


def test_the_kind_before_a_colon_stays() -> None:
    assert Renaming.draw(["IN:GET_WEATHER"], "x").names["IN:GET_WEATHER"].startswith("IN:")


@given(st.lists(st.text("abcXYZ_", min_size=1, max_size=5), max_size=20), st.booleans())
def test_a_renaming_is_its_own_inverse(symbols: list[str], any_case: bool) -> None:
    renaming = Renaming.draw(symbols, "seed", any_case=any_case)
    for old, new in renaming.names.items():
        assert renaming.swapped(old) == new
        assert renaming.swapped(new) == old
        assert renaming.renames(old)
        assert not renaming.renames(new)
    assert len({new.lower() for new in renaming.names.values()}) == len(renaming.names)


def test_letter_case() -> None:
    strict, loose = (Renaming.draw(["Name"], "x", any_case=any_case) for any_case in (False, True))
    assert strict.swapped("NAME") is None
    assert loose.swapped("NAME") == loose.names["Name"]
    assert loose.swapped(loose.names["Name"].upper()) == "Name"
    assert len(Renaming.draw(["Name", "NAME"], "x", any_case=True).names) == 1


def test_two_symbols_of_one_name_are_refused() -> None:
    with pytest.raises(ValueError, match="all different"):
        Renaming({"a": "x", "b": "x"})


@pytest.mark.parametrize(
    ("symbol", "words"),
    [
        ("IN:GET_WEATHER", "get weather"),
        ("HighQuality", "high quality"),
        ("on-table", "on table"),
        ("Song_release_year", "song release year"),
        ("ID", "id"),
        ("__", "__"),
    ],
)
def test_what_a_name_says(symbol: str, words: str) -> None:
    assert meaning(symbol) == words


def test_a_legend_is_in_the_order_of_the_new_names() -> None:
    assert legend(Renaming({"Zoo": "aaa", "Ant": "bbb"})) == "aaa means zoo. bbb means ant."


# --- each task -----------------------------------------------------------------------------------------------------


@pytest.fixture(params=["bundled", "real"])
def data(request: pytest.FixtureRequest) -> str:
    return "bundled" if request.param == "bundled" else str(request.getfixturevalue("data_root"))


@pytest.mark.parametrize("name", sorted(EVOLUTIONS))
def test_gold_read_back_means_what_gold_means(name: str, data: str) -> None:
    """The very same program up to letter case, where that says nothing, and for CLEVR up to its form."""
    task, evolution = registry()[name], EVOLUTIONS[name]
    for sample in samples(task, data, 200):
        gold = task.gold(sample)
        renamed = evolve(task, sample)
        back = evolution.read_back(renamed.target, context_of(renamed).renaming)
        assert isinstance(back, str) or name == "folio", (sample.id, back)
        if name == "clevr":
            assert clevr.functional(clevr.parse(str(back))) == gold
        elif evolution.any_case:
            assert str(back).casefold() == gold.casefold()
        elif isinstance(back, str):
            assert back == gold


@pytest.mark.parametrize("name", EVOLVED)
def test_gold_scores_and_nothing_in_the_old_names_does(name: str) -> None:
    task = registry()[name]
    for sample in samples(task, "bundled", FEW.get(name)):
        assert perfect(task, score(name, sample, task.gold(sample)))
        old = registry()[name.removesuffix("_evol")].gold(context_of(sample).standard)
        assert old != task.gold(sample)
        assert task.wrong(sample)[-1] == old
        statistics = score(name, sample, old).statistics
        for metric in task.metrics:
            if not metric.graded:
                assert metric.aggregate([statistics[metric.name]], [""]).value == 0, metric.name


@pytest.mark.parametrize("name", EVOLVED)
def test_one_old_name_among_the_new_ones_is_enough_to_fail(name: str) -> None:
    task = registry()[name]
    for sample in samples(task, "bundled", FEW.get(name)):
        gold = task.gold(sample)
        new, old = next((new, old) for old, new in context_of(sample).renaming.names.items() if new in gold)
        scored = score(name, sample, gold.replace(new, old))
        assert not task.metrics[0].is_perfect(scored.statistics[task.metrics[0].name])


@pytest.mark.parametrize("name", EVOLVED)
def test_the_prompt_defines_every_symbol_of_the_gold(name: str) -> None:
    task = registry()[name]
    for sample in samples(task, "bundled"):
        prompt, gold = task.prompt.render(sample.fields), task.gold(sample)
        for old, new in context_of(sample).renaming.names.items():
            assert new in prompt
            assert new not in "".join(context_of(sample).standard.fields.values())
            if new in gold:
                assert not re.search(rf"(?<![\w-]){re.escape(old)}(?![\w-])", gold)
        assert set(re.findall(NAME, gold)) <= set(re.findall(NAME, prompt))


@pytest.mark.parametrize("name", EVOLVED)
def test_samples_pair_with_the_standard_ones(name: str) -> None:
    task, standard = registry()[name], registry()[name.removesuffix("_evol")]
    pairs = list(zip(samples(task, "bundled"), samples(standard, "bundled"), strict=True))
    assert all((ours.id, ours.group) == (theirs.id, theirs.group) for ours, theirs in pairs)
    assert task.suites == ("ood",)
    assert [metric.name for metric in task.metrics] == [metric.name for metric in standard.metrics]


@pytest.mark.parametrize("name", EVOLVED)
def test_exemplars_are_answered_in_names_that_they_define(name: str) -> None:
    task = registry()[name]
    assert len(task.prompt.shots) == 3
    for shot in task.prompt.shots:
        names = set(re.findall(NAME, shot.answer))
        assert names
        assert names <= set(re.findall(NAME, shot.fields["legend"]))


@pytest.mark.parametrize("name", sorted(EVOLUTIONS))
@given(text=st.text(max_size=200) | st.text("()[]{}'\"`;-.,: \nINSLxy∀∧", max_size=200))
def test_no_text_breaks_the_way_back(name: str, text: str) -> None:
    sample = evolve(registry()[name], first(name))
    for program in (text, f"{sample.target}{text}", f"{text}{sample.target}"):
        assert isinstance(EVOLUTIONS[name].read_back(program, context_of(sample).renaming), (str, Outcome))


@pytest.mark.parametrize("name", sorted(EVOLUTIONS))
def test_no_depth_breaks_the_way_back(name: str) -> None:
    sample = evolve(registry()[name], first(name))
    for program in ("(" * 20_000, "[IN:A " * 20_000, "f(" * 20_000, "¬" * 20_000, '"' * 20_001, "[" * 20_000):
        assert isinstance(EVOLUTIONS[name].read_back(program, context_of(sample).renaming), (str, Outcome))


def test_only_standard_tasks_are_evolved() -> None:
    assert symbol_evol.standard_name("scan_evol") == "scan"
    assert symbol_evol.standard_name("scan") is None
    assert symbol_evol.standard_name("mmlu_evol") is None
    with pytest.raises(KeyError):
        evolved(registry()["mmlu"])


# --- each language -------------------------------------------------------------------------------------------------


def test_scan() -> None:
    renaming = Renaming({"I_JUMP": "PMx1Ua", "I_TURN_RIGHT": "shy2sW"})
    assert actions.rename("I_TURN_RIGHT  I_JUMP I_LOOK", renaming) == "shy2sW  PMx1Ua I_LOOK"
    assert actions.rename("I_JUMP_PMx1Ua", renaming) == "I_JUMP_PMx1Ua", "words, not parts of words"
    assert set(actions.symbols(first("scan"))) == command.ACTIONS
    assert "I_TURN_RIGHT" not in registry()["scan_evol"].prompt.template


@pytest.mark.parametrize(
    "completion",
    [
        "shy2sW PMx1Ua",
        "The actions: shy2sW, PMx1Ua.",
        "Sure, that is easy.\nshy2sW PMx1Ua\nI hope this helps.",
        "```\nshy2sW PMx1Ua\n```",
    ],
)
def test_scan_answers_are_found_among_words(completion: str) -> None:
    assert registry()["scan_evol"].extract(completion) == "shy2sW PMx1Ua"


def test_clevr_programs_in_either_form() -> None:
    sample = next(samples(registry()["clevr_evol"], "bundled"))
    task = registry()["clevr_evol"]
    nodes = clevr.parse(sample.target)
    as_list = json.dumps([{"function": n.function, "inputs": n.inputs, "value_inputs": n.values} for n in nodes])
    for completion in (as_list, f"The program is: {sample.target}", f"Well.\n{sample.target}\nThat is all."):
        assert perfect(task, score("clevr_evol", sample, completion)), completion


def test_clevr_renames_functions_and_not_their_words() -> None:
    renaming = Renaming({"scene": "aB3dEf", "red": "xY1zzz"})
    # `red` is no function here.
    assert registry()["clevr"].execute("count(scene())", first("clevr")).ok
    evolution = EVOLUTIONS["clevr"]
    assert evolution.rename("filter_color(red,scene())", renaming) == "filter_color(red,aB3dEf())"
    assert isinstance(evolution.read_back("filter_color(red", renaming), Outcome)


def test_trees_keep_their_words_and_blanks() -> None:
    renaming = Renaming({"IN:GET_EVENT": "IN:aB3dEf", "SL:DATE_TIME": "SL:xY1zzz"})
    gold = "[IN:GET_EVENT  concerts [SL:DATE_TIME IN:GET_EVENT SL:DATE_TIME tonight ] ]"
    renamed = "[IN:aB3dEf  concerts [SL:xY1zzz IN:GET_EVENT SL:DATE_TIME tonight ] ]"
    assert tree.rename(gold, renaming) == renamed
    assert tree.read_back(renamed, renaming) == gold
    assert tree.rename("[SL:GET_EVENT ]", renaming) == "[SL:GET_EVENT ]"


def test_the_short_form_of_trees_is_no_way_around() -> None:
    renaming = Renaming({"IN:GET_EVENT": "IN:aB3dEf"})
    assert tree.read_back("[IN get event = concerts]", renaming) == "[IN:aB3dEf concerts ]"


def test_queries_on_the_map() -> None:
    renaming = Renaming({"query": "aB3dEf", "keyval": "xY1zzz", "count": "qQ7qqq", "qtype": "rR8rrr"})
    gold = "query(nwr(keyval('count','query(') ), qtype(count))"
    renamed = "aB3dEf(nwr(xY1zzz('count','query(') ), rR8rrr(qQ7qqq))"
    assert map_query.rename(gold, renaming) == renamed
    assert map_query.rename(renamed, renaming) == gold
    assert map_query.rename("query((", renaming) == "aB3dEf(("
    assert registry()["nlmaps_evol"].extract(f"That is: {renamed}\nDone.") == renamed


def test_a_tree_is_asked_with_others_that_it_does_not_need() -> None:
    sample = evolve(registry()["mtop"], first("mtop"))
    names = context_of(sample).renaming.names
    unused = [new for new in names.values() if new not in sample.target]
    assert len(unused) == 16
    for kind in ("intents", "slots"):
        assert f"The {kind} are: " in sample.fields["legend"]


def test_pddl_renames_heads_of_brackets() -> None:
    renaming = Renaming({"up": "aB3dEf", "clear": "xY1zzz"}, any_case=True)
    problem = "(define (problem up) (:objects clear) (:init ( UP clear) ; (up\n (clear up)) (:goal (not (clear up))))"
    renamed = pddl.rename(problem, renaming)
    assert "(define (problem up) (:objects clear) (:init ( aB3dEf clear) ; (up\n (xY1zzz up))" in renamed
    assert pddl.rename(renamed, renaming) == problem.replace("UP", "up")
    assert pddl.rename("(up robot1 tile)", renaming) == "(up robot1 tile)", "a plan names actions"


def test_pddl_in_the_spelling_of_the_problem() -> None:
    domain = "(define (domain d) (:predicates (NEXT ?a ?b) (Depot ?a)))"
    problem = "(define (problem p) (:domain d) (:objects a) (:init (Next a a)) (:goal (depot a)))"
    assert pddl.symbols(Sample("p", {"domain": domain, "scene": ""}, problem)) == ["Next", "depot"]


def test_a_domain_is_renamed_wherever_it_begins() -> None:
    sample = first("blocksworld_evol")
    standard = context_of(sample).standard
    assert standard.fields["domain"].startswith("; ")
    heads = set(re.findall(r"\(\s*([\w-]+)", sample.fields["domain"]))
    assert heads >= set(context_of(sample).renaming.names.values())
    assert heads.isdisjoint(context_of(sample).renaming.names)


def test_an_evolved_problem_is_the_gold_one_for_the_planner() -> None:
    sample = first("blocksworld_evol")
    back = pddl.rename(sample.target, context_of(sample).renaming)
    assert problem_equivalent(back, context_of(sample).standard.target).value is True
    assert problem_equivalent(sample.target, context_of(sample).standard.target).value is not True


@pytest.mark.parametrize(
    ("gold", "renamed"),
    [
        ("∀x (Dog(x) → Barks(x))", "∀x (aB3dEf(x) → xY1zzz(x))"),
        ("∀x (Dog(x) → ∃y (Likes(x, Dog) ∧ Barks(y)))", "∀x (aB3dEf(x) → ∃y (Likes(x, Dog) ∧ xY1zzz(y)))"),
        ("'Dog'(rex)", "aB3dEf(rex)"),
        ("Dog (rex) ∧ rex = fido", "aB3dEf (rex) ∧ rex = fido"),
        ("Dog ∧ Barks(dog(rex))", "aB3dEf ∧ xY1zzz(dog(rex))"),
        ("(forall ((x U)) (=> (Dog x) (Barks x)))", "(forall ((x U)) (=> (aB3dEf x) (xY1zzz x)))"),
        (r"\forall x (\text{Dog}(x) \to Barks(x))", r"\forall x (aB3dEf(x) \to xY1zzz(x))"),
    ],
)
def test_predicates_of_formulas(gold: str, renamed: str) -> None:
    assert formula.rename(gold, Renaming({"Dog": "aB3dEf", "Barks": "xY1zzz"})) == renamed


def test_names_that_are_no_plain_word_come_back_in_quotes() -> None:
    assert formula.read_back("aB3dEf(rex)", Renaming({"good dog": "aB3dEf"})) == "'good dog'(rex)"


def test_a_formula_with_a_predicate_of_its_own_is_refused() -> None:
    """Metrics of formulas align names by spelling: without this a formula in the old names would score."""
    refused = formula.read_back("∀x (aB3dEf(x) → Barks(x))", Renaming({"Dog": "aB3dEf", "Barks": "xY1zzz"}))
    assert isinstance(refused, Outcome)
    assert refused.status is Status.INVALID
    assert refused.detail == "the prompt defines no predicate 'Barks'"


SCHEMA = Renaming({"singer": "aB3dEf", "Name": "xY1zzz", "Sales (millions)": "qQ7qqq", "desc": "rR8rrr"}, any_case=True)


@pytest.mark.parametrize(
    ("gold", "renamed"),
    [
        ("SELECT NAME FROM Singer AS T1", "SELECT xY1zzz FROM aB3dEf AS T1"),
        ("SELECT T1.name, 'name' FROM singer T1", "SELECT T1.xY1zzz, 'name' FROM aB3dEf T1"),
        ("SELECT singer.name FROM singer -- name\n", "SELECT aB3dEf.xY1zzz FROM aB3dEf -- name\n"),
        ("SELECT `name`, [name] FROM 'singer'", "SELECT `xY1zzz`, [xY1zzz] FROM 'aB3dEf'"),
        ('SELECT "sales (millions)" FROM singer', 'SELECT "qQ7qqq" FROM aB3dEf'),
        ("SELECT name(1) FROM singer ORDER BY name DESC", "SELECT name(1) FROM aB3dEf ORDER BY xY1zzz DESC"),
        ("SELECT singer.desc FROM singer", "SELECT aB3dEf.rR8rrr FROM aB3dEf"),
        ("SELECT 'it''s name' FROM singer", "SELECT 'it''s name' FROM aB3dEf"),
        ("SELECT count(*) AS 'name' FROM singer", "SELECT count(*) AS 'xY1zzz' FROM aB3dEf"),
    ],
)
def test_names_of_queries(gold: str, renamed: str) -> None:
    assert schema.rename(gold, SCHEMA) == renamed
    assert schema.read_back(renamed, SCHEMA).casefold() == gold.casefold()


def test_a_name_that_needs_quotation_marks_gets_them() -> None:
    assert schema.read_back("SELECT qQ7qqq, rR8rrr FROM aB3dEf", SCHEMA) == (
        'SELECT "Sales (millions)", "desc" FROM singer'
    )


def test_an_old_name_in_double_quotes_is_a_string() -> None:
    """As it would be for SQLite, had the columns really been renamed."""
    assert schema.read_back('SELECT 1 FROM aB3dEf WHERE xY1zzz = "name"', SCHEMA) == (
        "SELECT 1 FROM singer WHERE Name = 'name'"
    )
    assert schema.read_back('SELECT T1."name" FROM "singer" T1', SCHEMA) == 'SELECT T1."xY1zzz" FROM "aB3dEf" T1'


def test_an_old_name_as_alias_of_ones_own_stays_one() -> None:
    sample = first("spider_evol")
    table = next(iter(re.findall(NAME, sample.fields["schema"])))
    query = f"SELECT count(*) AS city FROM {table} ORDER BY city"
    assert score("spider_evol", sample, query).outcome.status is Status.OK
    query = f"SELECT city FROM {table}"
    assert score("spider_evol", sample, query).outcome.status is Status.INVALID


def test_a_schema_holds_no_old_name() -> None:
    for sample in samples(registry()["spider_evol"], "bundled"):
        words = {word.lower() for word in re.findall(r"\w+", sample.fields["schema"])}
        assert words.isdisjoint(name.lower() for name in context_of(sample).renaming.names)


def test_schemas_are_renamed_alike_in_all_their_places() -> None:
    sample = Sample("s", {"schema": "a(id, n (x)) | b(a_id) | b.a_id = a.id", "question": ""}, "")
    assert schema.symbols(sample) == ["a", "id", "n (x)", "b", "a_id"]
    renaming = Renaming({"a": "A", "id": "I", "n (x)": "N", "b": "B", "a_id": "J"})
    assert schema.fields(sample.fields, renaming)["schema"] == "A(I, N) | B(J) | B.J = A.I"


def test_queries_in_another_dialect() -> None:
    task = registry()["spider_evol"]
    assert task.in_dialect is not None
    sample = task.in_dialect(first("spider_evol"), "mysql")
    assert perfect(task, score("spider_evol", sample, task.gold(sample).replace("SELECT", "SELECT /* mysql */")))


@pytest.mark.parametrize("language", [actions.rename, tree.rename, schema.rename, pddl.rename])
@given(words=st.lists(st.sampled_from(["aB3dEf", "Dog", "(", ")", "[aB3dEf", "]", "'", '"', ".", "from", "x"])))
def test_renaming_twice_changes_nothing(language, words: list[str]) -> None:  # type: ignore[no-untyped-def]
    text = " ".join(words)
    renaming = Renaming({"Dog": "aB3dEf"})
    assert language(language(text, renaming), renaming) == text
