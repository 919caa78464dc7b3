"""The page: complete, true to the results, the same bytes every time, and safe whatever a label says."""

from __future__ import annotations

import errno
import os
import re
import subprocess
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from markdown_it import MarkdownIt

from mtl_bench.report.answer import answers
from mtl_bench.report.page import write
from mtl_bench.results.frame import Frame
from mtl_bench.results.table import Results
from mtl_bench.statistics.verdict import judge
from mtl_bench.study import Cell, Claim, Labels, Published, Scale, Study, View, accuracy
from mtl_bench.views.bars import Bars
from mtl_bench.views.filters import Filters
from tests.results.measured import PAPER, Maker, Nothing, frame_of, make_study, plan


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


@pytest.mark.slow
def test_the_page_says_what_the_results_hold(quick: tuple[Study, Results], tmp_path: Path) -> None:
    study, results = quick
    text = write("quick", frame_of(study, results), tmp_path / "reports", {"Evaluate": 12}).read_text(encoding="utf-8")
    [judgement] = judge(frame_of(study, results))
    assert judgement.deciding is not None
    low, high = judgement.deciding.interval()
    for needed in (
        study.title,
        study.question,
        "5,000 digits instead of 60,000",
        f"+{judgement.deciding.mean:.1f} points [{low:.1f}, {high:.1f}], n = 5",
        judgement.rule,
        "12 of the cells were computed by older code of Evaluate",
        "Some CPU @ 2.10GHz",
        "0123abcd",
        "Seeds: 200–204",
        "`mtl-bench run quick --scale laptop`",
        "| the domains differ by 20 points | cpu |",
        "76.66",
    ):
        assert needed in text
    places = [text.index(part) for part in (f"**{judgement.words}**", "## Verdicts", "claims.png", "not matched")]
    assert places == sorted(places)
    assert places[-1] < text.index("## Figures") < text.index("How each claim")


def test_the_answer_comes_first_and_names_what_holds(maker: Maker, tmp_path: Path) -> None:
    maker.cell([40.0, 41.0, 42.0, 40.5, 41.5], method="source only")
    maker.cell([48.0, 49.1, 50.2, 48.3, 49.6], method="DANN")
    gain = accuracy(method="DANN") - accuracy(method="source only")
    claims = (
        Claim("It hurts", (-1.0 * gain,), PAPER),
        *(Claim(f"DANN helps {i}", (gain,), PAPER) for i in range(4)),
        Claim("Who knows", (gain,), PAPER, primary=False),
    )
    study = make_study(claims=claims, gates=(), chance=None)
    judgements = judge(frame_of(study, maker.results()))
    first, second = answers(judgements)
    assert (first.words, second.words) == ("holds", "opposite at this scale")
    helps = "; ".join(f"DANN helps {i} (+8.0 points [7.9, 8.2])" for i in range(3))
    assert first.claims == f"{helps}; and 1 more claim."
    assert second.claims.startswith("It hurts (−8.0 points")
    exploratory = [judgement for judgement in judgements if not judgement.claim.primary]
    assert [answer.words for answer in answers(exploratory)] == ["exploratory, above zero"]
    assert answers([]) == []


@pytest.mark.slow
def test_a_claims_size_that_was_not_read_in_the_paper_says_where_it_was(
    quick: tuple[Study, Results], tmp_path: Path
) -> None:
    study, results = quick
    [claim] = study.claims
    copied = tuple(replace(p, status="secondary source", seen_in="a reader's notes") for p in study.published)
    sized = replace(claim, published=24.4, smallest_effect=12.2)
    for name, published in (("checked", study.published), ("copied", copied)):
        shown = replace(study, claims=(sized,), published=published)
        text = write(name, frame_of(shown, results), tmp_path).read_text(encoding="utf-8")
        assert ("+24.4 points (secondary source)" in text) is (name == "copied")
        assert (f"+24.4 points ({claim.source}; secondary source: a reader's notes)" in text) is (name == "copied")
        assert "+24.4 points" in text


@pytest.mark.slow
def test_every_link_of_the_page_leads_to_a_file(quick: tuple[Study, Results], tmp_path: Path) -> None:
    study, results = quick
    results.write()
    page = write("quick", frame_of(study, results), tmp_path / "reports")
    links = re.findall(r"\]\(([^)]+)\)", page.read_text(encoding="utf-8"))
    assert len(links) >= 10
    for link in links:
        assert (page.parent / link).exists(), link


@pytest.mark.slow
def test_equal_results_give_equal_bytes_in_another_process(quick: tuple[Study, Results], tmp_path: Path) -> None:
    study, results = quick
    results.write()
    write("quick", frame_of(study, results), tmp_path / "here")
    code = (
        "import sys; from pathlib import Path; from tests.results.measured import frame_of, make_study\n"
        "from mtl_bench.report.page import write; from mtl_bench.results.table import Results\n"
        "folder = Path(sys.argv[1])\n"
        "results = Results.read(folder / 'results', 'quick.laptop')\n"
        "write('quick', frame_of(make_study(), results), folder / 'there')\n"
    )
    root = Path(__file__).parents[2]
    environment = {**os.environ, "PYTHONHASHSEED": "7", "TZ": "Asia/Tokyo", "PYTHONPATH": str(root)}
    subprocess.run([sys.executable, "-c", code, tmp_path], check=True, env=environment, cwd=root)
    here, there = contents(tmp_path / "here"), contents(tmp_path / "there")
    assert {name for name, content in here.items() if there[name] != content} == set()
    assert len(here) == 2 + 2 + 1 + 3 * 2 + 2 * 3  # the pages, the overview, its note, figures and tables


@pytest.mark.slow
def test_files_of_a_former_page_go(quick: tuple[Study, Results], tmp_path: Path) -> None:
    study, results = quick
    write("quick", frame_of(study, results), tmp_path)
    assert (tmp_path / "quick.laptop" / "figure-2.pdf").exists()
    write("quick", frame_of(replace(study, views=study.views[:1]), results), tmp_path)
    left = {path.name for path in (tmp_path / "quick.laptop").iterdir()}
    assert left == {
        *("summary.json", "claims.png", "claims.pdf", "figure-1.png", "figure-1.pdf"),
        *("table-1.csv", "table-1.md", "table-1.tex"),
    }


@pytest.mark.slow
def test_a_figure_with_the_title_of_the_first_one_stays_itself(quick: tuple[Study, Results], tmp_path: Path) -> None:
    study, results = quick
    views = (Bars("What the claims compare"), Bars("Another"))
    text = write("quick", frame_of(replace(study, views=views), results), tmp_path).read_text(encoding="utf-8")
    assert [text.count(f"quick.laptop/{name}.png") for name in ("claims", "figure-1", "figure-2")] == [1, 1, 1]


@pytest.mark.slow
def test_hostile_words_stay_words(maker: Maker, tmp_path: Path) -> None:
    evil = "<img src=x onerror=alert(1)> [click](javascript:alert(1)) | `code` {{ 7 * 7 }}"
    maker.cell([40.0, 41.0, 42.0], method=evil)
    study = make_study(
        title=evil,
        question=evil,
        deviations=(evil,),
        gates=(),
        views=(Bars(evil),),
        claims=(Claim(evil, (accuracy(method=evil),), evil),),
        published=(Published(1.0, {"method": evil}, evil, evil),),
    )
    text = write("quick", frame_of(study, maker.results()), tmp_path).read_text(encoding="utf-8")
    page = MarkdownIt("gfm-like", {"linkify": False}).render(text)
    assert "<img src=x" not in page
    assert "javascript" not in "".join(re.findall(r'href="[^"]*"', page))
    assert "49" not in page
    for table in re.findall(r"<table>.*?</table>", page, re.DOTALL):
        head, *rows = re.findall(r"<tr>.*?</tr>", table, re.DOTALL)
        assert {row.count("<td") for row in rows} == {head.count("<th")}


@pytest.mark.parametrize("scale", ["smoke", "laptop", "gpu", "paper"])
def test_a_page_without_files_claims_views_or_second_seed(maker: Maker, tmp_path: Path, scale: str) -> None:
    maker.cell([40.0], first=0, method="source only")
    study = make_study(claims=(), gates=(), views=(), deviations=(), published=(), seeds={scale: 5})
    text = write("quick", frame_of(study, maker.results(scale)), tmp_path).read_text(encoding="utf-8")
    assert "This study states no claims." in text
    assert "Seeds: 0" in text


@pytest.mark.slow
def test_numbers_are_judged_on_the_page_at_paper_scale_only(quick: tuple[Study, Results], tmp_path: Path) -> None:
    study, results = replace(quick[0], views=()), quick[1]
    heading = "Do the numbers agree"
    assert heading not in write("quick", frame_of(study, results), tmp_path).read_text(encoding="utf-8")
    paper = Results(results.folder, "quick.paper", results.rows, results.provenance)
    text = write("quick", frame_of(study, paper), tmp_path).read_text(encoding="utf-8")
    assert heading in text
    assert "| DANN | +8.3 | +24.4 |" in text
    assert "smaller" in text


@pytest.mark.slow
def test_cells_without_data_and_failed_cells_are_named(quick: tuple[Study, Results], tmp_path: Path) -> None:
    def wider(scale: Scale) -> list[Cell]:
        labels: Labels = {"method": "DANN", "target": "photos", "selection": "last", "seed": 200}
        absent = Cell({**labels, "source": "svhn"}, Nothing("svhn"), optional=True)
        return [*plan(scale), absent, Cell({**labels, "source": "plain", "method": "MCD"}, Nothing("MCD"))]

    study, results = quick
    text = write("quick", frame_of(replace(study, plan=wider, views=()), results), tmp_path).read_text(encoding="utf-8")
    assert "Data not available: svhn → photos (1 cell)" in text
    assert "Planned, but without a result: 1 cell" in text


SCRIPT = "<script>alert(1)</script>"


@pytest.mark.slow
@pytest.mark.parametrize(
    "command", [f"run x\n\n{SCRIPT}\n\n", f"`{SCRIPT}`", f"\r\r{SCRIPT}", "``", " ", "a\x0b\x0c<img src=x>"]
)
def test_no_command_becomes_markup(quick: tuple[Study, Results], tmp_path: Path, command: str) -> None:
    study, results = quick
    results = replace(results, provenance={**results.provenance, "command": command})
    path = write("quick", frame_of(replace(study, views=()), results), tmp_path)
    text = path.read_text(encoding="utf-8")
    page = MarkdownIt("gfm-like", {"linkify": False}).render(text)
    assert "<script" not in page and "<img src=x" not in page
    assert "<script>alert" not in path.with_suffix(".html").read_text(encoding="utf-8")
    assert "What is not matched to the paper</h2>" in page, "the rest of the page is what it was"


@pytest.mark.slow
def test_a_full_disk_leaves_the_former_page_whole(
    quick: tuple[Study, Results], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every file goes through the door: what can't be written to the disk does not take the old one's place."""
    study, results = quick
    write("quick", frame_of(study, results), tmp_path)
    before = contents(tmp_path)
    refused: list[int] = []

    def retitled(view: Any) -> View:
        other: View = replace(view, title="Another")
        return other

    def full(descriptor: int) -> None:
        refused.append(descriptor)
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    changed = replace(study, title="Another", views=tuple(retitled(view) for view in study.views))
    with pytest.raises(OSError, match="No space left"):
        write("quick", frame_of(changed, results), tmp_path)
    assert refused
    assert contents(tmp_path) == before


@pytest.mark.slow
def test_every_file_of_a_page_goes_through_the_one_door(
    quick: tuple[Study, Results], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    renamed: list[Path] = []
    former = Path.replace

    def noted(self: Path, target: Path) -> Path:
        renamed.append(Path(target))
        return former(self, target)

    monkeypatch.setattr(Path, "replace", noted)
    write("quick", frame_of(*quick), tmp_path / "reports")
    assert {path.relative_to(tmp_path / "reports").as_posix() for path in renamed} == set(
        contents(tmp_path / "reports")
    )


@pytest.mark.slow
def test_a_view_that_lacks_its_files_is_named(quick: tuple[Study, Results], tmp_path: Path) -> None:
    study = replace(quick[0], views=(Filters("First layer"),))
    text = write("quick", frame_of(study, quick[1]), tmp_path).read_text(encoding="utf-8")
    assert "Not drawn: First layer (no cell kept filters.npy)" in text


@pytest.mark.slow
def test_two_commands_may_write_one_page_at_a_time(quick: tuple[Study, Results], tmp_path: Path) -> None:
    """What the other is about to write stays; what it removed already is no fault."""
    study, results = quick

    @dataclass(frozen=True)
    class Meanwhile:
        title: str = "Meanwhile"
        reading: str = ""
        files: tuple[str, ...] = ()

        def draw(self, frame: Frame) -> None:
            (folder / "figure-9.png").unlink()

    folder = tmp_path / "quick.laptop"
    folder.mkdir()
    for name in ("figure-9.png", ".figure-1.png.123.part"):
        (folder / name).touch()
    write("quick", frame_of(replace(study, views=(*study.views, Meanwhile())), results), tmp_path)
    assert (folder / ".figure-1.png.123.part").exists()
