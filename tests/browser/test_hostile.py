"""A model may write anything, a run folder may hold anything: on the page it stays text."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from executors.outcome import Outcome, Status
from harness.record import Record
from harness.report.site import build_site
from harness.runlog import RunLog
from tests.browser.conftest import opened

pytestmark = pytest.mark.alone

ATTACKS = (
    "<script>window.hit = 1; alert(1)</script>",
    "</script><script>window.hit = 2</script>",
    "<img src=x onerror='window.hit = 3'>",
    '"><svg onload="window.hit = 4">',
    "'); window.hit = 5; site.put('overview', {}); ('",
    "javascript:window.hit=6",
    "<a href='javascript:window.hit=7' autofocus onfocus='window.hit=8'>x</a>",
    "<style>* { display: none }</style><iframe srcdoc='<script>parent.hit=9</script>'></iframe>",
    "]]>--><!--<noscript></noscript><base href='https://evil.example/'>",
    "<link rel=stylesheet href='https://evil.example/x.css'><meta http-equiv=refresh content='0;url=https://evil.example'>",
    "{{ 7 * 7 }} {% raw %} ${window.hit = 10} `${window.hit = 11}`",
    "__proto__",
    "\u202eesrever\u202c \u2066isolate\u2069 \u200b",
    "NUL \x00 ESC \x1b[31m BEL \x07 CR \r",
    "\ud800 lone \udfff surrogates",
    "\u2028 line \u2029 paragraph \U0001f600",
    "../../../../etc/passwd",
    "%2e%2e%2f?a=b#/task&b=c",
)


def hostile(text: str, number: int) -> Record:
    """Every field of it is the attack."""
    rows = {"columns": [text, "__proto__"], "rows": [[text, {"__proto__": text}], [text, None]]}
    return Record(
        task="spider",
        sample=f"{number} {text}",
        group=text,
        model=text,
        prompt=text,
        prompt_sha256=text,
        prompt_form="text",
        prompt_tokens=None,
        completion=f"{text}\n{text}",
        finish_reason=text,
        completion_tokens=None,
        program=None if number % 5 == 4 else text,
        outcome=Outcome(Status.OK, rows if number % 2 else text, text, 0.1),
        statistics={"exact_match": {"score": 0.0, text: 1.0}, text: {text: 1.0}},
        seconds={text: 0.5},
        fault=text if number % 7 == 6 else "",
    )


@pytest.fixture(scope="module")
def hostile_site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("hostile")
    plan = {"place": "local", "data": ATTACKS[0], "samples": 20, "total": 20}
    for name, attack in (("a", 0), ("<b onclick=1>", 3)):
        model = {"model": ATTACKS[attack], "chat_format": ATTACKS[attack + 1]}
        config = {"model": model, "num_fewshot": 0, "tasks": {"spider": plan}}
        with RunLog(folder / "runs" / name, config, {}) as log:
            for number, text in enumerate(ATTACKS):
                log.append(hostile(text, number))
    return build_site([folder / "runs"], folder / "site").folder


@pytest.mark.parametrize("served", [False, True], ids=["file", "http"])
def test_attacks_are_inert(request: pytest.FixtureRequest, browser: Browser, hostile_site: Path, served: bool) -> None:
    with opened(request, browser, hostile_site, served) as visit:
        visit.open("#/?metrics=all")
        assert ATTACKS[0] in "".join(visit.page.locator("tbody th").all_inner_texts())
        for address in ("#/pictures", "#/tasks", "#/task/spider"):
            visit.open(address)
            assert visit.heading() != "Not found"
        second = visit.page.get_by_label("B", exact=True)
        second.select_option(index=1)
        visit.settle()
        for place, text in enumerate(ATTACKS):
            link = visit.page.locator(".samples tbody a").nth(place)
            link.click()
            visit.page.wait_for_selector(".question")
            visit.settle()
            articles = visit.page.get_by_role("article")
            expect(articles).to_have_count(2)
            shown = articles.first.get_by_role("region", name="Completion").evaluate("node => node.textContent")
            if text.isascii() and text.isprintable():
                assert shown == f"{text}\n{text}"
            visit.page.go_back()
            visit.page.wait_for_selector(".samples")
            visit.settle()
        assert visit.page.evaluate("window.hit") is None
        assert visit.page.locator("script:not([src^='assets/']), iframe, base, img, link[href^=http]").count() == 0


def test_what_cannot_be_seen_is_shown_by_its_number(
    request: pytest.FixtureRequest, browser: Browser, hostile_site: Path
) -> None:
    with opened(request, browser, hostile_site) as visit:
        for place, numbers in ((12, ["U+202E", "U+202C", "U+2066", "U+2069", "U+200B"]), (13, ["U+0000", "U+001B"])):
            visit.open("#/task/spider")
            visit.page.locator(".samples tbody a").nth(place).click()
            visit.page.wait_for_selector(".question")
            prompt = visit.page.get_by_role("region", name="Prompt").locator(".hidden-character").all_inner_texts()
            assert prompt[: len(numbers)] == numbers


def test_a_policy_forbids_what_escaping_would_miss(browser: Browser, hostile_site: Path) -> None:
    context = browser.new_context()
    page = context.new_page()
    page.goto((hostile_site / "index.html").as_uri())
    page.wait_for_selector("h1")
    refused = page.evaluate("""() => {
      const tried = {
        markup: () => { document.createElement("p").innerHTML = "<b>x</b>"; },
        script: () => { document.createElement("script").src = "https://evil.example/x.js"; },
        policy: () => trustedTypes.createPolicy("other", {}),
      };
      return Object.entries(tried).filter(([, attempt]) => { try { attempt(); return false; } catch { return true; } })
        .map(([name]) => name);
    }""")
    assert refused == ["markup", "script", "policy"]
    context.close()
