"""The page for browsers: all in one file, safe, true to the results."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest

from mtl_bench.report import overview, templating
from mtl_bench.report.page import write
from mtl_bench.results.table import Results
from mtl_bench.statistics.verdict import judge
from mtl_bench.study import Claim, Published, Study, accuracy
from mtl_bench.views.bars import Bars
from tests.report.conftest import URL
from tests.results.measured import PAPER, Maker, frame_of, make_study


class Elements(HTMLParser):
    """Every start tag with its attributes; the void ones need no end."""

    VOID = ("meta", "link", "img", "line", "path")

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert tag in self.VOID or self.open.pop() == tag

    def all(self, tag: str, attribute: str) -> list[str]:
        return [
            str(attributes[attribute]) for name, attributes in self.found if name == tag and attribute in attributes
        ]


@pytest.mark.slow
def test_the_page_is_one_file(page: Path, quick: tuple[Study, Results]) -> None:
    found = Elements(page.read_text(encoding="utf-8"))
    assert not found.open
    assert len(found.all("img", "src")) == 3
    assert all(source.startswith("data:image/png;base64,") for source in found.all("img", "src"))
    assert not found.all("script", "src")
    ids = [str(attributes["id"]) for _, attributes in found.found if "id" in attributes]
    assert len(ids) == len(set(ids))
    for link in found.all("a", "href"):
        assert link == URL or (link[1:] in ids if link.startswith("#") else (page.parent / link).exists()), link


@pytest.mark.slow
def test_it_answers_first_and_says_next_what_is_not_matched(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    order = ('class="answers"', 'href="#deviations"', '<h2 id="verdicts">', '<figure id="claims">')
    places = [text.index(part, text.index("<header>")) for part in (*order, '<h2 id="deviations">')]
    assert places == sorted(places)
    assert places[-1] < text.index('<h2 id="figures">')


@pytest.mark.slow
def test_deviations_beyond_three_are_folded_and_counted(quick: tuple[Study, Results], tmp_path: Path) -> None:
    study, results = quick
    five = replace(study, deviations=tuple(f"Deviation {i}." for i in range(5)))
    html = write("quick", frame_of(five, results), tmp_path).with_suffix(".html").read_text(encoding="utf-8")
    assert "5 deviations from the paper." in html
    assert html.index("Deviation 2.") < html.index("<summary>2 more</summary>") < html.index("Deviation 3.")


@pytest.mark.slow
def test_a_verdict_leads_to_the_rows_it_used(page: Path, quick: tuple[Study, Results]) -> None:
    study, results = quick
    [judgement] = judge(frame_of(study, results))
    links = {
        link[1:].partition(".")[0]
        for link in Elements(page.read_text(encoding="utf-8")).all("a", "href")
        if link[0] == "#"
    }
    assert set(judgement.keys) <= links


@pytest.mark.slow
def test_every_figure_and_table_has_an_address_that_the_page_shows(page: Path) -> None:
    """Each lies in a part with an id, and a link in that part leads to it."""
    path: list[tuple[str, str | None]] = []  # tags that are open, with their ids
    parts: list[str | None] = []

    class Places(Elements):
        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            super().handle_starttag(tag, attrs)
            if tag in ("table", "figure"):
                own = [*(place for _, place in path), dict(attrs).get("id")]
                parts.append(next((place for place in reversed(own) if place), None))
            if tag not in self.VOID:
                path.append((tag, dict(attrs).get("id")))

        def handle_endtag(self, tag: str) -> None:
            super().handle_endtag(tag)
            if tag not in self.VOID:
                path.pop()

    found = Places(page.read_text(encoding="utf-8"))
    assert len(parts) > 8
    assert None not in parts
    assert len(set(parts)) == len(parts), "each has its own"
    links = {
        str(attributes["href"])
        for tag, attributes in found.found
        if tag == "a" and {"here", "address"} & set(str(attributes.get("class")).split())
    }
    assert {f"#{part}" for part in parts} <= links


@pytest.mark.slow
def test_a_verdict_links_to_its_rows_and_rows_to_say_which_claims_used_them(
    page: Path, quick: tuple[Study, Results]
) -> None:
    study, results = quick
    [judgement] = judge(frame_of(study, results))
    found = Elements(page.read_text(encoding="utf-8")).found
    assert any(tag == "a" and attributes.get("href") == "#claim-1-rows" for tag, attributes in found)
    used = {
        str(attributes["id"]).partition(".")[0]
        for tag, attributes in found
        if tag == "tr" and attributes.get("data-claims") == "1"
    }
    assert used == set(judgement.keys)
    assert len(used) < len(results.rows)


@pytest.mark.slow
def test_a_published_number_beneath_and_one_of_a_claim_lead_to_the_paper(maker: Maker, tmp_path: Path) -> None:
    for target in ("photos", "sketches"):
        for method, mean in (("source only", 40.0), ("DANN", 48.0)):
            maker.cell([mean, mean + 1, mean + 2.5], method=method, target=target)
    gain = accuracy(method="DANN", target="photos") - accuracy(method="source only", target="photos")
    claim = Claim("DANN beats source only", (gain,), f"{PAPER}, Table 2", published=24.4, smallest_effect=12.2)
    numbers = tuple(Published(76.66, {"method": "DANN", "target": target}, "Table 2", PAPER) for target in ("photos",))
    study = make_study(papers={PAPER: URL}, claims=(claim,), gates=(), published=numbers)
    html = write("quick", frame_of(study, maker.results()), tmp_path).with_suffix(".html").read_text(encoding="utf-8")
    assert f'<small><a href="{URL}">[76.66]</a></small>' in html
    assert f'<a href="{URL}">+24.4 points</a>' in html


@pytest.mark.slow
def test_a_published_number_leads_to_its_paper(page: Path) -> None:
    assert f'<a href="{URL}">76.66</a>' in page.read_text(encoding="utf-8")
    assert f"[76.66]({URL})" in page.with_suffix(".md").read_text(encoding="utf-8")
    assert "76.66" in (page.parent / "quick.laptop" / "table-2.tex").read_text(encoding="utf-8")
    assert URL not in (page.parent / "quick.laptop" / "table-2.tex").read_text(encoding="utf-8")


def test_an_address_that_is_no_page_is_refused() -> None:
    with pytest.raises(ValueError, match="the address of Somebody is javascript:x; it must start with https://"):
        make_study(papers={"Somebody": "javascript:x"})


@pytest.mark.slow
def test_hostile_words_stay_words(maker: Maker, tmp_path: Path) -> None:
    evil = "</style><script>alert(1)</script><img src=x onerror=alert(1)> {{ 7 * 7 }} \" onclick='x'"
    maker.cell([40.0, 41.0, 42.0], method=evil)
    study = make_study(
        title=evil, question=evil, deviations=(evil,), gates=(), views=(Bars(evil),),
        claims=(Claim(evil, (accuracy(method=evil),), evil),),
        published=(Published(1.0, {"method": evil}, evil, evil),), papers={evil: "https://example.org/\"x"},
    )  # fmt: skip
    path = write("quick", frame_of(study, maker.results()), tmp_path)
    for text in (
        path.with_suffix(".html").read_text(encoding="utf-8"),
        (tmp_path / "index.html").read_text(encoding="utf-8"),
    ):
        elements = Elements(text)
        assert sum(tag == "script" for tag, _ in elements.found) == 1
        assert not any(name.startswith("on") for _, attributes in elements.found for name in attributes)
        assert "{{ 7 * 7 }}" in text


def test_a_papers_name_inside_anothers_breaks_no_link() -> None:
    papers = {
        "Ganin": "https://example.org/Li",
        "Ganin & Li, JMLR": "https://example.org/both?a=1&b=2",
        "Li": "https://li.org",
    }
    for order in (papers, dict(reversed(papers.items()))):
        cite = templating.html(Path(), order).filters["cite"]
        found = str(cite("Ganin & Li, JMLR, Table 2; Li <b>; Ganin"))
        assert Elements(found).all("a", "href") == [
            "https://example.org/both?a=1&b=2",
            "https://li.org",
            "https://example.org/Li",
        ]
        assert re.sub(r"<[^>]*>", "", found) == "Ganin &amp; Li, JMLR, Table 2; Li &lt;b&gt;; Ganin"


@pytest.mark.slow
def test_of_very_many_rows_the_page_shows_those_that_the_claims_used(
    quick: tuple[Study, Results], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mtl_bench.report.evidence.MOST_ROWS", 10)
    text = write("quick", frame_of(*quick), tmp_path).with_suffix(".html").read_text(encoding="utf-8")
    assert "Rows of the results: 10 of 15, those that the claims used" in text


@pytest.mark.slow
def test_the_overview_has_a_row_per_page(quick: tuple[Study, Results], tmp_path: Path) -> None:
    study, results = quick
    write("quick", frame_of(study, results), tmp_path)
    write("other", frame_of(replace(study, title="Another"), replace(results, name="other.paper")), tmp_path)
    write("quick", frame_of(study, replace(results, name="quick.smoke")), tmp_path)
    found = overview.summaries(tmp_path)
    assert [(one.study, one.scale) for one in found] == [("other", "paper"), ("quick", "laptop")]
    [judgement] = judge(frame_of(study, results))
    assert found[1].claims == [{"text": judgement.claim.text, "verdict": judgement.verdict, "words": judgement.words}]
    links = Elements((tmp_path / "index.html").read_text(encoding="utf-8")).all("a", "href")
    assert set(links) == {"other.paper.html", "quick.laptop.html"}
    assert all((tmp_path / link).exists() for link in links)
    assert "[Another](other.paper.md) | paper |" in (tmp_path / "README.md").read_text(encoding="utf-8")
    assert json.loads((tmp_path / "quick.laptop" / "summary.json").read_text(encoding="utf-8"))["devices"] == "cpu"
    for note in ('{"study": "quick", "colour": "blue"}', "{"):  # of another version, and cut
        (tmp_path / "quick.laptop" / "summary.json").write_text(note, encoding="utf-8")
        assert [one.study for one in overview.summaries(tmp_path)] == ["other"]


@pytest.mark.slow
def test_the_overview_counts_negative_claims_and_has_each_claims_word(maker: Maker, tmp_path: Path) -> None:
    """Opposite and absent are negative; an exploratory claim has a column of its own."""
    maker.cell([40.0, 41.0, 42.0, 40.5, 41.5], method="source only")
    maker.cell([48.0, 49.1, 50.2, 48.3, 49.6], method="DANN")
    gain = accuracy(method="DANN") - accuracy(method="source only")
    claims = (
        Claim("DANN helps", (gain,), PAPER),
        Claim("It hurts", (-1.0 * gain,), PAPER),
        Claim("It helps by 20", (gain,), PAPER, published=20.0, smallest_effect=20.0),
        Claim("Who knows", (gain,), PAPER, primary=False),
    )
    write("quick", frame_of(make_study(claims=claims, gates=(), chance=None), maker.results()), tmp_path)
    [found] = overview.summaries(tmp_path)
    assert [found.count(verdict) for verdict in overview.HEADS] == ["1", "2", "–", "–", "1"]
    words = ["holds", "opposite at this scale", "absent at this scale", "exploratory, above zero"]
    assert [claim["words"] for claim in found.claims] == words
    markdown, html = ((tmp_path / name).read_text(encoding="utf-8") for name in ("README.md", "index.html"))
    for claim, word in zip(claims, words, strict=True):
        assert f"| [{claim.text}](quick.laptop.md) | {word} |" in markdown
        assert re.search(f"<td class=.verdict [a-z]+.>. {word}</td><td class=.words.><a [^>]+>{claim.text}</a>", html)
