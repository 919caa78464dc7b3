"""A study's way to published numbers: the paper's words in, Published with the study's labels out, no guessing."""

from __future__ import annotations

import csv
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from mtl_bench import published
from mtl_bench.published import Paper, Where, addresses, paper
from mtl_bench.published.entries import about

FOLDER = Path(published.__path__[0])
GANIN, MEDA, YOSINSKI = paper("ganin2016"), paper("wang2018"), paper("yosinski2014")
TO_MNIST_M = {"source": "MNIST", "target": "MNIST-M"}
DOMAINS = {"C": "caltech10", "A": "amazon", "W": "webcam", "D": "dslr"}
PAIRS = {"source": DOMAINS, "target": DOMAINS}
FIXED = ("table", "row", "metric", "unit", "value", "sd", "spread", "n", "status", "seen_in")

LINES = [  # as the standard library reads them
    (path.stem, line)
    for path in sorted(FOLDER.glob("*.csv"))
    for line in csv.DictReader(path.read_text(encoding="utf-8").splitlines())
    if line["value"].replace(".", "", 1).isdecimal()
]


@settings(max_examples=100, derandomize=True, deadline=None)
@given(st.sampled_from(LINES))
def test_every_line_of_every_file_can_be_had_by_its_words(line: tuple[str, dict[str, str]]) -> None:
    key, cell = line
    where = {name: word for name, word in cell.items() if name not in FIXED}
    [found] = paper(key).table(
        cell["table"], {cell["row"]: "ours"}, where, labels={"protocol": "full"}, context="why", metric=cell["metric"]
    )
    times = 100 if cell["unit"] == "fraction" else 1
    assert found.value == pytest.approx(times * float(cell["value"]), abs=1e-9)
    is_sd = cell["spread"] in ("sd", "not said")
    assert found.sd == (pytest.approx(times * float(cell["sd"]), abs=1e-9) if is_sd else None)
    assert found.n == (int(cell["n"]) if cell["n"] else None)
    assert found.labels == {"protocol": "full", "method": "ours"}
    assert (found.source, found.metric, found.context) == (cell["table"], cell["metric"], "why")
    assert (found.paper, found.status, found.seen_in) == (str(paper(key)), cell["status"], cell["seen_in"])


@settings(max_examples=100, derandomize=True, deadline=None)
@given(st.sampled_from(LINES), st.sampled_from(["table", "row", "metric", "setting", "axis"]), st.text(max_size=20))
def test_a_word_that_is_not_there_is_one_sentence(line: tuple[str, dict[str, str]], which: str, word: str) -> None:
    key, cell = line
    words = dict(cell)
    where: dict[str, Any] = {name: text for name, text in cell.items() if name not in FIXED}
    if which == "setting":
        which = min(where)
    if which == "axis":
        assume(word not in (*where, "row", "metric"))
        where[word] = "x"
    else:
        assume(word not in {other[which] for name, other in LINES if name == key})
        if which in where:
            where[which] = word
        words[which] = word
    with pytest.raises(ValueError, match=r"has no (table|column|row|metric|\w+) “"):
        paper(key).table(words["table"], {words["row"]: "ours"}, where, metric=words["metric"])


def test_a_column_of_a_table_in_the_order_of_its_rows() -> None:
    found = GANIN.table("Table 2", {"DANN": "DANN", "Source only": "source only"}, TO_MNIST_M)
    assert [(number.labels, number.value) for number in found] == [
        ({"method": "DANN"}, 76.66),
        ({"method": "source only"}, 52.25),
    ]
    assert str(GANIN) == "Ganin et al., JMLR 2016"
    assert GANIN.value("Table 2", "DANN", TO_MNIST_M) == 76.66
    assert GANIN.gain("Table 2", "DANN", "Source only", TO_MNIST_M) == 24.41


def test_words_of_axes_and_rows_become_labels() -> None:
    found = MEDA.table("SURF table", {"TCA": {"method": "TCA", "dimension": 30}, "PCA": "PCA"}, PAIRS)
    assert len(found) == 24
    [one] = [n for n in found if n.labels["source"] == "caltech10" and n.labels["target"] == "dslr" and n.value == 45.9]
    assert one.labels == {"method": "TCA", "dimension": 30, "source": "caltech10", "target": "dslr"}
    [own] = GANIN.table(
        "Table 2", {"DANN": "DANN"}, {"source": "MNIST", "target": {"MNIST-M": {"target": "m", "x": 1}}}
    )
    assert own.labels == {"method": "DANN", "target": "m", "x": 1}
    [base] = YOSINSKI.table("Figure 2", {"base": "base"}, {"layer": {"0": 0}}, label="network")
    assert (base.labels, base.value, base.sd, base.n) == ({"network": "base", "layer": 0}, 62.51, 0.55, 8)


def test_means_and_gains_are_over_the_words_of_the_axes() -> None:
    tca = (45.6, 39.3, 45.9, 42, 40, 35.7, 31.5, 30.5, 91.1, 33, 32.8, 87.5)
    pca = (39.5, 34.6, 44.6, 39, 35.9, 33.8, 28.2, 29.1, 89.2, 29.7, 33.2, 86.1)
    mean_tca, mean_pca = sum(tca) / 12, sum(pca) / 12
    [mean] = MEDA.mean("SURF table", {"TCA": "TCA"}, PAIRS, labels={"source": "each"})
    assert mean.value == round(mean_tca, 2)
    assert (mean.labels, mean.source) == ({"source": "each", "method": "TCA"}, "SURF table, mean")
    assert MEDA.value("SURF table", "TCA", PAIRS) == pytest.approx(mean_tca)
    assert MEDA.gain("SURF table", "TCA", "PCA", PAIRS) == pytest.approx(mean_tca - mean_pca)
    assert YOSINSKI.value("Figure 2", "BnB", {"layer": ["1", "7"]}) == pytest.approx((62.67 + 62.32) / 2)


def test_a_mean_is_as_sure_as_its_least_sure_part() -> None:
    [mean] = paper("ganin2015").mean("Table 1", {"DANN": "x"}, {"source": ["MNIST", "SVHN"]})
    assert (mean.value, mean.status) == (76.28, "secondary source")
    assert mean.mark == "secondary source: a leaderboard of unsupervised domain adaptation"
    [memory] = paper("ganin2015").mean("Table 1", {"Source only": "x"}, {"source": ["MNIST", "SVHN"]})
    assert memory.mark == "unverified"


UNDECIDED: list[tuple[Where | None, str]] = [
    (None, "has 4 numbers for .* they differ in source .MNIST | SynNumbers"),
    ({"source": "MNIST", "target": "SVHN"}, "has no target “SVHN” among .*source MNIST"),
    ({"source": ["MNIST", "USPS"]}, "has no source “USPS”"),
    ({"metric": "accuracy"}, "the metric is an argument of its own"),
]


@pytest.mark.parametrize(("where", "sentence"), UNDECIDED)
def test_two_numbers_for_one_cell_and_words_that_match_nothing_are_errors(where: Where | None, sentence: str) -> None:
    for ask in (
        lambda: GANIN.table("Table 2", {"DANN": "DANN"}, where),
        lambda: GANIN.value("Table 2", "DANN", where),
        lambda: GANIN.gain("Table 2", "DANN", "Source only", where),
        lambda: GANIN.mean("Table 2", {"DANN": "DANN"}, where),
    ):
        with pytest.raises(ValueError, match=sentence) as caught:
            ask()
        assert "\n" not in str(caught.value)


def test_two_rows_under_one_label_are_an_error() -> None:
    with pytest.raises(ValueError, match="has 2 numbers for method x; they differ in row"):
        GANIN.table("Table 2", {"DANN": "x", "Source only": "x"}, TO_MNIST_M)


def test_a_gain_needs_both_rows_in_every_cell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [("old", "A", "B"), ("old", "B", "A"), ("new", "A", "B"), ("new", "B", "A"), ("new", "A", "A")]
    lines = [f"Table 1,{row},{source},{target},accuracy,%,50,,,,unverified,memory" for row, source, target in rows]
    header = "table,row,source,target,metric,unit,value,sd,spread,n,status,seen_in"
    (tmp_path / "ganin2016.csv").write_text("\n".join([header, *lines]), encoding="utf-8")
    monkeypatch.setattr("mtl_bench.published.papers.FOLDER", tmp_path)
    where = {"source": ["A", "B"], "target": ["A", "B"]}
    with pytest.raises(ValueError, match="has new or old, but not both, for A → A"):
        GANIN.gain("Table 1", "new", "old", where)


def test_the_nearest_word_is_named() -> None:
    with pytest.raises(ValueError, match="did you mean “ganin2016”"):
        paper("gannin2016")
    with pytest.raises(ValueError, match="has no row “DAN”; did you mean “DANN”"):
        GANIN.table("Table 2", {"DAN": "DANN"}, TO_MNIST_M)
    with pytest.raises(ValueError, match="CoGAN in Table 2 is “does not converge”, which is no number"):
        paper("tzeng2017").value("Table 2", "CoGAN", metric="outcome")
    with pytest.raises(ValueError, match=r"Sun et al\., AAAI 2016 has no table “Table 1” here"):
        paper("sun2016").value("Table 1", "CORAL")


def test_addresses_leave_out_what_is_not_known() -> None:
    assert addresses(GANIN, paper("lampert2014")) == {
        "Ganin et al., JMLR 2016": "https://jmlr.org/papers/v17/15-239.html"
    }


@pytest.mark.parametrize("key", sorted(about()))
def test_every_paper_has_a_bibtex_entry(key: str) -> None:
    text = Paper(key).bibtex
    assert re.match(r"@(article|inproceedings|misc)\{" + key + r",\n  title = \{\{.+\}\},\n  author = \{.+\},\n", text)
    assert text.count("{") == text.count("}")
    assert text.endswith("}")
    assert "= {}" not in text
