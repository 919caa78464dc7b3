"""A table of one's own texts: both kinds of file give the same texts, and what is no such table is one sentence."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from mtl_bench.core.trial import describe
from mtl_bench.datasets.feature_table import FeatureTable
from mtl_bench.datasets.files.own_texts import columns_beside_texts
from mtl_bench.datasets.files.placed import DataError
from mtl_bench.datasets.text_table import TextTable
from mtl_bench.inputs.texts import texts_of

TEXTS = ['It "works",\nas said.', "NA", "Schön, und gut!", "12", "no\x1fpair", "  bad  "]
LABELS = ["good", "NA", "good", "bad", "good", "bad"]
WRITERS: dict[str, Callable[[pd.DataFrame, Path], object]] = {
    ".csv": lambda table, path: table.to_csv(path, index=False),
    ".parquet": lambda table, path: table.to_parquet(path),
}
every_kind = pytest.mark.parametrize("ending", WRITERS)


def frame(**columns: list[Any]) -> pd.DataFrame:
    return pd.DataFrame({"id": range(6), "text": TEXTS, "label": LABELS} | columns)


def refusal(path: Path, **how: Any) -> str:
    with pytest.raises(DataError) as error:
        TextTable.of(path, **how)
    sentence = str(error.value)
    assert "\n" not in sentence and path.name in sentence
    return sentence


@every_kind
def test_texts_and_labels_are_read_as_they_stand_there(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"reviews{ending}"
    WRITERS[ending](frame(), path)
    data = TextTable.of(path)
    assert (data.name, data.classes) == ("reviews", ("NA", "bad", "good"))
    assert data.texts("all") == tuple(TEXTS)
    assert data.labels("all").tolist() == [2, 0, 2, 1, 2, 1]
    assert texts_of("reviews", data.inputs("all")) == [" ".join(text.split()) for text in TEXTS]
    assert columns_beside_texts(path, "text") == ("id", "text", "label")


def test_stars_are_classes_in_the_order_of_numbers(tmp_path: Path) -> None:
    path = tmp_path / "stars.csv"
    frame(stars=[10, 2, 2, 1, 1, 10]).to_csv(path, index=False)
    assert TextTable.of(path, label="stars").classes == ("1", "2", "10")


def test_a_table_without_labels_has_the_classes_that_it_is_given(tmp_path: Path) -> None:
    path = tmp_path / "new.csv"
    frame().drop(columns="label").to_csv(path, index=False)
    data = TextTable.of(path, classes=("bad", "good"), labelled=False)
    assert data.classes == ("bad", "good")
    with pytest.raises(ValueError, match="new has no labels"):
        data.labels("all")
    assert "no column 'label' for the labels" in refusal(path)


def test_the_key_has_the_content_and_not_the_place(tmp_path: Path) -> None:
    one, other = tmp_path / "a.csv", tmp_path / "b.csv"
    for path in (one, other):
        frame().to_csv(path, index=False)
    first, second = TextTable.of(one, "reviews"), TextTable.of(other, "reviews")
    assert describe(first) == describe(second) and first == second
    one.write_text(one.read_text(encoding="utf-8") + "7,more,bad\n", encoding="utf-8")
    with pytest.raises(DataError, match=r"a\.csv has other content than when the study was written"):
        first.inputs("all")
    one.unlink()
    with pytest.raises(DataError, match=r"a\.csv is not there"):
        first.inputs("all")


@pytest.mark.parametrize(
    ("columns", "how", "sentence"),
    [
        ({"text": ["a", " ", "b", "c", "d", "e"]}, {}, "has no text in row 1 (the first is 0)"),
        ({"label": ["x", "y", "", "x", "y", "x"]}, {}, "has no label in row 2 (the first is 0)"),
        ({"label": ["x"] * 6}, {}, "has one class, x"),
        ({}, {"text": "texts"}, "has no column 'texts' for the texts; did you mean \"text\"?"),
        ({}, {"text": "id"}, "has numbers in its column 'id'"),
        ({}, {"classes": ("bad", "fine")}, "the classes do not correspond"),
    ],
)
def test_what_is_no_table_of_texts_is_refused(
    tmp_path: Path, columns: dict[str, list[Any]], how: dict[str, Any], sentence: str
) -> None:
    path = tmp_path / "wrong.csv"
    frame(**columns).to_csv(path, index=False)
    assert sentence in refusal(path, **how)


def test_what_is_no_table_at_all_is_refused(tmp_path: Path) -> None:
    assert "is not there" in refusal(tmp_path / "gone.csv")
    assert "ends in .txt" in refusal(tmp_path / "texts.txt")
    latin = tmp_path / "latin.csv"
    latin.write_bytes("text,label\nschön,a\nja,b\n".encode("latin-1"))
    assert columns_beside_texts(latin, "text") == ("text", "label")
    assert "is not in UTF-8" in refusal(latin)
    (tmp_path / "cut.parquet").write_bytes(b"PAR1")
    assert "is no whole .parquet table" in refusal(tmp_path / "cut.parquet")
    empty = tmp_path / "empty.csv"
    empty.write_text("text,label\n", encoding="utf-8")
    assert "has no rows" in refusal(empty)


@pytest.mark.parametrize("row", ["good, really,good", 'a "quote, not closed,bad', '"open, bad'])
@pytest.mark.parametrize("before", [0, 1, 60])
def test_a_text_that_lacks_its_quotes_is_refused_and_never_cut(tmp_path: Path, before: int, row: str) -> None:
    path = tmp_path / "plain.csv"
    rows = ["fine,good", "poor,bad"] * 50
    path.write_text("\n".join(["text,label", *rows[:before], row, *rows[before:]]) + "\n", encoding="utf-8")
    assert columns_beside_texts(path, "text") == ("text", "label")
    assert "put texts that have commas or line breaks in double quotes" in refusal(path)


def test_a_table_of_numbers_holds_no_texts_and_one_of_texts_no_features(tmp_path: Path) -> None:
    path = tmp_path / "numbers.csv"
    pd.DataFrame({"text": [1, 2], "more": [1.5, 2.5]}).to_csv(path, index=False)
    assert columns_beside_texts(path, "text") == ()
    reviews = tmp_path / "reviews.csv"
    frame().rename(columns={"text": "review"}).to_csv(reviews, index=False)
    assert columns_beside_texts(reviews, "text") == ()
    with pytest.raises(DataError, match=r"no numbers .review.*name a column of texts by --text"):
        FeatureTable.of(reviews)
