"""Knowledge graph tasks: official files, programs cut out of prose, what weighs without a store."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from executors.kg.store import Endpoint
from executors.outcome import Status
from tasks.kg import ENDPOINT_VARIABLE, extract_query, extract_s_expression, read_compwebq, read_grailqa, read_webqsp
from tasks.scoring import score
from tasks.source import BUNDLED
from tasks.task import DataError


def test_another_expression_with_the_right_answers() -> None:
    first = next(iter(read_grailqa(BUNDLED / "grailqa")))
    scored = score("grailqa", first, "(AND sea.harbour (JOIN sea.harbour.island (JOIN sea.island.harbours m.0h2)))")
    assert scored.statistics["exact_match"] == {"score": 0.0}
    assert scored.statistics["answer_f1"] == {"numerator": pytest.approx(1.0), "denominator": 1.0}


def test_answers_weigh_nothing_where_nothing_can_be_run(data_root: Path) -> None:
    grailqa = list(read_grailqa(data_root / "grailqa"))
    assert len(grailqa) == 22
    assert score("grailqa", grailqa[0], grailqa[0].target).statistics["answer_f1"]["denominator"] == 0
    compwebq = list(read_compwebq(data_root / "compwebq"))
    assert len(compwebq) == 150
    scored = score("compwebq", compwebq[0], compwebq[0].target.replace("?c", "?other"))
    assert scored.statistics["exact_match"] == {"score": 0.0}
    assert scored.statistics["sparql_equivalent"] == {"score": 1.0}


def test_an_endpoint_named_by_the_user_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(ENDPOINT_VARIABLE, "http://127.0.0.1:9/sparql")
    context = next(iter(read_webqsp(BUNDLED / "webqsp"))).context
    assert getattr(context, "knowledge", None) == Endpoint("http://127.0.0.1:9/sparql")


def test_webqsp_takes_questions_with_a_good_and_complete_parse(tmp_path: Path) -> None:
    content = json.loads((BUNDLED / "webqsp" / "WebQSP.test.json").read_text())
    content["Questions"][0]["Parses"][0]["AnnotatorComment"]["ParseQuality"] = "Partial"
    (tmp_path / "WebQSP.test.json").write_text(json.dumps(content))
    assert len(list(read_webqsp(tmp_path))) == len(content["Questions"]) - 1


@pytest.mark.parametrize(
    ("completion", "program"),
    [
        ("The s-Expression is: (COUNT a)\nDone", "(COUNT a)"),
        ("```\n(AND a\n b)\n```", "(AND a\n b)"),
        ("In GrailQA's form (see above):\n(AND a (R b)) (I think)", "(AND a (R b))"),
        ("(AND a b)) is it", "(AND a b))"),  # a bracket too many stays: the official reader refuses it
        ("`(AND a (JOIN b c)`\nDone", "(AND a (JOIN b c)"),
        ("(a b)", "(a b)"),
        ("I do not know", "I do not know"),
        ("", None),
    ],
)
def test_expressions_are_cut_out(completion: str, program: str | None) -> None:
    assert extract_s_expression(completion) == program


def test_queries_are_cut_out_with_their_comments() -> None:
    query = "#MANUAL\nPREFIX ns: <http://x/>\nSELECT ?x WHERE { ?x ns:a ?y }"
    assert extract_query(query) == query
    assert extract_query(f"Here you are:\n```sparql\n{query}\n```\nBye") == query
    assert extract_query("The query: select ?x where { ?x ?y ?z }") == "select ?x where { ?x ?y ?z }"


@pytest.mark.parametrize("task", ["webqsp", "compwebq"])
def test_expressions_answer_questions_that_are_asked_in_sparql(task: str) -> None:
    read = {"webqsp": read_webqsp, "compwebq": read_compwebq}[task]
    first = next(iter(read(BUNDLED / task)))
    scored = score(task, first, "It is (AND sea.harbour (JOIN (R sea.island.harbours) m.0i2))\nDone")
    assert scored.outcome.value == ["m.0h2", "m.0h3"]
    name = {"webqsp": "f1", "compwebq": "answer_match"}[task]
    assert scored.statistics[name] == {"numerator": pytest.approx(1.0), "denominator": 1.0}
    assert score(task, first, "(AND sea.harbour").outcome.status is Status.OK  # its operator is left: a class
    assert score(task, first, "(FLY m.0i2)").outcome.status is Status.INVALID


def test_damaged_files_are_named(tmp_path: Path) -> None:
    shutil.copytree(BUNDLED / "grailqa", tmp_path / "grailqa")
    (tmp_path / "grailqa" / "grailqa_v1.0_dev.json").write_text('[{"qid": 1}]')
    with pytest.raises(DataError, match="row 0 lacks 'answer'"):
        list(read_grailqa(tmp_path / "grailqa"))
    shutil.move(tmp_path / "grailqa", tmp_path / "other")
    (tmp_path / "other" / "ontology" / "fb_types").unlink()
    with pytest.raises(DataError, match="the ontology of GrailQA cannot be read"):
        list(read_grailqa(tmp_path / "other"))
    (tmp_path / "ComplexWebQuestions_test.json").write_text("[{]")
    with pytest.raises(DataError, match="not whole JSON"):
        list(read_compwebq(tmp_path))
