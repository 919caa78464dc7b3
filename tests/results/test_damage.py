"""Damaged results never count as results: one sentence with file, line and remedy, whatever the damage."""

from __future__ import annotations

import subprocess
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mtl_bench.labels import MEASURED
from mtl_bench.results.kept import read_array, read_table
from mtl_bench.results.schema import ResultsError, read_columns
from mtl_bench.results.table import Results
from tests.damage import OFTEN, cut, damaged, flipped, marked

NAME = "study.laptop"


def rows(count: int = 6) -> pd.DataFrame:
    return pd.DataFrame(
        [
            {
                "method": ["DANN", "source only"][i % 2],
                "note": "a, b" if i < 3 else "",
                "seed": 100 + i // 2,
                "metric": "accuracy",
                "value": 50.0 + i / 8,
                "device": "cpu",
                "seconds": 1.5 * i,
                "finished": f"2026-11-20T10:00:0{i % 10}+00:00",
                "key": f"Evaluate-{i:016x}",
                "code": "c0dec0dec0de",
                "environment": "e0e0e0e0",
            }
            for i in range(count)
        ]
    )


PROVENANCE = {"environments": {"e0e0e0e0": {"python": "3.11"}}, "data": {"photos": "ab"}, "command": "mtl-bench run ä"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    Results(tmp_path, NAME, rows(), dict(PROVENANCE)).write()
    return tmp_path


def sentence(error: ResultsError, path: Path) -> str:
    """The message, which is one line that names the file."""
    text = str(error)
    assert str(path) in text
    assert "; " in text, "there is no remedy"
    assert len(text.splitlines()) == 1
    return text


@pytest.mark.slow
@OFTEN
@given(data=st.data())
def test_any_damage_to_the_rows_is_a_sentence_or_no_damage(folder: Path, data: st.DataObject) -> None:
    path = folder / f"{NAME}.csv"
    whole = path.read_bytes()
    try:
        path.write_bytes(data.draw(damaged(whole)))
        found = Results.read(folder, NAME).rows
        assert found["value"].between(0, 100).all()
        assert np.isfinite(found["seconds"]).all()
        assert set(found["device"]) <= {"cpu", "cuda", "mps"}
    except ResultsError as error:
        sentence(error, path)
    finally:
        path.write_bytes(whole)


@pytest.mark.slow
@OFTEN
@given(data=st.data())
def test_of_a_cut_file_no_row_is_another_one(folder: Path, data: st.DataObject) -> None:
    path = folder / f"{NAME}.csv"
    whole, sound = path.read_bytes(), Results.read(folder, NAME).rows
    try:
        path.write_bytes(data.draw(cut(whole)))
        found = Results.read(folder, NAME).rows
        assert found.to_dict("records") == sound.iloc[: len(found)].to_dict("records")
    except ResultsError as error:
        sentence(error, path)
    finally:
        path.write_bytes(whole)


@OFTEN
@given(data=st.data())
def test_a_flipped_bit_changes_at_most_the_field_it_is_in(folder: Path, data: st.DataObject) -> None:
    path = folder / f"{NAME}.csv"
    whole, sound = path.read_bytes(), read_columns(path)
    try:
        path.write_bytes(data.draw(flipped(whole)))
        found = read_columns(path)
        assert len(found) == len(sound)
        assert set(MEASURED) <= set(found)
        fields = zip(sound.values(), found.values(), strict=True)
        assert sum(a != b for one, other in fields for a, b in zip(one, other, strict=True)) <= 1
    except ResultsError as error:
        sentence(error, path)
    finally:
        path.write_bytes(whole)


@pytest.mark.slow
@OFTEN
@given(data=st.data())
def test_the_markers_of_a_merge_are_never_rows(folder: Path, data: st.DataObject) -> None:
    for ending in (".csv", ".json"):
        path = folder / f"{NAME}{ending}"
        whole = path.read_bytes()
        path.write_bytes(data.draw(marked(whole)))
        with pytest.raises(ResultsError, match=r"conflict of a merge \(line \d+\); run `mtl-bench tidy`") as caught:
            Results.read(folder, NAME)
        sentence(caught.value, path)
        path.write_bytes(whole)


@pytest.mark.slow
@OFTEN
@given(data=st.data())
def test_damaged_provenance_blames_the_json(folder: Path, data: st.DataObject) -> None:
    path = folder / f"{NAME}.json"
    whole = path.read_bytes()
    try:
        path.write_bytes(data.draw(damaged(whole)))
        Results.read(folder, NAME)
    except ResultsError as error:
        sentence(error, path)
    finally:
        path.write_bytes(whole)


@pytest.mark.parametrize("content", ["", "{}", "[]", '{"environments": {"a": 1}, "data": {}, "command": ""}', None])
def test_an_empty_or_odd_json_is_to_be_restored_itself(folder: Path, content: str | None) -> None:
    path = folder / f"{NAME}.json"
    path.unlink()
    if content is not None:
        path.write_text(content, encoding="utf-8")
    with pytest.raises(ResultsError, match=rf"laptop\.json .*; restore it with `git checkout {path}`") as caught:
        Results.read(folder, NAME)
    sentence(caught.value, path)


@pytest.mark.parametrize(
    ("column", "text", "what"),
    [
        ("value", "", "line 3: value is '', not a finite number"),
        ("value", "inf", "value is 'inf', not a finite number"),
        ("value", "nan", "value is 'nan', not a finite number"),
        ("value", "1_0", "value is '1_0', not a finite number"),
        ("value", "1e999", "value is '1e999', not a finite number"),
        ("value", "156.7", "accuracy is 156.7, not between 0 and 100"),
        ("value", "-3", "accuracy is -3, not between 0 and 100"),
        ("device", "tpu", "device is 'tpu', not one of cpu, cuda, mps"),
        ("seconds", "-1", "seconds is '-1', not a time"),
        ("finished", "yesterday", "finished is 'yesterday', not a date and time"),
        ("finished", "2026-13-01T00:00:00+00:00", "not a date and time"),
        ("key", "Evaluate-12", "key is 'Evaluate-12', not the key of a trial"),
        ("key", "../../etc-0123456789abcdef", "not the key of a trial"),
        ("code", "xyz", "code is 'xyz', not 12 hexadecimal digits"),
        ("environment", "e0e0e0e", "environment is 'e0e0e0e', not 8 hexadecimal digits"),
        ("metric", "", "metric is '', not the name of a metric"),
        ("method", " DANN", "method is ' DANN', not a label"),
        ("method", "x" * 140_000, r"line 3: field larger than field limit"),
    ],
)
def test_each_field_is_checked_by_line(folder: Path, column: str, text: str, what: str) -> None:
    path = folder / f"{NAME}.csv"
    table = pd.read_csv(path, dtype=str, keep_default_na=False)
    table.loc[1, column] = text
    table.to_csv(path, index=False)
    with pytest.raises(ResultsError, match=f"{what}.*; restore it with `git checkout") as caught:
        Results.read(folder, NAME)
    sentence(caught.value, path)


def test_other_metrics_may_be_any_finite_number(tmp_path: Path) -> None:
    table = rows().assign(metric="divergence", value=[-3.0, 1e6, 0, 156.7, 1e-9, 5])
    Results(tmp_path, NAME, table, dict(PROVENANCE)).write()
    assert sorted(Results.read(tmp_path, NAME).rows["value"]) == [-3.0, 0, 1e-9, 5, 156.7, 1e6]


@pytest.mark.parametrize(
    ("change", "what"),
    [
        (lambda t: t.replace("method,", "seed,", 1), "has the column 'seed' twice"),
        (lambda t: t.replace("value,", "", 1), "has no column value"),
        (lambda t: t.replace("seed,", "seed\n,", 1), "has a column|has no column"),
        (lambda t: t.replace(",cpu,", ",cpu,cpu,", 1), "line 2: 12 fields instead of 11"),
        (lambda t: t.replace(",cpu,", ",", 1), "line 2: 10 fields instead of 11"),
        (lambda t: t.replace("DANN", '"DANN', 1), "line [0-9]+: "),
        (lambda t: t.replace("DANN", "DA\0NN", 1), r"holds a zero byte \(line 2\)"),
    ],
)
def test_the_shape_is_checked(folder: Path, change: object, what: str) -> None:
    path = folder / f"{NAME}.csv"
    path.write_text(change(path.read_text(encoding="utf-8")), encoding="utf-8")  # type: ignore[operator]
    with pytest.raises(ResultsError, match=what) as caught:
        Results.read(folder, NAME)
    sentence(caught.value, path)


@pytest.mark.parametrize("ending", ["crlf", "byte order mark", "blank lines"])
def test_what_editors_do_is_no_damage(folder: Path, ending: str) -> None:
    path = folder / f"{NAME}.csv"
    content, sound = path.read_bytes(), Results.read(folder, NAME).rows
    changed = {
        "crlf": content.replace(b"\n", b"\r\n"),
        "byte order mark": b"\xef\xbb\xbf" + content,
        "blank lines": content + b"\n\n",
    }
    path.write_bytes(changed[ending])
    pd.testing.assert_frame_equal(Results.read(folder, NAME).rows, sound)


def test_a_lost_column_is_refused_and_tidy_drops_no_replicates(folder: Path) -> None:
    path, beside = folder / f"{NAME}.csv", folder / f"{NAME}.json"
    table = pd.read_csv(path, dtype=str, keep_default_na=False)
    for column in ("seed", "method"):
        table.drop(columns=column).to_csv(path, index=False)
        for repair in (False, True):
            with pytest.raises(ResultsError, match=f"has no column {column}, which .* names; restore them"):
                Results.read(folder, NAME, repair)
    # Results that were written before the labels were noted.
    beside.write_text(beside.read_text(encoding="utf-8").replace('"labels"', '"others"'), encoding="utf-8")
    table.drop(columns="seed").to_csv(path, index=False)
    with pytest.raises(ResultsError, match="has lost a column: rows of different trials look alike"):
        Results.read(folder, NAME, repair=True)
    assert len(read_columns(path)["key"]) == 6


def git(folder: Path, *words: str) -> str:
    identity = ["-c", "user.name=a", "-c", "user.email=a@example.org"]
    done = subprocess.run(["git", "-C", folder, *identity, *words], capture_output=True, text=True, check=False)
    return done.stdout


def test_tidy_keeps_the_rows_of_both_sides_of_a_real_merge(folder: Path) -> None:
    """Both branches changed one row, and each added one; the newer of two rows for one cell stays."""
    git(folder, "init", "-b", "main")
    git(folder, "add", ".")
    git(folder, "commit", "-m", "both")
    for branch, hour, key in (("ours", "11", "aaaa"), ("theirs", "12", "bbbb")):
        git(folder, "checkout", "-b", branch, "main")
        own = rows(8).drop(index=6 if branch == "ours" else 7)
        changed = own["seed"] == 100
        own.loc[changed, "value"] = float(hour)
        own.loc[changed, "finished"] = f"2026-11-20T{hour}:00:00+00:00"
        own.loc[changed, "key"] = [f"Evaluate-{key}00000000000{i}" for i in range(changed.sum())]
        Results(folder, NAME, own, {**PROVENANCE, "command": branch, "data": {"photos": key}}).write()
        git(folder, "commit", "-a", "-m", branch)
    assert "CONFLICT" in git(folder, "merge", "ours")
    with pytest.raises(ResultsError, match="run `mtl-bench tidy` to keep"):
        Results.read(folder, NAME)
    Results.read(folder, NAME, repair=True).write()
    results = Results.read(folder, NAME)
    assert len(results.rows) == 8
    assert set(results.select({"seed": 100})["value"]) == {12.0}
    assert results.provenance["data"] == {"photos": "aaaa, bbbb"}
    assert results.provenance["environments"] == PROVENANCE["environments"]


def test_a_conflict_whose_sides_cannot_be_read_is_left_to_the_user(folder: Path) -> None:
    path = folder / f"{NAME}.csv"
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    path.write_text("".join(["<<<<<<< a\n", *lines[:3], "=======\n", *lines[3:], ">>>>>>> b\n"]), encoding="utf-8")
    before = path.read_bytes()
    with pytest.raises(ResultsError, match="resolve the conflict first: keep the lines of both sides, then run"):
        Results.read(folder, NAME, repair=True)
    assert path.read_bytes() == before


@pytest.mark.slow
@OFTEN
@given(data=st.data())
def test_a_damaged_kept_array_is_a_sentence(tmp_path: Path, data: st.DataObject) -> None:
    path = tmp_path / "a.npy"
    np.save(path, np.arange(12, dtype=np.float32).reshape(3, 4))
    path.write_bytes(data.draw(damaged(path.read_bytes())))
    try:
        assert read_array(path).size <= 48
    except ResultsError as error:
        sentence(error, path)


@pytest.mark.parametrize("kind", ["empty", "pointer", "pickled", "cut", "huge"])
def test_kept_arrays_that_are_none(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "a.npy"
    np.save(path, np.arange(12.0))
    whole = path.read_bytes()
    if kind == "pickled":
        np.save(path, np.array([{}], dtype=object), allow_pickle=True)
    else:
        pointer = b"version https://git-lfs.github.com/spec/v1\noid sha256:ab\nsize 224\n"
        huge = whole.replace(b"(12,)", b"(10000000000000,)")
        path.write_bytes({"empty": b"", "pointer": pointer, "cut": whole[:-8], "huge": huge}[kind])
    with pytest.raises(ResultsError) as caught:
        read_array(path)
    sentence(caught.value, path)


@pytest.mark.slow
@OFTEN
@given(data=st.data())
def test_a_damaged_kept_table_is_a_sentence(tmp_path: Path, data: st.DataObject) -> None:
    path = tmp_path / "curve.csv"
    whole = b"step,accuracy,domain\n10,12.5,photos\n20,50.0,plain\n"
    path.write_bytes(data.draw(damaged(whole)))
    try:
        read_table(path)
    except ResultsError as error:
        sentence(error, path)


@OFTEN
@given(data=st.data())
def test_of_a_cut_kept_table_no_line_is_another_one(tmp_path: Path, data: st.DataObject) -> None:
    path = tmp_path / "curve.csv"
    whole = b"step,accuracy,domain\n10,12.5,photos\n20,50.0,plain\n"
    path.write_bytes(data.draw(cut(whole)))
    try:
        assert read_table(path).to_dict("records") in ([], [{"step": 10, "accuracy": 12.5, "domain": "photos"}])
    except ResultsError as error:
        sentence(error, path)
