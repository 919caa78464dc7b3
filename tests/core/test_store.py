"""The store: a record is completion, and a broken store is one sentence."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from mtl_bench.core.runner import missing
from mtl_bench.core.store import Store, StoreError, TrialError, code_of
from mtl_bench.core.trial import Trial, Work, key
from tests.core.fakes import Count, Fail, executions

ROOT = Path(__file__).parents[2]


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "store")


@dataclass(frozen=True)
class Note(Trial):
    """Leaves a file and the digest of its data."""

    words: str

    def run(self, work: Work) -> dict[str, float]:
        assert not (work.folder / "note.txt").exists(), "what was begun elsewhere is still here"
        (work.folder / "note.txt").write_text(self.words, encoding="utf-8")
        work.data["words"] = "abc"
        work.progress(1.0, "done")
        return {"accuracy": 12.5}


def test_a_record_says_what_it_came_from(store: Store) -> None:
    trial = Note("hello")
    store.compute(trial, "cpu")
    record = store.record(trial)
    assert record["key"] == key(trial)
    assert record["trial"] == {"class": "Note", "version": 1, "words": "hello"}
    assert record["metrics"] == {"accuracy": 12.5}
    assert (record["device"], record["data"], record["code"]) == ("cpu", {"words": "abc"}, code_of(trial))
    environment = json.loads(
        (store.root / "environments" / f"{record['environment']}.json").read_text(encoding="utf-8")
    )
    assert environment["python"].startswith("3.")
    assert (store.folder(trial) / "note.txt").read_text(encoding="utf-8") == "hello"
    assert not (store.folder(trial) / "progress.json").exists()
    assert store.current(trial)


def test_what_a_kill_left_is_continued_only_by_the_same_code(store: Store, tmp_path: Path) -> None:
    """Note refuses a folder in which it was begun: it runs only if the other code's folder was emptied."""
    trial = Note("hello")
    part = store.folder(trial).with_name(f"{key(trial)}.part")
    part.mkdir(parents=True)
    (part / "note.txt").write_text("of other code", encoding="utf-8")
    (part / "code").write_text(code_of(trial), encoding="utf-8")
    with pytest.raises(TrialError, match="AssertionError: what was begun elsewhere is still here"):
        store.compute(trial, "cpu")
    (part / "code").write_text("0123456789ab", encoding="utf-8")
    store.compute(trial, "cpu")
    assert (store.folder(trial) / "note.txt").read_text(encoding="utf-8") == "hello"


def test_an_unfinished_or_hollow_folder_is_no_result(store: Store) -> None:
    trial = Note("hello")
    folder = store.folder(trial)
    part = folder.with_name(f"{key(trial)}.part")
    part.mkdir(parents=True)
    (part / "record.json").write_text('{"metrics": {"accur', encoding="utf-8")  # killed before the rename
    folder.mkdir()
    (folder / "note.txt").write_text("its record was removed", encoding="utf-8")
    assert trial not in store
    assert set(missing([trial], store)) == {key(trial)}
    store.compute(trial, "cpu")
    assert store.record(trial)["metrics"] == {"accuracy": 12.5}


def test_a_discarded_trial_is_forgotten(store: Store) -> None:
    trial = Note("hello")
    store.compute(trial, "cpu")
    store.discard(trial)
    assert trial not in store
    store.compute(trial, "cpu")
    assert trial in store


def test_a_failed_trial_keeps_what_it_had_for_the_next_try(store: Store) -> None:
    with pytest.raises(TrialError, match="ValueError: boo"):
        store.compute(Fail("boo"), "cpu")
    assert Fail("boo") not in store


@pytest.mark.parametrize("place", ["file", "file/below", "store"])
def test_an_unusable_store_is_one_sentence(tmp_path: Path, place: str) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "store").mkdir()
    (tmp_path / "store" / Store(tmp_path).folder(Count("a")).parent.name).touch()  # a file where a shard should be
    store = Store(tmp_path / place)
    with pytest.raises(
        StoreError, match=r"can't be used .*; make it writable or set MTL_BENCH_STORE to another folder"
    ):
        store.compute(Count("a"), "cpu")


@dataclass(frozen=True)
class WriteTo(Trial):
    """Writes to a device that is always full."""

    path: str

    def run(self, work: Work) -> dict[str, float]:
        with Path(self.path).open("w", encoding="utf-8") as file:
            file.write("x" * 100_000)
        return {}


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
def test_no_space_left_is_one_sentence(store: Store) -> None:
    with pytest.raises(StoreError, match="is full; finished trials are kept: free some space"):
        store.compute(WriteTo("/dev/full"), "cpu")
    assert not store.failure(WriteTo("/dev/full")).exists()


def in_own_mounts() -> list[str]:
    """How to run a command with mounts of its own, [] where that is not permitted."""
    for how in (["unshare", "--mount"], ["unshare", "--map-root-user", "--mount"]):
        if shutil.which("unshare") and not subprocess.run([*how, "true"], capture_output=True).returncode:
            return how
    return []


@pytest.fixture
def mounts() -> list[str]:
    how = in_own_mounts()
    if not how:
        pytest.skip("a process may not have mounts of its own here")
    return how


def script(how: list[str], text: str, tmp_path: Path) -> subprocess.CompletedProcess[str]:
    command = f"{sys.executable} -m tests.core.command {tmp_path}/disk/store {tmp_path}/log 1"
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "COMMAND": command, "DISK": str(tmp_path / "disk")}
    (tmp_path / "disk").mkdir()
    return subprocess.run(
        [*how, "sh", "-c", text], env=environment, cwd=ROOT, capture_output=True, text=True, timeout=120
    )


@pytest.mark.slow
def test_a_full_disk_is_one_sentence_and_finished_trials_are_kept(mounts: list[str], tmp_path: Path) -> None:
    """On a real disk of one mebibyte, which then grows."""
    done = script(
        mounts,
        "mount -t tmpfs -o size=1m none $DISK || exit 77; $COMMAND a fill:4 b && exit 9; "
        "rm -rf $DISK/store/*/*.part; $COMMAND a b || exit 8; "
        "mount -o remount,size=16m $DISK; exec $COMMAND a fill:4 b",
        tmp_path,
    )
    if done.returncode == 77:
        pytest.skip(f"tmpfs may not be mounted here: {done.stderr}")
    assert done.returncode == 0, done.stderr
    (sentence,) = done.stderr.splitlines()
    assert sentence.startswith(
        f"the disk that holds {tmp_path}/disk/store is full; finished trials are kept: free some"
    )
    assert executions(str(tmp_path / "log")) == ["a", "b"]


@pytest.mark.slow
def test_a_read_only_disk_is_one_sentence(mounts: list[str], tmp_path: Path) -> None:
    done = script(mounts, "mount -t tmpfs -o ro none $DISK || exit 77; exec $COMMAND a", tmp_path)
    if done.returncode == 77:
        pytest.skip(f"tmpfs may not be mounted here: {done.stderr}")
    assert done.returncode == 1
    (sentence,) = done.stderr.splitlines()
    assert "Read-only file system" in sentence
    assert "make it writable or set MTL_BENCH_STORE" in sentence
