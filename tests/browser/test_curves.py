"""Curves over training steps, as the site shows them."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from harness.report.site import build_site
from tests.browser.conftest import Visitor, opened
from tests.browser.test_site import PALE, UNNAMED
from tests.replay import renamed

pytestmark = pytest.mark.alone

ATTACK = "<img src=x onerror='window.hit = 1'>\u202e-step-1"


@pytest.fixture(scope="module")
def curve_site(runs: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two steps of one training, a step of another, and the model that both began with."""
    folder = tmp_path_factory.mktemp("curves")
    (worse,) = (runs / "replay_corrupt_0.75").iterdir()
    (better,) = (runs / "replay_corrupt_0.25").iterdir()
    for name, run in (("tiny-step-100", worse), ("tiny-step-2000", better), (ATTACK, worse), ("base", worse)):
        renamed(run, folder / "runs" / str(len(name)), name)
    return build_site([folder / "runs"], folder / "site").folder


def test_curves_best_steps_and_level_lines(request: pytest.FixtureRequest, browser: Browser, curve_site: Path) -> None:
    with opened(request, browser, curve_site) as visit:
        visit.open("")
        visit.page.get_by_role("link", name="Curves").click()
        expect(visit.page.locator("h1")).to_have_text("Curves")
        visit.settle()
        expect(visit.page.get_by_role("note")).to_contain_text("BEST OF 2 CHECKPOINTS, tiny (0-shot, plain)")
        spider = visit.page.get_by_role("img", name="Spider EM over training steps")
        expect(spider.locator(".dot")).to_have_count(3)
        expect(spider.locator(".ring")).to_have_count(1)
        expect(spider.locator(".level")).to_have_count(0)
        best = visit.page.get_by_role("region", name="Best steps").get_by_role("row", name="Spider EM")
        assert best.locator("td").all_inner_texts()[1:4] == ["2000", "75.00", "2"]
        last = visit.page.get_by_role("region", name="Values by step").get_by_role("row", name="Spider EM tiny").last
        assert last.locator("td").all_inner_texts()[4].startswith("+50.00 [+")
        _keyboard(visit)
        expect(spider.locator(".level")).to_have_count(1)
        visit.page.get_by_label("Figure").select_option("Spider EM")
        expect(visit.page.locator("main svg")).to_have_count(1)
        visit.page.reload()
        visit.settle()
        expect(visit.page.locator("main svg .level")).to_have_count(1)
        assert visit.page.evaluate("window.hit") is None
        assert visit.page.locator("main img").count() == 0


def _keyboard(visit: Visitor) -> None:
    """The level line of the first model, without a mouse."""
    box = visit.page.get_by_label("base (0-shot, plain) (level)")
    box.focus()
    visit.page.keyboard.press("Space")
    visit.settle()
    expect(box).to_be_checked()
    expect(box).to_be_focused()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_all_is_named_and_stands_out(
    request: pytest.FixtureRequest, browser: Browser, curve_site: Path, scheme: str
) -> None:
    with opened(request, browser, curve_site) as visit:
        visit.page.emulate_media(color_scheme="light" if scheme == "light" else "dark")
        visit.open("#/curves?lines=s0~s1~l0~l1")
        assert visit.page.evaluate(PALE) == []
        assert visit.page.evaluate(UNNAMED) == []


def test_no_steps_no_page(visit: Visitor) -> None:
    visit.open("")
    assert visit.page.get_by_role("link", name="Curves").count() == 0
