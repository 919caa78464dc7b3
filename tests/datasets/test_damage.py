"""Damaged files of every kind, drawn at random: the right content or one sentence that names the file, nothing else."""

from __future__ import annotations

import bz2
import gzip
import io
import shutil
import tarfile
import tempfile
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from mtl_bench.datasets.files import decoders, placed
from mtl_bench.datasets.files.acquire import File
from mtl_bench.datasets.files.arrays import stored
from mtl_bench.datasets.files.extract import Tree
from mtl_bench.datasets.files.pixels import rgb
from mtl_bench.datasets.files.placed import DataError, beside, checksum_of, record_checksum
from mtl_bench.datasets.files.unpack import Bounds, unpack
from tests.datasets.test_layouts import idx, parquet
from tests.datasets.test_placing import IMAGES, tar, zipped

NUMBERS = np.arange(60, dtype=np.uint8).reshape(3, 4, 5)
SVMLIGHT = "\n".join(f"{i % 3 + 1} 1:{i / 8:g} 2:-1 3:0.5" for i in range(9)).encode()


def written(write: Callable[[Any], object]) -> bytes:
    made = io.BytesIO()
    write(made)
    return made.getvalue()


def matlab() -> bytes:
    from scipy.io import savemat

    return written(lambda file: savemat(file, {"X": NUMBERS.reshape(12, 5)}, do_compression=True))


def hdf5() -> bytes:
    import h5py

    def write(file: Any) -> None:
        with h5py.File(file, "w") as opened:
            opened["train/data"] = NUMBERS

    return written(write)


def tensors() -> bytes:
    import torch

    return written(lambda file: torch.save((torch.from_numpy(NUMBERS), torch.arange(3)), file))


def picture(kind: str) -> bytes:
    noise = np.random.default_rng(0).integers(0, 256, (20, 30, 3), np.uint8)
    return written(lambda file: Image.fromarray(noise).save(file, kind))


@dataclass(frozen=True)
class Kind:
    """A file of one kind: its name, its content, how it is read, and whether its format notices every changed byte."""

    name: str
    make: Callable[[], bytes]
    read: Callable[[Path], Any]
    sure: bool = False


KINDS = (
    Kind("a-ubyte.gz", lambda: idx(NUMBERS), decoders.idx, sure=True),
    Kind("a.bz2", lambda: bz2.compress(SVMLIGHT), lambda path: decoders.svmlight(path, 3)[0], sure=True),
    Kind("a.gz", lambda: gzip.compress(SVMLIGHT), lambda path: decoders.svmlight(path, 3)[0], sure=True),
    Kind("a.svmlight", lambda: SVMLIGHT, lambda path: decoders.svmlight(path, 3)[0]),
    Kind("a.mat", matlab, lambda path: decoders.matlab(path, "X")),
    Kind("a.h5", hdf5, lambda path: decoders.hdf5(path, "train/data")),
    Kind("a.parquet", lambda: parquet(label=list(range(50))), lambda path: decoders.column(path, "label")),
    Kind("a.pt", tensors, lambda path: decoders.tensors(path)[0]),
    Kind("a.npz", lambda: written(lambda f: np.savez_compressed(f, x=NUMBERS)), lambda p: decoders.archive(p, "x")),
    Kind("a.png", lambda: picture("PNG"), rgb),
    Kind("a.jpg", lambda: picture("JPEG"), rgb),
    Kind("a.gif", lambda: picture("GIF"), rgb),
    Kind("a.tif", lambda: picture("TIFF"), rgb),
)
every_kind = pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
quick = settings(
    derandomize=True,
    deadline=None,
    max_examples=40,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)


@st.composite
def damages(draw: st.DrawFn) -> Callable[[bytes], bytes]:
    """Truncation, flipped bits, zeroed or swapped ranges, bytes put in, another file altogether."""
    what = draw(st.sampled_from(["cut", "flip", "zero", "swap", "insert", "noise", "empty"]))
    where = draw(st.lists(st.floats(0, 0.999), min_size=2, max_size=6))
    bits = draw(st.binary(min_size=1, max_size=20))

    def damage(content: bytes) -> bytes:
        a, b = sorted(int(x * len(content)) for x in where[:2])
        changed = bytearray(content)
        if what == "flip":
            for x in where:
                changed[int(x * len(content))] ^= bits[0] or 1
        if what == "zero":
            changed[a : b + 1] = bytes(b + 1 - a)
        if what == "swap":
            changed = changed[b:] + changed[a:b] + changed[:a]
        if what == "insert":
            changed[a:a] = bits
        return {"cut": content[:b], "noise": bits, "empty": b""}.get(what, bytes(changed))

    return damage


def one_sentence(error: DataError, *words: str) -> None:
    assert "\n" not in str(error) and str(error).isprintable()
    for word in words:
        assert word in str(error)


@every_kind
def test_what_is_whole_is_read(kind: Kind, tmp_path: Path) -> None:
    (tmp_path / kind.name).write_bytes(kind.make())
    assert np.size(np.asarray(kind.read(tmp_path / kind.name))) > 20


@every_kind
@pytest.mark.filterwarnings("ignore")
@quick
@given(damage=damages())
def test_what_is_damaged_is_the_right_content_or_one_sentence(kind: Kind, damage: Any, tmp_path: Path) -> None:
    path, whole = tmp_path / kind.name, kind.make()
    path.write_bytes(whole)
    right = np.asarray(kind.read(path))
    path.write_bytes(damage(whole))
    try:
        found = np.asarray(kind.read(path))
    except DataError as error:
        one_sentence(error, str(path), "remove it and fetch it again")
    else:
        if kind.sure:
            assert np.array_equal(found, right)


@pytest.mark.parametrize("make", [tar, zipped], ids=["tar.gz", "zip"])
@quick
@given(damage=damages())
def test_a_damaged_archive_is_unpacked_rightly_or_not_at_all(make: Any, damage: Any, tmp_path: Path) -> None:
    with tempfile.TemporaryDirectory(dir=tmp_path) as name:
        archive = Path(name, "a.zip" if make is zipped else "a.tar.gz")
        archive.write_bytes(damage(make(IMAGES)))
        try:
            unpack(archive, Path(name, "out"), "images/*/*.jpg", Bounds(10_000, 100))
        except DataError as error:
            one_sentence(error, str(archive), "remove")
        else:
            found = {
                p.relative_to(Path(name, "out")).as_posix(): p.read_bytes() for p in Path(name, "out").rglob("*.jpg")
            }
            assert found.items() <= IMAGES.items()


@pytest.mark.parametrize("compression", ["gz", "bz2", "xz"])
def test_every_flipped_bit_of_a_compressed_tar_is_noticed(compression: str, tmp_path: Path) -> None:
    """tarfile stops at the last member, before the checksum of what it read."""
    whole, archive = tar(IMAGES, mode=f"w:{compression}"), tmp_path / f"a.tar.{compression}"
    for at in range(0, len(whole), 3):
        archive.write_bytes(whole[:at] + bytes([whole[at] ^ 4]) + whole[at + 1 :])
        try:
            unpack(archive, tmp_path / "out", "images/*/*.jpg", Bounds(10_000, 100))
        except DataError:
            shutil.rmtree(tmp_path / "out", ignore_errors=True)
            continue
        found = {path.relative_to(tmp_path / "out").as_posix(): path.read_bytes() for path in tmp_path.rglob("*.jpg")}
        assert found == IMAGES, f"byte {at}"


part = st.one_of(
    st.sampled_from(
        ["", ".", "..", "a", "A", "a.jpg", "/", "C:", "\\", "x" * 300, "ü", "\udcff", "con", " ", "\n", "~"]
    ),
    st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=5),
)
names = st.lists(st.lists(part, min_size=1, max_size=4).map("/".join), min_size=1, max_size=6)


def as_tar(members: list[str]) -> bytes:
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for name in members:
            member = tarfile.TarInfo(name)
            member.size = 1
            archive.addfile(member, io.BytesIO(b"x"))
    return made.getvalue()


@pytest.mark.filterwarnings("ignore:Duplicate name")
def as_zip(members: list[str]) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for name in members:
            member = zipfile.ZipInfo("placeholder")
            member.filename = name.encode(errors="replace").decode()
            archive.writestr(member, b"x")
    return made.getvalue()


@pytest.mark.slow
@pytest.mark.parametrize(("make", "ending"), [(as_tar, ".tar"), (as_zip, ".zip")])
@pytest.mark.filterwarnings("ignore:Duplicate name")
@settings(quick, max_examples=25)
@given(members=names)
def test_members_of_any_name_stay_inside(make: Any, ending: str, members: list[str], tmp_path: Path) -> None:
    with tempfile.TemporaryDirectory(dir=tmp_path) as name:
        archive = Path(name, f"a{ending}")
        archive.write_bytes(make(members))
        try:
            unpack(archive, Path(name, "out"), "*", Bounds(10_000, 100))
        except DataError as error:
            one_sentence(error, str(archive), "remove")
        assert {path.name for path in Path(name).iterdir()} <= {"out", archive.name}
        assert not any(path.is_symlink() for path in Path(name).rglob("*"))
        assert len(list(tmp_path.iterdir())) == 1


def test_a_file_and_a_folder_of_one_name_are_one_sentence(tmp_path: Path) -> None:
    for make, archive in ((as_tar, tmp_path / "a.tar"), (as_zip, tmp_path / "a.zip")):
        for members in (["a", "a/b"], ["a/b", "a"], ["a" * 300], ["a/" + "b" * 256]):
            archive.write_bytes(make(members))
            with pytest.raises(DataError, match=r"a\.(tar|zip) cannot be unpacked"):
                unpack(
                    archive,
                    tmp_path / "-".join(("out", archive.name, members[0][:3], str(len(members)))),
                    "*",
                    Bounds(99, 9),
                )


def patched(content: bytes, offset: int, value: bytes) -> bytes:
    """A zip whose first central entry, and first local one, say something else at this offset of theirs."""
    changed = bytearray(content)
    for signature, shift in ((b"PK\1\2", 2), (b"PK\3\4", 0)):
        at = content.index(signature) + offset + shift
        changed[at : at + len(value)] = value
    return bytes(changed)


@pytest.mark.parametrize(("offset", "value"), [(6, b"\1\0"), (8, b"\x63\0"), (8, b"\x0e\0"), (14, b"\0\0\0\0")])
def test_encrypted_and_unknown_members_are_one_sentence(offset: int, value: bytes, tmp_path: Path) -> None:
    """The flag of encryption, two methods that nobody has here or that do not fit, a checksum that does not hold."""
    (tmp_path / "a.zip").write_bytes(patched(zipped(IMAGES), offset, value))
    with pytest.raises(DataError, match=r"a\.zip cannot be unpacked") as refusal:
        unpack(tmp_path / "a.zip", tmp_path / "out", "*", Bounds(10_000, 100))
    one_sentence(refusal.value)


# --- sizes


def bomb(kind: str, size: int) -> bytes:
    zeros = {"images/cat/0.jpg": bytes(size)}
    if kind == "a.tar.gz":
        return tar(zeros)
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("images/cat/0.jpg", bytes(size))
    return made.getvalue()


@pytest.mark.parametrize("kind", ["a.tar.gz", "a.zip"])
def test_a_bomb_is_refused_before_it_is_written(
    kind: str, root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "mirror" / "set").mkdir(parents=True)
    (tmp_path / "mirror" / "set" / kind).write_bytes(bomb(kind, 3 << 20))
    monkeypatch.setattr(placed, "ALWAYS", 1 << 20)
    monkeypatch.setenv("MTL_BENCH_MIRROR", str(tmp_path / "mirror"))
    with pytest.raises(DataError, match=r"it holds more than 1,048,576 bytes, which is more than its data set says"):
        Tree("tree", File(kind), "images/*/*.jpg", 1).obtain("set")
    assert not list(root.rglob("*.jpg"))
    assert Tree("tree", File(kind), "images/*/*.jpg", 1, largest=3 << 20).obtain("set")


def test_more_files_than_a_folder_may_have_are_refused(tmp_path: Path) -> None:
    (tmp_path / "a.tar").write_bytes(tar(IMAGES, mode="w"))
    with pytest.raises(DataError, match=r"more than 5 files images/\*"):
        unpack(tmp_path / "a.tar", tmp_path / "out", "images/*", Bounds(10_000, 5))


def test_a_compressed_file_that_grows_beyond_measure_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(placed, "ALWAYS", 1 << 20)
    (tmp_path / "a.gz").write_bytes(gzip.compress(bytes(3 << 20)))
    with pytest.raises(DataError, match=r"it holds more than 1,048,576 bytes"):
        decoders.idx(tmp_path / "a.gz")


def test_what_does_not_fit_the_disk_is_refused_before_it_is_made(root: Path) -> None:
    def never() -> Any:
        raise AssertionError("it is not begun")
        yield

    with pytest.raises(
        DataError, match=r"does not fit: it needs 3.07e\+03 TB|does not fit: it needs .*TB, .* are free; make"
    ):
        stored("set", "huge", (10**12, 3, 1024), never)
    assert not list(root.rglob("*.part"))


# --- checksums


@quick
@given(record=st.one_of(st.binary(max_size=300), st.just(b"0" * 10**6), st.text(max_size=90).map(str.encode)))
def test_a_damaged_record_of_a_checksum_is_none(record: bytes, tmp_path: Path) -> None:
    path = tmp_path / "a.bin"
    path.write_bytes(b"content")
    record_checksum(path)
    assert checksum_of(path)
    beside(path, ".checksum").write_bytes(record)
    assert checksum_of(path) is None


def test_a_file_whose_record_is_damaged_is_checked_again(root: Path) -> None:
    file = File("a.bin", hashes=("md5:9a0364b9e99bb480dd25e1f0284c8555",))
    file.place("set").parent.mkdir(parents=True)
    file.place("set").write_bytes(b"content")
    for record in (b"", b"\xff\xfe", b"garbage", b"0" * 64 + b" x\n", b"0" * 64 + b" " + b"9" * 5000):
        beside(file.place("set"), ".checksum").write_bytes(record)
        assert file.obtain("set") == file.place("set")
        assert checksum_of(file.place("set"))


@pytest.mark.filterwarnings("ignore:invalid escape")
@quick
@given(damage=damages())
def test_a_stored_array_of_the_right_size_with_a_damaged_header_is_one_sentence(damage: Any, tmp_path: Path) -> None:
    with tempfile.TemporaryDirectory(dir=tmp_path) as name, pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setenv("MTL_BENCH_DATA", name)
        made = stored("set", "x", (3, 4, 5), lambda: [NUMBERS])
        path = Path(name, "set", "arrays", "x.npy")
        content = path.read_bytes()
        changed = damage(content[:128])[:128].ljust(128, b" ") + content[128:]
        path.write_bytes(changed)
        try:
            again = stored("set", "x", (3, 4, 5), lambda: [NUMBERS])
        except DataError as error:
            one_sentence(error, str(path), "remove it")
        else:
            assert np.array_equal(again, made)
