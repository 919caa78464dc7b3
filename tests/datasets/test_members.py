"""A few members of a large archive, fetched by Range from a real server with the faults that real ones have."""

from __future__ import annotations

import errno
import io
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from mtl_bench.datasets.files import members
from mtl_bench.datasets.files.acquire import File, announce
from mtl_bench.datasets.files.members import Members
from mtl_bench.datasets.files.placed import DataError, checksum_of, content_of
from mtl_bench.datasets.files.remote import NoPartsError, RemoteFile
from mtl_bench.datasets.files.transfer import RETRIES, RefusedError, Report, RetryPolicy
from tests.datasets.faulty_server import Served, Server

QUICK = RetryPolicy(connect=1, read=0.5, attempts=3, pause=0.01, slowest=20_000, window=0.3)
DRAW = np.random.default_rng(0)
CONTENT = {f"clipart/{c}/{i}.jpg": DRAW.bytes(int(DRAW.integers(500, 9_000))) for c in "abcdef" for i in range(40)}
WANTED = tuple(name for name in CONTENT if name.split("/")[1] in "be" and int(Path(name).stem) % 3 == 0)
WHOLE = sum(map(len, CONTENT.values()))


def zipped(content: dict[str, bytes] = CONTENT, method: int = zipfile.ZIP_DEFLATED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, one in content.items():
            archive.writestr(name, one)
    return out.getvalue()


ARCHIVE = zipped()


@dataclass(frozen=True)
class Some(Members):
    names: tuple[str, ...] = WANTED

    def wanted(self, report: Report = announce, retries: RetryPolicy = RETRIES) -> Sequence[str]:
        return self.names


def some(*urls: str, names: tuple[str, ...] = WANTED, about: int = WHOLE) -> Some:
    return Some("some", File("all.zip", urls, page="https://a/page"), "*", len(names), about=about, names=names)


def fetch(tree: Some, report: Report = lambda label, done, total: None) -> Path:
    return tree.obtain("set", report, QUICK)


def assert_whole(path: Path, names: Sequence[str] = WANTED) -> None:
    assert {name: one.read_bytes() for name, one in content_of(path)} == {name: CONTENT[name] for name in names}
    assert checksum_of(path)
    assert not list(path.parent.glob("*.part"))


def refusal(tree: Some) -> str:
    with pytest.raises(DataError) as error:
        fetch(tree)
    sentence = str(error.value)
    assert "\n" not in sentence
    for remedy in ("MTL_BENCH_MIRROR", str(tree.place("set")), "by hand", "mtl-bench data doctor", "https://a/page"):
        assert remedy in sentence
    assert not tree.place("set").exists()
    return sentence


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Parts so small that an archive of a megabyte has many."""
    for name, value in (("GAP", 2_000), ("SPAN", 30_000)):
        monkeypatch.setattr(members, name, value)
    monkeypatch.setattr("mtl_bench.datasets.files.remote.AHEAD", 4_000)


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("method", [zipfile.ZIP_DEFLATED, zipfile.ZIP_STORED])
def test_only_what_is_wanted_is_fetched(server: Server, root: Path, method: int) -> None:
    server.served["/a"] = Served(zipped(method=method))
    assert_whole(fetch(some(f"{server.url}/a")))
    wanted = sum(len(CONTENT[name]) for name in WANTED)
    sent = sum(request.sent for request in server.requests)
    assert sent < 2 * wanted + 40_000 < WHOLE / 2, "and the archive's directory"
    asked = len(server.requests)
    fetch(some(f"{server.url}/a"))
    assert len(server.requests) == asked, "what is there is not asked for again"


@pytest.mark.usefixtures("small")
def test_members_next_to_each_other_are_asked_for_together(server: Server) -> None:
    server.served["/a"] = Served(ARCHIVE)
    names = tuple(name for name in CONTENT if "/c/" in name)
    assert_whole(fetch(some(f"{server.url}/a", names=names)), names)
    wanted = sum(len(CONTENT[name]) for name in names)
    assert len(server.requests) < wanted / 20_000 + 6 < len(names)


@pytest.mark.usefixtures("small")
def test_a_cut_is_asked_for_again(server: Server) -> None:
    server.served["/a"] = Served(ARCHIVE, cuts=[10**9, 10**9, 10**9, 700, 100, 10**9, 0])
    assert_whole(fetch(some(f"{server.url}/a")))


@pytest.mark.usefixtures("small")
def test_a_later_run_fetches_what_an_earlier_one_lacks(server: Server, root: Path) -> None:
    server.served["/a"] = Served(ARCHIVE)

    def die(label: str, done: int, total: int | None) -> None:
        if done > (total or 0) / 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fetch(some(f"{server.url}/a"), die)
    part = root / "set" / "some.part"
    kept = content_of(part)
    assert 5 < len(kept) < len(WANTED)
    kept[0][1].write_bytes(kept[0][1].read_bytes()[:-1])  # what a kill in the middle of a file leaves
    kept[1][1].write_bytes(bytes(len(kept[1][1].read_bytes())))  # and a damaged disk
    server.requests.clear()
    assert_whole(fetch(some(f"{server.url}/a")))
    assert sum(request.sent for request in server.requests) < 0.8 * sum(len(CONTENT[name]) for name in WANTED) + 40_000


def test_what_a_run_by_other_lists_left_is_not_in_the_way(server: Server, root: Path) -> None:
    server.served["/a"] = Served(ARCHIVE)
    other = root / "set" / "some.part" / "clipart" / "f" / "0.jpg"
    other.parent.mkdir(parents=True)
    other.write_bytes(b"left")
    assert_whole(fetch(some(f"{server.url}/a")))


@pytest.mark.parametrize("served", [Served(ARCHIVE, ranges=False, pause=0.02), Served(ARCHIVE, tells_total=False)])
def test_a_server_without_ranges_is_one_sentence_that_says_what_to_do(server: Server, served: Served) -> None:
    server.served["/a"] = served
    sentence = refusal(some(f"{server.url}/a"))
    assert f"{server.url}/a gives files as a whole only (it takes no Range)" in sentence
    assert "fetch the whole of it (`mtl-bench data fetch set`)" in sentence
    assert sum(request.sent for request in server.requests) < len(ARCHIVE) / 2, "not the whole without being asked"
    with pytest.raises(NoPartsError):
        RemoteFile(f"{server.url}/a", QUICK)


@pytest.mark.parametrize("where", ["data", "mirror"])
def test_members_are_taken_from_the_archive_where_it_lies(
    root: Path, tmp_path: Path, where: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MTL_BENCH_MIRROR", str(tmp_path / "mirror"))
    (tmp_path / where / "set").mkdir(parents=True)
    (tmp_path / where / "set" / "all.zip").write_bytes(ARCHIVE)
    assert_whole(fetch(some()))


def test_a_folder_put_there_by_hand_is_compared_with_the_lists(root: Path) -> None:
    path = root / "set" / "some"
    for name in WANTED:
        (path / name).parent.mkdir(parents=True, exist_ok=True)
        (path / name).write_bytes(CONTENT[name])
    (path / "clipart" / ".DS_Store").write_bytes(b"clutter")
    more = path / "clipart" / "b" / "1.jpg"
    more.write_bytes(b"more")
    with pytest.raises(DataError, match=r"holds 1 files that no list names, such as clipart/b/1\.jpg; replace or"):
        fetch(some())
    more.unlink()
    (path / WANTED[3]).rename(root / "elsewhere")
    with pytest.raises(DataError, match=rf"lacks 1 of {len(WANTED)} files, such as {WANTED[3]}; replace or remove"):
        fetch(some())
    (root / "elsewhere").rename(path / WANTED[3])
    assert fetch(some()) == path and checksum_of(path)


def flipped(content: bytes, at: int) -> bytes:
    return content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :]


def damaged(where: str) -> bytes:
    """The archive with a fault at a place that the wanted members meet."""
    offset = zipfile.ZipFile(io.BytesIO(ARCHIVE)).getinfo(WANTED[0]).header_offset
    return {
        "content": flipped(ARCHIVE, offset + 30 + len(WANTED[0]) + 200),
        "header": flipped(ARCHIVE, offset),
        "half": ARCHIVE[: len(ARCHIVE) // 2],
        "directory": ARCHIVE[:-400] + bytes(350) + ARCHIVE[-50:],
        "empty": b"",
        "page": b"<html>Quota exceeded</html>" * 99,
    }[where]


@pytest.mark.parametrize("where", ["content", "header", "half", "directory", "page"])
def test_a_damaged_archive_is_passed_over(server: Server, where: str) -> None:
    server.served["/bad"], server.served["/good"] = Served(damaged(where)), Served(ARCHIVE)
    assert f"{server.url}/bad is a damaged archive (" in refusal(some(f"{server.url}/bad"))
    assert_whole(fetch(some(f"{server.url}/bad", f"{server.url}/good")))


def test_half_an_archive_in_the_data_folder_does_not_stop_it(server: Server, root: Path) -> None:
    (root / "set").mkdir(parents=True)
    (root / "set" / "all.zip").write_bytes(damaged("half"))
    server.served["/a"] = Served(ARCHIVE)
    assert_whole(fetch(some(f"{server.url}/a")))


def test_every_source_gives_its_own_reason(server: Server) -> None:
    server.served["/busy"] = Served(statuses=[503] * 9)
    server.served["/empty"] = Served(b"")
    addresses = [f"{server.url}/404", "http://no-such-host.invalid/x", f"{server.url}/busy", f"{server.url}/empty"]
    sentence = refusal(some(*addresses, "/no/such/file.zip"))
    assert f"{server.url}/404 answered 404" in sentence
    assert "http://no-such-host.invalid/x does not answer" in sentence
    assert f"{server.url}/busy answered 503 Service Unavailable, 3 times in a row" in sentence
    assert f"{server.url}/empty answered 416" in sentence
    assert "/no/such/file.zip is not there" in sentence
    assert "has no public source" in refusal(some())


def test_a_busy_server_and_redirects_are_followed(server: Server) -> None:
    server.served["/a"] = Served(redirect="/b")
    server.served["/b"] = Served(ARCHIVE, statuses=[429, 503])
    assert_whole(fetch(some(f"{server.url}/a")))


@pytest.mark.usefixtures("small")
def test_an_archive_that_changes_meanwhile_is_not_spliced(server: Server) -> None:
    served = server.served["/a"] = Served(zipped(method=zipfile.ZIP_STORED), etag='"old"')

    def change(label: str, done: int, total: int | None) -> None:
        served.etag, served.content = '"new"', bytes(len(served.content))

    with pytest.raises(DataError, match="/a changed while it was read"):
        fetch(some(f"{server.url}/a"), change)


def test_an_archive_of_other_members_is_refused(server: Server) -> None:
    server.served["/a"] = Served(ARCHIVE)
    sentence = refusal(some(f"{server.url}/a", names=(*WANTED, "clipart/z/0.jpg")))
    assert f"has no member clipart/z/0.jpg (1 of {len(WANTED) + 1} are missing)" in sentence


def test_members_that_are_too_large_are_refused_unread(server: Server, root: Path) -> None:
    """A bomb: 30 MB of zeros in 30 kB."""
    server.served["/a"] = Served(zipped({**CONTENT, "clipart/z/0.jpg": bytes(30_000_000)}))
    sentence = refusal(some(f"{server.url}/a", names=("clipart/z/0.jpg",), about=1_000_000))
    assert "has 30,000,000 bytes of these members, about 1,000,000 expected" in sentence
    assert not list(root.rglob("*.jpg"))


def test_a_slow_trickle_and_silence_are_given_up(server: Server) -> None:
    server.served["/slow"] = Served(ARCHIVE, chunk=100, pause=0.05)
    server.served["/silent"] = Served(ARCHIVE, chunk=1_000, pause=3)
    assert "is too slow (under 20,000 bytes a second)" in refusal(some(f"{server.url}/slow"))
    assert "stopped (" in refusal(some(f"{server.url}/silent"))


def full(*_: Any) -> None:
    raise OSError(errno.ENOSPC, "No space left on device")


def low(*_: Any) -> Any:
    return SimpleNamespace(free=0)


@pytest.mark.parametrize(("target", "broken"), [("pathlib.Path.write_bytes", full), ("shutil.disk_usage", low)])
def test_a_full_disk_is_one_sentence_and_what_is_there_is_kept(
    server: Server, root: Path, target: str, broken: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    server.served["/a"] = Served(ARCHIVE)
    with monkeypatch.context() as disk:
        disk.setattr(target, broken)
        with pytest.raises(DataError, match=r"does not fit.*MTL_BENCH_DATA") as refused:
            fetch(some(f"{server.url}/a"))
        assert "\n" not in str(refused.value)
    assert_whole(fetch(some(f"{server.url}/a")))


def test_a_remote_file_reads_like_a_file(server: Server) -> None:
    server.served["/a"] = Served(ARCHIVE)
    draw, local = np.random.default_rng(0), io.BytesIO(ARCHIVE)
    with RemoteFile(f"{server.url}/a", QUICK) as remote:
        assert remote.size == len(ARCHIVE)
        for _ in range(200):
            offset, whence = int(draw.integers(0, len(ARCHIVE))), int(draw.integers(0, 3))
            offset = (offset, 0, -offset)[whence]
            assert remote.seek(offset, whence) == local.seek(offset, whence) == remote.tell()
            length = int(draw.choice([0, 1, 22, 5_000, 100_000]))
            assert remote.read(length) == local.read(length)
        server.served["/a"].cuts = [5] * 9
        with pytest.raises(RefusedError, match=r"(ended too early|stopped \(.+\)), 3 times in a row"):
            remote.part(0, 100_000)
