"""MTL_BENCH_MIRROR names several folders and addresses."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from mtl_bench.cli.data import app
from mtl_bench.datasets.files.acquire import File
from mtl_bench.datasets.files.mirrors import absent, mirrors
from mtl_bench.datasets.files.placed import DataError
from mtl_bench.execution import data_catalogue
from tests.datasets.faulty_server import Served, Server
from tests.datasets.test_data_commands import Little

pytestmark = pytest.mark.skipif(os.pathsep != ":", reason="Windows separates by semicolons")


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("", ()),
        ("/a", ("/a",)),
        ("/a/:/b//", ("/a", "/b")),
        ("::/a::", ("/a",)),
        ("/a:/a", ("/a",)),
        ("a:https://host:8080/x:/b", ("a", "https://host:8080/x", "/b")),
        ("https://host:/b", ("https://host", "/b")),
        ("http://host:8080:/b", ("http://host:8080", "/b")),
        ("https://me:secret@host:1/x:https://two/", ("https://me:secret@host:1/x", "https://two")),
        ("http://[::1]:8000/x:/b", ("http://[::1]:8000/x", "/b")),
        ("../shared/data", ("../shared/data",)),
        ("/with space:/ü", ("/with space", "/ü")),
        ("/", ("/",)),
    ],
)
def test_entries_are_separated_like_those_of_path(
    value: str, expected: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MTL_BENCH_MIRROR", value)
    assert mirrors() == expected


word = st.text("abcxyz0189._- ", min_size=1, max_size=6).map(lambda text: f"a{text}z")
port = st.one_of(st.just(""), st.integers(1, 65535).map(lambda number: f":{number}"))
address = st.builds("{}://{}{}/{}".format, st.sampled_from(["http", "https"]), word, port, word)
folder = st.builds("{}{}".format, st.sampled_from(["", "/", "../"]), word)


@pytest.mark.slow
@settings(derandomize=True)
@given(st.lists(st.one_of(address, folder), unique=True))
def test_any_entries_are_found_again(entries: list[str]) -> None:
    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setenv("MTL_BENCH_MIRROR", ":".join(entries))
        assert mirrors() == tuple(entries)


def put(mirror: Path, content: bytes) -> None:
    (mirror / "set").mkdir(parents=True)
    (mirror / "set" / "a.bin").write_bytes(content)


def test_each_is_asked_in_order_before_the_files_own_sources(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(tmp_path / "first", b"1")
    put(tmp_path / "third", b"3")
    server.served["/second/set/a.bin"] = Served(b"2")
    server.served["/own"] = Served(b"4")
    file = File("a.bin", (f"{server.url}/own",))
    names = [str(tmp_path / "first"), f"{server.url}/second", str(tmp_path / "third")]
    for number in range(4):
        monkeypatch.setenv("MTL_BENCH_MIRROR", ":".join(names[number:]))
        monkeypatch.setenv("MTL_BENCH_DATA", str(tmp_path / f"data{number}"))
        assert file.obtain("set").read_bytes() == str(number + 1).encode()


def test_a_folder_that_is_not_there_is_passed_over_and_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(tmp_path / "there", b"content")
    gone, long = tmp_path / "gone", "/" + 5000 * "x"
    monkeypatch.setenv("MTL_BENCH_MIRROR", f"{gone}:{long}:{tmp_path / 'there'}")
    assert absent() == (str(gone), long)
    assert File("a.bin").obtain("set").read_bytes() == b"content"
    with pytest.raises(DataError) as refusal:
        File("b.bin").obtain("set")
    assert f"the mirror {gone} is not there" in str(refusal.value)
    assert f"{tmp_path / 'there'}/set/b.bin is not there" in str(refusal.value)
    assert f"{gone}/set/b.bin" not in str(refusal.value)


def test_the_doctor_names_a_mirror_that_is_not_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(data_catalogue, "data_sets", lambda: [Little("/nowhere")])
    monkeypatch.setenv("MTL_BENCH_MIRROR", f"{tmp_path / 'gone'}:{tmp_path}")
    done = CliRunner().invoke(app, ["doctor"], catch_exceptions=False)
    assert done.exit_code == 0
    assert f"MTL_BENCH_MIRROR names {tmp_path / 'gone'}, which is no folder here" in done.stderr
    assert f"{tmp_path}/little/a.bin" in done.stdout
