"""The page in a real browser: read on a phone, in the dark and in print; sorted, filtered and copied."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.views.test_tables import widths_of

CHROMIUM = next(
    (path for name in ("chromium", "chromium-browser", "google-chrome") if (path := shutil.which(name))), None
)


@pytest.fixture
def browser() -> Iterator[Any]:
    if CHROMIUM is None:
        pytest.skip("no Chromium here")
    from playwright.sync_api import sync_playwright

    quiet = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=CHROMIUM, args=quiet)
        yield running
        running.close()


@pytest.mark.slow
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1200], ids=["phone", "screen"])
def test_it_reads_well_in_a_browser(page: Path, browser: Any, width: int, scheme: str) -> None:
    tab = browser.new_page(viewport={"width": width, "height": 800}, color_scheme=scheme)
    complaints: list[str] = []
    tab.on("console", lambda message: complaints.append(message.text))
    tab.on("pageerror", lambda error: complaints.append(str(error)))
    for file in (page, page.parent / "index.html"):
        tab.goto(file.as_uri())
        assert tab.evaluate("document.documentElement.scrollWidth") <= width  # wide tables scroll by themselves
        colours = tab.evaluate(
            "[getComputedStyle(document.body).color, getComputedStyle(document.body).backgroundColor]"
        )
        text, back = (sum(map(int, re.findall(r"\d+", colour)[:3])) for colour in colours)
        assert (text < 200 and back > 700) if scheme == "light" else (text > 600 and back < 120)
    tab.goto(page.as_uri())
    assert all(tab.evaluate("[...document.images].map((image) => image.naturalWidth > 100)"))
    assert complaints == []


@pytest.mark.slow
def test_tables_sort_and_links_open_what_is_closed(page: Path, browser: Any) -> None:
    tab = browser.new_page()
    tab.goto(page.as_uri())
    tab.locator("#cells summary").click()
    head = tab.locator("#cells th", has_text="value").first

    def values() -> list[float]:
        place = "[...document.querySelector('#cells thead tr').cells].findIndex((c) => c.textContent == 'value')"
        rows = f"[...document.querySelectorAll('#cells tbody tr')].map((r) => parseFloat(r.cells[{place}].textContent))"
        found: list[float] = tab.evaluate(rows)
        return found

    before = values()
    head.locator("button").click()
    assert values() == sorted(before) != before
    assert head.get_attribute("aria-sort") == "ascending"
    head.locator("button").click()
    assert values() == sorted(before, reverse=True)
    tab.goto(page.as_uri())
    tab.locator("#claim-1 summary").click()
    assert not tab.locator("#cells tbody tr").first.is_visible()
    tab.locator("#claim-1 table a").first.click()
    assert tab.locator("#cells tbody tr:target").is_visible()


@pytest.mark.slow
def test_print_shows_what_is_folded(page: Path, browser: Any, tmp_path: Path) -> None:
    tab = browser.new_page()
    tab.goto(page.as_uri())
    assert not tab.locator("#cells table").is_visible()
    tab.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert tab.locator("#cells table").is_visible()
    tab.evaluate("dispatchEvent(new Event('afterprint'))")
    assert not tab.locator("#cells table").is_visible()
    tab.pdf(path=tmp_path / "printed.pdf")  # a real print asks for the same
    assert (tmp_path / "printed.pdf").stat().st_size > 50_000


@pytest.mark.slow
def test_tables_are_filtered_and_copied_as_they_stand(page: Path, browser: Any) -> None:
    context = browser.new_context(permissions=["clipboard-read", "clipboard-write"])
    tab = context.new_page()
    tab.goto(page.as_uri())
    tab.locator("#cells summary").click()
    shown = tab.locator("#cells tbody tr:visible")
    whole = shown.count()
    tab.locator("#cells input").fill("dann 201")
    assert 0 < shown.count() < whole
    assert all("DANN" in text for text in shown.all_inner_texts())
    tab.locator("#cells .tools button", has_text="CSV").click()
    head, *rows = str(tab.evaluate("navigator.clipboard.readText()")).splitlines()
    assert len(rows) == shown.count()
    assert head.split(",")[-1] == "trial"
    tab.locator("#cells .tools button", has_text="LaTeX").click()
    latex = str(tab.evaluate("navigator.clipboard.readText()"))
    assert latex.startswith("\\begin{tabular}{")
    assert latex.count("\\\\") == len(rows) + 1
    tab.locator("#table-1 ~ *").first.wait_for()
    tab.locator(".tools:has(+ #table-1) button", has_text="LaTeX").click()
    tab.wait_for_timeout(200)
    grid = str(tab.evaluate("navigator.clipboard.readText()"))
    columns, widths = widths_of(grid)
    assert widths and set(widths) == {columns}
    assert " & {\\scriptsize [76.66]} \\\\[2pt]\n" in grid


@pytest.mark.slow
def test_addresses_show_at_the_mouse_and_the_keyboard_and_a_claim_shows_its_rows(page: Path, browser: Any) -> None:
    tab = browser.new_page(viewport={"width": 1200, "height": 800})
    tab.goto(page.as_uri())
    for locator in ("h2#numbers", "#table-1 caption"):
        link = tab.locator(f"{locator} .here")
        assert link.evaluate("(a) => getComputedStyle(a).opacity") == "0"
        tab.locator(locator).hover()
        assert link.evaluate("(a) => getComputedStyle(a).opacity") == "1"
        tab.mouse.move(0, 0)
    tab.keyboard.press("Tab")
    link = tab.locator("h2#verdicts .here")
    link.focus()
    assert link.evaluate("(a) => a.matches(':focus-visible') && getComputedStyle(a).opacity") == "1"
    tab.locator("#verdict-table td.verdict a").first.click()
    tab.locator("#claim-1-rows a[data-claim]").click()
    assert tab.locator("#cells").evaluate("(part) => part.open")
    assert tab.locator("#cells tbody tr:visible").count() == tab.locator("#cells tr[data-claims~='1']").count() > 0


@pytest.mark.slow
def test_in_the_dark_figures_keep_their_colours(page: Path, browser: Any) -> None:
    tab = browser.new_page(color_scheme="dark")
    tab.goto(page.as_uri())
    style = "getComputedStyle(document.querySelector('figure img'))"
    assert tab.evaluate(f"{style}.filter") == "none"
    assert tab.evaluate(f"{style}.backgroundColor") == "rgb(255, 255, 255)"


@pytest.mark.slow
def test_a_phones_first_screen_has_a_verdict(page: Path, browser: Any) -> None:
    tab = browser.new_page(viewport={"width": 390, "height": 844})
    tab.goto(page.as_uri())
    box = tab.locator(".answers .verdict").first.bounding_box()
    assert box["y"] + box["height"] < 844
    tab.goto((page.parent / "index.html").as_uri())
    for verdict in tab.locator("td.verdict").all():  # the overview's stand beside the claims, not beyond the edge
        box = verdict.bounding_box()
        assert box["x"] + box["width"] <= 390
