"""Images kept as bytes: the rows are those of a decoded array, and what is wrong is one sentence."""

from __future__ import annotations

import errno
import io
import tracemalloc
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from mtl_bench.datasets.files import encoded
from mtl_bench.datasets.files.arrays import stored
from mtl_bench.datasets.files.encoded import EncodedRows, stored_encoded
from mtl_bench.datasets.files.pixels import decoded
from mtl_bench.datasets.files.placed import DataError, checksum_of
from mtl_bench.inputs import gate
from mtl_bench.inputs.rows import Chosen, Mapped, choose, digest

COUNT = 150  # more than two batches
SIZE = 12


def files(seed: int = 0, count: int = COUNT) -> list[tuple[str, bytes]]:
    """Small photographs of many shapes, in JPEG, PNG and grey."""
    draw = np.random.default_rng(seed)
    found = []
    for i in range(count):
        height, width = draw.integers(8, 40, 2)
        image = Image.fromarray(draw.integers(0, 256, (height, width, 3), np.uint8))
        out = io.BytesIO()
        (image.convert("L") if i % 7 == 0 else image).save(out, ("JPEG", "PNG")[i % 2])
        found.append((f"set/{i}.img", out.getvalue()))
    return found


NAMES = [f"set/{i}.img" for i in range(COUNT)]


def kept(name: str = "a", seed: int = 0, size: int = SIZE) -> Mapped:
    return stored_encoded("set", name, NAMES, lambda: files(seed), size)


def test_the_rows_are_those_of_a_decoded_array(root: Path) -> None:
    as_array = stored("set", "b", (COUNT, 3, SIZE, SIZE), lambda: decoded(files(), SIZE))
    rows = kept()
    assert rows.shape == as_array.shape and rows.dtype == as_array.dtype and len(rows) == COUNT
    assert np.array_equal(np.asarray(rows), as_array.array)
    mask = np.arange(COUNT) % 3 == 0
    for index in (slice(3, 90, 4), slice(0, 0), slice(-5, None), np.array([149, 0, 63, 64, 0]), mask, [5, -1]):
        assert np.array_equal(rows[index], as_array[index])
        assert rows[index].dtype == np.uint8


def test_any_index_gives_its_rows(root: Path) -> None:
    rows, every, draw = kept(), np.concatenate(list(decoded(files(), SIZE))), np.random.default_rng(0)
    for _ in range(30):
        index = draw.integers(-COUNT, COUNT, draw.integers(0, 12))
        assert np.array_equal(rows[index], every[index])


def test_learning_takes_them_as_rows(root: Path) -> None:
    """The gate lets them through, parts of them are read where they lie, and no pixel is read for a digest."""
    rows = kept()
    assert gate.rows("images", rows) is rows
    part = choose(rows, np.array([4, 2]))
    assert np.array_equal(part[:], rows[np.array([4, 2])])
    assert np.array_equal(Chosen(rows, np.array([9, 8]))[:], rows[np.array([9, 8])])


def test_the_digest_names_content_and_size_and_needs_no_pixel(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(encoded, "decoded", lambda *_: pytest.fail("pixels were decoded"))
    first = digest(kept())
    assert digest(kept("the-same")) == first
    monkeypatch.setattr(encoded, "BATCH", 11)
    assert digest(kept("packed-otherwise")) == first
    assert len({first, digest(kept("other", seed=1)), digest(kept(size=SIZE + 1))}) == 3


def test_they_are_written_once_and_sealed(root: Path) -> None:
    kept()
    path = root / "set" / "arrays" / "a.arrow"
    assert checksum_of(path)
    again = stored_encoded("set", "a", NAMES, lambda: pytest.fail("written again"), SIZE)
    assert len(again) == COUNT
    assert not list(root.rglob("*.part"))


@pytest.mark.slow
def test_the_rows_are_the_named_images_however_the_file_orders_them(root: Path) -> None:
    every, order = kept(), np.random.default_rng(0).permutation(COUNT)
    names = [NAMES[i] for i in order]
    some = stored_encoded("set", "a", names[:40], lambda: pytest.fail("written again"), SIZE)
    assert np.array_equal(some[:], every[order[:40]])
    again = stored_encoded("set", "mixed", names, lambda: [files()[i] for i in order[::-1]], SIZE)
    same = stored_encoded("set", "a", names, lambda: pytest.fail("written again"), SIZE)
    assert np.array_equal(again[:], same[:]) and digest(again) == digest(same) != digest(every)


def test_an_image_that_is_not_there_is_one_sentence(root: Path) -> None:
    with pytest.raises(DataError, match=r"a\.arrow .*lacks 1 of 151 images, such as set/x\.img\); remove it and"):
        stored_encoded("set", "a", [*NAMES, "set/x.img"], files, SIZE)


@pytest.mark.parametrize("damage", [b"", b"ARROW1", b"no Arrow file at all" * 99])
def test_a_damaged_file_is_one_sentence_and_is_made_again(root: Path, damage: bytes) -> None:
    path = root / "set" / "arrays" / "a.arrow"
    kept()
    path.write_bytes(damage)
    with pytest.raises(DataError, match=r"a\.arrow is no whole Arrow file of images \(.+\); remove it") as refusal:
        EncodedRows(path, NAMES, SIZE)
    assert "\n" not in str(refusal.value)
    path.unlink()
    assert len(kept()) == COUNT


def test_an_image_that_is_none_is_named(root: Path) -> None:
    images = [*files(count=3), ("set/broken.jpg", b"no image")]
    rows = stored_encoded("set", "a", [name for name, _ in images], lambda: images, SIZE)
    assert rows[:3].shape == (3, 3, SIZE, SIZE), "the others can be read"
    with pytest.raises(DataError, match=r"image set/broken\.jpg, is no whole image"):
        rows[np.array([3])]


def test_what_stops_while_it_is_written_leaves_nothing(root: Path) -> None:
    def stops() -> Iterator[tuple[str, bytes]]:
        yield from files(count=100)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        stored_encoded("set", "a", NAMES, stops, SIZE)
    assert not [path for path in root.rglob("*") if path.suffix in (".part", ".arrow")]
    with pytest.raises(DataError, match="does not fit: it needs"):
        stored_encoded("set", "a", NAMES, files, SIZE, room=10**18)


def test_a_full_disk_is_one_sentence(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the file says when the library writes into it comes through."""

    class Full(io.BytesIO):
        def write(self, _: Any) -> int:
            raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as disk:
        disk.setattr(Path, "open", lambda *_: Full())
        with pytest.raises(DataError, match=r"a\.arrow does not fit: the disk is full; make"):
            kept()
    assert len(kept()) == COUNT


@pytest.mark.slow
def test_reading_some_rows_takes_the_memory_of_some_rows(root: Path) -> None:
    """Of 3,000 images the 30 that are asked for are in memory."""
    large = [(str(i), content) for i in range(60) for _, content in files(count=50)]
    rows = stored_encoded("set", "a", [name for name, _ in large], lambda: large, SIZE)
    whole = sum(len(content) for _, content in large)
    tracemalloc.start()
    rows[np.arange(0, 3000, 100)]
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < whole / 3
