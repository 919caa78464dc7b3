"""Tables: right numbers beside the right published ones, the same in CSV, Markdown and LaTeX."""

from __future__ import annotations

import csv
import html
import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from mtl_bench.core.trial import Trial
from mtl_bench.results.measured import fraction_of_gap
from mtl_bench.results.table import Results
from mtl_bench.statistics.numbers import numbers
from mtl_bench.study import Cell, Published, Study
from mtl_bench.typeset import Styled, duration, escape, latex_table, markdown_table, number, p_value, plus, signed
from mtl_bench.views.all_cells import AllCells
from mtl_bench.views.grid import Grid
from mtl_bench.views.table import USES, Table
from tests.results.measured import METHODS, PAPER, Maker, drawn, frame_of, make_study


def test_the_main_table_has_means_gains_and_shares(quick: tuple[Study, Results]) -> None:
    study, results = quick
    rows = drawn(AllCells(), study, results).numbers.set_index("method")
    values = results.rows.pivot_table(index="seed", columns="method", values="value")
    assert rows.loc["DANN", "mean"] == pytest.approx(values["DANN"].mean(), abs=1e-5)
    assert rows.loc["DANN", "sd"] == pytest.approx(values["DANN"].std(), abs=1e-5)
    gains = values["DANN"] - values["source only"]
    assert rows.loc["DANN", "gain"] == pytest.approx(gains.mean(), abs=1e-5)
    assert rows.loc["DANN", "gain sd"] == pytest.approx(gains.std(), abs=1e-5)
    share = 100 * gains.mean() / (values["train on target"] - values["source only"]).mean()
    assert rows.loc["DANN", "fraction of gap"] == pytest.approx(share, abs=1e-2)
    assert rows.loc["DANN", "published gain"] == pytest.approx(76.66 - 52.25)
    assert rows.loc[["source only", "train on target"], "fraction of gap"].isna().all()
    assert rows["gain"].isna().to_dict() == {"source only": True, "DANN": False, "train on target": False}


ANY = Trial()


def make_cells(pairs: tuple[tuple[str, str], ...]) -> list[Cell]:
    return [
        Cell({"method": method, "source": source, "target": target}, ANY)
        for method in METHODS
        for source, target in pairs
    ]


@dataclass(frozen=True)
class Seeing(Trial):
    """A trial that uses so much of its target."""

    uses: tuple[str, ...]

    def uses_of_target(self) -> tuple[str, ...]:
        if "silent" in self.uses:
            raise AttributeError("a method of one's own has no uses")
        return self.uses


def test_tables_say_what_of_the_target_each_method_uses(quick: tuple[Study, Results]) -> None:
    frame = frame_of(*quick)
    uses = {"source only": (), "DANN": ("pixels' mean", "features"), "train on target": ("silent",)}
    cells = [
        replace(cell, trial=Seeing(uses[method])) if (method := str(cell.labels["method"])) in uses else cell
        for cell in frame.cells
    ]
    expected = {"source only": "nothing", "DANN": "pixels' mean, features", "train on target": "not said"}
    for view in (AllCells(), Grid("Grid")):
        table = view.draw(replace(frame, cells=tuple(cells)))
        assert table is not None
        assert dict(zip(table.numbers["method"], table.numbers[USES], strict=True)) == expected
        assert dict(zip(table.text["method"], table.text[USES], strict=True)) == expected
        table = view.draw(frame)
        assert table is not None
        assert USES not in table.text


def test_rows_stand_in_the_order_of_the_plan(quick: tuple[Study, Results]) -> None:
    study, results = quick
    assert list(drawn(AllCells(), study, results).text["method"]) == list(METHODS)
    assert drawn(AllCells(), study, results).shared == {
        "source": "plain", "target": "photos", "selection": "last", "device": "cpu",
    }  # fmt: skip


def test_gains_use_the_seeds_that_both_have(maker: Maker) -> None:
    maker.cell([40.0, 41.0, 42.0], method="source only")
    maker.cell([50.0, 60.0], method="DANN", first=201)
    maker.cell([80.0, 90.0], method="train on target", first=202)
    rows = drawn(AllCells(), make_study(), maker.results()).numbers.set_index("method")
    assert rows.loc["DANN", "gain"] == pytest.approx(((50 - 41) + (60 - 42)) / 2)
    assert rows.loc["DANN", "fraction of gap"] == pytest.approx(100 * (60 - 42) / (80 - 42), abs=1e-3)


def test_labels_and_devices_that_differ_become_rows(maker: Maker) -> None:
    for selection in ("last", "oracle"):
        for device in ("cpu", "cuda"):
            maker.cell([40.0, 41.0], method="DANN", selection=selection, device=device)
    table = drawn(AllCells(), make_study(), maker.results())
    assert len(table.text) == 4
    assert list(table.text.columns)[:2] == ["selection", "device"]


def test_a_share_is_left_out_where_the_gap_is_small() -> None:
    assert fraction_of_gap(60, 40, 80) == pytest.approx(50)
    assert fraction_of_gap(60, 78, 80) is None
    assert fraction_of_gap(60, 80, 70) is None


def test_the_counterpart_is_compared_before_context_and_marked(maker: Maker) -> None:
    maker.cell([50.0, 51.0], method="DANN")
    shown = Published(81.49, {"method": "DANN"}, "Table 1", "Ganin & Lempitsky, ICML 2015", context="other images")
    compared = Published(76.66, {"method": "DANN", "target": "photos"}, "Table 2", PAPER, "unverified")
    elsewhere = Published(1.0, {"method": "DANN", "target": "sketches"}, "Table 3", PAPER)
    study = make_study(published=(shown, elsewhere, compared))
    [row] = drawn(AllCells(), study, maker.results()).text.to_dict("records")
    assert row["published"] == "76.66"
    assert row["published in"] == f"{PAPER}, Table 2 (unverified)"
    copied = replace(compared, status="secondary source", seen_in="a leaderboard", context="other images")
    [row] = drawn(AllCells(), make_study(published=(copied,)), maker.results()).text.to_dict("records")
    assert row["published in"] == f"{PAPER}, Table 2 (context: other images; secondary source: a leaderboard)"
    [row] = drawn(AllCells(), make_study(published=(shown,)), maker.results()).text.to_dict("records")
    assert "context: other images" in row["published in"]


def test_a_grid_has_a_column_per_pair_and_the_published_value_beneath(maker: Maker) -> None:
    for target in ("photos", "sketches"):
        for method in METHODS:
            maker.cell([50.0, 52.0], method=method, target=target)
    maker.cell([60.0], method="DSN", target="sketches")
    study = make_study(published=(Published(76.66, {"method": "DANN", "target": "photos"}, "Table 2", PAPER),))
    table = drawn(Grid("All"), study, maker.results())
    assert list(table.text.columns) == ["method", "photos", "sketches", "mean"]  # all have one source
    rows: Any = table.text.set_index("method")
    assert (rows.loc["DANN", "photos"], rows.loc["DANN", "photos"].beneath) == ("51.0 ± 1.4 (2)", "[76.66]")
    assert (rows.loc["DSN", "photos"], rows.loc["DSN", "mean"]) == ("–", "–")  # a mean over one of two would mislead
    assert (rows.loc["DSN", "sketches"], rows.loc["DSN", "sketches"].bold) == ("60.0 (1)", True)
    assert rows.loc["DANN", "mean"].beneath == ""  # no table has both
    assert len(table.numbers) == 7


def test_a_grids_mean_is_over_pairs_by_seed_and_its_best_is_bold(maker: Maker) -> None:
    pairs = (("a", "b"), ("b", "a"))
    published: list[Published] = []
    for i, (source, target) in enumerate(pairs):
        place: dict[str, Any] = {"source": source, "target": target}
        maker.cell([50.0 + i, 60.0 + i, 0.0][: 3 - i], method="source only", **place)
        maker.cell([55.0 + i, 61.0 + i, 0.0][: 3 - i], method="DANN", **place)
        maker.cell([90.0, 90.0], method="train on target", **place)
        published.append(Published(70.0 + i, {"method": "DANN", **place}, "Table 2", PAPER))
    maker.cell([1.0], method="DANN", source="each", target="each other")
    mean = {"method": "DANN", "source": "each", "target": "each other", "selection": "last"}
    cells = (*make_cells(pairs), Cell(mean, ANY, pooled=True))
    frame = replace(frame_of(make_study(published=tuple(published)), maker.results()), cells=cells)
    table = Grid("All").draw(frame)
    assert table is not None
    rows: Any = table.text.set_index("method")
    assert list(rows.columns) == ["a → b", "b → a", "mean"]
    assert rows.loc["DANN", "mean"] == "58.5 ± 4.2 (2)"  # over the two seeds that both pairs have
    assert rows.loc["DANN", "mean"].beneath == "[70.5]"
    assert rows["mean"].map(lambda entry: entry.bold).to_dict() == {
        "source only": False, "DANN": True, "train on target": False,
    }  # fmt: skip
    assert rows.loc["train on target", "mean"] == "90.0 ± 0.0 (2)"


def test_what_saw_the_targets_labels_is_never_the_best(maker: Maker) -> None:
    for selection, value in (("last", 50.0), ("entropy", 49.0), ("oracle", 60.0)):
        maker.cell([value, value + 1], method="DANN", selection=selection)
    uses = {"last": ("features",), "entropy": ("features",), "oracle": ("features", "labels")}
    cells = tuple(
        Cell({"method": "DANN", "source": "plain", "target": "photos", "selection": name}, Seeing(found))
        for name, found in uses.items()
    )
    table = Grid("All", rows="selection").draw(replace(frame_of(make_study(), maker.results()), cells=cells))
    assert table is not None
    rows: Any = table.text.set_index("selection")["accuracy"]
    assert {name: entry.bold for name, entry in rows.items()} == {"last": True, "entropy": False, "oracle": False}


def test_equal_numbers_of_seeds_are_said_once_and_equal_entries_are_all_bold(maker: Maker) -> None:
    for method in ("source only", "DANN"):
        maker.cell([50.0, 52.0], method=method)
    table = drawn(Grid("All"), make_study(), maker.results())
    assert table.shared["n"] == "2"
    assert list(table.text["accuracy"]) == ["51.0 ± 1.4"] * 2
    assert all(entry.bold for entry in table.text["accuracy"])


def test_what_is_bold_and_what_stands_beneath_is_so_in_markdown_and_latex() -> None:
    entry = Styled("80.6 ± 0.4", bold=True, beneath="[72.6]")
    assert escape(entry) == "**80.6 ± 0.4**<br><sub>[72.6]</sub>"
    latex = latex_table(pd.DataFrame({"m": ["DAN"], "a": [entry]}, dtype=object))
    assert "DAN & \\textbf{80.6 $\\pm$ 0.4} \\\\\n & {\\scriptsize [72.6]} \\\\[2pt]\n" in latex
    assert escape(Styled("1")) == "1"


def test_the_three_files_agree(quick: tuple[Study, Results], tmp_path: Path) -> None:
    study, results = quick
    table = drawn(AllCells(), study, results)
    table.write(tmp_path / "table-1")
    numbers_read = pd.read_csv(tmp_path / "table-1.csv")
    markdown = (tmp_path / "table-1.md").read_text(encoding="utf-8")
    latex = (tmp_path / "table-1.tex").read_text(encoding="utf-8")
    assert r"\toprule" in latex
    assert r"19 \%" in latex or r"20 \%" in latex
    for mean, sd in zip(numbers_read["mean"], numbers_read["sd"], strict=True):
        assert f"{mean:.1f} ± {sd:.1f}" in markdown
        assert rf"{mean:.1f} $\pm$ {sd:.1f}" in latex


def widths_of(latex: str) -> tuple[int, list[int]]:
    """How many columns a LaTeX table declares, and how many each of its rows has, multicolumns counted."""
    spec = re.match(r"\\begin\{(?:tabular|longtable)\}\{([lrc]+)\}\n", latex)
    assert spec is not None
    found = []
    for line in latex.splitlines():
        if re.search(r"\\\\(\[2pt\])?$", line):
            spans = [int(n) for n in re.findall(r"\\multicolumn\{(\d+)\}", line)]
            found.append(len(re.findall(r"(?<!\\)&", line)) + 1 + sum(spans) - len(spans))
    return len(spec[1]), found


def test_a_table_over_pairs_is_latex_of_the_papers_shape(maker: Maker) -> None:
    for source, target in (("amazon", "dslr"), ("amazon", "webcam"), ("dslr", "amazon")):
        for method in ("DAN", "DANN"):
            maker.cell([40.0, 41.0, 42.0], method=method, source=source, target=target)
    numbers = (Published(78.6, {"method": "DAN", "source": "amazon", "target": "dslr"}, "Table 1", PAPER),)
    latex = latex_table(drawn(Grid("G"), make_study(published=numbers), maker.results()).text)
    assert r" & \multicolumn{2}{c}{amazon $\to$} & \multicolumn{1}{c}{dslr $\to$} &  \\" in latex
    assert r"\cmidrule(lr){2-3}\cmidrule(lr){4-4}" in latex
    assert "method & dslr & webcam & amazon & mean \\\\\n\\midrule" in latex
    assert r" & {\scriptsize [78.6]} &  &  &  \\[2pt]" in latex
    columns, rows = widths_of(latex)
    assert (columns, rows) == (5, [5] * 5)
    assert latex.count("{") == latex.count("}")


@pytest.mark.parametrize("kind", [AllCells(), Grid("G"), Grid("G", rows="pair", columns="method")])
def test_every_row_of_a_latex_table_has_the_columns_that_it_declares(quick: tuple[Study, Results], kind: Any) -> None:
    columns, rows = widths_of(latex_table(drawn(kind, *quick).text))
    assert rows and set(rows) == {columns}


def test_a_latex_table_that_fits_no_page_goes_on_over_several() -> None:
    latex = latex_table(pd.DataFrame({"a": ["x"] * 100, "b": ["1.0"] * 100}))
    assert latex.startswith("\\begin{longtable}{lr}\n\\toprule\na & b \\\\\n\\midrule\n\\endhead\n")
    assert latex.endswith("\\bottomrule\n\\end{longtable}\n")
    assert widths_of(latex) == (2, [2] * 101)


def test_latex_has_no_letter_that_latex_would_stumble_over() -> None:
    frame = pd.DataFrame({"a_b": ["50 % of $x & y", "s → t ± 1 − 2 × 3 ≥ 4"], "n": ["1.5", "–"]})
    text = latex_table(frame)
    assert text.isascii()
    assert r"50 \% of \$x \& y" in text
    assert r"a\_b" in text
    assert r"\begin{tabular}{lr}" in text


SPECIAL = "\\\\{}$&#^_~% \n\r\tab±−"


@settings(derandomize=True, database=None)
@given(st.lists(st.text(SPECIAL, max_size=9), min_size=2, max_size=2))
def test_any_text_is_one_row_of_a_latex_table(words: list[str]) -> None:
    """A blank line would end the table; a letter of TeX's own would do worse."""
    text = latex_table(pd.DataFrame([words], columns=["first", "second"]))
    lines = text.splitlines()
    assert len(lines) == 7 and all(line.strip() for line in lines)
    bare = re.sub(r"\\text(backslash|asciitilde|asciicircum)\{\}|\\[&%$#_{}]|\$(\\pm|-)\$", "", lines[4])
    assert bare.count("&") == 1
    assert bare.endswith(r" \\")
    assert not set(bare.removesuffix(r"\\")) & set("\\{}$#^_~%")


def test_words_that_a_spreadsheet_would_compute_are_no_formulas(tmp_path: Path) -> None:
    words = ["=1+1", "+1 point", "@cmd", "-x", "\ttab", "−5", "-0.5", "+3", "plain"]
    table = Table("T", pd.DataFrame({"label": words, "=head": range(9)}), pd.DataFrame({"label": words}))
    table.write(tmp_path / "t")
    with (tmp_path / "t.csv").open(newline="", encoding="utf-8") as file:
        head, *rows = csv.reader(file)
    assert head == ["label", "'=head"]
    assert [row[0] for row in rows] == ["'=1+1", "'+1 point", "'@cmd", "'-x", "'\ttab", "−5", "-0.5", "+3", "plain"]


@pytest.mark.slow
@given(st.lists(st.text(st.characters(exclude_categories=("C", "Z")), min_size=1), min_size=2, max_size=2))
def test_any_text_survives_a_markdown_table(words: list[str]) -> None:
    table = markdown_table(pd.DataFrame([words], columns=["first", "second"]))
    page = MarkdownIt("gfm-like", {"linkify": False}).render(table)
    cells = [
        html.unescape(re.sub(r"<[^>]*>", "", cell)) for cell in re.findall(r"<td[^>]*>(.*?)</td>", page, re.DOTALL)
    ]
    assert cells == words


def test_text_can_not_become_markup() -> None:
    assert escape("<script>") == "&lt;script&gt;"
    assert escape("[x](http://y) *b* _i_ `c` | # $x$\n\nnew") == r"[x\](http://y) \*b\* \_i\_ \`c\` \| # \$x\$ new"
    assert escape("# title") == r"\# title"


def test_numbers_are_written_with_true_signs_and_never_as_minus_zero() -> None:
    assert [number(v) for v in (1.25, -1.26, -0.04, float("nan"), None)] == ["1.2", "−1.3", "0.0", "–", "–"]
    assert [signed(v) for v in (1.26, -1.26, 0.04, -0.04, 0, None)] == ["+1.3", "−1.3", "0.0", "0.0", "0.0", "–"]
    assert [signed(v) for v in (0.5, -0.5)] == ["+0.5", "−0.5"]
    assert [plus(0.01, text) for text in ("0.0 ± 0.2", "0", "0.01")] == ["0.0 ± 0.2", "0", "+0.01"]
    assert [p_value(p) for p in (1e-9, 0.0123, 0.5)] == ["p < 0.001", "p = 0.012", "p = 0.50"]


# Numbers are judged at the paper's scale only: own gain against published gain.


def paper_run(maker: Maker, gain: float, sd: float = 1.0) -> Results:
    rng = np.random.default_rng(0)
    base = rng.normal(50, 1, 5)
    noise = rng.normal(0, 1, 5)
    maker.cell(base, method="source only")
    maker.cell(base + gain + sd * (noise - noise.mean()) / noise.std(ddof=1), method="DANN")
    return maker.results("paper")


@pytest.mark.parametrize(("gain", "verdict"), [(24.41, "agrees"), (15.0, "smaller"), (33.0, "larger")])
def test_a_gain_agrees_or_not(maker: Maker, gain: float, verdict: str) -> None:
    [found] = numbers(frame_of(make_study(), paper_run(maker, gain)))
    assert found.verdict == verdict
    assert found.published_gain == pytest.approx(24.41)
    assert found.gain == pytest.approx(gain, abs=1e-5)
    # t(.975, 4) · sd · sqrt(1/5 + 1/1): a published number without n counts as one run
    assert found.band == pytest.approx(2.7764 * np.sqrt(1.2), abs=1e-3)


def test_no_number_is_judged_below_paper_scale_without_counterpart_or_unverified(maker: Maker) -> None:
    results = paper_run(maker, 24.0)
    assert numbers(frame_of(make_study(), Results(results.folder, "quick.laptop", results.rows))) == []
    context = tuple(replace(number, context="other data") for number in make_study().published)
    assert numbers(frame_of(make_study(published=context), results)) == []
    unverified = tuple(replace(number, status="unverified") for number in make_study().published)
    [found] = numbers(frame_of(make_study(published=unverified), results))
    assert (found.verdict, found.note) == ("not judged", "the published number is not checked (unverified)")
    copied = tuple(replace(n, status="secondary source", seen_in="a leaderboard") for n in make_study().published)
    [found] = numbers(frame_of(make_study(published=copied), results))
    note = "the published number is not checked (secondary source: a leaderboard)"
    assert (found.verdict, found.note) == ("not judged", note)
    assert found.published_gain == pytest.approx(24.41)


@pytest.mark.parametrize(("gain", "attention"), [(24.0, False), (10.0, True)])
def test_deterministic_gains_are_shown_with_a_mark(maker: Maker, gain: float, attention: bool) -> None:
    [found] = numbers(frame_of(make_study(), paper_run(maker, gain, sd=0.0)))
    assert found.verdict == "not judged"
    assert found.band == 2.0
    assert found.note.startswith("attention") == attention


def test_a_cell_without_a_label_lacks_it(maker: Maker) -> None:
    maker.cell([50.0], method="DANN")
    maker.rows[-1]["selection"] = ""
    [cell] = frame_of(make_study(), maker.results()).measured()
    assert "selection" not in cell.labels


def test_durations_are_written_in_seconds_or_minutes() -> None:
    assert [duration(s) for s in (0.23, 45.4, 119, 720, float("nan"))] == ["0.2 s", "45 s", "119 s", "12 min", "–"]
