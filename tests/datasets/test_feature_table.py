"""A table of one's own features: every kind of file gives the same rows, and what is no table is one sentence."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.io import savemat
from scipy.sparse import csr_matrix

from mtl_bench.core.trial import describe
from mtl_bench.datasets.feature_table import FeatureTable, same_width
from mtl_bench.datasets.files.placed import DataError
from mtl_bench.datasets.office_caltech10 import FILES, OfficeCaltechSURF
from mtl_bench.inputs import gate

X = np.random.default_rng(0).normal(size=(12, 4))
WORDS = ["pen", "mug", "bike"] * 4
NUMBERS = [10, 2, 1] * 4
COLUMNS = ["a", "b", "c", "d"]


def frame(labels: list[Any] | None = None, label: str = "label") -> pd.DataFrame:
    table = pd.DataFrame(X, columns=COLUMNS)
    if labels is not None:
        table.insert(1, label, labels)
    return table


WRITERS: dict[str, Callable[[Path, list[Any]], object]] = {
    ".csv": lambda path, y: frame(y).to_csv(path, index=False),
    ".parquet": lambda path, y: frame(y).to_parquet(path),
    ".npz": lambda path, y: np.savez(path, X=X, y=np.array(y)),
    ".mat": lambda path, y: savemat(
        path, {"fts": X, "labels": np.array(y, object if isinstance(y[0], str) else float)}
    ),
}
every_kind = pytest.mark.parametrize("ending", WRITERS)


def written(folder: Path, ending: str = ".csv", labels: list[Any] | None = None) -> Path:
    path = folder / f"table{ending}"
    WRITERS[ending](path, labels or WORDS)
    return path


def refusal(path: Path, **how: Any) -> str:
    with pytest.raises(DataError) as error:
        FeatureTable.of(path, **how)
    sentence = str(error.value)
    assert "\n" not in sentence and path.name in sentence
    return sentence


@every_kind
def test_rows_come_in_the_files_order(tmp_path: Path, ending: str) -> None:
    data = FeatureTable.of(written(tmp_path, ending))
    rows = data.inputs("all")
    assert rows.dtype == np.float32 and np.array_equal(rows, X.astype(np.float32))
    assert data.classes == ("bike", "mug", "pen") and data.name == "table"
    assert data.labels("all").tolist() == [2, 1, 0] * 4 and data.labels("all").dtype == np.int64
    assert gate.rows("features", rows) is rows
    assert data.columns() == (tuple(COLUMNS) if ending in (".csv", ".parquet") else ())


@every_kind
def test_numbers_are_sorted_by_value(tmp_path: Path, ending: str) -> None:
    data = FeatureTable.of(written(tmp_path, ending, NUMBERS))
    assert data.classes == ("1", "2", "10")
    assert data.labels("all").tolist() == [2, 1, 0] * 4


@every_kind
def test_labels_are_no_features_of_a_table_without_labels(tmp_path: Path, ending: str) -> None:
    path = written(tmp_path, ending, NUMBERS)
    data = FeatureTable.of(path, "target", ("1", "2", "10"), labelled=False)
    assert data.inputs("all").shape == X.shape and data.classes == ("1", "2", "10")
    with pytest.raises(ValueError, match="target has no labels: it is a table without them"):
        data.labels("all")
    with pytest.raises(ValueError, match="target has no split 'test'; it has all"):
        data.inputs("test")


def test_a_table_without_labels_needs_none(tmp_path: Path) -> None:
    frame().to_csv(tmp_path / "t.csv", index=False)
    assert FeatureTable.of(tmp_path / "t.csv", labelled=False).inputs("all").shape == X.shape
    np.savez(tmp_path / "t.npz", features=X)
    assert FeatureTable.of(tmp_path / "t.npz", labelled=False).inputs("all").shape == X.shape


def test_words_that_pandas_takes_for_missing_are_classes(tmp_path: Path) -> None:
    data = FeatureTable.of(written(tmp_path, labels=["NA", "None", "1_1"] * 4))
    assert data.classes == ("1_1", "NA", "None")


def test_the_column_of_labels_and_their_order_can_be_given(tmp_path: Path) -> None:
    frame(WORDS, "kind").to_csv(tmp_path / "t.csv", index=False)
    data = FeatureTable.of(tmp_path / "t.csv", label="kind", classes=("pen", "mug", "bike"))
    assert data.labels("all").tolist() == [0, 1, 2] * 4
    assert "cup only in the classes given, bike only in" in refusal(
        tmp_path / "t.csv", label="kind", classes=("pen", "mug", "cup")
    )
    assert "has no column 'kinds' for the labels; did you mean \"kind\"?" in refusal(tmp_path / "t.csv", label="kinds")


def test_where_it_lies_is_no_part_of_what_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = FeatureTable.of(written(tmp_path))
    (tmp_path / "b").mkdir()
    shutil.move(data.path, tmp_path / "b")
    monkeypatch.chdir(tmp_path / "b")
    moved = FeatureTable.of("table.csv")
    assert data == moved and describe(data) == describe(moved) and "path" not in describe(data)
    with pytest.raises(DataError, match=r"table\.csv is not there; put it back or run"):
        data.inputs("all")


def test_other_content_is_refused(tmp_path: Path) -> None:
    data = FeatureTable.of(path := written(tmp_path))
    frame(WORDS[::-1]).to_csv(path, index=False)
    with pytest.raises(DataError, match="has other content than when the study was written; run `mtl-bench compare`"):
        data.labels("all")


def csv(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")


FAULTS: dict[str, tuple[str, Callable[[Path], object], str]] = {
    "not there": (".csv", lambda path: None, "is not there; give a table"),
    "a folder": (".csv", lambda path: path.mkdir(), "is a folder; give a table"),
    "an ending": (
        ".xlsx",
        lambda path: path.write_bytes(b"x"),
        r"ends in \.xlsx; give a table that ends in \.npz, \.csv",
    ),
    "empty": (".csv", lambda path: path.write_bytes(b""), r"is no whole \.csv table \(.+\); save it anew"),
    "no rows": (".csv", lambda path: csv(path, "a,b,label\n"), "has no rows below the columns' names; give"),
    "no label": (".csv", lambda path: csv(path, "a,b\n1,2\n"), r"no column 'label' for the labels.*\(it has a, b\)"),
    "no label there": (".csv", lambda path: csv(path, "a,label\n1,x\n1,\n"), r"no label in row 1 \(the first is 0\)"),
    "missing": (
        ".csv",
        lambda path: csv(path, "a,label\n1,x\n,y\n"),
        r"a missing number \(NaN\) in row 1 .*, column a;",
    ),
    "infinite": (
        ".csv",
        lambda path: csv(path, "a,label\ninf,x\n1,y\n"),
        r"inf, which is too large, in row 0 .*column a;",
    ),
    "words": (".csv", lambda path: csv(path, "a,hue,label\n1,red,x\n"), r"columns that are no numbers \(hue\); leave"),
    "half a number": (
        ".csv",
        lambda path: csv(path, "a,label\n0.5,0.5\n1,1\n"),
        r"the label 0\.5, which is no class; give",
    ),
    "one class": (
        ".csv",
        lambda path: csv(path, "a,label\n1,x\n2,x\n"),
        "has one class, x; give a table of two or more",
    ),
    "row numbers": (
        ".csv",
        lambda path: frame(WORDS).to_csv(path),
        r"a column without a name \(Unnamed: 0\), as row num",
    ),
    "index": (
        ".parquet",
        lambda path: frame(WORDS).set_index(pd.Index(range(5, 17))).to_parquet(path, index=True),
        "a column without a name",
    ),
    "semicolons": (
        ".csv",
        lambda path: csv(path, "a;b;label\n1;2;x\n"),
        "columns separated by ';'; save it with commas",
    ),
    "no header": (
        ".csv",
        lambda path: csv(path, "0.1,0.2\n1,2\n"),
        r"begins with numbers \(0\.1, 0\.2\); write the col",
    ),
    "long rows": (".csv", lambda path: csv(path, "a,label\n1,x,2\n1,y,3\n"), r"is no whole \.csv table"),
    "no parquet": (
        ".parquet",
        lambda path: path.write_bytes(b"PAR1"),
        r"is no whole \.parquet table \(.+\); save it anew",
    ),
    "no features": (".npz", lambda path: np.savez(path, z=X), r"no array of features \(it has z\); name it X"),
    "no labels": (".npz", lambda path: np.savez(path, X=X), r"no array 'label' of labels \(it has X\); name it y"),
    "pickles": (
        ".npz",
        lambda path: np.savez(path, X=X, y=np.array([None] * 12)),
        r"is no whole \.npz table \(Object arr",
    ),
    "too few": (".npz", lambda path: np.savez(path, X=X, y=NUMBERS[:11]), r"has 11 labels for 12 rows; give one label"),
    "turned": (".npz", lambda path: np.savez(path, X=X.T, y=NUMBERS), r"has 12 labels for 4 rows; turn the features"),
    "axes": (
        ".npz",
        lambda path: np.savez(path, X=X[..., None], y=NUMBERS),
        r"features of the shape \(12, 4, 1\); give",
    ),
    "no matlab": (".mat", lambda path: path.write_bytes(b"MATLAB"), r"is no whole \.mat table"),
    "matlab 7.3": (
        ".mat",
        lambda path: path.write_bytes(b"MATLAB 7.3 MAT-file".ljust(124) + b"\x00\x02IM" + bytes(99)),
        r"is of MATLAB 7\.3; save it by save\(…, '-v7'\)",
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_what_is_no_table_is_one_sentence(tmp_path: Path, fault: str) -> None:
    ending, write, sentence = FAULTS[fault]
    write(tmp_path / f"table{ending}")
    assert re.search(sentence, refusal(tmp_path / f"table{ending}"))


def test_a_sparse_matlab_matrix_is_read(tmp_path: Path) -> None:
    savemat(tmp_path / "t.mat", {"fea": csr_matrix(np.eye(4)), "gnd": [[1], [2], [1], [2]]})
    assert np.array_equal(FeatureTable.of(tmp_path / "t.mat").inputs("all"), np.eye(4))


def test_two_tables_need_the_same_columns(tmp_path: Path) -> None:
    def table(name: str, columns: list[str]) -> FeatureTable:
        pd.DataFrame(X[:, : len(columns)], columns=columns).assign(label=WORDS).to_csv(tmp_path / name, index=False)
        return FeatureTable.of(tmp_path / name)

    one = table("one.csv", COLUMNS)
    same_width(one, table("same.csv", COLUMNS))
    with pytest.raises(ValueError, match="columns of one and other differ: d only in one; give both the same ones"):
        same_width(one, table("other.csv", COLUMNS[:3]))
    with pytest.raises(ValueError, match="column 0 is a in one and d in turned; order them alike"):
        same_width(one, table("turned.csv", COLUMNS[::-1]))
    np.savez(tmp_path / "array.npz", X=X[:, :2], y=WORDS)
    with pytest.raises(ValueError, match="one has 4 features and array 2; give both tables the same columns"):
        same_width(one, FeatureTable.of(tmp_path / "array.npz"))


def test_office_caltech_as_a_table_has_the_same_rows(mirror: Path) -> None:
    expected = OfficeCaltechSURF("webcam")
    try:
        path = FILES["webcam"].obtain(expected.folder)
    except DataError as error:
        pytest.skip(str(error))
    data = FeatureTable.of(path)
    assert data.classes == tuple(str(i) for i in range(1, 11))
    order = np.random.default_rng(0).permutation(len(data.inputs("all")))  # of the data set's rows
    assert np.array_equal(data.inputs("all")[order], expected.inputs("all"))
    assert np.array_equal(data.labels("all")[order], expected.labels("all"))
