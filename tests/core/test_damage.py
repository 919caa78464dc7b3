"""A damaged store is one sentence with the remedy, or what was damaged is computed again; never another number."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mtl_bench.core import record as records
from mtl_bench.core.store import Store, StoreError, TrialError, code_of
from mtl_bench.core.trial import Trial, Work, key
from mtl_bench.disk import read_with_checksum, write_atomically, write_with_checksum
from mtl_bench.results.table import Results
from mtl_bench.study import Cell
from tests.core.fakes import Count, Fail
from tests.damage import OFTEN, damaged


@dataclass(frozen=True)
class Leave(Trial):
    """Leaves two files."""

    words: str = "some words"

    def run(self, work: Work) -> dict[str, float]:
        (work.folder / "inner").mkdir(exist_ok=True)
        write_atomically(work.folder / "words.txt", self.words)
        write_atomically(work.folder / "inner" / "numbers.bin", bytes(range(200)))
        return {"accuracy": 1.0}


@dataclass(frozen=True)
class Read(Trial):
    """Reads what another left."""

    of: Leave

    def run(self, work: Work) -> dict[str, float]:
        assert work.artifact_of(self.of, "words.txt").read_text(encoding="utf-8") == self.of.words
        return {"accuracy": 2.0}


@pytest.fixture
def store(tmp_path: Path) -> Store:
    store = Store(tmp_path / "store")
    store.compute(Leave(), "cpu")
    return store


def one_sentence(error: BaseException, folder: Path) -> str:
    """The message: one line that names a file of the folder, and the folder to remove."""
    text = str(error)
    assert len(text.splitlines()) == 1
    assert text.startswith(f"{folder}/")
    assert text.endswith(f"; remove the folder {folder} and give the same command again")
    return text


@pytest.mark.slow
@OFTEN
@given(data=st.data())
def test_a_damaged_record_is_a_sentence_or_the_same_record(store: Store, data: st.DataObject) -> None:
    path = store.folder(Leave()) / "record.json"
    whole, sound = path.read_bytes(), store.record(Leave())
    path.write_bytes(data.draw(damaged(whole)))
    try:
        found = store.record(Leave())
        assert {name: found[name] for name in sound if name in found} | {"checksum": ""} == sound | {"checksum": ""}
    except StoreError as error:
        one_sentence(error, path.parent)
    finally:
        path.write_bytes(whole)


@pytest.mark.parametrize("text", ["{}", "", "[1, 2]", '{"metrics": {"accur', "null", '{"key": 1}'])
def test_a_record_of_another_shape_is_a_sentence(store: Store, text: str) -> None:
    path = store.folder(Leave()) / "record.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(StoreError) as caught:
        store.compute(Count("b", needs=(Leave(),)), "cpu")
    one_sentence(caught.value, path.parent)


@pytest.mark.parametrize(
    ("change", "what"),
    [
        ({"metrics": {"accuracy": None}}, "holds a metric that is no number"),
        ({"metrics": {"accuracy": True}}, "holds a metric that is no number"),
        ({"seconds": "1"}, "has an odd seconds"),
        ({"finished": "yesterday"}, "has an odd finished"),
        ({"key": "Leave-0123456789abcdef"}, "is the record of another trial"),
    ],
)
def test_each_part_of_a_record_is_checked(store: Store, change: dict[str, Any], what: str) -> None:
    path = store.folder(Leave()) / "record.json"
    path.write_text(json.dumps(records.with_checksum(store.record(Leave()) | change)), encoding="utf-8")
    with pytest.raises(StoreError, match=what) as caught:
        store.record(Leave())
    one_sentence(caught.value, path.parent)


def test_records_of_older_code_have_no_checksums(store: Store) -> None:
    path = store.folder(Leave()) / "record.json"
    old = {name: value for name, value in store.record(Leave()).items() if name not in ("checksum", "files")}
    path.write_text(json.dumps(old), encoding="utf-8")
    assert store.record(Leave()) == old
    store.compute(Read(Leave()), "cpu")
    (store.folder(Leave()) / "words.txt").unlink()
    with pytest.raises(StoreError, match=r"words\.txt is missing"):
        store.artifact(Leave(), "words.txt")


@pytest.mark.slow
@OFTEN
@given(data=st.data())
def test_a_damaged_artifact_is_never_read(store: Store, data: st.DataObject) -> None:
    for name in ("words.txt", "inner/numbers.bin"):
        path = store.folder(Leave()) / name
        whole = path.read_bytes()
        assert store.artifact(Leave(), name) == path
        content = data.draw(damaged(whole))
        path.write_bytes(content)
        if content != whole:
            with pytest.raises(StoreError, match="was changed or damaged after it was written") as caught:
                store.artifact(Leave(), name)
            one_sentence(caught.value, path.parents[name.count("/")])
        path.write_bytes(whole)


def test_a_dependent_of_a_damaged_artifact_is_not_computed(store: Store) -> None:
    (store.folder(Leave()) / "words.txt").write_text("same worde", encoding="utf-8")
    with pytest.raises(StoreError, match=r"words\.txt was changed or damaged"):
        store.compute(Read(Leave()), "cpu")
    assert Read(Leave()) not in store
    store.discard(Leave())
    store.compute(Leave(), "cpu")
    store.compute(Read(Leave()), "cpu")
    assert Read(Leave()) in store


def test_a_file_is_read_for_its_checksum_once_a_process(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[Path] = []

    def counted(path: Path) -> str:
        read.append(path)
        return ""

    monkeypatch.setattr(records, "checksum", counted)
    path = store.folder(Leave()) / "words.txt"
    path.touch()  # of another time than any before
    for _ in range(3):
        with pytest.raises(StoreError):
            store.artifact(Leave(), "words.txt")
    assert read == [path]


@dataclass(frozen=True)
class Diverge(Trial):
    """Gives a loss that is no number."""

    loss: str

    def run(self, work: Work) -> dict[str, float]:
        return {"accuracy": 10.9, "loss": float(self.loss)}


@pytest.mark.parametrize("loss", ["nan", "inf", "-inf"])
def test_a_metric_that_is_no_number_is_a_failure(store: Store, loss: str) -> None:
    with pytest.raises(TrialError, match=f"metric loss is {loss}: the run diverged, so nothing of it is stored"):
        store.compute(Diverge(loss), "cpu")
    assert Diverge(loss) not in store


@dataclass(frozen=True)
class Resume(Trial):
    """Fails in its first run, goes on from what that left in the second."""

    def run(self, work: Work) -> dict[str, float]:
        state = read_with_checksum(work.folder / "resume.bin")
        write_with_checksum(work.folder / "resume.bin", b"state of step 1")
        if not (work.folder / "tried").exists():
            (work.folder / "tried").touch()
            raise ValueError("stopped")
        return {"accuracy": 1.0 if state else 0.0}


@pytest.mark.slow
@OFTEN
@given(data=st.data())
@pytest.mark.filterwarnings("ignore:.* was damaged and is removed:UserWarning")
def test_a_damaged_unfinished_trial_goes_on_or_starts_afresh(store: Store, data: st.DataObject) -> None:
    """Whatever is damaged, the next run finishes or, started afresh, stops where a first one does."""
    trial = Resume()
    store.discard(trial)
    shutil.rmtree(store.part_of(key(trial)), ignore_errors=True)
    with pytest.raises(TrialError, match="stopped"):
        store.compute(trial, "cpu")
    name = data.draw(st.sampled_from(["code", "resume.bin", "progress.json"]))
    path = store.part_of(key(trial)) / name
    whole = path.read_bytes() if path.exists() else b'{"fraction": 0.5, "text": "half", "pid": 1}'
    content = data.draw(damaged(whole))
    path.write_bytes(content)
    assert store.note(key(trial)).fraction >= 0.0 or content != whole
    if name == "code" and content != whole:
        with pytest.raises(TrialError, match="stopped"):
            store.compute(trial, "cpu")
    store.compute(trial, "cpu")
    assert store.record(trial)["metrics"]["accuracy"] == (name != "resume.bin" or content == whole)


def test_leftovers_of_killed_writers_go_when_a_trial_goes_on(store: Store) -> None:
    part = store.part_of(key(Leave("other")))
    part.mkdir(parents=True)
    (part / "code").write_text(code_of(Leave("other")), encoding="utf-8")
    (part / "words.txt.999999999.part").touch()
    store.compute(Leave("other"), "cpu")
    assert sorted(store.record(Leave("other"))["files"]) == ["inner/numbers.bin", "words.txt"]
    assert not list(store.root.rglob("*.part"))


@pytest.mark.parametrize("damage", ["lost", "cut", "not UTF-8"])
def test_a_lost_environment_is_noted_again_or_left_out(store: Store, tmp_path: Path, damage: str) -> None:
    digest = store.record(Leave())["environment"]
    path = store.root / "environments" / f"{digest}.json"
    sound = store.environment(digest)
    assert sound
    path.write_bytes({"cut": path.read_bytes()[:40], "not UTF-8": b"\xff", "lost": b""}[damage])
    if damage == "lost":
        path.unlink()
    assert store.environment(digest) is None
    results = Results(tmp_path, "study.laptop")
    results.merge([Cell({"seed": 1}, Leave())], store)
    results.write()
    again = Results.read(tmp_path, "study.laptop")
    assert again.provenance["environments"] == {digest: {}}
    store.compute(Count("new"), "cpu")
    assert store.environment(digest) == sound
    again.merge([Cell({"seed": 1}, Leave())], store)
    assert again.provenance["environments"] == {digest: sound}


def test_what_failed_is_told_whatever_its_traceback_holds(store: Store) -> None:
    for words in ("boo", "bah"):
        with pytest.raises(TrialError):
            store.compute(Fail(words), "cpu")
    store.failure(Fail("bah")).write_bytes(b"line\nValueError: \xff\n")
    assert {name: last for name, (_, last) in store.failures().items()} == {
        key(Fail("boo")): "ValueError: boo",
        key(Fail("bah")): "ValueError: \ufffd",
    }


def test_the_store_tells_what_it_holds_by_key(store: Store) -> None:
    with pytest.raises(TrialError):
        store.compute(Fail("boo"), "cpu")
    (store.root / "ab" / "notes").mkdir(parents=True)
    (store.root / "ab" / "notes" / "record.json").touch()
    assert list(store.keys()) == [key(Leave())]
    assert list(store.unfinished()) == [key(Fail("boo"))]
    assert store.record_of(key(Leave())) == store.record(Leave())
    for name in ("Leave-0123456789abcdef", "../../etc", "", "notes"):
        assert store.record_of(name) is None
    with pytest.raises(StoreError, match=r"does not hold .* any more; give the same command again"):
        store.record(Fail("boo"))
    assert store.note(key(Fail("boo"))).command == os.getpid()
    assert store.size() >= 4096
    store.remove(key(Leave()))
    assert Leave() not in store


@pytest.fixture
def closed(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "closed"
    folder.mkdir()
    folder.chmod(0o500)
    yield folder
    folder.chmod(0o700)


def test_a_store_below_a_closed_folder_reaches_its_remedy(closed: Path) -> None:
    try:
        (closed / "probe").mkdir()
    except OSError:
        pass
    else:
        pytest.skip("this user may write everywhere")
    with pytest.raises(StoreError, match=r"can't be used .*; make it writable or set MTL_BENCH_STORE"):
        Store(closed / "a" / "store").compute(Leave(), "cpu")


def test_a_store_below_a_file_reaches_its_remedy(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StoreError, match=r"can't be used .*; make it writable or set MTL_BENCH_STORE"):
        Store(tmp_path / "file" / "a" / "store").compute(Leave(), "cpu")
