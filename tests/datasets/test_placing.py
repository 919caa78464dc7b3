"""What comes to lie in the data folder: unpacked safely, placed whole or not at all, accepted by hand only if right."""

from __future__ import annotations

import hashlib
import io
import os
import shutil
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from mtl_bench.datasets.files.acquire import File
from mtl_bench.datasets.files.arrays import stored
from mtl_bench.datasets.files.extract import Tree
from mtl_bench.datasets.files.placed import DataError, checksum_of, digest_of
from mtl_bench.inputs.rows import Mapped
from tests.datasets.command import ROOT, begin, wait_for
from tests.datasets.faulty_server import Served, Server

IMAGES = {f"images/{name}/{i}.jpg": f"{name} {i}".encode() for name in ("cat", "dog") for i in range(3)}


def tar(members: dict[str, bytes], *special: tarfile.TarInfo, mode: str = "w:gz") -> bytes:
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode=mode) as archive:  # type: ignore[call-overload]
        for name, content in members.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
        for member in special:
            archive.addfile(member)
    return made.getvalue()


def zipped(members: dict[str, bytes], *special: zipfile.ZipInfo) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
        for member in special:
            archive.writestr(member, "/etc/passwd")
    return made.getvalue()


def special(name: str, kind: bytes, target: str = "") -> tarfile.TarInfo:
    member = tarfile.TarInfo(name)
    member.type, member.linkname = kind, target
    return member


def symbolic(name: str) -> zipfile.ZipInfo:
    member = zipfile.ZipInfo(name)
    member.external_attr = 0o120777 << 16
    return member


@pytest.fixture
def mirrored(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Path]:
    """Puts a file of the set `set` into a mirror folder."""
    monkeypatch.setenv("MTL_BENCH_MIRROR", str(tmp_path / "mirror"))

    def put(name: str, content: bytes) -> Path:
        path = tmp_path / "mirror" / "set" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        return path

    return put


def tree(archive: str, count: int = 6, sha256: str | None = None, inner: str = "") -> Tree:
    return Tree("tree", File(archive), "images/*/*.jpg", count, sha256, inner)


@pytest.mark.parametrize("archive", ["a.tar", "a.tar.gz", "a.zip", "nested.zip"])
def test_wanted_members_are_unpacked(mirrored: Callable[..., Path], archive: str, root: Path) -> None:
    members = {**IMAGES, "images/Thumbs.db": b"unwanted", "README": b"unwanted"}
    packed = {"a.tar": tar(members, mode="w"), "a.tar.gz": tar(members), "a.zip": zipped(members)}
    content = packed.get(archive, zipped({"data/inner.tar.gz": packed["a.tar.gz"], "readme": b""}))
    mirrored(archive, content)
    unpacked = tree(archive, inner="data/inner.tar.gz" if archive == "nested.zip" else "").obtain("set")
    found = {p.relative_to(unpacked).as_posix(): p.read_bytes() for p in unpacked.rglob("*") if p.is_file()}
    assert found == IMAGES
    assert unpacked == root / "set" / "tree"
    assert sorted(p.name for p in unpacked.parent.iterdir() if not p.name.startswith(".")) == [
        archive,
        f"{archive}.checksum",
        "tree",
        "tree.checksum",
    ]


def test_the_digest_of_a_tree_is_that_of_its_sha256sum_listing(mirrored: Callable[..., Path]) -> None:
    mirrored("a.tar", tar(IMAGES, mode="w"))
    listing = "".join(f"{hashlib.sha256(IMAGES[name]).hexdigest()}  {name}\n" for name in sorted(IMAGES))
    digest = hashlib.sha256(listing.encode()).hexdigest()
    unpacked = tree("a.tar", sha256=digest).obtain("set")
    assert checksum_of(unpacked) == digest == digest_of(unpacked)


EVIL = {
    "slip.tar": tar({**IMAGES, "../../evil": b"x"}, mode="w"),
    "absolute.tar": tar({**IMAGES, "/tmp/../../evil": b"x"}, mode="w"),
    "symlink.tar": tar(IMAGES, special("images/link", tarfile.SYMTYPE, "/etc/passwd"), mode="w"),
    "inner-link.tar": tar(IMAGES, special("images/cat/9.jpg", tarfile.SYMTYPE, "0.jpg"), mode="w"),
    "hardlink.tar": tar(IMAGES, special("images/cat/9.jpg", tarfile.LNKTYPE, "images/cat/0.jpg"), mode="w"),
    "device.tar": tar(IMAGES, special("images/null", tarfile.CHRTYPE), mode="w"),
    "slip.zip": zipped({**IMAGES, "../../evil": b"x"}),
    "absolute.zip": zipped({**IMAGES, "/evil": b"x"}),
    "windows.zip": zipped({**IMAGES, "C:\\evil": b"x", "..\\evil": b"x"}),
    "symlink.zip": zipped(IMAGES, symbolic("images/cat/9.jpg")),
}


@pytest.mark.parametrize("archive", EVIL)
def test_an_archive_with_links_or_escapes_is_not_unpacked(
    mirrored: Callable[..., Path], archive: str, root: Path, tmp_path: Path
) -> None:
    mirrored(archive, EVIL[archive])
    before = {p for p in tmp_path.rglob("*") if root not in p.parents}
    with pytest.raises(DataError, match="is a link or leads out of the folder"):
        tree(archive).obtain("set")
    assert {p for p in tmp_path.rglob("*") if root not in p.parents} - {root} == before - {root}
    assert not list(root.rglob("tree*"))
    assert not list(root.rglob("evil"))


@pytest.mark.parametrize("archive", ["a.tar.gz", "a.zip"])
@pytest.mark.parametrize("keep", [0.3, 0.9])
def test_a_damaged_archive_is_one_sentence(
    mirrored: Callable[..., Path], archive: str, keep: float, root: Path
) -> None:
    members = {**IMAGES, "images/cat/big.jpg": np.random.default_rng(0).bytes(50_000)}
    content = tar(members) if archive == "a.tar.gz" else zipped(members)
    mirrored(archive, content[: int(keep * len(content))])
    with pytest.raises(DataError, match="cannot be unpacked") as error:
        tree(archive).obtain("set")
    assert "\n" not in str(error.value)
    assert not (root / "set" / "tree").exists()


def test_a_tree_with_other_files_is_refused(mirrored: Callable[..., Path], root: Path) -> None:
    mirrored("a.tar", tar(IMAGES, mode="w"))
    with pytest.raises(DataError, match="holds 6 files where 7 were expected"):
        tree("a.tar", count=7).obtain("set")
    with pytest.raises(DataError, match="6 files, but other content than expected"):
        tree("a.tar", sha256="0" * 64).obtain("set")
    assert not (root / "set" / "tree").exists()


def test_what_is_put_by_hand_is_checked(root: Path) -> None:
    right = File("a.tar", hashes=(f"sha256:{hashlib.sha256(tar(IMAGES, mode='w')).hexdigest()}",))
    place = right.place("set")
    place.parent.mkdir(parents=True)
    place.write_bytes(b"something else")
    with pytest.raises(DataError, match="has another sha256") as error:
        right.obtain("set")
    assert str(place) in str(error.value)
    place.write_bytes(b"<!doctype html>Sign in")
    with pytest.raises(DataError, match="is a web page"):
        right.obtain("set")
    place.write_bytes(tar(IMAGES, mode="w"))
    assert right.obtain("set") == place
    assert checksum_of(place)
    place.write_bytes(b"replaced by hand later")
    with pytest.raises(DataError, match="has another sha256"):
        right.obtain("set")


def test_a_folder_may_be_put_by_hand_too(root: Path) -> None:
    for name, content in IMAGES.items():
        path = root / "set" / "tree" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    digest = digest_of(root / "set" / "tree")
    (root / "set" / "tree" / "images" / "cat" / "0.jpg").write_bytes(b"changed")
    with pytest.raises(DataError, match="other content than expected"):
        tree("a.tar", sha256=digest).obtain("set")
    (root / "set" / "tree" / "images" / "cat" / "0.jpg").write_bytes(IMAGES["images/cat/0.jpg"])
    assert tree("a.tar", sha256=digest).obtain("set") == root / "set" / "tree"


def test_the_mirror_comes_first_as_a_folder_and_as_an_address(
    server: Server, mirrored: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    server.served["/official"] = server.served["/mirror/set/b.bin"] = Served(b"content")
    hashes = (f"sha256:{hashlib.sha256(b'content').hexdigest()}",)
    mirrored("a.bin", b"content")
    assert File("a.bin", (f"{server.url}/official",), hashes).obtain("set").read_bytes() == b"content"
    assert server.requests == []
    monkeypatch.setenv("MTL_BENCH_MIRROR", f"{server.url}/mirror/")
    assert File("b.bin", (f"{server.url}/official",), hashes).obtain("set").read_bytes() == b"content"
    assert [r.path for r in server.requests] == ["/mirror/set/b.bin"]


def test_a_wrong_file_in_the_mirror_is_passed_over(server: Server, mirrored: Callable[..., Path]) -> None:
    server.served["/official"] = Served(b"content")
    mirrored("a.bin", b"spoilt!")
    file = File("a.bin", (f"{server.url}/official",), (f"sha256:{hashlib.sha256(b'content').hexdigest()}",))
    assert file.obtain("set").read_bytes() == b"content"


def test_another_packaging_serves_when_it_is_what_there_is(mirrored: Callable[..., Path], root: Path) -> None:
    file = File("a.tgz", instead=(File("a.tar"),))
    with pytest.raises(DataError, match=r"a.tgz or a.tar could not be fetched"):
        file.obtain("set")
    mirrored("a.tar", tar(IMAGES, mode="w"))
    unpacked = Tree("tree", file, "images/*/*.jpg", 6).obtain("set")
    assert checksum_of(unpacked)
    assert (root / "set" / "a.tar").exists()


def test_arrays_are_decoded_once_and_mapped(root: Path) -> None:
    blocks = [np.full((2, 3, 4), 5, np.uint8), np.full((1, 3, 4), 6, np.uint8)]
    array = stored("set", "images", (3, 3, 4), lambda: blocks)
    assert isinstance(array, Mapped) and isinstance(array.array, np.memmap)
    assert array.dtype == np.uint8
    assert array[:][:, 0, 0].tolist() == [5, 5, 6]
    with pytest.raises(ValueError, match="read-only"):
        array.array[0] = 0

    def again() -> list[np.ndarray[tuple[int], np.dtype[np.uint8]]]:
        raise AssertionError("it is decoded already")

    assert np.array_equal(stored("set", "images", (3, 3, 4), again), array)
    assert array.checksum == digest_of(root / "set" / "arrays" / "images.npy")


@pytest.mark.parametrize(
    ("shape", "sha256", "sentence"),
    [
        ((4, 3), None, "3 items were decoded where 4 were expected"),
        ((3, 9), None, r"items of \(3,\) were decoded where \(9,\) was expected"),
        ((3, 3), "0" * 64, "the decoded content is not that of the published files"),
    ],
)
def test_decoded_content_is_checked(root: Path, shape: tuple[int, ...], sha256: str | None, sentence: str) -> None:
    with pytest.raises(DataError, match=sentence):
        stored("set", "images", shape, lambda: [np.zeros((3, 3), np.uint8)], pixels=sha256)
    assert not list(root.rglob("images*"))


@pytest.mark.slow
def test_a_killed_decoding_leaves_nothing_that_is_read(tmp_path: Path, root: Path) -> None:
    killed = begin("store", str(tmp_path / "mark"), "60")
    wait_for((tmp_path / "mark").exists)
    killed.kill()
    killed.wait()
    assert not list(root.rglob("*.npy"))
    again = begin("store", str(tmp_path / "mark"), "0")
    assert again.wait() == 0
    (array,) = root.rglob("*.npy")
    assert np.load(array)[:, 0].tolist() == [7, 9]


def limited(*arguments: str, mebibytes: int, root: Path) -> subprocess.CompletedProcess[str]:
    """The command with a data folder on a file system of that size, in a mount namespace of its own."""
    if not shutil.which("unshare"):
        pytest.skip("unshare is not installed: no small file system can be made")
    mount = f'mount -t tmpfs -o size={mebibytes}m tmpfs "$MTL_BENCH_DATA"'
    environment = {**os.environ, "MTL_BENCH_DATA": str(root)}
    root.mkdir(exist_ok=True)
    isolated = ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c"]
    if subprocess.run([*isolated, mount], env=environment, capture_output=True).returncode:
        pytest.skip("no small file system can be mounted here")
    script = f'{mount} && "$0" -m tests.datasets.command "$@"; code=$?; find "$MTL_BENCH_DATA" -type f; exit $code'
    run = [*isolated, script, sys.executable, *arguments]
    return subprocess.run(run, env=environment, capture_output=True, text=True, cwd=ROOT)


@pytest.mark.slow
def test_a_full_disk_is_one_sentence(server: Server, root: Path, tmp_path: Path) -> None:
    content = np.random.default_rng(0).bytes(3 << 20)
    server.served["/a"] = Served(content)
    fetching = limited("fetch", f"{server.url}/a", hashlib.sha256(content).hexdigest(), mebibytes=1, root=root)
    storing = limited("store", str(tmp_path / "mark"), "0", mebibytes=1, root=root)
    for ended in (fetching, storing):
        assert ended.returncode == 1, ended.stderr
        last = ended.stderr.strip().splitlines()[-1]
        assert "make room or set MTL_BENCH_DATA to a folder elsewhere" in last
        assert "Traceback" not in ended.stderr
    assert f"{root}/set/file.bin\n" not in fetching.stdout
    assert ".npy" not in storing.stdout.replace(".npy.lock", "")
