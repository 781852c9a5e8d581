"""The site as people use it, in a real Chromium: opened as a file and served."""

from __future__ import annotations

import json
from pathlib import Path
from statistics import fmean

import pytest
from playwright.sync_api import Browser, expect

from harness.averages import paper_title, symbolic_tasks
from harness.figures import figure, primary
from harness.leaderboard import build
from harness.published import published_model
from tasks.task import registry
from tests.browser.conftest import Visitor, opened

pytestmark = pytest.mark.alone

SPIDER = "#/task/spider"


def runs_of(site: Path) -> dict[str, str]:
    """Keys of the runs by model."""
    text = (site / "data" / "overview.js").read_text(encoding="ascii")
    content = json.loads(text.split(",", 1)[1].removesuffix(");\n"))
    return {row["model"]: row["run"] for row in content["rows"] if row["run"]}


@pytest.fixture
def better(site: Path) -> str:
    return runs_of(site)["replay:corrupt:0.25"]


@pytest.fixture
def worse(site: Path) -> str:
    return runs_of(site)["replay:corrupt:0.75"]


def test_the_leaderboard_shows_figures_with_error_and_n(visit_both: Visitor) -> None:
    visit_both.open("")
    assert visit_both.heading() == "Leaderboard"
    row = visit_both.page.get_by_role("row", name="replay:corrupt:0.25")
    assert "75.00 ± 21.91" in row.inner_text()
    assert "n=16, mini" in row.inner_text()
    assert visit_both.page.get_by_role("row", name="Symbol-LLM-Instruct 7B").get_attribute("class") == "published"


def test_sorting_by_a_figure_and_back(visit: Visitor) -> None:
    visit.open("#/?domain=SQL")
    button = visit.page.get_by_role("button", name="Spider EM")
    button.click()
    assert [row.split("\n")[0] for row in visit.column(0)][:2] == ["replay:corrupt:0.25", "Symbol-LLM-Instruct 13B"]
    expect(visit.page.get_by_role("columnheader", name="Spider EM")).to_have_attribute("aria-sort", "descending")
    button.click()
    assert visit.column(0)[0].startswith("LLaMA-2-Chat 13B")
    expect(visit.page.get_by_role("columnheader", name="Spider EM")).to_have_attribute("aria-sort", "ascending")
    visit.page.get_by_role("button", name="Model", exact=True).click()
    names = [row.split("\n")[0] for row in visit.column(0)]
    assert names == sorted(names, reverse=True)


def test_a_missing_figure_is_last_in_both_orders(visit: Visitor) -> None:
    visit.open("#/?suite=symbolic")
    for _ in range(2):
        visit.page.get_by_role("button", name="SCAN EM").click()
        assert visit.column(0)[-1].startswith("replay:corrupt:0.75")


def test_filters_choose_rows_and_figures(visit: Visitor) -> None:
    visit.open("")
    visit.page.get_by_label("Domain").select_option("Command")
    assert visit.page.locator("main thead .sort").all_inner_texts() == ["Model", "SCAN EM"]
    visit.page.get_by_label("Domain").select_option("SQL")
    visit.page.get_by_label("Figures").select_option("By execution")
    assert "Spider EX" in visit.page.locator("main thead .sort").all_inner_texts()
    assert "Spider EM" not in visit.page.locator("main thead .sort").all_inner_texts()
    visit.page.get_by_label("Figures").select_option("Every metric")
    assert "Spider strict_execution" in visit.page.locator("main thead .sort").all_inner_texts()
    visit.page.get_by_label("the paper's rows").uncheck()
    visit.page.get_by_label("Models").fill("0.75")
    expect(visit.page.locator("main tbody tr")).to_have_count(1)
    assert visit.column(0)[0].startswith("replay:corrupt:0.75")
    expect(visit.page.get_by_label("Models")).to_be_focused()


def test_from_a_figure_to_one_of_its_samples(visit_both: Visitor, worse: str) -> None:
    visit_both.open("#/?domain=SQL")
    visit_both.page.get_by_role("row", name="replay:corrupt:0.75").get_by_role("link").first.click()
    assert visit_both.heading() == "Spider"
    assert f"a={worse}" in visit_both.page.url
    expect(visit_both.page.get_by_role("img", name="right 4, wrong answer 12")).to_be_visible()
    visit_both.page.get_by_label("Show").select_option("A: right")
    assert len(visit_both.page.locator(".samples tbody tr").all()) == 4
    visit_both.page.locator(".samples tbody a").first.click()
    assert visit_both.heading().startswith("dev-")
    answer = visit_both.page.get_by_role("article")
    gold = visit_both.page.get_by_role("region", name="Gold").inner_text()
    assert visit_both.page.get_by_role("region", name="Prompt").inner_text().startswith("Given schema")
    assert answer.get_by_role("region", name="Program").inner_text() == gold
    assert answer.get_by_role("region", name="Completion").inner_text() == gold
    assert answer.locator(".code-keyword").first.inner_text() == "SELECT"
    assert answer.get_by_role("region", name="Executor's answer").locator("table").is_visible()
    assert answer.get_by_role("row", name="execution_accuracy").locator("td").first.inner_text() == "100.0"


def test_two_checkpoints_side_by_side(visit_both: Visitor, better: str, worse: str) -> None:
    visit_both.open(f"{SPIDER}?a={worse}")
    visit_both.page.get_by_label("B", exact=True).select_option(value=better)
    visit_both.page.get_by_label("Show").select_option("right in B only")
    gained = visit_both.page.locator(".samples tbody tr")
    expect(gained).to_have_count(8)
    visit_both.page.locator(".samples tbody a").first.click()
    visit_both.settle()
    first, second = visit_both.page.get_by_role("article").all()
    assert "replay:corrupt:0.75" in first.inner_text()
    assert "wrong answer" in first.inner_text()
    assert "replay:corrupt:0.25" in second.inner_text()
    gold = visit_both.page.get_by_role("region", name="Gold").inner_text()
    assert second.get_by_role("region", name="Program").inner_text() == gold
    differing = second.get_by_role("region", name="Program").locator("ins").all_inner_texts()
    assert "SELECT " + "".join(differing) == gold
    assert first.get_by_role("region", name="Program").locator("del").count() > 0
    expect(visit_both.page.get_by_role("navigation", name="Samples")).to_contain_text("1 of 8")


def test_every_state_has_an_address(visit_both: Visitor, better: str, worse: str) -> None:
    address = f"{SPIDER}/sample/dev-3?a={better}&b={worse}&show=lost"
    visit_both.open(address)
    assert visit_both.heading() == "dev-3"
    assert len(visit_both.page.get_by_role("article").all()) == 2
    visit_both.page.reload()
    assert visit_both.heading() == "dev-3"
    visit_both.page.get_by_role("link", name="Spider").click()
    assert visit_both.heading() == "Spider"
    assert visit_both.page.get_by_label("Show").input_value() == "lost"
    visit_both.page.go_back()
    assert visit_both.heading() == "dev-3"


@pytest.mark.parametrize(
    "address", ["#/task/nothing", "#/task/..%2f..%2fetc", "#/task/spider/sample/none", "#/%E0%A4%A", "#/no/such"]
)
def test_an_address_of_nothing_says_so(
    request: pytest.FixtureRequest, browser: Browser, site: Path, address: str
) -> None:
    with opened(request, browser, site) as visit:
        visit.open(address)
        assert visit.heading() == "Not found"
        visit.page.get_by_role("link", name="To the leaderboard").click()
        assert visit.heading() == "Leaderboard"
        visit.mishaps = [mishap for mishap in visit.mishaps if "ERR_FILE_NOT_FOUND" not in mishap]


def test_the_keyboard_is_enough(visit: Visitor) -> None:
    keys = visit.page.keyboard
    visit.open(SPIDER)
    keys.press("/")
    expect(visit.page.get_by_label("Ids and texts")).to_be_focused()
    keys.type("jump over the lazy dog")
    expect(visit.page.locator(".samples caption")).to_have_text("0 of 16 samples")
    keys.press("Escape")
    visit.open(f"{SPIDER}/sample/dev-0")
    keys.press("j")
    expect(visit.page.locator("h1")).to_have_text("dev-1")
    expect(visit.page.locator("h1")).to_be_focused()
    keys.press("ArrowRight")
    expect(visit.page.locator("h1")).to_have_text("dev-2")
    keys.press("k")
    expect(visit.page.locator("h1")).to_have_text("dev-1")
    keys.press("u")
    expect(visit.page.locator("h1")).to_have_text("Spider")
    keys.press("?")
    expect(visit.page.get_by_role("dialog")).to_be_visible()
    keys.press("Escape")
    expect(visit.page.get_by_role("dialog")).to_be_hidden()
    keys.press("g")
    expect(visit.page.locator("h1")).to_have_text("Leaderboard")
    visit.page.reload()
    visit.settle()
    keys.press("Tab")
    expect(visit.page.get_by_role("link", name="Skip to the content")).to_be_focused()
    keys.press("Enter")
    expect(visit.page.locator("main")).to_be_focused()


def test_difficulty_is_the_share_of_runs_that_are_right(visit: Visitor) -> None:
    visit.open(SPIDER)
    both = visit.page.get_by_role("button", name="2/2 right")
    assert both.locator(".count").inner_text() == "4"
    both.click()
    expect(visit.page.locator(".samples tbody tr")).to_have_count(4)
    assert set(visit.page.locator(".samples td:last-child").all_inner_texts()) == {"2/2"}
    expect(visit.page.get_by_role("button", name="2/2 right")).to_have_attribute("aria-pressed", "true")


def test_the_search_reads_prompts_and_answers(visit: Visitor) -> None:
    visit.open(SPIDER)
    visit.page.get_by_label("Ids and texts").fill("which book has the most pages")
    expect(visit.page.locator(".samples tbody tr")).to_have_count(1)
    visit.page.locator(".samples tbody a").click()
    visit.settle()
    assert "Which book has the most pages?" in visit.page.get_by_role("region", name="Prompt").inner_text()


def test_dark_and_light_follow_the_system_or_the_button(visit: Visitor) -> None:
    background = "() => getComputedStyle(document.body).backgroundColor"
    visit.page.emulate_media(color_scheme="light")
    visit.open("")
    light = visit.page.evaluate(background)
    visit.page.emulate_media(color_scheme="dark")
    dark = visit.page.evaluate(background)
    assert light == "rgb(246, 247, 249)"
    assert dark == "rgb(14, 16, 20)"
    visit.page.get_by_role("button", name="Theme: auto").click()
    assert visit.page.evaluate(background) == light
    visit.page.reload()
    visit.settle()
    assert visit.page.get_by_role("button", name="Theme: light").is_visible()
    assert visit.page.evaluate(background) == light


def test_pictures_average_what_all_their_models_have(visit: Visitor, runs: Path) -> None:
    visit.open("#/pictures")
    for name in ("LLaMA-2-Chat 7B", "Symbol-LLM-Instruct 7B"):
        visit.page.get_by_label(f"{name}, published").uncheck()
    visit.settle()
    board = build([runs], None)
    heading = figure(registry()["spider"], primary(registry()["spider"])).heading
    for row in board.rows:
        shown = visit.page.get_by_role("row", name=row.model).locator("td").first.inner_text()
        assert row.cells[heading].estimate is not None
        assert shown == f"{100 * row.cells[heading].estimate.value:.2f}"
    bars = visit.page.get_by_role("img", name="Bars of the four suites")
    assert bars.locator("rect").count() == 2
    assert "1 of 34 tasks" in (bars.text_content() or "")


def test_general_against_symbolic_of_the_papers_models(visit: Visitor) -> None:
    visit.open("#/pictures?models=LLaMA-2-Chat 7B~Symbol-LLM-Instruct 7B")
    points = visit.page.get_by_role("img", name="General against symbolic tasks").locator("circle")
    (chat, tuned) = [
        (float(point.get_attribute("cx") or 0), -float(point.get_attribute("cy") or 0)) for point in points.all()
    ]
    assert tuned > chat
    assert tuned[1] > chat[1]
    cells = visit.page.get_by_role("row", name="Symbol-LLM-Instruct 7B").locator("td").all_inner_texts()
    paper = published_model("Symbol-LLM-Instruct-7B").scores
    assert cells[0] == f"{100 * fmean(paper[paper_title(task)] for task in symbolic_tasks()):.2f}"


def test_without_scripts_there_are_the_tables(browser: Browser, site: Path) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto((site / "index.html").as_uri())
    assert page.get_by_role("table", name="symbolic: SQL").get_by_role("row").count() == 9
    context.close()


# All texts whose colour stands out less from its ground than WCAG asks for (4.5 : 1), less what is disabled.
PALE = """() => {
  const channel = (value) => (value / 255 <= 0.04045 ? value / 255 / 12.92 : ((value / 255 + 0.055) / 1.055) ** 2.4);
  const numbers = (colour) => colour.match(/[\\d.]+/g).map(Number);
  const light = (colour) => {
    const [r, g, b] = numbers(colour).map(channel);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const ground = (node) => {
    const colour = getComputedStyle(node).backgroundColor;
    return (numbers(colour)[3] ?? 1) === 0 && node.parentElement ? ground(node.parentElement) : colour;
  };
  const found = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const node = walker.currentNode.parentElement;
    const text = walker.currentNode.textContent.trim();
    if (!text || node.closest("noscript, svg, :disabled, .off, dialog, option")) continue;
    const [a, b] = [light(getComputedStyle(node).color), light(ground(node))].sort((x, y) => y - x);
    const ratio = (a + 0.05) / (b + 0.05);
    if (ratio < 4.5) found.push(`${text.slice(0, 30)}: ${ratio.toFixed(2)}`);
  }
  return found;
}"""

UNNAMED = """() => [
  ...[...document.querySelectorAll("input, select")].filter((field) => !field.labels.length),
  ...[...document.querySelectorAll("button, a, [role=region], svg[role=img]")].filter((node) =>
    !(node.getAttribute("aria-label") || node.textContent.trim())),
  ...[...document.querySelectorAll("th")].filter((head) => !head.scope),
  ...[...document.querySelectorAll("[id]")].filter((node) => document.querySelectorAll(`[id="${node.id}"]`).length > 1),
].map((node) => node.outerHTML)"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_all_is_named_and_stands_out(
    request: pytest.FixtureRequest, browser: Browser, site: Path, better: str, worse: str, scheme: str
) -> None:
    pages = ["#/", "#/?suite=all&metrics=all", "#/pictures", "#/tasks", f"{SPIDER}?a={better}&b={worse}"]
    with opened(request, browser, site) as visit:
        visit.page.emulate_media(color_scheme="light" if scheme == "light" else "dark")
        for address in [*pages, f"{SPIDER}/sample/dev-2?a={better}&b={worse}"]:
            visit.open(address)
            assert visit.page.evaluate(PALE) == []
            assert visit.page.evaluate(UNNAMED) == []
            assert visit.page.locator("h1").count() == 1
