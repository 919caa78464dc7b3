"""Every way in which a download goes wrong, against a real server (see the issue of the dead links)."""

from __future__ import annotations

import gzip
import hashlib
import socket
from pathlib import Path

import numpy as np
import pytest

from mtl_bench.datasets.files.acquire import File
from mtl_bench.datasets.files.placed import DataError, checksum_of, digest_of
from mtl_bench.datasets.files.transfer import RetryPolicy, answer
from tests.datasets.command import begin, wait_for
from tests.datasets.faulty_server import Served, Server

CONTENT = np.random.default_rng(0).bytes(300_000)
OTHER = np.random.default_rng(1).bytes(300_000)
QUICK = RetryPolicy(connect=1, read=0.4, attempts=3, pause=0.01, slowest=20_000, window=0.3)


def sha256(content: bytes) -> str:
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


def pinned(*urls: str, content: bytes = CONTENT, name: str = "file.bin") -> File:
    return File(name, urls, (sha256(content),), len(content), page="https://example.org/page")


def fetch(file: File) -> Path:
    return file.obtain("set", lambda label, done, total: None, QUICK)


def refusal(file: File) -> str:
    with pytest.raises(DataError) as error:
        fetch(file)
    sentence = str(error.value)
    assert "\n" not in sentence
    for remedy in ("MTL_BENCH_MIRROR", str(file.place("set")), "by hand", "mtl-bench data doctor", file.page):
        assert remedy in sentence
    assert not file.place("set").exists()
    return sentence


def test_a_file_is_placed_whole_with_its_checksum(server: Server, root: Path) -> None:
    server.served["/a"] = Served(CONTENT)
    path = fetch(pinned(f"{server.url}/a"))
    assert path == root / "set" / "file.bin"
    assert path.read_bytes() == CONTENT
    assert checksum_of(path) == digest_of(path) == hashlib.sha256(CONTENT).hexdigest()
    assert not list(root.rglob("*.part*"))
    fetch(pinned(f"{server.url}/a"))
    assert len(server.requests) == 1, "what is there is not asked for again"


def test_a_cut_is_resumed_where_it_was(server: Server) -> None:
    server.served["/a"] = Served(CONTENT, cuts=[100_000, 50_000])
    assert fetch(pinned(f"{server.url}/a")).read_bytes() == CONTENT
    assert [r.range for r in server.requests] == [None, "bytes=100000-", "bytes=150000-"]
    assert sum(r.sent for r in server.requests) == len(CONTENT), "no byte twice"


def test_a_later_run_resumes_what_an_earlier_one_left(server: Server, root: Path) -> None:
    server.served["/a"] = Served(CONTENT, cuts=[100_000])
    file = pinned(f"{server.url}/a")
    server.served["/a"].statuses = []

    def die(label: str, done: int, total: int | None) -> None:
        if done >= 100_000:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        file.obtain("set", die, QUICK)
    assert (root / "set" / "file.bin.part").stat().st_size == 100_000
    fetch(file)
    assert server.requests[-1].range == "bytes=100000-"
    assert server.requests[-1].sent == len(CONTENT) - 100_000


def test_a_server_without_ranges_starts_again(server: Server) -> None:
    server.served["/a"] = Served(CONTENT, cuts=[100_000], ranges=False)
    assert fetch(pinned(f"{server.url}/a")).read_bytes() == CONTENT
    assert [r.sent for r in server.requests] == [100_000, len(CONTENT)]


def test_a_server_that_names_no_version_is_not_resumed(server: Server) -> None:
    server.served["/a"] = Served(CONTENT, cuts=[100_000], etag=None)
    assert fetch(pinned(f"{server.url}/a")).read_bytes() == CONTENT
    assert [r.range for r in server.requests] == [None, None]


@pytest.mark.parametrize("believes_if_range", [True, False])
def test_a_file_that_changed_meanwhile_is_not_spliced(server: Server, root: Path, believes_if_range: bool) -> None:
    served = server.served["/a"] = Served(OTHER, etag='"old"', cuts=[100_000], believes_if_range=believes_if_range)

    def change(label: str, done: int, total: int | None) -> None:
        if done >= 100_000:
            served.content, served.etag = CONTENT, '"new"'

    unpinned = File("file.bin", (f"{server.url}/a",))
    assert unpinned.obtain("set", change, QUICK).read_bytes() == CONTENT


def test_a_part_of_another_source_is_not_continued(server: Server, root: Path) -> None:
    server.served["/a"] = Served(OTHER, cuts=[100_000], statuses=[])
    server.served["/b"] = Served(CONTENT)

    def drop(label: str, done: int, total: int | None) -> None:
        if done >= 100_000:
            server.served["/a"].statuses = [404] * 9

    file = File("file.bin", (f"{server.url}/a", f"{server.url}/b"))
    assert file.obtain("set", drop, QUICK).read_bytes() == CONTENT
    assert [r.range for r in server.gets("/b")] == [None]


def test_damage_in_what_an_earlier_run_left_is_healed(server: Server, root: Path) -> None:
    server.served["/a"] = Served(CONTENT, cuts=[100_000, 0, 0, 0])
    file = pinned(f"{server.url}/a")
    with pytest.raises(DataError, match="3 times in a row"):
        fetch(file)
    part = root / "set" / "file.bin.part"
    assert part.read_bytes() == CONTENT[:100_000]
    part.write_bytes(bytes(100_000))
    assert fetch(file).read_bytes() == CONTENT
    assert [r.range for r in server.requests[-2:]] == ["bytes=100000-", None]


def test_a_part_that_was_already_whole_is_used(server: Server, root: Path) -> None:
    server.served["/a"] = Served(CONTENT, announced=len(CONTENT) + 50)  # the connection ends before the announced end
    assert fetch(pinned(f"{server.url}/a")).read_bytes() == CONTENT
    assert sum(r.sent for r in server.requests) == len(CONTENT)


def test_a_server_that_contradicts_itself_is_given_up(server: Server) -> None:
    """It announces more than it has, and answers the request for the rest without saying how much there is."""
    server.served["/a"] = Served(CONTENT, announced=len(CONTENT) + 50, tells_total=False)
    assert "the file changed while it was fetched, 3 times in a row" in refusal(pinned(f"{server.url}/a"))


def test_corruption_is_refused_and_nothing_stays(server: Server, root: Path) -> None:
    server.served["/a"] = Served(OTHER)
    assert "has another sha256 (300,000 bytes, 300,000 expected)" in refusal(pinned(f"{server.url}/a"))
    assert not list(root.rglob("*.part"))


def test_md5_is_checked_where_only_that_is_published(server: Server) -> None:
    md5 = f"md5:{hashlib.md5(CONTENT).hexdigest()}"
    server.served["/a"], server.served["/b"] = Served(OTHER), Served(CONTENT)
    file = File("file.bin", (f"{server.url}/a", f"{server.url}/b"), (md5,), page="https://example.org/page")
    assert file.trust("https://a") == "md5"
    assert fetch(file).read_bytes() == CONTENT


def test_an_announced_length_that_is_too_short_is_noticed(server: Server) -> None:
    server.served["/a"] = Served(CONTENT, announced=200_000)
    assert "has another sha256 (200,000 bytes, 300,000 expected)" in refusal(pinned(f"{server.url}/a"))


def test_truncation_at_every_attempt_ends_with_a_reason(server: Server) -> None:
    server.served["/a"] = Served(CONTENT, cuts=[100_000] * 20, ranges=False)
    assert "3 times in a row" in refusal(pinned(f"{server.url}/a"))


def test_an_unpinned_file_is_checked_by_its_size(server: Server) -> None:
    server.served["/a"] = Served(CONTENT[:-1])
    file = File("file.bin", (f"{server.url}/a",), size=len(CONTENT), page="https://example.org/page")
    assert file.trust("https://a") == "unpinned"
    assert "has 299,999 bytes, 300,000 expected" in refusal(file)


def test_an_unpinned_file_is_checked_by_its_first_bytes(server: Server) -> None:
    server.served["/a"] = Served(CONTENT)
    file = File("file.tar.gz", (f"{server.url}/a",), page="https://example.org/page")
    assert "is not what its name file.tar.gz says" in refusal(file)
    server.served["/a"] = Served(gzip.compress(b"tar"))
    assert fetch(file).exists()


def test_dead_mirrors_are_passed_over(server: Server) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        dead = f"http://127.0.0.1:{closed.getsockname()[1]}/a"
    server.served["/b"] = Served(CONTENT)
    assert fetch(pinned(dead, "http://no-such-host.invalid/a", f"{server.url}/404", f"{server.url}/b")).exists()
    assert [r.path for r in server.requests] == ["/404", "/b"], "what answers with no is not asked again"


def test_every_source_gives_its_own_reason(server: Server) -> None:
    server.served["/html"] = Served(b"\n<!DOCTYPE html><title>Quota exceeded</title>", kind="text/html")
    server.served["/busy"] = Served(statuses=[503] * 9)
    sentence = refusal(
        pinned(f"{server.url}/404", "http://no-such-host.invalid/x", f"{server.url}/html", f"{server.url}/busy")
    )
    assert f"{server.url}/404 answered 404" in sentence
    assert "http://no-such-host.invalid/x does not answer" in sentence
    assert f"{server.url}/html is a web page where a file was expected" in sentence
    assert f"{server.url}/busy answered 503 Service Unavailable, 3 times in a row" in sentence


def test_control_characters_of_a_server_do_not_reach_the_terminal(server: Server) -> None:
    evil = "Gone\x1b[2J\x1b]0;owned\x07"
    server.served["/a"] = Served(statuses=[410, 410, 410], phrase=evil)
    sentence = refusal(pinned(f"{server.url}/a"))
    assert "answered 410 Gone[2J]0;owned" in sentence and sentence.isprintable()
    assert answer(f"{server.url}/a", QUICK) == "answers 410 Gone[2J]0;owned"


@pytest.mark.parametrize("ranges", [True, False])
def test_a_source_that_gives_more_than_the_file_has_is_left_at_once(server: Server, root: Path, ranges: bool) -> None:
    server.served["/a"] = Served(bytes(20_000_000), ranges=ranges, pause=0.001)
    for file in (pinned(f"{server.url}/a"), File("file.bin", (f"{server.url}/a",), size=10, page="https://a/page")):
        assert f"{server.url}/a gives more than the {file.size:,} bytes that the file has" in refusal(file)
        assert server.requests[-1].sent < 5_000_000
        assert not list(root.rglob("*.part"))


def test_a_packaging_may_be_a_little_larger_and_a_file_in_the_mirror_may_not_be_huge(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.served["/a"] = Served(CONTENT)
    file = File("file.bin", (f"{server.url}/a",), (sha256(CONTENT[:-9]), sha256(CONTENT)), len(CONTENT) - 9)
    assert fetch(file).read_bytes() == CONTENT
    (tmp_path / "mirror" / "set").mkdir(parents=True)
    (tmp_path / "mirror" / "set" / "other.bin").write_bytes(CONTENT)
    monkeypatch.setenv("MTL_BENCH_MIRROR", str(tmp_path / "mirror"))
    other = File("other.bin", hashes=(sha256(CONTENT[:10]),), size=10, page="https://a/page")
    assert "other.bin has 300,000 bytes, 10 expected at most" in refusal(other)
    other.place("set").write_bytes(CONTENT)
    with pytest.raises(DataError, match=r"has 300,000 bytes, 10 expected; replace or remove it"):
        fetch(other)


@pytest.mark.parametrize(
    "note", ["", "[]", "null", "7", '{"url": 1}', '{"url": "URL"}', '{"url": "URL", "validator": ["x"]}', "[" * 50_000]
)
def test_a_damaged_note_about_an_earlier_part_is_passed_over(server: Server, root: Path, note: str) -> None:
    server.served["/a"] = Served(CONTENT)
    (root / "set").mkdir(parents=True)
    (root / "set" / "file.bin.part").write_bytes(OTHER[:1000])
    (root / "set" / "file.bin.part.json").write_text(note.replace("URL", f"{server.url}/a"), encoding="utf-8")
    assert fetch(pinned(f"{server.url}/a")).read_bytes() == CONTENT
    assert [r.range for r in server.requests] == [None]


@pytest.mark.parametrize("hashes", [(), (sha256(CONTENT),)])
def test_a_page_instead_of_an_archive_is_refused(server: Server, hashes: tuple[str, ...]) -> None:
    server.served["/a"] = Served(b"<html>Google Drive can't scan this file for viruses</html>", kind="text/html")
    file = File("a.tar.gz", (f"{server.url}/a",), hashes, page="https://drive.google.com/file/d/1")
    assert "open https://drive.google.com/file/d/1 in a browser" in refusal(file)


def test_a_busy_server_is_asked_again(server: Server) -> None:
    server.served["/a"] = Served(CONTENT, statuses=[503, 429])
    assert fetch(pinned(f"{server.url}/a")).read_bytes() == CONTENT


def test_redirects_are_followed(server: Server) -> None:
    server.served["/a"] = Served(redirect=f"{server.url}/b")
    server.served["/b"] = Served(redirect="/c")
    server.served["/c"] = Served(CONTENT, cuts=[100_000])
    assert fetch(pinned(f"{server.url}/a")).read_bytes() == CONTENT
    assert [r.sent for r in server.gets("/c")] == [100_000, 200_000]
    server.served["/a"].redirect = "/a"
    assert "cannot be asked" in refusal(pinned(f"{server.url}/a", name="loop.bin"))


def test_a_slow_trickle_is_given_up(server: Server) -> None:
    server.served["/a"] = Served(CONTENT, chunk=100, pause=0.05)
    server.served["/b"] = Served(CONTENT)
    assert fetch(pinned(f"{server.url}/a", f"{server.url}/b")).read_bytes() == CONTENT
    assert server.gets("/a")[0].sent < 20_000
    assert "is too slow (under 20,000 bytes a second)" in refusal(pinned(f"{server.url}/a", name="slow.bin"))


def test_silence_is_given_up(server: Server) -> None:
    server.served["/a"] = Served(CONTENT, chunk=100_000, pause=3, ranges=False)
    sentence = refusal(pinned(f"{server.url}/a"))
    assert "3 times in a row" in sentence
    assert "stopped (" in sentence


def test_the_doctor_tells_what_a_source_says(server: Server) -> None:
    server.served["/a"] = Served(CONTENT)
    server.served["/html"] = Served(b"<html>", kind="text/html; charset=utf-8")
    server.served["/no-head"] = Served(CONTENT, statuses=[405])
    assert answer(f"{server.url}/a", QUICK) == "answers, 300000 bytes"
    assert answer(f"{server.url}/html", QUICK) == "answers with a web page"
    assert answer(f"{server.url}/404", QUICK) == "answers 404 Not Found"
    assert answer(f"{server.url}/no-head", QUICK) == "answers, 300000 bytes"
    assert answer("http://no-such-host.invalid/", QUICK).startswith("does not answer (")
    assert sum(r.method == "GET" for r in server.requests) == 1, "only where HEAD is refused"


@pytest.mark.slow
def test_a_killed_download_leaves_no_file_and_is_resumed(server: Server, root: Path) -> None:
    server.served["/a"] = Served(CONTENT, chunk=20_000, pause=0.05)
    part, path = root / "set" / "file.bin.part", root / "set" / "file.bin"
    arguments = ("fetch", f"{server.url}/a", hashlib.sha256(CONTENT).hexdigest())
    killed = begin(*arguments)
    wait_for(lambda: part.exists() and part.stat().st_size >= 60_000)
    killed.kill()
    killed.wait()
    assert not path.exists()
    server.served["/a"].pause = 0.0
    kept = part.stat().st_size
    again = begin(*arguments)
    assert again.wait() == 0
    assert path.read_bytes() == CONTENT
    assert server.requests[-1].range == f"bytes={kept}-"


@pytest.mark.slow
def test_two_processes_download_once(server: Server, root: Path) -> None:
    server.served["/a"] = Served(CONTENT, chunk=50_000, pause=0.1)
    arguments = ("fetch", f"{server.url}/a", hashlib.sha256(CONTENT).hexdigest())
    both = [begin(*arguments) for _ in range(2)]
    assert [one.wait() for one in both] == [0, 0]
    assert len(server.requests) == 1
    assert (root / "set" / "file.bin").read_bytes() == CONTENT
