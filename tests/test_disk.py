"""The door: a file is the old one or the new one, and what was damaged is never taken for what was written."""

from __future__ import annotations

import errno
import json
import multiprocessing
import os
import subprocess
import sys
import warnings
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mtl_bench.disk import (
    DamagedError,
    checksum,
    disk_fault,
    read_json,
    read_text,
    read_with_checksum,
    remove_leftovers,
    replacing,
    write_atomically,
    write_with_checksum,
)
from tests.damage import OFTEN, damaged

CONTENT = b"the state of a run\n\0\1\2" * 3


def test_readers_never_see_half_a_file(tmp_path: Path) -> None:
    path = tmp_path / "file"
    write_atomically(path, "old")
    with path.open(encoding="utf-8") as reader:
        write_atomically(path, "new and longer")
        assert reader.read() == "old"
    assert path.read_text(encoding="utf-8") == "new and longer"
    assert [p.name for p in tmp_path.iterdir()] == ["file"]


@pytest.mark.parametrize("content", ["ä\r\n", b"\0\xff"])
def test_text_is_utf_8_with_its_own_line_ends_and_bytes_are_bytes(tmp_path: Path, content: str | bytes) -> None:
    write_atomically(tmp_path / "file", content)
    assert (tmp_path / "file").read_bytes() == (content.encode() if isinstance(content, str) else content)


def test_what_fails_while_it_is_written_leaves_the_old_file_alone(tmp_path: Path) -> None:
    path = tmp_path / "file"
    write_atomically(path, "old")
    with pytest.raises(TypeError), replacing(path) as file:
        file.writelines([b"half", "a fault of who writes"])  # type: ignore[list-item]
    assert path.read_text(encoding="utf-8") == "old"
    assert [p.name for p in tmp_path.iterdir()] == ["file"]


def test_a_killed_writer_leaves_the_old_file_and_a_leftover_that_goes(tmp_path: Path) -> None:
    path = tmp_path / "file"
    write_atomically(path, "old")
    text = (
        "import os, sys\nfrom pathlib import Path\nfrom mtl_bench.disk import replacing\n"
        "with replacing(Path(sys.argv[1])) as file:\n"
        "    file.write(b'half')\n    file.flush()\n    os.kill(os.getpid(), 9)"
    )
    subprocess.run([sys.executable, "-c", text, str(path)], check=False)
    assert path.read_text(encoding="utf-8") == "old"
    assert len(list(tmp_path.glob("file.*.part"))) == 1
    mine, folder = tmp_path / f"other.{os.getpid()}.part", tmp_path / "Trial-1.1.part"
    mine.touch()
    folder.mkdir()
    (tmp_path / "download.part").touch()
    remove_leftovers(tmp_path)
    assert sorted(p.name for p in tmp_path.iterdir()) == sorted(["file", mine.name, folder.name, "download.part"])


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
def test_a_full_disk_names_the_file(tmp_path: Path) -> None:
    """The file beside is a link to a device that is always full."""
    path = tmp_path / "results.csv"
    (tmp_path / f"results.csv.{os.getpid()}.part").symlink_to("/dev/full")
    with pytest.raises(OSError, match=r"No space left on device: '.*/results\.csv'") as caught:
        write_atomically(path, "x" * 100_000)
    assert caught.value.filename == str(path)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_not_there_names_the_file(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError) as caught:
        write_atomically(tmp_path / "nowhere" / "file", "x")
    assert caught.value.filename == str(tmp_path / "nowhere" / "file")


@pytest.mark.parametrize(
    ("place", "found"),
    [("store", "can't be used"), ("store/ab/x", "can't be used"), ("", "can't be used"), ("elsewhere", None)],
)
def test_a_closed_disk_is_the_stores_fault_if_it_is_above_or_inside(
    tmp_path: Path, place: str, found: str | None
) -> None:
    """A store may lie below a folder that is closed, and not exist itself."""
    error = OSError(errno.EROFS, "Read-only file system", str(tmp_path / place))
    sentence = disk_fault(error, tmp_path / "store")
    assert (sentence is None) == (found is None)
    assert not found or (found in str(sentence) and "set MTL_BENCH_STORE to another folder" in str(sentence))


def test_a_full_disk_names_what_could_not_be_written(tmp_path: Path) -> None:
    error = OSError(errno.ENOSPC, "No space left on device", str(tmp_path / "results" / "a.csv"))
    sentence = str(disk_fault(error, tmp_path / "results", "results"))
    assert f"{tmp_path}/results/a.csv is full" in sentence
    assert "set MTL_BENCH_RESULTS to another disk" in sentence


def test_what_is_written_with_a_checksum_reads_back(tmp_path: Path) -> None:
    path = tmp_path / "resume.pt"
    assert read_with_checksum(path) is None
    for content in (b"", b"\n", CONTENT):
        write_with_checksum(path, content)
        assert read_with_checksum(path) == content


@pytest.mark.slow
@OFTEN
@given(data=st.data())
def test_what_is_resumed_is_what_was_written_or_nothing(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    path = tmp_path_factory.getbasetemp() / "resume.pt"
    write_with_checksum(path, CONTENT)
    whole = path.read_bytes()
    content = data.draw(damaged(whole))
    path.write_bytes(content)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        found = read_with_checksum(path)
    if content == whole:
        assert (found, caught) == (CONTENT, [])
    else:
        assert found is None
        assert [str(one.message) for one in caught] == [
            f"{path} was damaged and is removed; what it held is computed again"
        ]
        assert not path.exists()


@pytest.mark.slow
@OFTEN
@given(data=st.data())
def test_damaged_json_is_one_sentence_that_names_the_file(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    path = tmp_path_factory.getbasetemp() / "notes.json"
    whole = json.dumps({"key": "A", "list": [1, 2.5, None], "inner": {"ä": "b"}}, indent=1, ensure_ascii=False)
    content = data.draw(damaged(whole.encode()))
    path.write_bytes(content)
    words = f"{path} "
    try:
        assert isinstance(read_json(path), dict)
    except DamagedError as error:
        words = str(error)
    assert words.startswith(f"{path} ")
    assert len(words.splitlines()) == 1


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (b"", "is empty"),
        (bytes(100), "is empty"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:1\n", "is a pointer of Git LFS"),
        (b"{\n<<<<<<< HEAD\n}", r"holds the conflict of a merge \(line 2\)"),
        (b'{"a":\n"\xff"}', r"is not UTF-8 \(line 2\)"),
        (b'{"a"\n', r"is not JSON \(line 2\)"),
        (b'{"a": NaN}', "is not JSON"),
        (b"[" * 100_000, "is not JSON"),
        (b"[1]", "holds another thing than a JSON object"),
        (b'{"a": "\0"}', r"holds a zero byte \(line 1\)"),
    ],
)
def test_each_damage_has_its_words(tmp_path: Path, content: bytes, what: str) -> None:
    path = tmp_path / "notes.json"
    path.write_bytes(content)
    with pytest.raises(DamagedError, match=what):
        read_json(path)


def test_a_byte_order_mark_is_no_damage(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"\xef\xbb\xbf{}")
    assert read_text(tmp_path / "a") == "{}"


def _write_often(path: Path, letter: str) -> None:
    for _ in range(50):
        write_atomically(path, letter * 100_000)


@pytest.mark.slow
def test_of_two_writers_each_file_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "file"
    context = multiprocessing.get_context("spawn")
    writers = [context.Process(target=_write_often, args=(path, letter)) for letter in "ab"]
    for writer in writers:
        writer.start()
    while any(writer.is_alive() for writer in writers):
        if path.exists():
            text = path.read_text(encoding="utf-8")
            assert text in ("a" * 100_000, "b" * 100_000)
    assert [writer.exitcode for writer in writers] == [0, 0]
    assert [p.name for p in tmp_path.iterdir()] == ["file"]


def test_a_checksum_is_sha_256(tmp_path: Path) -> None:
    """Of "abc", as FIPS 180-4 gives it."""
    (tmp_path / "abc").write_bytes(b"abc")
    assert checksum(tmp_path / "abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
