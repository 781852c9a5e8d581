"""A real Chromium, sites for it to show, and what must hold on every page of every test."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from harness.report.site import build_site
from harness.report.view import Viewer
from harness.serving import PROJECT

CHROMIUM = Path("/usr/bin/chromium")
SCREENSHOTS = Path(__file__).parent / "screenshots"
_FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
_PATIENCE = 8_000.0


# Of the package, not the session: Playwright's event loop must be gone before asynchronous tests begin.
@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    if not CHROMIUM.exists():
        message = f"no Chromium at {CHROMIUM}: apt-get install chromium"
        if os.environ.get("CI"):
            pytest.fail(message)
        pytest.skip(message)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(_FLAGS))
        yield browser
        browser.close()


@pytest.fixture(scope="package")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two checkpoints' runs: both of Spider, one of SCAN as well."""
    folder = tmp_path_factory.mktemp("runs")
    for model, tasks in (("replay:corrupt:0.25", "spider,scan"), ("replay:corrupt:0.75", "spider")):
        # A process of its own: no second event loop may run beside Playwright's.
        command = [sys.executable, "-m", "harness.cli", "run", "--model", model, "--tasks", tasks, "--data", "bundled"]
        subprocess.run([*command, "-o", folder], check=True, capture_output=True, cwd=PROJECT)
    return folder


@pytest.fixture(scope="package")
def site(runs: Path) -> Path:
    return build_site([runs], runs.with_name("site")).folder


@dataclass
class Visitor:
    """A page of a site, and all that happened on it."""

    page: Page
    base: str
    requests: list[str] = field(default_factory=list)
    mishaps: list[str] = field(default_factory=list)

    def open(self, address: str) -> None:
        """Go to an address (`#/...`) and wait until it is shown."""
        self.page.goto(f"{self.base}{address}")
        self.settle()

    def settle(self) -> None:
        self.page.wait_for_function(
            "() => document.documentElement.dataset.ready === location.hash || document.readyState !== 'complete'"
        )

    def heading(self) -> str:
        self.settle()
        return self.page.locator("h1").inner_text()

    def column(self, number: int) -> list[str]:
        """The texts of a table's column, headings of rows being column 0."""
        self.settle()
        return self.page.locator(f"main tbody tr > :nth-child({number + 1})").all_inner_texts()


def visitor(context: BrowserContext, base: str) -> Visitor:
    context.set_default_timeout(_PATIENCE)
    context.grant_permissions([])
    page = context.new_page()
    seen = Visitor(page, base)
    page.on("request", lambda request: seen.requests.append(request.url))
    page.on("pageerror", lambda error: seen.mishaps.append(f"error: {error}"))
    page.on("console", lambda message: seen.mishaps.append(f"console: {message.text}"))
    page.on("dialog", lambda dialog: (seen.mishaps.append(f"dialog: {dialog.message}"), dialog.dismiss()))
    return seen


@pytest.fixture
def visit(request: pytest.FixtureRequest, browser: Browser, site: Path) -> Iterator[Visitor]:
    """A visitor of the site, opened as a file; afterwards: no error, nothing asked of anybody else."""
    with opened(request, browser, site) as seen:
        yield seen


@pytest.fixture(params=["file", "http"])
def visit_both(request: pytest.FixtureRequest, browser: Browser, site: Path) -> Iterator[Visitor]:
    """The same, of the site as a file and served."""
    with opened(request, browser, site, served=request.param == "http") as seen:
        yield seen


def opened(request: pytest.FixtureRequest, browser: Browser, site: Path, served: bool = False) -> _Opened:
    name = re.sub(r"\W+", "-", request.node.name).strip("-")
    return _Opened(browser, site, served, SCREENSHOTS / f"{name}.png")


class _Opened:
    """A site in a browser context of its own, for the length of the block."""

    def __init__(self, browser: Browser, site: Path, served: bool, picture: Path) -> None:
        self.browser, self.site, self.picture = browser, site, picture
        self.viewer = Viewer(site) if served else None

    def __enter__(self) -> Visitor:
        base = (self.site / "index.html").as_uri()
        if self.viewer is not None:
            threading.Thread(target=self.viewer.serve_forever, daemon=True).start()
            base = self.viewer.url
        context = self.browser.new_context(viewport={"width": 1280, "height": 800}, reduced_motion="reduce")
        self.seen = visitor(context, base)
        return self.seen

    def __exit__(self, kind: object, error: object, traceback: object) -> None:
        SCREENSHOTS.mkdir(exist_ok=True)
        self.seen.page.screenshot(path=self.picture)
        self.seen.page.context.close()
        if self.viewer is not None:
            self.viewer.shutdown()
            self.viewer.server_close()
        if error is None:
            own = self.seen.base.removesuffix("index.html")
            assert self.seen.mishaps == []
            assert [url for url in self.seen.requests if not url.startswith((own, "data:,"))] == []
