"""Knowledge graph questions: GrailQA's logical forms, WebQSP's and ComplexWebQuestions' answers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from executors.kg import answers, ontology, s_expression
from tests.oracles.agreement import DATA, Case, Verdict


def judge(cases: Sequence[Case]) -> Iterator[list[Verdict]]:
    for case in cases:
        yield list({"grailqa": _grailqa, "webqsp": _webqsp, "compwebq": _compwebq}[case["task"]](case))


def _grailqa(case: Case) -> Iterator[Verdict]:
    known = ontology.load(DATA / "grailqa" / "ontology")
    same = s_expression.same_logical_form(case["pred"], case["gold"], known)
    yield Verdict("verdict", case["oracle"]["verdict"], same, same == case["oracle"]["verdict"])


def _webqsp(case: Case) -> Iterator[Verdict]:
    parses = [[answer["AnswerArgument"] for answer in parse] for parse in case["gold"]]
    score = answers.best_webqsp_score(parses, case["pred"])
    for name, ours in (("precision", score.precision), ("recall", score.recall), ("f1", score.f1)):
        official = case["oracle"][name]
        yield Verdict(name, official, ours, abs(ours - official) < 1e-9)


def _compwebq(case: Case) -> Iterator[Verdict]:
    gold, predicted = case["gold"]["answers"], answers.split_answers(case["pred"])
    found = {
        "answer_em": answers.same_set(gold, predicted),
        "hits_at_1": answers.hits_at_1(gold, predicted),
        "sparql_em": answers.same_text(case["gold"]["sparql"], case["pred"]),
    }
    f1 = answers.list_f1(gold, predicted)
    yield Verdict("answer_f1", case["oracle"]["answer_f1"], f1, abs(f1 - case["oracle"]["answer_f1"]) < 1e-9)
    for name, ours in found.items():
        yield Verdict(name, case["oracle"][name], ours, ours == case["oracle"][name])
