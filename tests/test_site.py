"""The site builds strictly, each of its links and anchors leads somewhere, and no page asks another server."""

from __future__ import annotations

import re
import runpy
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from functools import partial
from html.parser import HTMLParser
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest
import yaml  # type: ignore[import-untyped]

from tests.report.test_browser import browser  # noqa: F401
from tests.studies import ROOT

BUILD = ROOT / "docs/site/build.py"
TOOLS: dict[str, Any] = runpy.run_path(str(BUILD))
LOADED = {"img": "src", "script": "src", "iframe": "src", "link": "href"}  # what a browser gets by itself
SHOWN_ONLY = {"canonical", "alternate"}  # relations of <link> for which it gets nothing


class Page(HTMLParser):
    """What a page leads to, what it loads, and the names that others may lead to."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.links: set[str] = set()
        self.loads: set[str] = set()
        self.names: set[str] = set()
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.names |= {given[name] for name in ("id", "name") if name in given}
        if tag == "a" and "href" in given:
            self.links.add(given["href"])
        if tag in LOADED and LOADED[tag] in given and given.get("rel") not in SHOWN_ONLY:
            self.loads.add(given[LOADED[tag]])


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("built")
    done = subprocess.run([sys.executable, str(BUILD), str(folder)], capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder / "site"


@pytest.mark.slow
def test_every_link_and_anchor_leads_somewhere(site: Path) -> None:
    """Of the pages of results too, which MkDocs takes as they are."""
    pages = {path: Page(path) for path in site.rglob("*.html") if path.name != "404.html"}
    assert len(pages) > 20
    broken = []
    for path, page in pages.items():
        for link in (urlsplit(link) for link in page.links | page.loads):
            if link.scheme or link.netloc:
                continue
            target = (path.parent / unquote(link.path)).resolve() if link.path else path
            anchor = unquote(link.fragment)
            if not target.is_file() or (anchor and target in pages and anchor not in pages[target].names):
                broken.append(f"{path.relative_to(site)}: {link.geturl()}")
    assert broken == []


@pytest.mark.slow
def test_no_page_asks_another_server(site: Path) -> None:
    for path in site.rglob("*.html"):
        assert not [link for link in Page(path).loads if urlsplit(link).netloc], path
    for path in site.rglob("*.css"):
        assert "url(http" not in path.read_text(encoding="utf-8"), path


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *words: object) -> None:
        pass


@pytest.fixture
def address(site: Path) -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(site))) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}/"
        server.shutdown()


@pytest.mark.slow
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280], ids=["phone", "screen"])
def test_a_browser_asks_no_other_server_and_shows_no_page_wider_than_its_screen(
    address: str,
    browser: Any,  # noqa: F811
    width: int,
    scheme: str,
) -> None:
    tab = browser.new_page(viewport={"width": width, "height": 800}, color_scheme=scheme)
    asked: list[str] = []
    complaints: list[str] = []
    tab.on("request", lambda request: asked.append(request.url))
    tab.on("console", lambda message: complaints.append(message.text))
    for page in ("index.html", "docs/routes/own_method.html", "docs/api/estimators.html", "reports/verdicts.html"):
        tab.goto(address + page, wait_until="networkidle")
        assert tab.evaluate("document.documentElement.scrollWidth") <= width
        back = tab.evaluate("getComputedStyle(document.body).backgroundColor")
        assert (sum(map(int, re.findall(r"\d+", back)[:3])) > 380) == (scheme == "light")
    assert not [url for url in asked if not url.startswith((address, "blob:", "data:"))]
    assert complaints == []


@pytest.mark.slow
def test_the_search_finds_a_method_without_network(address: str, browser: Any) -> None:  # noqa: F811
    tab = browser.new_page(viewport={"width": 1280, "height": 800})
    tab.goto(address)
    tab.locator("input.md-search__input").click()
    tab.locator("input.md-search__input").press_sequentially("geodesic")
    tab.locator(".md-search-result a", has_text="GFK").first.wait_for(timeout=60_000)


@pytest.mark.slow
def test_home_has_command_figure_and_verdicts_and_the_reference_has_docstrings(site: Path) -> None:
    home = (site / "index.html").read_text(encoding="utf-8")
    for part in ("make bench", 'src="reports/quickstart.laptop/figure-1.png"', 'href="reports/quickstart.laptop.html"'):
        assert part in home
    assert home.count("<th") > 9  # of the table of verdicts, which README.md does not have
    assert "MK-MMD" in (site / "docs/api/methods.html").read_text(encoding="utf-8")


@pytest.mark.slow
def test_results_are_there_as_they_are_committed(site: Path) -> None:
    for path in [path for path in (ROOT / "reports").rglob("*.*") if path.is_file() and ".smoke" not in str(path)]:
        name = path.relative_to(ROOT)
        if name.as_posix() not in ("reports/README.md", "reports/speed.md"):  # pages of the site
            assert (site / name).read_bytes() == path.read_bytes()


@pytest.mark.slow
def test_a_broken_link_or_anchor_is_an_error(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    build: Callable[[Path], None] = TOOLS["build"]
    kept = build.__globals__["assembled"]
    broken = "\n[one](no_such_page.md) and [another](verdicts.md#no-such-heading)\n"
    build.__globals__["assembled"] = lambda page, places: kept(page, places) + broken * (page == "docs/tca.md")
    try:
        with pytest.raises(subprocess.CalledProcessError):
            build(tmp_path)
    finally:
        build.__globals__["assembled"] = kept
    said = capfd.readouterr().err
    assert "no_such_page.md" in said and "no-such-heading" in said


@pytest.mark.parametrize(
    ("page", "link", "led"),
    [
        ("README.md", "docs/tca.md", "docs/tca.md"),
        ("README.md", "reports/README.md", "reports/verdicts.md"),
        ("docs/tca.md", "../reports/office_caltech.paper.md", "../reports/office_caltech.paper.html"),
        ("docs/routes/layers.md", "../layer_transfer.md#three-traps", "../layer_transfer.md#three-traps"),
        ("docs/api/measures.md", "../../mtl_bench/measures", "https://there/blob/main/mtl_bench/measures"),
        ("docs/tca.md", "no_such_page.md", "no_such_page.md"),
        ("docs/tca.md", "https://pypi.org", "https://pypi.org"),
    ],
)
def test_a_link_leads_to_the_site_else_to_the_repository(page: str, link: str, led: str) -> None:
    rewrite: Callable[..., str] = TOOLS["led"]
    rewrite.__globals__["REPOSITORY"] = "https://there"
    assert rewrite(f"see [it]({link}).", page, TOOLS["places"]()) == f"see [it]({led})."


def test_every_page_of_docs_is_in_the_navigation() -> None:
    """MkDocs says so too, after a build."""
    text = (ROOT / "mkdocs.yml").read_text(encoding="utf-8")
    named = set(yaml.safe_load(text.partition("\ntheme:")[0].partition("\nnav:\n")[2]).__str__().split("'"))
    assert {str(path.relative_to(ROOT)) for path in ROOT.glob("docs/**/*.md")} <= named
