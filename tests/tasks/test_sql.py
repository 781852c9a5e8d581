"""How Spider, SParC and CoSQL are asked."""

from __future__ import annotations

from tasks.source import BUNDLED
from tasks.sql import COSQL, SPARC, SPIDER


def test_a_question_comes_with_its_schema() -> None:
    sample = next(iter(SPIDER.read(BUNDLED / "spider")))
    text = SPIDER.prompt.render(sample.fields)
    assert text.startswith("Given schema, transform the query into SQL.\nThe schema is: branch(")
    assert text.endswith("The query is: How many branches are there in each city?\nThe SQL is: ")


def test_a_later_turn_comes_with_the_dialogue_so_far() -> None:
    first, second, *_ = SPARC.read(BUNDLED / "sparc")
    assert "dialogue" not in SPARC.prompt.render(first.fields)
    assert (
        "The dialogue so far is:\n1. Which branches are there?\nThe query is: Only those in Norwick.\nThe SQL is: "
    ) in SPARC.prompt.render(second.fields)


def test_exemplars_answer_their_own_schema() -> None:
    for task in (SPIDER, SPARC, COSQL):
        assert len(task.prompt.shots) == 3
        for shot in task.prompt.shots:
            tables = [table.split("(")[0] for table in shot.fields["schema"].split(" | ")]
            assert any(f"FROM {table}" in shot.answer for table in tables)
